package purchase

import "strings"

// SoldLine is what measuring reads of a line.
type SoldLine struct {
	SoldName                 // nothing where Words says it
	Fee                bool  // no goods
	Quantity, Returned int64 // pieces
	Value              int64 // with tax, of all pieces
	Words              int32 // place of its name in SoldWords.List, and one; 0 for none
}

// SoldName is what a line is called by.
type SoldName struct{ SKU, Name, Category string }

// EachLine gives the lines; their words are to keep.
// Fault: purchase.lines_broken.
func (s *Sold) EachLine(fn func(l *SoldLine)) error {
	switch {
	case s.json:
		return s.eachJSON(fn)
	case s.words != nil && len(s.words.ahead.told) > 0:
		return s.words.eachAhead(fn)
	}
	u := unpacker{s: s.lines}
	for n := u.length(); n > 0 && !u.broken; n-- {
		l := &SoldLine{}
		named := l.named(u.text(), s.words != nil)
		l.Quantity, l.Returned, l.Value = u.number(), u.number(), u.number()
		if u.broken = u.broken || !named; !u.broken {
			fn(l)
		}
	}
	if u.broken || u.s != "" {
		return brokenAt(len(s.lines) - len(u.s))
	}
	return nil
}

// named reads what names the line, to keep.
func (l *SoldLine) named(s string, lent bool) (ok bool) {
	if l.SoldName, l.Fee, ok = readNaming(s); lent {
		l.SoldName = l.SoldName.clone()
	}
	return ok
}

func readNaming(s string) (n SoldName, fee, ok bool) {
	u := unpacker{s: s}
	n = SoldName{u.text(), u.text(), u.text()}
	fee = u.byte() == 1
	return n, fee, !u.broken && u.s == ""
}

func (n SoldName) clone() SoldName {
	return SoldName{strings.Clone(n.SKU), strings.Clone(n.Name), strings.Clone(n.Category)}
}

func (s *Sold) eachJSON(fn func(l *SoldLine)) error {
	lines, err := readLines(s.lines)
	for i := range lines {
		l := &lines[i]
		fn(&SoldLine{SoldName: SoldName{l.SKU, l.Name, l.Category}.clone(), Fee: l.Kind == Fee, Quantity: l.Quantity, Returned: l.Returned, Value: l.Value})
	}
	return err
}
