package stats

import "math"

// NBD is the negative binomial model of buying without dropout: purchases of
// a customer are Poisson with a rate that is Gamma(R, Alpha) over customers
// (Ehrenberg 1959). Alpha is in time units.
type NBD struct{ R, Alpha float64 }

func (NBD) Name() string        { return "nbd" }
func (m NBD) Params() []float64 { return []float64{m.R, m.Alpha} }

// Alive is 1: the model knows no dropout.
func (NBD) Alive(Row) float64 { return 1 }

// AtLeastOne is the probability of a purchase within the next t units.
func (m NBD) AtLeastOne(r Row, t float64) float64 {
	return -math.Expm1(-(m.R + float64(r.X)) * math.Log1p(t/(m.Alpha+r.T)))
}

// Expected is the expected number of purchases within the next t units.
func (m NBD) Expected(r Row, t float64) float64 {
	return (m.R + float64(r.X)) / (m.Alpha + r.T) * t
}

// Mean is the expected number of purchases of a new customer in t units.
func (m NBD) Mean(t float64) float64 { return m.R / m.Alpha * t }

func (m NBD) Predict(dst []Prediction, rows []Row, t float64) { predict(m, dst, rows, t) }

// nbdObjective is the mean log-likelihood of r, alpha for the times of
// purchases, the same measure as the models with dropout use.
func nbdObjective(rows []Row) objective {
	most, ages := mostRepeats(rows), newAges(rows)
	return func(p, g []float64) float64 {
		r, alpha := p[0], p[1]
		up, age := newRising(r, most), ages.grown(alpha)
		sum := newSums(rows)
		for i, row := range rows {
			x, now := float64(row.X), age[ages.now[i]]
			sum.add(row.N, [5]float64{
				up.ln[row.X] - r*now.rise - x*now.ln,
				up.slope[row.X] - now.rise,
				r/alpha - (r+x)*now.inv,
			})
		}
		return sum.means(g)
	}
}

func nbdStarts(rows []Row) [][]float64 {
	n, x, t, sq := 0.0, 0.0, 0.0, 0.0
	for _, r := range rows {
		w := float64(r.N)
		n, x, t, sq = n+w, x+w*float64(r.X), t+w*r.T, sq+w*float64(r.X)*float64(r.X)
	}
	rate, m := x/t, x/n
	moment := m * m / max(m/10, sq/n-m*m-m) // of the NBD at the mean T
	return [][]float64{{moment, moment / rate}, {0.3, 0.3 / rate}, {1, 1 / rate}, {5, 5 / rate}}
}

// poisson is the mean log-likelihood if all customers had one rate.
func poisson(rows []Row) float64 {
	var n, x, t total
	for _, r := range rows {
		w := float64(r.N)
		n.add(w)
		x.add(w * float64(r.X))
		t.add(w * r.T)
	}
	return x.value() * (math.Log(x.value()/t.value()) - 1) / n.value()
}
