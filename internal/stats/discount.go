package stats

import "math"

// DET is the number of purchases expected within the next t units, discounted
// continuously at rate per unit (discounted expected transactions): the value
// left in a customer is DET times the expected margin of a purchase. It is
// e^(−rate t) E(t) + rate ∫₀ᵗ e^(−rate τ) E(τ) dτ for any model; for the
// Pareto/NBD without end see [ParetoNBD.DERT].
func DET(m Model, r Row, rate, t float64) float64 {
	switch m := m.(type) {
	case ParetoNBD:
		return m.DET(r, rate, t)
	case NBD:
		if rate > 0 {
			return m.Expected(r, 1) * -math.Expm1(-rate*t) / rate
		}
	}
	if t <= 0 {
		return 0
	}
	var sum total
	if rate > 0 {
		end := math.Min(t, 40/rate)
		width := math.Log1p(end / (1 + r.T)) // E bends on the scale of what is known
		for i, y := range gauss40.at {
			at := (1 + r.T) * math.Expm1(width*y)
			sum.add(gauss40.w[i] * width * (1 + r.T + at) * rate * math.Exp(-rate*at) * m.Expected(r, at))
		}
	}
	return math.Exp(-rate*t)*m.Expected(r, t) + sum.value()
}
