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
}

// Missing is how many members buy Has and not Lacks.
func (g CategoryGap) Missing() int { return g.Count.First - g.Count.Both }

// mostCategories are compared, those with the most buyers.
const mostCategories = 500

// categoryGaps is a walk over what categories each member buys; none where no
// product has a category.
func (s *shelving) categoryGaps() {
	of, names := s.categories()
	if len(names) < 2 {
		return
	}
	buyers, both := make([]int, len(names)), make([]int, len(names)*len(names))
	seen := make([]bool, len(names))
	s.w.each(func(int32) {
		clear(seen)
		for _, t := range s.w.list {
			if k := of[t.product]; k >= 0 {
				seen[k] = true
			}
		}
		for a := range names {
			if !seen[a] {
				continue
			}
			buyers[a]++
			for b := range a {
				if seen[b] {
					both[a*len(names)+b]++
				}
			}
		}
	})
	z := stats.Corrected(mostChance, len(names)*(len(names)-1)/2)
	for a := range names {
		for b := range a {
			s.gap(names[a], names[b], stats.Together{Both: both[a*len(names)+b], First: buyers[a], Second: buyers[b], All: s.Members}, z)
		}
	}
	slices.SortFunc(s.Gaps, func(a, b CategoryGap) int {
		return cmp.Or(cmp.Compare(b.Extra, a.Extra), cmp.Compare(a.Has, b.Has), cmp.Compare(a.Lacks, b.Lacks))
	})
}

// gap keeps two categories from both sides, if they are held apart by more
// than chance and meet half as often again at least.
func (s *shelving) gap(a, b string, n stats.Together, z float64) {
	l, extra := n.Lift(level), n.Extra(z)
	if n.Both < leastTogether || extra <= 0 || l.Value < leastLift {
		return
	}
	s.Gaps = append(s.Gaps, CategoryGap{a, b, n, l, extra})
	n.First, n.Second = n.Second, n.First
	s.Gaps = append(s.Gaps, CategoryGap{b, a, n, l, extra})
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
