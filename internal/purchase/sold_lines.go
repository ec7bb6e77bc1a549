package purchase

import (
	"strings"

	"joren/internal/fault"
)

// EachLine gives the lines; their words are to keep.
// Fault: purchase.lines_broken.
func (s *Sold) EachLine(fn func(l *SoldLine)) error {
	r := newLineReader(s.lines)
	l := s.scratch()
	for more := r.open('[', ']'); more; more = r.next(']') {
		*l = SoldLine{}
		if r.sold(l, s.words); r.bad {
			break
		}
		if s.words != nil && l.Words == 0 {
			l.SKU, l.Name, l.Category = strings.Clone(l.SKU), strings.Clone(l.Name), strings.Clone(l.Category)
		}
		fn(l)
	}
	if r.bad || r.i != len(s.lines) {
		return fault.New(fault.Internal, "purchase.lines_broken", "at", int64(r.i))
	}
	return nil
}

// scratch is memory for one line.
func (s *Sold) scratch() *SoldLine {
	if s.words != nil {
		return &s.words.line
	}
	return &SoldLine{}
}

// sold reads what measuring needs of a line and steps over the rest, mostly
// numbers. A million purchases have thirty million fields: the place is kept
// at hand, and nothing is called for what is not wanted.
func (r *lineReader) sold(l *SoldLine, words *SoldWords) {
	s, i, sign := r.s, r.i, byte('{')
	if words != nil {
		if said := words.read(s[i:], l); said > 0 {
			if end := l.amounts(s[i+said:]); end > 0 {
				r.i = i + said + end
				return
			}
			i, sign = i+said, ','
		}
	}
	for ; ; sign = ',' {
		if i+1 >= len(s) || s[i] != sign || s[i+1] != '"' {
			break
		}
		from := i + 2
		for i = from; i < len(s) && s[i] != '"'; i++ {
		}
		if i+2 >= len(s) || s[i+1] != ':' {
			break
		}
		name := s[from:i]
		if i += 2; s[i]-'0' <= 9 {
			n, from := int64(0), i
			for ; i < len(s) && s[i]-'0' <= 9; i++ {
				n = n*10 + int64(s[i]-'0')
			}
			if i-from > 18 { // or more than fits
				i, r.i = from, from
				n, i = r.integer(), r.i
			}
			l.number(name, n)
		} else {
			r.i = i
			r.word(l, name)
			i = r.i
		}
		if r.bad || i >= len(s) {
			break
		}
		if s[i] == '}' {
			r.i = i + 1
			return
		}
	}
	r.i, r.bad = i, true
}

// amounts reads the rest of a line from its quantity on as StoredLine.append
// writes it, and reports where it ends; 0 where it is written otherwise. Each
// name is compared where it stands, as a number: a loop over them would take
// twice as long.
func (l *SoldLine) amounts(s string) (end int) {
	if !strings.HasPrefix(s, quantityHead) {
		return 0
	}
	quantity, i := plainNumber(s, len(quantityHead))
	returned, value := int64(0), int64(0)
	if strings.HasPrefix(s[i:], `,"ret":`) {
		returned, i = plainNumber(s, i+len(`,"ret":`))
	}
	if strings.HasPrefix(s[i:], `,"amt":`) {
		_, i = plainNumber(s, i+len(`,"amt":`))
	}
	if strings.HasPrefix(s[i:], `,"disc":`) {
		_, i = plainNumber(s, i+len(`,"disc":`))
	}
	if strings.HasPrefix(s[i:], `,"rate":`) {
		_, i = plainNumber(s, i+len(`,"rate":`))
	}
	if strings.HasPrefix(s[i:], `,"tax":`) {
		_, i = plainNumber(s, i+len(`,"tax":`))
	}
	if strings.HasPrefix(s[i:], `,"val":`) {
		value, i = plainNumber(s, i+len(`,"val":`))
	}
	if strings.HasPrefix(s[i:], `,"el":`) {
		_, i = plainNumber(s, i+len(`,"el":`))
	}
	if i >= len(s) || s[i] != '}' {
		return 0
	}
	l.Quantity, l.Returned, l.Value = quantity, returned, value
	return i + 1
}

// plainNumber reads up to 18 digits; it ends at the end of all where there are
// none, or more.
func plainNumber(s string, from int) (n int64, end int) {
	for end = from; end < len(s) && s[end]-'0' <= 9; end++ {
		n = n*10 + int64(s[end]-'0')
	}
	if uint(end-from-1) > 17 {
		return 0, len(s)
	}
	return n, end
}

func (l *SoldLine) number(name string, n int64) {
	switch name {
	case "q":
		l.Quantity = n
	case "val":
		l.Value = n
	case "ret":
		l.Returned = n
	case "fee":
		l.Fee = n == 1
	}
}

// word reads what does not begin with a digit.
func (r *lineReader) word(l *SoldLine, name string) {
	switch name {
	case "sku":
		l.SKU = r.text()
	case "name":
		l.Name = r.text()
	case "cat":
		l.Category = r.text()
	case "q", "val", "ret", "fee":
		l.number(name, r.integer())
	default:
		r.skip()
	}
}
