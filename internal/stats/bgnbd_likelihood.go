package stats

import "math"

// survivals holds, for n purchases with a chance of dropout each, the log
// probability to survive all, ln B(a, b+n)/B(a, b), its slopes, and the log
// odds to drop out at the last chance rather than never.
type survivals struct{ ln, a, b, odds []float64 }

func newSurvivals(a, b float64, most int) survivals {
	s := survivals{make([]float64, most+1), make([]float64, most+1), make([]float64, most+1), make([]float64, most+1)}
	for i := range most {
		v := b + float64(i)
		s.ln[i+1] = s.ln[i] - math.Log1p(a/v)
		s.a[i+1] = s.a[i] - 1/(a+v)
		s.b[i+1] = s.b[i] + a/(v*(a+v))
		s.odds[i+1] = math.Log(a / v)
	}
	return s
}

// geometricObjective is the mean log-likelihood of r, alpha, a, b. With D the
// probability of having dropped out,
//
//	ln L = ln Γ(r+x)/Γ(r) + r ln alpha − (r+x) ln(alpha+T) + ln B(a,b+n)/B(a,b) − ln(1−D)
//
// where n counts the chances to drop out. Only differences of logarithms
// appear, so nothing overflows.
func geometricObjective(rows []Row, early int) objective {
	most, ages := mostRepeats(rows), newAges(rows)
	return func(p, g []float64) float64 {
		m := geometric{p[0], p[1], p[2], p[3], early}
		up, alive, age := newRising(m.r, most), newSurvivals(m.a, m.b, most+1), ages.grown(m.alpha)
		sum := newSums(rows)
		for i, row := range rows {
			sum.add(row.N, m.likelihood(row, up, alive, age[ages.now[i]], age[ages.then[i]]))
		}
		return sum.means(g)
	}
}

// likelihood is one row's log-likelihood and its slopes in r, alpha, a, b.
func (m geometric) likelihood(row Row, up rising, alive survivals, now, then grown) [5]float64 {
	x, n := float64(row.X), row.X+m.early
	k := m.r + x
	out := [5]float64{
		up.ln[row.X] - m.r*now.rise - x*now.ln + alive.ln[n],
		up.slope[row.X] - now.rise,
		m.r/m.alpha - k*now.inv,
		alive.a[n],
		alive.b[n],
	}
	if n == 0 {
		return out
	}
	turn := m.b + float64(n-1)
	silent := now.rise - then.rise
	ln, dead := outlived(alive.odds[n] + k*silent)
	out[0] += ln
	out[1] += dead * silent
	out[2] += dead * k * (now.inv - then.inv)
	out[3] += dead / m.a
	out[4] -= dead / turn
	return out
}

// outlived turns the log odds of having dropped out into −ln(1−D) and D.
func outlived(odds float64) (ln, dead float64) {
	if odds > 0 {
		e := math.Exp(-odds)
		return odds + math.Log1p(e), 1 / (1 + e)
	}
	e := math.Exp(odds)
	return math.Log1p(e), e / (1 + e)
}

// geometricStarts builds on the NBD: the same rates, and three guesses of how
// often people drop out.
func geometricStarts(nbd NBD) [][]float64 {
	r, alpha := nbd.R, nbd.Alpha
	return [][]float64{
		{r, alpha, 0.8, 2.5}, {r / 2, alpha / 2, 0.8, 2.5}, {r, alpha / 2, 0.5, 5},
		{r, alpha, 0.1, 10}, {2 * r, alpha, 1, 1.5}, {r, alpha, 0.001, 10},
	}
}
