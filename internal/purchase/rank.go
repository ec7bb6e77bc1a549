package purchase

import "slices"

// Shares are what each line and the shipping count by another basis than the
// one points are earned by.
type Shares struct {
	Lines   []int64 `json:"lines"`
	Freight int64   `json:"freight,omitempty"`
}

// SharesOf are the eligible amounts of a priced purchase.
func SharesOf(p *Priced) *Shares {
	s := &Shares{Freight: p.Freight}
	for _, l := range p.Lines {
		s.Lines = append(s.Lines, l.Eligible)
	}
	return s
}

// ForRank is the purchase as its member's rank counts it: the same, or with
// the amounts of the rank's own basis (SEMANTICS §7 T1). Returns and newer
// states of it take off what the same rules say of those amounts.
func (r *Purchase) ForRank() *Purchase {
	if r.Doc.Rank == nil {
		return r
	}
	n := *r
	n.Lines = slices.Clone(r.Lines)
	n.Doc.Freight, n.Eligible = r.Doc.Rank.Freight, r.Doc.Rank.Freight
	for i := range n.Lines {
		n.Lines[i].Eligible = r.Doc.Rank.Lines[i]
		n.Eligible += n.Lines[i].Eligible
	}
	n.EligibleKept = n.keptNow()
	return &n
}

// keptNow is the eligible amount of what its returns left.
func (r *Purchase) keptNow() int64 {
	cart, sum, err := Kept(r.Bought(), r.Slips())
	if err != nil {
		panic("purchase: recorded returns exceed the purchase: " + err.Error())
	}
	for _, l := range cart {
		sum += l.Eligible
	}
	return sum
}
