package insight

import (
	"cmp"
	"context"
	"slices"

	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/stats"
)

// CategoryGap is two categories that members buy both of more often than by
// chance, seen from those who buy the one and not the other. Members count
// once, ever.
type CategoryGap struct {
	Has, Lacks string
	Count      stats.Together // of members: both; Has; Lacks; all
	Lift       stats.Interval
	Extra      float64
	Missing    int // active members who buy Has and not Lacks
}

// mostCategories are compared, those with the most buyers.
const mostCategories = 500

// categoryGaps is a walk over what categories each member buys; none where no
// product has a category.
func (s *shelving) categoryGaps() {
	of, names := s.categories()
	if len(names) < 2 {
		return
	}
	var all, active meetings
	all.grow(len(names))
	active.grow(len(names))
	var hers []int
	s.w.each(func(n int32) {
		hers = hers[:0]
		for _, t := range s.w.list {
			if k := of[t.product]; k >= 0 && !slices.Contains(hers, k) {
				hers = append(hers, k)
			}
		}
		if all.note(hers); s.w.c.people.active[n] {
			active.note(hers)
		}
	})
	z := stats.Corrected(mostChance, len(names)*(len(names)-1)/2)
	for a := range names {
		for b := range names {
			if a != b {
				s.gap(CategoryGap{Has: names[a], Lacks: names[b], Count: all.of(a, b, s.Members), Missing: active.of(a, b, 0).First - active.of(a, b, 0).Both}, z)
			}
		}
	}
	slices.SortFunc(s.Gaps, func(a, b CategoryGap) int {
		return cmp.Or(cmp.Compare(b.Extra, a.Extra), cmp.Compare(a.Has, b.Has), cmp.Compare(a.Lacks, b.Lacks))
	})
}

// meetings count who buys what, and what two.
type meetings struct {
	buyers []int
	both   [][]int
}

func (m *meetings) grow(n int) {
	m.buyers, m.both = make([]int, n), make([][]int, n)
	for i := range m.both {
		m.both[i] = make([]int, n)
	}
}

func (m *meetings) note(hers []int) {
	for _, a := range hers {
		m.buyers[a]++
		for _, b := range hers {
			m.both[a][b]++
		}
	}
}

func (m *meetings) of(a, b, all int) stats.Together {
	return stats.Together{Both: m.both[a][b], First: m.buyers[a], Second: m.buyers[b], All: all}
}

// gap keeps what meets more often than chance, half as often again at least,
// and leaves somebody out.
func (s *shelving) gap(g CategoryGap, z float64) {
	g.Lift, g.Extra = g.Count.Lift(level), g.Count.Extra(z)
	if g.Count.Both >= leastTogether && g.Extra > 0 && g.Lift.Value >= leastLift && g.Missing > 0 {
		s.Gaps = append(s.Gaps, g)
	}
}

// categories numbers categories in the order of their names; of is by product
// number, -1 for none.
func (s *shelving) categories() (of []int, names []string) {
	sales := map[string]int{}
	for i := range s.Products {
		if c := s.Products[i].Category; c != "" {
			sales[c] += s.Products[i].Buyers
		}
	}
	for c := range sales {
		names = append(names, c)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(sales[b], sales[a]), cmp.Compare(a, b)) })
	names = names[:min(len(names), mostCategories)]
	slices.Sort(names)
	of = make([]int, len(s.place))
	for n, at := range s.place {
		of[n] = -1
		if at < 0 || s.Products[at].Category == "" {
			continue
		}
		if k, ok := slices.BinarySearch(names, s.Products[at].Category); ok {
			of[n] = k
		}
	}
	return of, names
}

// CategoryNames are the categories products have, alphabetic.
func (s *Shelf) CategoryNames() []string {
	set := map[string]bool{}
	for i := range s.Products {
		if c := s.Products[i].Category; c != "" {
			set[c] = true
		}
	}
	out := make([]string, 0, len(set))
	for c := range set {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// Lacking are the active members who buy one category and never another, who
// bought most often first.
func (b *Board) Lacking(ctx context.Context, has, lacks string) (list []Buyer, err error) {
	s, err := b.Shelf(ctx)
	if err != nil {
		return nil, err
	}
	if names := s.CategoryNames(); !slices.Contains(names, has) || !slices.Contains(names, lacks) {
		return nil, fault.New(fault.NotFound, "insight.category_unknown")
	}
	c, err := b.freeze()
	if err != nil {
		return nil, err
	}
	w := c.walker(s.Day)
	w.each(func(n int32) {
		x := Buyer{Member: c.people.id[n]}
		without := c.people.active[n]
		for _, t := range w.list {
			p := s.Find(c.products.list[t.product])
			if p == nil {
				continue
			}
			if without = without && p.Category != lacks; p.Category != has {
				continue
			}
			x.Times, x.Quantity, x.Amount, x.Last = x.Times+1, x.Quantity+t.quantity, x.Amount+t.amount, max(x.Last, t.day)
		}
		if without && x.Times > 0 {
			list = append(list, x)
		}
	})
	slices.SortFunc(list, func(a, b Buyer) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), cmp.Compare(b.Amount, a.Amount), ident.ID.Compare(a.Member, b.Member))
	})
	return list, nil
}
