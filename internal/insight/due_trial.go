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

// hits marks what was bought after the split.
func (c *Columns) hits(s *Shelf, all []outcome) {
	at := map[[2]int32]int{}
	for i := range all {
		at[[2]int32{all[i].Member, all[i].Product}] = i
	}
	w := c.walker(s.Day + DueWithin)
	w.each(func(n int32) {
		for _, t := range w.list {
			if t.day <= s.Day || int(t.product) >= len(s.place) || s.place[t.product] < 0 {
				continue
			}
			if i, ok := at[[2]int32{n, s.place[t.product]}]; ok {
				all[i].hit = true
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
	whole := row("", all, 0)
	t := &DueTrial{First: s.First, Split: s.Day, Until: s.Day + DueWithin, N: len(all), Hits: whole.Hits, Base: whole.Share, Said: whole.Said}
	for i := range s.Products {
		if s.Products[i].Replenished {
			t.Products++
		}
	}
	add := func(name string, list []outcome) { t.Rows = append(t.Rows, row(name, list, t.Base.Value)) }
	due := func(o *outcome) bool { return o.State == Overdue || o.State == DueSoon }
	list := only(all, func(o *outcome) bool { return o.listed() && due(o) })
	add(TrialList, list)
	add(TrialSoon, only(list, func(o *outcome) bool { return o.State == DueSoon }))
	add(TrialOverdue, only(list, func(o *outcome) bool { return o.State == Overdue }))
	add(TrialThrice, only(list, func(o *outcome) bool { return o.Times > 2 }))
	add(TrialTop, highest(list, topDue, func(o *outcome) float64 { return o.Chance }))
	add(TrialLater, only(all, func(o *outcome) bool { return o.listed() && o.State == DueLater }))
	add(TrialStopped, only(all, func(o *outcome) bool { return o.listed() && o.State == NotDue }))
	add(TrialOnce, only(all, func(o *outcome) bool { return o.Times == 1 && due(o) }))
	add(TrialOften, highest(all, len(list), func(o *outcome) float64 { return float64(o.Times) }))
	add(TrialNewest, highest(all, len(list), func(o *outcome) float64 { return float64(o.Last) }))
	byChance := highest(all, len(all), func(o *outcome) float64 { return o.Chance })
	add(TrialChance, byChance[:len(list)])
	t.Bins = binned(byChance)
	return t
}

// Row finds a way to choose.
func (t *DueTrial) Row(name string) DueRow {
	i := slices.IndexFunc(t.Rows, func(r DueRow) bool { return r.Name == name })
	return t.Rows[i]
}

func only(all []outcome, in func(*outcome) bool) (out []outcome) {
	for i := range all {
		if in(&all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

// highest are the n with the highest key; of equal ones those met first.
func highest(all []outcome, n int, key func(*outcome) float64) []outcome {
	type ranked struct {
		at  int32
		key float64
	}
	order := make([]ranked, len(all))
	for i := range all {
		order[i] = ranked{int32(i), key(&all[i])}
	}
	slices.SortFunc(order, func(a, b ranked) int { return cmp.Or(cmp.Compare(b.key, a.key), cmp.Compare(a.at, b.at)) })
	out := make([]outcome, min(n, len(order)))
	for i := range out {
		out[i] = all[order[i].at]
	}
	return out
}

func row(name string, list []outcome, base float64) DueRow {
	r := DueRow{Name: name, N: len(list)}
	for i := range list {
		r.Said += list[i].Chance
		if list[i].hit {
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
func binned(byChance []outcome) (out []Bin) {
	n := len(byChance)
	for k := 9; k >= 0; k-- {
		part := byChance[k*n/10 : (k+1)*n/10]
		if len(part) == 0 {
			continue
		}
		r := row("", part, 0)
		out = append(out, Bin{From: part[len(part)-1].Chance, To: part[0].Chance, N: r.N, Said: r.Said, Came: r.Share.Value})
	}
	return out
}
