package ledger

import (
	"slices"

	"joren/internal/ident"
	"joren/internal/rules"
)

// shallowTwin is the account as it would be loaded without its lots from what
// b would be saved as now; nil when its lots must be read.
func shallowTwin(b *Book) *Book {
	whole := b.Clone()
	whole.Version, whole.deep = max(1, whole.Version), false
	whole.FirstOpen = whole.firstOpen()
	whole.Pending, whole.Due = whole.outlook()
	s := &Book{Key: whole.Key, Head: whole.Head, Policy: whole.Policy, was: whole.Head}
	s.Activity = slices.Clone(whole.Activity)
	return s
}

// sameWithoutLots compares a book with its shallow twin: the balance, and what
// an award and an activity leave behind.
func (r *run) sameWithoutLots() {
	s := shallowTwin(r.lazy)
	if !s.canBeShallow(r.m.now) {
		r.saw("lots must be read", true)
		return
	}
	s.makeShallow()
	r.saw("lots need not be read", true)
	r.saw("lots need not be read, though some are pending", s.Pending > 0)
	r.saw("lots need not be read, though some are held", s.Held > 0)
	whole := r.lazy.Clone()
	figures := func(b *Book) (x Balance) {
		x = b.At(r.m.now)
		x.Next = Expiring{}
		return x
	}
	if a, b := figures(whole), figures(s); a != b {
		r.Fatalf("whole %+v, shallow %+v", a, b)
	}
	p := r.posting()
	p.Award, p.Transfer = ident.New(), ident.New()
	for _, b := range []*Book{whole, s} {
		if _, err := b.Award(p, Grant{Points: 7, Origin: Sale}); err != nil {
			r.Fatal(err)
		}
		if b.Policy.Terms.Expiry.Kind == rules.ExpirySliding {
			b.NoteActivity(p)
		}
		b.FirstOpen = b.firstOpen()
		b.Pending, b.Due = b.outlook()
	}
	if a, b := figures(whole), figures(s); a != b {
		r.Fatalf("after an award: whole %+v, shallow %+v", a, b)
	}
	a, b := &whole.Head, &s.Head
	if a.Balance != b.Balance || a.Pending != b.Pending || a.Held != b.Held || a.LastSeq != b.LastSeq || a.LastLot != b.LastLot ||
		a.Hash != b.Hash || b.FirstOpen > a.FirstOpen || b.Due > a.Due && a.Due != 0 || b.Due == 0 && a.Due != 0 {
		r.Fatalf("whole %+v\nshallow %+v", a, b)
	}
}
