package stats

import "slices"

// Course is the number of purchases that a model expects of all rows together
// within each of some times.
func Course(m Model, rows []Row, times []float64) []float64 {
	sums := make([]total, len(times))
	alive := alives(m, rows)
	for from := 0; from < len(rows); {
		r, n := rows[from], 0.0
		to := from
		for to < len(rows) && rows[to].X == r.X && rows[to].T == r.T { // rows come sorted by X, T
			n += float64(rows[to].N) * alive[to]
			to++
		}
		for i, t := range times {
			sums[i].add(n * whileAlive(m, r, t))
		}
		from = to
	}
	out := make([]float64, len(times))
	for i := range sums {
		out[i] = sums[i].value()
	}
	return out
}

// alives are the probabilities of not having dropped out.
func alives(m Model, rows []Row) []float64 {
	out := make([]float64, len(rows))
	if p, ok := m.(ParetoNBD); ok {
		for i, d := range p.dropouts(rows) {
			out[i] = sigmoid(-d.lnOdds)
		}
		return out
	}
	for i, r := range rows {
		out[i] = m.Alive(r)
	}
	return out
}

// whileAlive is Expected of a customer who is alive now: only X and T matter.
func whileAlive(m Model, r Row, t float64) float64 {
	switch m := m.(type) {
	case BGNBD:
		return m.geometric(0).whileAlive(r, t)
	case MBGNBD:
		return BGNBD(m).geometric(1).whileAlive(r, t)
	case ParetoNBD:
		return m.whileAlive(r, t)
	}
	return m.Expected(r, t) // the NBD knows no dropout
}

// LaterByDay counts the purchases of all customers of s on each day after the
// window, up to day until inclusive: the first is of the day after To.
func (s *Summary) LaterByDay(visits []Visit, until int32) []int {
	out := make([]int, max(0, int64(until)-int64(s.To)))
	v := Sorted(visits)
	for i := 0; i < len(v); i++ {
		if v[i].Day <= s.To || v[i].Day > until || i > 0 && v[i-1].Who == v[i].Who && v[i-1].Day == v[i].Day {
			continue
		}
		if _, ok := slices.BinarySearch(s.Who, v[i].Who); ok {
			out[v[i].Day-s.To-1]++
		}
	}
	return out
}
