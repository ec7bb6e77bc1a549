package stats

import (
	"math"
	"slices"
)

// sums adds a log-likelihood and four slopes over rows: plainly within blocks
// of 64 rows, with compensation between them. The order is the rows', so the
// result is the same in every run.
type sums struct {
	block [5]float64
	all   [5]total
	in    int
	n     float64
}

func newSums(rows []Row) *sums {
	s := &sums{}
	for _, r := range rows {
		s.n += float64(r.N)
	}
	return s
}

func (s *sums) add(n int, v [5]float64) {
	w := float64(n)
	for i := range v {
		s.block[i] += w * v[i]
	}
	if s.in++; s.in == 64 {
		s.flush()
	}
}

func (s *sums) flush() {
	for i := range s.block {
		s.all[i].add(s.block[i])
		s.block[i] = 0
	}
	s.in = 0
}

// means writes the slopes per customer to g and returns the value per customer.
func (s *sums) means(g []float64) float64 {
	s.flush()
	for i := range g {
		g[i] = s.all[i+1].value() / s.n
	}
	return s.all[0].value() / s.n
}

// ages are the distinct times in rows; now and then say where a row's T and
// TX are among them. 8,685 rows of CDNOW have fewer than 300.
type ages struct {
	at        []float64
	now, then []int32
}

func newAges(rows []Row) ages {
	a := ages{now: make([]int32, len(rows)), then: make([]int32, len(rows))}
	for _, r := range rows {
		a.at = append(a.at, r.T, r.TX)
	}
	slices.Sort(a.at)
	a.at = slices.Compact(a.at)
	find := func(t float64) int32 {
		i, _ := slices.BinarySearch(a.at, t)
		return int32(i)
	}
	for i, r := range rows {
		a.now[i], a.then[i] = find(r.T), find(r.TX)
	}
	return a
}

// grown is a time t measured with a scale c: ln(c+t), ln((c+t)/c), 1/(c+t).
type grown struct{ ln, rise, inv float64 }

func (a ages) grown(c float64) []grown {
	out := make([]grown, len(a.at))
	base := math.Log(c)
	for i, t := range a.at {
		rise := math.Log1p(t / c)
		out[i] = grown{base + rise, rise, 1 / (c + t)}
	}
	return out
}
