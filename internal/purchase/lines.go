package purchase

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"joren/internal/fault"
)

// The lines of a purchase are kept in its row, as JSON: one row instead of
// many is what an import and a report live by. Names are short and what is
// zero is left out. Written and read by hand, because reflection would cost
// more than the database.

// appendLines writes lines as JSON.
func appendLines(b []byte, lines []StoredLine) []byte {
	b = append(b, '[')
	for i := range lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = lines[i].append(b)
	}
	return append(b, ']')
}

func (l *StoredLine) append(b []byte) []byte {
	b = append(b, `{"no":`...)
	b = strconv.AppendInt(b, int64(l.No), 10)
	for _, f := range [...]struct{ name, value string }{{"sku", l.SKU}, {"name", l.Name}, {"cat", l.Category}} {
		if f.value != "" {
			b = appendName(b, f.name)
			b = appendText(b, f.value)
		}
	}
	for i, t := range l.Tags {
		if i == 0 {
			b = append(appendName(b, "tags"), '[')
		} else {
			b = append(b, ',')
		}
		b = appendText(b, t)
	}
	if len(l.Tags) > 0 {
		b = append(b, ']')
	}
	if l.Kind == Fee {
		b = append(appendName(b, "fee"), '1')
	}
	for _, f := range [...]struct {
		name  string
		value int64
	}{{"q", l.Quantity}, {"ret", l.Returned}, {"amt", l.Amount}, {"disc", l.Shared}, {"rate", int64(l.TaxRate)}, {"tax", l.Tax}, {"val", l.Value}, {"el", l.Eligible}} {
		if f.value != 0 {
			b = strconv.AppendInt(appendName(b, f.name), f.value, 10)
		}
	}
	return append(b, '}')
}

func appendName(b []byte, name string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

// appendText writes a JSON string. Nearly all need no escape.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf && !utf8.ValidString(s) {
			q, err := json.Marshal(s)
			if err != nil {
				panic("purchase: a string that is no JSON: " + err.Error())
			}
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// readLines is the inverse of appendLines. Fault: purchase.lines_broken.
func readLines(s string) ([]StoredLine, error) {
	r := newLineReader(s)
	var lines []StoredLine
	r.list(func() {
		l := StoredLine{Line: Line{Kind: Goods}}
		r.object(func(name string) { r.field(&l, name) })
		lines = append(lines, l)
	})
	if r.bad || r.i != len(s) {
		return nil, fault.New(fault.Internal, "purchase.lines_broken", "at", int64(r.i))
	}
	return lines, nil
}

func (r *lineReader) field(l *StoredLine, name string) {
	switch name {
	case "no":
		l.No = int(r.integer())
	case "sku":
		l.SKU = r.text()
	case "name":
		l.Name = r.text()
	case "cat":
		l.Category = r.text()
	case "tags":
		r.list(func() { l.Tags = append(l.Tags, r.text()) })
	case "fee":
		if r.integer() == 1 {
			l.Kind = Fee
		}
	case "q":
		l.Quantity = r.integer()
	case "ret":
		l.Returned = r.integer()
	case "amt":
		l.Amount = r.integer()
	case "disc":
		l.Shared = r.integer()
	case "rate":
		l.TaxRate = Rate(r.integer())
	case "tax":
		l.Tax = r.integer()
	case "val":
		l.Value = r.integer()
	case "el":
		l.Eligible = r.integer()
	default:
		r.bad = true
	}
}

// lineReader reads the JSON that appendLines writes, without spaces.
type lineReader struct {
	s     string
	i     int
	plain bool // known to hold no backslash
	bad   bool
}

func newLineReader(s string) lineReader {
	return lineReader{s: s, plain: strings.IndexByte(s, '\\') < 0}
}

func (r *lineReader) take(c byte) bool {
	if r.bad || r.i >= len(r.s) || r.s[r.i] != c {
		return false
	}
	r.i++
	return true
}

func (r *lineReader) need(c byte) {
	if !r.take(c) {
		r.bad = true
	}
}

func (r *lineReader) list(item func()) {
	r.need('[')
	for first := true; !r.bad && !r.take(']'); first = false {
		if !first {
			r.need(',')
		}
		item()
	}
}

func (r *lineReader) object(field func(name string)) {
	r.need('{')
	for first := true; !r.bad && !r.take('}'); first = false {
		if !first {
			r.need(',')
		}
		field(r.name())
	}
}

// integer reads one of up to 18 digits by hand; longer ones are rare.
func (r *lineReader) integer() int64 {
	from, n := r.i, int64(0)
	minus := r.take('-')
	digits := r.i
	for ; r.i < len(r.s) && r.s[r.i] >= '0' && r.s[r.i] <= '9'; r.i++ {
		n = n*10 + int64(r.s[r.i]-'0')
	}
	switch k := r.i - digits; {
	case k == 0:
		r.bad = true
	case k > 18:
		var err error
		n, err = strconv.ParseInt(r.s[from:r.i], 10, 64)
		r.bad = r.bad || err != nil
		return n
	}
	if minus {
		return -n
	}
	return n
}

// name reads the name of a field with its colon. Names are short: looking at
// each byte costs less than a search.
func (r *lineReader) name() (s string) {
	r.need('"')
	for i := r.i; !r.bad && i < len(r.s) && r.s[i] != '\\'; i++ {
		if r.s[i] == '"' {
			s = r.s[r.i:i]
			r.i = i + 1
			r.need(':')
			return s
		}
	}
	r.bad = true
	return ""
}

func (r *lineReader) text() (s string) {
	r.need('"')
	if r.bad {
		return ""
	}
	if end := strings.IndexByte(r.s[r.i:], '"'); end >= 0 && (r.plain || strings.IndexByte(r.s[r.i:r.i+end], '\\') < 0) {
		s = r.s[r.i : r.i+end]
		r.i += end + 1
		return s
	}
	return r.escaped()
}

// escaped reads the rest of a string that holds a backslash, or does not end.
func (r *lineReader) escaped() (s string) {
	from := r.i
	for !r.bad && r.i < len(r.s) && r.s[r.i] != '"' {
		if r.s[r.i] == '\\' {
			r.i++
		}
		r.i++
	}
	if r.i >= len(r.s) {
		r.bad = true
		return ""
	}
	r.i++
	r.bad = r.bad || json.Unmarshal([]byte(r.s[from-1:r.i]), &s) != nil
	return s
}
