package purchase

import (
	"strings"

	"joren/internal/fault"
)

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
	l := s.scratch()
	for i := range s.lines {
		x := &s.lines[i]
		*l = SoldLine{Quantity: x.quantity, Returned: x.returned, Value: x.value}
		if p := s.words.place(x); p != 0 {
			l.Words, l.Fee = p.words(), p.fee()
		} else if !l.name(x.naming, s.words != nil) {
			return fault.New(fault.Internal, "purchase.lines_broken", "at", int64(i))
		}
		fn(l)
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

// name reads what names the line, to keep.
func (l *SoldLine) name(naming string, lent bool) (ok bool) {
	if l.SoldName, l.Fee, ok = readNaming(naming); lent {
		l.SKU, l.Name, l.Category = strings.Clone(l.SKU), strings.Clone(l.Name), strings.Clone(l.Category)
	}
	return ok
}
