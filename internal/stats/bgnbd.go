package stats

import "math"

// BGNBD is the beta-geometric/NBD model (Fader, Hardie & Lee 2005, Marketing
// Science 24): while alive a customer buys as in [NBD]; after every repeat
// purchase the customer drops out with a probability that is Beta(A, B) over
// customers.
//
// Its Alive is 1 for everyone without a repeat: it must never be shown or
// ranked as loyalty. Use AtLeastOne.
type BGNBD struct{ R, Alpha, A, B float64 }

func (BGNBD) Name() string        { return "bgnbd" }
func (m BGNBD) Params() []float64 { return []float64{m.R, m.Alpha, m.A, m.B} }

// Alive is the probability that the customer has not dropped out.
func (m BGNBD) Alive(r Row) float64 { return m.geometric(0).alive(r) }

// AtLeastOne is the probability of a purchase within the next t units. It is
// closed: alive, and the waiting time is Pareto.
func (m BGNBD) AtLeastOne(r Row, t float64) float64 {
	return m.Alive(r) * NBD{m.R, m.Alpha}.AtLeastOne(r, t)
}

// Expected is the expected number of purchases within the next t units.
func (m BGNBD) Expected(r Row, t float64) float64 {
	return m.Alive(r) * m.geometric(0).whileAlive(r, t)
}

// Mean is the expected number of repeat purchases of a new customer in t units.
func (m BGNBD) Mean(t float64) float64 { return m.geometric(0).whileAlive(Row{}, t) }

func (m BGNBD) Predict(dst []Prediction, rows []Row, t float64) {
	m.geometric(0).predict(dst, rows, t)
}

func (m BGNBD) geometric(early int) geometric { return geometric{m.R, m.Alpha, m.A, m.B, early} }

// MBGNBD is the modified BG/NBD model (Batislam, Denizel & Filiztekin 2007,
// International Journal of Research in Marketing 24): a customer may drop out
// right after the first purchase too, so one-time buyers are not all alive.
type MBGNBD struct{ R, Alpha, A, B float64 }

func (MBGNBD) Name() string        { return "mbgnbd" }
func (m MBGNBD) Params() []float64 { return []float64{m.R, m.Alpha, m.A, m.B} }

// Alive is the probability that the customer has not dropped out.
func (m MBGNBD) Alive(r Row) float64 { return BGNBD(m).geometric(1).alive(r) }

// AtLeastOne is the probability of a purchase within the next t units.
func (m MBGNBD) AtLeastOne(r Row, t float64) float64 {
	return m.Alive(r) * NBD{m.R, m.Alpha}.AtLeastOne(r, t)
}

// Expected is the expected number of purchases within the next t units.
func (m MBGNBD) Expected(r Row, t float64) float64 {
	return m.Alive(r) * BGNBD(m).geometric(1).whileAlive(r, t)
}

// Mean is the expected number of repeat purchases of a new customer in t units.
func (m MBGNBD) Mean(t float64) float64 {
	return m.B / (m.A + m.B) * BGNBD(m).geometric(1).whileAlive(Row{}, t)
}

func (m MBGNBD) Predict(dst []Prediction, rows []Row, t float64) {
	BGNBD(m).geometric(1).predict(dst, rows, t)
}

// geometric is what both models share. early is 1 if dropout is possible at
// the first purchase.
type geometric struct {
	r, alpha, a, b float64
	early          int
}

// dead is the log odds of having dropped out.
func (m geometric) dead(r Row) float64 {
	chances := r.X + m.early
	if chances == 0 {
		return math.Inf(-1)
	}
	silent := math.Log1p((r.T - r.TX) / (m.alpha + r.TX))
	return math.Log(m.a) - math.Log(m.b+float64(chances-1)) + (m.r+float64(r.X))*silent
}

func (m geometric) alive(r Row) float64 { return sigmoid(-m.dead(r)) }

// whileAlive is the expected number of purchases in t units of a customer who
// is alive now: E[(1 − (1 + p t/(alpha+T))^−(r+x)) / p] over the dropout
// chance p. The published form with ₂F₁ overflows for x near 1,000 and has a
// removable pole at a = 1; this one has neither.
func (m geometric) whileAlive(r Row, t float64) float64 {
	k, tau := m.r+float64(r.X), t/(m.alpha+r.T)
	if t <= 0 {
		return 0
	}
	f := func(p float64) float64 {
		if p < 1e-280 {
			return k * tau
		}
		return -math.Expm1(-k*math.Log1p(p*tau)) / p
	}
	return betaMean(m.a, m.b+float64(r.X+m.early), k*tau, f(1), f)
}

func (m geometric) predict(dst []Prediction, rows []Row, t float64) {
	nbd := NBD{m.r, m.alpha}
	var last Row
	var more float64
	for i, r := range rows {
		if i == 0 || r.X != last.X || r.T != last.T { // rows come sorted by X, T
			more, last = m.whileAlive(r, t), r
		}
		alive := m.alive(r)
		dst[i] = Prediction{alive, alive * nbd.AtLeastOne(r, t), alive * more}
	}
}
