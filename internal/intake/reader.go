package intake

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"joren/internal/fault"
)

// MaxRow is the longest row taken, in bytes; a longer one is the fault
// csv.line_too_long (it is a broken quote or no CSV at all).
const MaxRow = 1 << 20

// A Row is one record. Fields are valid until the next Read; the strings in
// it stay.
type Row struct {
	No     int // as a spreadsheet counts: the file's first record is 1
	Fields []string
}

// Reader reads delimited text (RFC 4180, with quoted line breaks, and Excel's
// ="0123") in UTF-8, CP932, EUC-JP or UTF-16LE without holding the file.
//
// A fault of one row (csv.quote, csv.encoding, csv.mixed_encoding) comes as a *RowFault and
// reading may go on; any other error ends the file: csv.binary, csv.empty,
// csv.spreadsheet, csv.line_too_long, csv.truncated.
type Reader struct {
	dec   *decoder
	in    *bufio.Reader
	comma byte // ' ' means runs of blanks
	end   byte // of a line
	row   int
	line  []byte // the physical line, without its end
	long  []byte // collects lines longer than in's buffer
	text  []byte // unquoted bytes of a record
	ends  []int
	rec   []string
	ended bool // the last physical line had a line end
}

// RowFault is a fault of one row; the row is left out.
type RowFault struct {
	Row   int
	Fault *fault.Fault
}

func (e *RowFault) Error() string { return e.Fault.Error() }
func (e *RowFault) Unwrap() error { return e.Fault }

// NewReader looks at the first bytes of r for encoding and delimiter.
func NewReader(r io.Reader) (*Reader, error) {
	dec, err := newDecoder(r)
	if err != nil {
		return nil, err
	}
	rd := &Reader{dec: dec, in: bufio.NewReaderSize(dec, 1<<16)}
	head, err := rd.in.Peek(1 << 12)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, fault.New(fault.Invalid, "csv.empty")
	}
	rd.end = '\n'
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		rd.end = '\r' // as old Macintosh programs write
	}
	rd.comma = sniffComma(head, rd.end)
	return rd, nil
}

// Encoding is UTF-8, CP932, EUC-JP or UTF-16LE, as decided so far: a file that has
// been plain ASCII up to here says UTF-8.
func (r *Reader) Encoding() string { return r.dec.name() }

// Delimiter is the byte between fields; ' ' stands for runs of blanks.
func (r *Reader) Delimiter() byte { return r.comma }

// Bytes is how much of the file was read, in the file's own bytes.
func (r *Reader) Bytes() int64 { return r.dec.taken }

// Complete reports whether the last line read had its line end. A row that
// lacks columns and its line end is a file cut off in transfer.
func (r *Reader) Complete() bool { return r.ended }

func sniffComma(head []byte, end byte) byte {
	first, _, _ := bytes.Cut(bytes.TrimLeft(head, "\r\n"), []byte{end})
	var n [256]int
	quoted := false
	for _, c := range first {
		if c == '"' {
			quoted = !quoted
		} else if !quoted {
			n[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte{'\t', ';'} {
		if n[c] > n[best] {
			best = c
		}
	}
	if n[best] == 0 && len(bytes.Fields(first)) >= 4 {
		return ' '
	}
	return best
}

// Read gives the next row that is not blank, io.EOF at the end.
func (r *Reader) Read() (Row, error) {
	for {
		if err := r.next(); err != nil {
			return Row{}, err
		}
		r.row++
		if len(r.line) == 0 {
			continue
		}
		if err := r.split(); err != nil {
			return Row{}, err
		}
		if !blank(r.rec) {
			return Row{No: r.row, Fields: r.rec}, nil
		}
	}
}

func blank(rec []string) bool {
	for _, f := range rec {
		if f != "" {
			return false
		}
	}
	return true
}

// next reads one physical line into r.line.
func (r *Reader) next() error {
	b, err := r.in.ReadSlice(r.end)
	if err == bufio.ErrBufferFull {
		r.long = append(r.long[:0], b...)
		for err == bufio.ErrBufferFull {
			if len(r.long) > MaxRow {
				return fault.New(fault.Invalid, "csv.line_too_long", "row", r.row+1, "limit", MaxRow)
			}
			b, err = r.in.ReadSlice(r.end)
			r.long = append(r.long, b...)
		}
		b = r.long
	}
	if err != nil && err != io.EOF {
		return err
	}
	if len(b) == 0 {
		return io.EOF
	}
	r.ended = b[len(b)-1] == r.end
	if r.ended {
		b = b[:len(b)-1]
	}
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	if len(b) > MaxRow {
		return fault.New(fault.Invalid, "csv.line_too_long", "row", r.row+1, "limit", MaxRow)
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return fault.New(fault.Invalid, "csv.binary", "row", r.row+1, "position", r.dec.taken)
	}
	r.line = b
	return nil
}

// split turns the line, and those a quoted field runs on to, into r.rec.
func (r *Reader) split() error {
	if r.comma == ' ' {
		s := string(r.line)
		r.rec = append(r.rec[:0], strings.Fields(s)...)
		return r.valid(s)
	}
	if bytes.IndexByte(r.line, '"') >= 0 {
		return r.splitQuoted()
	}
	s := string(r.line)
	if err := r.valid(s); err != nil {
		return err
	}
	r.rec = r.rec[:0]
	for {
		i := strings.IndexByte(s, r.comma)
		if i < 0 {
			break
		}
		r.rec = append(r.rec, s[:i])
		s = s[i+1:]
	}
	r.rec = append(r.rec, s)
	return nil
}

// replaced is what a decoder puts where bytes were no text. As a string it is
// found byte-wise; looking for the rune decodes every character.
const replaced = string(utf8.RuneError)

func (r *Reader) valid(s string) error {
	switch {
	case !utf8.ValidString(s) || strings.Contains(s, replaced):
		return r.rowFault("csv.encoding", "encoding", r.Encoding())
	case r.dec.set == cp932 && wasUTF8(s):
		return r.rowFault("csv.mixed_encoding", "encoding", r.Encoding())
	}
	return nil
}

func (r *Reader) rowFault(code string, args ...any) error {
	return &RowFault{r.row, fault.New(fault.Invalid, code, append([]any{"row", r.row}, args...)...)}
}

// splitQuoted is the full RFC 4180 form. A quote that closes and is followed
// by something else, or that stands inside a bare field, is csv.quote: what
// was meant cannot be known, and a wrong guess moves amounts between columns.
func (r *Reader) splitQuoted() error {
	r.text, r.ends = r.text[:0], r.ends[:0]
	line, bad := r.line, false
	for {
		if bytes.HasPrefix(line, []byte(`="`)) {
			line = line[1:]
		}
		if len(line) == 0 || line[0] != '"' {
			i := bytes.IndexByte(line, r.comma)
			field := line
			if i >= 0 {
				field = line[:i]
			}
			bad = bad || bytes.IndexByte(field, '"') >= 0
			r.text = append(r.text, field...)
			r.ends = append(r.ends, len(r.text))
			if i < 0 {
				break
			}
			line = line[i+1:]
			continue
		}
		rest, err := r.quoted(line[1:])
		if err != nil {
			return err
		}
		r.ends = append(r.ends, len(r.text))
		if len(rest) == 0 {
			break
		}
		if rest[0] != r.comma {
			bad = true
			i := bytes.IndexByte(rest, r.comma)
			if i < 0 {
				break
			}
			rest = rest[i:]
		}
		line = rest[1:]
	}
	if bad {
		return r.rowFault("csv.quote")
	}
	return r.cut()
}

// quoted appends a quoted field's text and gives what follows its closing
// quote, reading on over line breaks.
func (r *Reader) quoted(line []byte) ([]byte, error) {
	opened := r.row
	for {
		i := bytes.IndexByte(line, '"')
		switch {
		case i < 0:
			r.text = append(append(r.text, line...), '\n')
			if len(r.text) > MaxRow {
				return nil, fault.New(fault.Invalid, "csv.line_too_long", "row", opened, "limit", MaxRow)
			}
			if err := r.next(); err == io.EOF {
				return nil, fault.New(fault.Invalid, "csv.truncated", "row", opened, "position", r.dec.taken)
			} else if err != nil {
				return nil, err
			}
			line = r.line
		case i+1 < len(line) && line[i+1] == '"':
			r.text = append(r.text, line[:i+1]...)
			line = line[i+2:]
		default:
			r.text = append(r.text, line[:i]...)
			return line[i+1:], nil
		}
	}
}

func (r *Reader) cut() error {
	s, from := string(r.text), 0
	if err := r.valid(s); err != nil {
		return err
	}
	r.rec = r.rec[:0]
	for _, end := range r.ends {
		r.rec = append(r.rec, s[from:end])
		from = end
	}
	return nil
}

func asRowFault(err error, bad **RowFault) bool {
	b, ok := err.(*RowFault)
	*bad = b
	return ok
}

// headerText is a header as compared: wrappers and outer blanks gone.
func headerText(s string) string { return strings.Trim(strings.TrimPrefix(s, "\ufeff"), " \t\u3000") }
