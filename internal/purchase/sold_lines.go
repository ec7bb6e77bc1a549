package purchase

import "joren/internal/fault"

// EachLine gives the lines; they and their words stand as long as the purchase.
// Fault: purchase.lines_broken.
func (s *Sold) EachLine(fn func(l *SoldLine)) error {
	r := newLineReader(s.lines)
	var l SoldLine
	for more := r.open('[', ']'); more; more = r.next(']') {
		l = SoldLine{}
		if r.sold(&l); r.bad {
			break
		}
		fn(&l)
	}
	if r.bad || r.i != len(s.lines) {
		return fault.New(fault.Internal, "purchase.lines_broken", "at", int64(r.i))
	}
	return nil
}

// sold reads what measuring needs of a line and steps over the rest, mostly
// numbers. A million purchases have thirty million fields: the place is kept
// at hand, and nothing is called for what is not wanted.
func (r *lineReader) sold(l *SoldLine) {
	s, i := r.s, r.i
	for sign := byte('{'); ; sign = ',' {
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
