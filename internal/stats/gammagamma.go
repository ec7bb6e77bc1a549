package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"
)

// GammaGamma is the model of spend per purchase (Colombo & Jiang 1999; Fader
// & Hardie 2013, "The Gamma-Gamma model of monetary value"): amounts of a
// customer are Gamma(P, ν) and ν is Gamma(Q, V) over customers. V has the
// unit of the amounts. It assumes that how much and how often are
// independent; [SpendFit.Link] tells how wrong that is.
type GammaGamma struct{ P, Q, V float64 }

// Spend is N customers with X repeat purchases of Mean on average.
type Spend struct {
	X    int
	Mean float64
	N    int
}

// SpendFit is a Gamma-Gamma at the maximum of its likelihood.
type SpendFit struct {
	GammaGamma
	LogLik    float64
	Errors    []float64 // standard errors of P, Q, V
	Customers int       // repeaters it was fitted to
	Link      float64   // Spearman's ρ of X and Mean; the model takes it as 0

	cov *mat.SymDense // of the logarithms of P, Q, V; nil where the data do not say
}

// Expected is the expected spend per purchase of a customer with x repeat
// purchases of mean on average. Nobody known (x = 0) gives the mean of all.
func (m GammaGamma) Expected(x int, mean float64) float64 {
	return m.P * (m.V + float64(x)*mean) / (m.P*float64(x) + m.Q - 1)
}

// Mean is the expected spend per purchase of a new customer.
func (m GammaGamma) Mean() float64 { return m.P * m.V / (m.Q - 1) }

// Spends lists the repeaters of s with their mean repeat amounts. Customers
// whose returns ate their purchases (mean ≤ 0) are left out.
func (s *Summary) Spends() []Spend {
	var out []Spend
	for i, x := range s.X {
		if x > 0 && s.Mean[i] > 0 {
			out = append(out, Spend{x, s.Mean[i], 1})
		}
	}
	slices.SortFunc(out, func(a, b Spend) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Mean, b.Mean)) })
	return out
}

// steady is a P beyond which each customer's amounts hardly vary, as with
// subscriptions: the likelihood rises for ever along P, and any P says the same.
const steady = 1000

// FitGammaGamma fits repeaters' mean amounts. q ≤ 1 has no mean and is
// refused as [SpendTail].
func FitGammaGamma(spends []Spend) (*SpendFit, error) {
	n := 0
	for i, s := range spends {
		if s.X < 1 || s.X > MostRepeats || s.N < 1 || !(s.Mean > 0) || s.Mean > 1e15 {
			return nil, &BadInput{"a spend is out of range", i}
		}
		n += s.N
	}
	if n < LeastRepeaters {
		return nil, &NotEnough{FewPaid, float64(n), LeastRepeaters}
	}
	centre, varied := amounts(spends)
	if !varied {
		return nil, &NotEnough{SameAmounts, centre, 0}
	}
	f := spendObjective(spends)
	starts := [][]float64{{6, 4, 2.5 * centre / 6 * 3 / 2.5}, {1, 3, 2 * centre}, {2, 2, centre / 2}, {20, 10, centre / 2}}
	p, value, slope := maximise(f, starts)
	switch {
	case !finite(p...) || !finite(value) || slope > 1e-3 && p[0] < steady:
		return nil, &NotEnough{NotConverged, slope, 1e-3}
	case p[1] > 1e6: // customers differ no more than their own purchases do
		return nil, &NotEnough{SameAmounts, centre, 0}
	case p[1] <= 1:
		return nil, &NotEnough{SpendTail, p[1], 1}
	}
	cov := curvature(f, p, float64(n))
	return &SpendFit{GammaGamma{p[0], p[1], p[2]}, value * float64(n), errorsOf(p, cov), n, link(spends), cov}, nil
}

// amounts is the mean of the means, and whether they differ at all.
func amounts(spends []Spend) (centre float64, varied bool) {
	var sum, n total
	low, high := math.Inf(1), 0.0
	for _, s := range spends {
		sum.add(float64(s.N) * s.Mean)
		n.add(float64(s.N))
		low, high = min(low, s.Mean), max(high, s.Mean)
	}
	return sum.value() / n.value(), high > low*(1+1e-9)
}

func link(spends []Spend) float64 {
	var x, m []float64
	for _, s := range spends {
		for range s.N {
			x, m = append(x, float64(s.X)), append(m, s.Mean)
		}
	}
	return Spearman(x, m)
}

// spendObjective is the mean log-likelihood of p, q, v.
func spendObjective(spends []Spend) objective {
	n := 0.0
	for _, s := range spends {
		n += float64(s.N)
	}
	return func(par, g []float64) float64 {
		p, q, v := par[0], par[1], par[2]
		sum := &sums{n: n}
		lnq, psiq, lnv := lgamma(q), mathext.Digamma(q), math.Log(v)
		var t spendTerm
		for _, s := range spends {
			if t.x != s.X {
				t = newSpendTerm(s.X, p, q)
			}
			x := float64(s.X)
			lm, whole := math.Log(s.Mean), v+x*s.Mean
			lw := math.Log(whole)
			sum.add(s.N, [5]float64{
				t.ln - lnq + q*(lnv-lw) + p*x*(t.lnx+lm-lw) - lm,
				t.p + x*(t.lnx+lm-lw),
				t.q - psiq + lnv - lw,
				q/v - (p*x+q)/whole,
			})
		}
		return sum.means(g)
	}
}

// spendTerm is what depends on x only.
type spendTerm struct {
	x             int
	ln, p, q, lnx float64
}

func newSpendTerm(x int, p, q float64) spendTerm {
	fx := float64(x)
	both := mathext.Digamma(p*fx + q)
	return spendTerm{
		x: x, lnx: math.Log(fx),
		ln: lgamma(p*fx+q) - lgamma(p*fx),
		p:  fx * (both - mathext.Digamma(p*fx)),
		q:  both,
	}
}
