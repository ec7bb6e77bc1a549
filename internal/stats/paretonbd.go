package stats

import "math"

// ParetoNBD is the Pareto/NBD model (Schmittlein, Morrison & Colombo 1987,
// Management Science 33): a customer buys as in [NBD] until a lifetime ends
// that is exponential with a rate Gamma(S, Beta) over customers. Alpha and
// Beta are in time units.
type ParetoNBD struct{ R, Alpha, S, Beta float64 }

func (ParetoNBD) Name() string        { return "paretonbd" }
func (m ParetoNBD) Params() []float64 { return []float64{m.R, m.Alpha, m.S, m.Beta} }

// Alive is the probability that the customer has not dropped out.
func (m ParetoNBD) Alive(r Row) float64 { return sigmoid(-m.dropout(r).lnOdds) }

// AtLeastOne is the probability of a purchase within the next t units: of
// those alive the next purchase is at τ with density
// k/A ((A/(A+τ))^(k+1) (B/(B+τ))^S, A = Alpha+T, B = Beta+T, k = R+X.
func (m ParetoNBD) AtLeastOne(r Row, t float64) float64 {
	return min(1, m.Alive(r)*m.onceWhileAlive(r, t))
}

// onceWhileAlive is AtLeastOne of a customer who is alive now.
func (m ParetoNBD) onceWhileAlive(r Row, t float64) float64 {
	a, b, k := m.Alpha+r.T, m.Beta+r.T, m.R+float64(r.X)
	return k / a * decay{k + 1, a, m.S, b}.integrate(0, t).value
}

// Expected is the expected number of purchases within the next t units.
func (m ParetoNBD) Expected(r Row, t float64) float64 {
	return m.Alive(r) * m.whileAlive(r, t)
}

// whileAlive is Expected of a customer who is alive now.
func (m ParetoNBD) whileAlive(r Row, t float64) float64 {
	return (m.R + float64(r.X)) / (m.Alpha + r.T) * lifetime(m.S, m.Beta+r.T, t)
}

// Mean is the expected number of repeat purchases of a new customer in t units.
func (m ParetoNBD) Mean(t float64) float64 {
	return m.R / m.Alpha * lifetime(m.S, m.Beta, t)
}

func (m ParetoNBD) Predict(dst []Prediction, rows []Row, t float64) {
	gone := m.dropouts(rows)
	var last Row
	var once, more float64
	for i, r := range rows {
		if i == 0 || r.X != last.X || r.T != last.T { // rows come sorted by X, T
			once, more, last = m.onceWhileAlive(r, t), m.whileAlive(r, t), r
		}
		alive := sigmoid(-gone[i].lnOdds)
		dst[i] = Prediction{alive, min(1, alive*once), alive * more}
	}
}

// DERT is the number of purchases still to be expected of the customer,
// discounted continuously at rate per unit (discounted expected residual
// transactions, Fader, Hardie & Lee 2005, J. Marketing Research 42). It is
// the value left, not a lifetime value; without discount it is infinite for
// S ≤ 1, so rate must be above 0.
func (m ParetoNBD) DERT(r Row, rate float64) float64 {
	return m.Alive(r) * (m.R + float64(r.X)) / (m.Alpha + r.T) * discountedLife(m.S, m.Beta+r.T, rate, math.Inf(1))
}

// DET is DERT within the next t units only.
func (m ParetoNBD) DET(r Row, rate, t float64) float64 {
	return m.Alive(r) * (m.R + float64(r.X)) / (m.Alpha + r.T) * discountedLife(m.S, m.Beta+r.T, rate, t)
}

// lifetime is ∫₀ᵗ (b/(b+τ))^s dτ, without the pole of its closed form at s = 1.
func lifetime(s, b, t float64) float64 {
	l := math.Log1p(t / b)
	if z := (1 - s) * l; math.Abs(z) > 1e-9 {
		return b * l * math.Expm1(z) / z
	}
	return b * l
}

// discountedLife is ∫₀ᵗ e^(−rate τ) (b/(b+τ))^s dτ, in u = ln(1 + τ/b) by
// panels of Gauss–Legendre.
func discountedLife(s, b, rate, t float64) float64 {
	if t <= 0 {
		return 0
	}
	end := math.Log1p(math.Min(t, 40/rate) / b)
	panels := 1 + int(end/1.5)
	var sum total
	for i := range panels {
		from, width := end*float64(i)/float64(panels), end/float64(panels)
		for j, y := range gauss24.at {
			u := from + width*y
			sum.add(gauss24.w[j] * width * math.Exp((1-s)*u-rate*b*math.Expm1(u)))
		}
	}
	return b * sum.value()
}
