package intake

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"joren/internal/fault"
)

type charset uint8

const (
	undecided charset = iota // only ASCII so far
	utf8Text
	cp932
	eucjp
	utf16le
)

// decoder gives UTF-8. It decides the encoding at the first byte that is not
// ASCII, wherever in the file that stands: exports with English headers carry
// their first Japanese name thousands of rows later.
type decoder struct {
	src   io.Reader
	taken int64  // bytes of the file read
	buf   []byte // read, not yet given; only while undecided
	set   charset
	out   io.Reader // once decided
	err   error     // what ended src, io.EOF or worse
}

const sniffSize = 1 << 16

func newDecoder(src io.Reader) (*decoder, error) {
	d := &decoder{src: src}
	d.fill()
	if err := notText(d.buf); err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(d.buf, []byte("\xEF\xBB\xBF")):
		d.buf = d.buf[3:]
		d.decide(utf8Text)
	case bytes.HasPrefix(d.buf, []byte("\xFF\xFE")):
		d.buf = d.buf[2:]
		d.decide(utf16le)
	case looksUTF16(d.buf):
		d.decide(utf16le)
	}
	return d, nil
}

func (d *decoder) name() string {
	switch d.set {
	case cp932:
		return "CP932"
	case eucjp:
		return "EUC-JP"
	case utf16le:
		return "UTF-16LE"
	}
	return "UTF-8"
}

// raw counts what is read of the file.
type raw struct{ d *decoder }

func (r raw) Read(p []byte) (int, error) {
	n, err := r.d.src.Read(p)
	r.d.taken += int64(n)
	return n, err
}

// fill tops buf up to sniffSize.
func (d *decoder) fill() {
	if len(d.buf) >= sniffSize || d.err != nil {
		return
	}
	b := make([]byte, sniffSize)
	n := copy(b, d.buf)
	m, err := io.ReadFull(raw{d}, b[n:])
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	d.err = err
	d.buf = b[:n+m]
}

func (d *decoder) decide(set charset) {
	d.set = set
	in := io.MultiReader(bytes.NewReader(d.buf), raw{d})
	d.buf = nil
	switch set {
	case cp932:
		d.out = transform.NewReader(in, japanese.ShiftJIS.NewDecoder())
	case eucjp:
		d.out = transform.NewReader(in, japanese.EUCJP.NewDecoder())
	case utf16le:
		d.out = transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
	default:
		d.out = in
	}
}

func (d *decoder) Read(p []byte) (int, error) {
	if d.out != nil {
		return d.out.Read(p)
	}
	if len(d.buf) == 0 {
		d.buf = nil
		if d.fill(); len(d.buf) == 0 {
			return 0, d.err
		}
	}
	if i := nonASCII(d.buf); i == 0 {
		d.fill()
		d.decide(eightBit(d.buf, d.err == io.EOF))
		return d.out.Read(p)
	} else if i > 0 {
		n := copy(p, d.buf[:i])
		d.buf = d.buf[n:]
		return n, nil
	}
	n := copy(p, d.buf)
	d.buf = d.buf[n:]
	return n, nil
}

func nonASCII(b []byte) int {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return -1
}

// eightBit tells UTF-8 from CP932. Japanese text in CP932 is never valid
// UTF-8 for long; a sample cut inside a character is cut back first.
func eightBit(b []byte, whole bool) charset {
	if !whole {
		for i := len(b) - 1; i >= 0 && i > len(b)-utf8.UTFMax; i-- {
			if utf8.RuneStart(b[i]) {
				if !utf8.FullRune(b[i:]) {
					b = b[:i]
				}
				break
			}
		}
	}
	switch {
	case utf8.Valid(b):
		return utf8Text
	case looksEUC(b):
		return eucjp
	}
	return cp932
}

// looksEUC knows EUC-JP: its characters are pairs of bytes from A1 to FE. CP932
// has such pairs in half-width kana alone, which know no byte from E0 on and
// are seldom the comma and dot that EUC's kana begin like (A4, A5).
func looksEUC(b []byte) bool {
	pairs, signs := 0, 0
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c < 0x80:
			continue
		case c == 0x8E && i+1 < len(b) && b[i+1] >= 0xA1 && b[i+1] <= 0xDF: // half-width kana in EUC
			i++
		case c < 0xA1 || c > 0xFE || i+1 < len(b) && (b[i+1] < 0xA1 || b[i+1] > 0xFE):
			return false
		default:
			if c == 0xA4 || c == 0xA5 || c >= 0xE0 || i+1 < len(b) && b[i+1] >= 0xE0 {
				signs++
			}
			pairs++
			i++
		}
	}
	return pairs > 0 && signs*5 >= pairs
}

// looksUTF16 is for exports without a byte order mark: delimiters, digits and
// line ends have a zero second byte, and hardly any first byte is zero.
func looksUTF16(b []byte) bool {
	low, high := 0, 0
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] == 0 {
			low++
		}
		if b[i+1] == 0 {
			high++
		}
	}
	return high*20 > len(b) && low*50 < high
}

// magics are how files begin that are taken for lists by mistake: workbooks,
// packed exports, and pictures of either.
var magics = []struct{ magic, code string }{
	{"PK\x03\x04", "csv.spreadsheet"},
	{"\xD0\xCF\x11\xE0", "csv.spreadsheet"},
	{"\x1F\x8B", "csv.compressed"},
	{"\x28\xB5\x2F\xFD", "csv.compressed"},
	{"%PDF", "csv.binary"},
	{"\x89PNG", "csv.binary"},
	{"\xFF\xD8\xFF", "csv.binary"},
	{"GIF8", "csv.binary"},
}

// isMarkup knows tables that web systems write as HTML or XML under the name
// of a spreadsheet.
func isMarkup(b []byte) bool {
	head := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(b[:min(len(b), 512)], []byte("\xEF\xBB\xBF")), " \t\r\n"))
	for _, tag := range []string{"<html", "<!doctype", "<table", "<?xml"} {
		if bytes.HasPrefix(head, []byte(tag)) {
			return true
		}
	}
	return false
}

func notText(b []byte) error {
	if isMarkup(b) {
		return fault.New(fault.Invalid, "csv.spreadsheet", "row", 1, "position", 0)
	}
	for _, m := range magics {
		if bytes.HasPrefix(b, []byte(m.magic)) {
			return fault.New(fault.Invalid, m.code, "row", 1, "position", 0)
		}
	}
	if i := bytes.IndexByte(b, 0); i >= 0 && !bytes.HasPrefix(b, []byte("\xFF\xFE")) && !looksUTF16(b) {
		return fault.New(fault.Invalid, "csv.binary", "row", 1+bytes.Count(b[:i], []byte{'\n'}), "position", i)
	}
	return nil
}

// wasUTF8 reports a row of UTF-8 that was read as CP932, in files put together
// from several: the same bytes are UTF-8, which Japanese text in CP932 is not.
// Half-width kana in pairs may be both, so a character of three bytes is asked
// for.
func wasUTF8(s string) bool {
	if nonASCII([]byte(s)) < 0 {
		return false
	}
	b, err := japanese.ShiftJIS.NewEncoder().String(s)
	return err == nil && utf8.ValidString(b) && strings.ContainsFunc(b, func(r rune) bool { return r >= 0x800 })
}
