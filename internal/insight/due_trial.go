package insight

import (
	"cmp"
	"slices"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/stats"
)

// DueTrial says how the list of who is due would have done on a past day: of
// member and product, was it bought within the days after?
type DueTrial struct {
	First, Split, Until clock.Day
	Products            int // replenished at the split
	N, Hits             int // members and products in all
	Base                stats.Interval
	Said                float64  // mean chance that was said
	Rows                []DueRow // ways to choose, see TrialList and on
	Bins                []Bin    // tenths of N by what was said, the least first
}

// DueRow is one way to choose from them. Lift is its share of hits over Base;
// 1 is no better than anybody who ever bought the product.
type DueRow struct {
	Name    string
	N, Hits int
	Share   stats.Interval
	Said    float64
	Lift    float64
	Missing error // nobody was chosen
}

type outcome struct {
	Due
	hit bool
}

// TryDue makes the list of who is due as it could have been made at split, and
// looks at what was bought until DueWithin days later. Returns that came after
// the split are already off the purchases.
//
// Faults: insight.split_outside; stats.few_repeaters where no product was
// replenished yet.
func (c *Columns) TryDue(split, today clock.Day) (*DueTrial, error) {
	if split == 0 {
		split = today - DueWithin
	}
	var all []outcome
	s := c.stock(split)
	s.eachDue(s.w, func(d *Due) { all = append(all, outcome{Due: *d}) })
	if s.Members == 0 {
		return nil, Why(&stats.NotEnough{Code: stats.FewCustomers, Need: stats.LeastReturned})
	}
	if split+DueWithin > today {
		return nil, fault.New(fault.Invalid, "insight.split_outside", "split", split, "first", s.First, "last", today)
	}
	if len(all) == 0 {
		most := 0
		for i := range s.Products {
			most = max(most, s.Products[i].Repeaters)
		}
		return nil, Why(&stats.NotEnough{Code: stats.FewRepeaters, Have: float64(most), Need: stats.LeastReturned})
	}
	c.hits(s.Shelf, all)
	return s.judgeDue(all), nil
}

// hits marks what was bought after the split. Members come in the order they
// have in all.
func (c *Columns) hits(s *Shelf, all []outcome) {
	w, at := c.walker(s.Day+DueWithin), 0
	w.each(func(n int32) {
		from := at
		for at < len(all) && all[at].Member == n {
			at++
		}
		hers := all[from:at]
		for _, t := range w.list {
			if t.day <= s.Day || int(t.product) >= len(s.place) {
				continue
			}
			if i, ok := slices.BinarySearchFunc(hers, s.place[t.product], func(o outcome, place int32) int { return cmp.Compare(o.Product, place) }); ok {
				hers[i].hit = true
			}
		}
	})
}

// Ways to choose, in the order of DueTrial.Rows. The first is the list itself;
// those from "often" on choose as many as are on it.
const (
	TrialList    = "list"    // bought at least twice, overdue or due soon
	TrialSoon    = "soon"    // of the list
	TrialOverdue = "overdue" // of the list
	TrialThrice  = "thrice"  // of the list, bought at least three times
	TrialTop     = "top"     // the hundred of the list with the highest chance
	TrialLater   = "later"   // bought at least twice, not due yet
	TrialStopped = "stopped" // bought at least twice, twice the interval past
	TrialOnce    = "once"    // bought once, due by the product's interval
	TrialOften   = "often"   // those who bought it most often
	TrialNewest  = "newest"  // those who bought it last
	TrialChance  = "chance"  // the highest chances, due or not
)

const topDue = 100

func (s *Shelf) judgeDue(all []outcome) *DueTrial {
	everyone := only(all, func(*outcome) bool { return true })
	whole := row("", all, everyone, 0)
	t := &DueTrial{First: s.First, Split: s.Day, Until: s.Day + DueWithin, N: len(all), Hits: whole.Hits, Base: whole.Share, Said: whole.Said}
	for i := range s.Products {
		if s.Products[i].Replenished {
			t.Products++
		}
	}
	add := func(name string, list []int32) { t.Rows = append(t.Rows, row(name, all, list, t.Base.Value)) }
	chance := func(o *outcome) float64 { return o.Chance }
	due := func(o *outcome) bool { return o.State == Overdue || o.State == DueSoon }
	listed := func(in func(*outcome) bool) []int32 {
		return only(all, func(o *outcome) bool { return o.listed() && in(o) })
	}
	list := listed(due)
	add(TrialList, list)
	add(TrialSoon, listed(func(o *outcome) bool { return o.State == DueSoon }))
	add(TrialOverdue, listed(func(o *outcome) bool { return o.State == Overdue }))
	add(TrialThrice, listed(func(o *outcome) bool { return due(o) && o.Times > 2 }))
	add(TrialTop, highest(all, list, topDue, chance))
	add(TrialLater, listed(func(o *outcome) bool { return o.State == DueLater }))
	add(TrialStopped, listed(func(o *outcome) bool { return o.State == NotDue }))
	add(TrialOnce, only(all, func(o *outcome) bool { return o.Times == 1 && due(o) }))
	add(TrialOften, highest(all, everyone, len(list), func(o *outcome) float64 { return float64(o.Times) }))
	add(TrialNewest, highest(all, everyone, len(list), func(o *outcome) float64 { return float64(o.Last) }))
	byChance := highest(all, everyone, len(all), chance)
	add(TrialChance, byChance[:len(list)])
	t.Bins = binned(all, byChance)
	return t
}

// Row finds a way to choose.
func (t *DueTrial) Row(name string) DueRow {
	i := slices.IndexFunc(t.Rows, func(r DueRow) bool { return r.Name == name })
	return t.Rows[i]
}

// only are the places in all that are chosen.
func only(all []outcome, in func(*outcome) bool) (out []int32) {
	for i := range all {
		if in(&all[i]) {
			out = append(out, int32(i))
		}
	}
	return out
}

// highest are the n of a list with the highest key; of equal ones those met
// first.
func highest(all []outcome, list []int32, n int, key func(*outcome) float64) []int32 {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b int32) int { return cmp.Or(cmp.Compare(key(&all[b]), key(&all[a])), cmp.Compare(a, b)) })
	return out[:min(n, len(out))]
}

func row(name string, all []outcome, list []int32, base float64) DueRow {
	r := DueRow{Name: name, N: len(list)}
	for _, i := range list {
		r.Said += all[i].Chance
		if all[i].hit {
			r.Hits++
		}
	}
	var err error
	if r.Share, err = stats.Wilson(r.Hits, r.N, level); err != nil {
		r.Missing = Why(err)
		return r
	}
	r.Said /= float64(r.N)
	if base > 0 {
		r.Lift = r.Share.Value / base
	}
	return r
}

// binned are tenths by what was said, the least first.
func binned(all []outcome, byChance []int32) (out []Bin) {
	n := len(byChance)
	for k := 9; k >= 0; k-- {
		part := byChance[k*n/10 : (k+1)*n/10]
		if len(part) == 0 {
			continue
		}
		r := row("", all, part, 0)
		out = append(out, Bin{From: all[part[len(part)-1]].Chance, To: all[part[0]].Chance, N: r.N, Said: r.Said, Came: r.Share.Value})
	}
	return out
}
