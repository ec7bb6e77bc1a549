package stats

import (
	"cmp"
	"math"
	"slices"
)

// Row is N customers with the same past: X repeat purchases, the last TX and
// now T units after the first.
type Row struct {
	X     int
	TX, T float64
	N     int
}

// Grouped is a summary by equal pasts: CDNOW's 23,570 customers are 8,685
// rows. Of says which row a customer of the summary is in.
type Grouped struct {
	Rows []Row
	Of   []int32
}

// Group finds the unique pasts of s, in a fixed order, once.
func (s *Summary) Group() Grouped {
	s.once.Do(func() { s.grouped = s.group() })
	return s.grouped
}

func (s *Summary) group() Grouped {
	type past struct {
		x     int
		t, tx float64
		at    int32
	}
	order := make([]past, len(s.Who))
	for i := range order {
		order[i] = past{s.X[i], s.T[i], s.TX[i], int32(i)}
	}
	slices.SortFunc(order, func(a, b past) int {
		switch {
		case a.x != b.x:
			return cmp.Compare(a.x, b.x)
		case a.t != b.t:
			return cmp.Compare(a.t, b.t)
		case a.tx != b.tx:
			return cmp.Compare(a.tx, b.tx)
		}
		return cmp.Compare(a.at, b.at)
	})
	g := Grouped{Of: make([]int32, len(s.Who))}
	for _, p := range order {
		r := Row{p.x, p.tx, p.t, 1}
		if n := len(g.Rows) - 1; n >= 0 && g.Rows[n].X == r.X && g.Rows[n].T == r.T && g.Rows[n].TX == r.TX {
			g.Rows[n].N++
		} else {
			g.Rows = append(g.Rows, r)
		}
		g.Of[p.at] = int32(len(g.Rows) - 1)
	}
	return g
}

// MostRepeats bounds X of one row; tables go up to the largest X.
const MostRepeats = 1_000_000

// checkRows refuses rows that no history can give.
func checkRows(rows []Row) error {
	for i, r := range rows {
		switch {
		case r.N < 1, r.X < 0, r.X > MostRepeats, !finite(r.TX, r.T):
			return &BadInput{"a row is out of range", i}
		case r.TX < 0, r.T < r.TX, r.T > 1e13, (r.X == 0) != (r.TX == 0):
			return &BadInput{"a row contradicts itself", i}
		}
	}
	return nil
}

// The least a repeat-buying model is fitted to. Below, its four parameters
// say more about the optimiser than about the shop.
const (
	LeastCustomers = 30
	LeastRepeaters = 10
)

// enough says what rows lack to fit a model.
func enough(rows []Row) error {
	n, repeaters, seen := 0, 0, 0.0
	for _, r := range rows {
		n += r.N
		if r.X > 0 {
			repeaters += r.N
		}
		seen = math.Max(seen, r.T)
	}
	switch {
	case n < LeastCustomers:
		return &NotEnough{FewCustomers, float64(n), LeastCustomers}
	case seen == 0:
		return &NotEnough{NoHistory, 0, 0}
	case repeaters < LeastRepeaters:
		return &NotEnough{FewRepeaters, float64(repeaters), LeastRepeaters}
	}
	return nil
}

// rising holds, for every x up to the largest, ln Γ(r+x)/Γ(r) and its slope
// in r. Sums of logarithms stay exact where a difference of log-gammas of
// 10⁸ would not.
type rising struct{ ln, slope []float64 }

func newRising(r float64, most int) rising {
	t := rising{make([]float64, most+1), make([]float64, most+1)}
	for i := range most {
		v := r + float64(i)
		t.ln[i+1] = t.ln[i] + math.Log(v)
		t.slope[i+1] = t.slope[i] + 1/v
	}
	return t
}

func mostRepeats(rows []Row) int {
	most := 0
	for _, r := range rows {
		most = max(most, r.X)
	}
	return most
}

// spread is s.d. / mean of n values given their sum and sum of squares.
func spread(sum, squares, n float64) float64 {
	if n < 2 || sum <= 0 {
		return 0
	}
	mean := sum / n
	return math.Sqrt(math.Max(0, squares-n*mean*mean)/(n-1)) / mean
}
