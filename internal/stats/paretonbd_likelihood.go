package stats

import "math"

// decay is the function (a/(a+t))^k (b/(b+t))^m of t ≥ 0. Every integral of
// the Pareto/NBD is one of it; so neither ₂F₁ nor its derivatives are needed.
type decay struct{ k, a, m, b float64 }

// An integral of a decay, and means under the normalised integrand.
type integral struct {
	value        float64
	lnAT, lnBT   float64 // mean of ln(a+t) and ln(b+t)
	invAT, invBT float64 // mean of 1/(a+t) and 1/(b+t)
}

// integrate is ∫ over [from, to]. With c the smaller of a, b the variable is
// u = ln(c+t): there the logarithm of the integrand is concave and analytic in
// a strip of half-width π, so few Gauss–Legendre nodes give full precision.
// Where it has fallen by e⁻⁴⁰ it is cut off.
func (d decay) integrate(from, to float64) integral {
	if to <= from {
		return integral{}
	}
	ec, c, eo, o := d.k, d.a, d.m, d.b
	if d.b < d.a {
		ec, c, eo, o = d.m, d.b, d.k, d.a
	}
	l0, other0 := math.Log(c+from), math.Log(o+from)
	fall := func(u float64) float64 { // from the left end
		return (1-ec)*u - eo*math.Log1p((c+from)*math.Expm1(u)/(o+from))
	}
	width := math.Log1p((to - from) / (c + from))
	drop := -fall(width)
	if drop > 40 {
		low, high := 0.0, width
		for range 12 {
			if mid := (low + high) / 2; -fall(mid) > 40 {
				high = mid
			} else {
				low = mid
			}
		}
		width, drop = high, 40
	}
	g := nodes(drop, width)
	var sum, lc, lo, ic, io float64
	for i, y := range g.at {
		u := width * y
		by := (c + from) * math.Expm1(u)
		ct, ot := c+from+by, o+from+by
		l := math.Log1p(by / (o + from)) // a difference of logarithms would lose what a large exponent needs
		w := g.w[i] * math.Exp((1-ec)*u-eo*l)
		sum += w
		lc += w * u
		lo += w * l
		ic += w / ct
		io += w / ot
	}
	out := integral{
		value: sum * width * math.Exp(l0-ec*(l0-math.Log(c))-eo*(other0-math.Log(o))),
		lnAT:  l0 + lc/sum, lnBT: other0 + lo/sum, invAT: ic / sum, invBT: io / sum,
	}
	if d.b < d.a {
		out.lnAT, out.lnBT, out.invAT, out.invBT = out.lnBT, out.lnAT, out.invBT, out.invAT
	}
	return out
}

// nodes picks a rule that is exact to about 10⁻¹³ for an integrand that falls
// by e^-drop over a width: the error of n nodes is about (drop/4)^2n/(2n)! for
// the fall, and ρ^-2n with ρ = z + √(1+z²), z = 2π/width, for the strip.
func nodes(drop, width float64) *gauss {
	switch {
	case drop < 0.08 && width < 0.08:
		return &gauss3
	case drop < 0.3 && width < 0.3:
		return &gauss4
	case drop < 0.8 && width < 0.6:
		return &gauss5
	case drop < 1.6 && width < 1:
		return &gauss6
	case drop < 4 && width < 2:
		return &gauss10
	case drop < 8 && width < 2.5:
		return &gauss12
	case drop < 15 && width < 4:
		return &gauss16
	case drop < 28 && width < 6:
		return &gauss24
	case width < 8:
		return &gauss40
	}
	return &gauss64
}

// gone is the chance of having dropped out against not having, and the means
// its slopes need.
type gone struct {
	lnOdds float64
	integral
}

// dropout integrates over the instant of dropout in (tx, T]:
//
//	odds = ∫ S/(Beta+t) ((Alpha+T)/(Alpha+t))^(R+X) ((Beta+T)/(Beta+t))^S dt
func (m ParetoNBD) dropout(r Row) gone {
	if r.T <= r.TX {
		return gone{lnOdds: math.Inf(-1)}
	}
	k := m.R + float64(r.X)
	// Counted from tx, the decay starts at 1 and its powers are taken as logs.
	a, b := m.Alpha+r.TX, m.Beta+r.TX
	d := decay{k, a, m.S + 1, b}.integrate(0, r.T-r.TX)
	ln := math.Log(m.S/b) + k*math.Log1p((r.T-r.TX)/a) + m.S*math.Log1p((r.T-r.TX)/b) + math.Log(d.value)
	return gone{ln, d}
}

// paretoObjective is the mean log-likelihood of r, alpha, s, beta (Fader &
// Hardie 2005, "A note on deriving the Pareto/NBD model"), with the integral
// over the instant of dropout left as it is.
func paretoObjective(rows []Row) objective {
	most, ages := mostRepeats(rows), newAges(rows)
	all := newDropouts(rows, ages)
	return func(p, g []float64) float64 {
		m := ParetoNBD{p[0], p[1], p[2], p[3]}
		up, buys, lives := newRising(m.R, most), ages.grown(m.Alpha), ages.grown(m.Beta)
		sum, gone := newSums(rows), all.of(m, buys, lives)
		for i, row := range rows {
			sum.add(row.N, m.likelihood(row, up, buys[ages.now[i]], lives[ages.now[i]], gone[i]))
		}
		return sum.means(g)
	}
}

// likelihood is one row's log-likelihood and its slopes in r, alpha, s, beta.
func (m ParetoNBD) likelihood(row Row, up rising, buys, lives grown, d gone) [5]float64 {
	k := m.R + float64(row.X)
	out := [5]float64{
		up.ln[row.X] - m.R*buys.rise - float64(row.X)*buys.ln - m.S*lives.rise,
		up.slope[row.X] - buys.rise,
		m.R/m.Alpha - k*buys.inv,
		-lives.rise,
		m.S/m.Beta - m.S*lives.inv,
	}
	if math.IsInf(d.lnOdds, -1) {
		return out
	}
	ln, dead := outlived(d.lnOdds)
	out[0] += ln
	out[1] += dead * (buys.ln - d.lnAT)
	out[2] += dead * k * (buys.inv - d.invAT)
	out[3] += dead * (1/m.S + lives.ln - d.lnBT)
	out[4] += dead * (m.S*lives.inv - (m.S+1)*d.invBT)
	return out
}

// paretoStarts builds on the NBD with a few guesses of the lifetime.
func paretoStarts(nbd NBD, rows []Row) [][]float64 {
	longest := 0.0
	for _, r := range rows {
		longest = math.Max(longest, r.T)
	}
	r, alpha := nbd.R, nbd.Alpha
	return [][]float64{
		{r, alpha, 0.6, longest / 3}, {2 * r, alpha, 0.6, longest / 4}, {r, alpha, 1, longest},
		{r, alpha, 1, 10 * longest}, {r, alpha / 2, 0.4, longest / 10}, {r, alpha, 3, 3 * longest},
	}
}
