package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// total is a running sum that keeps what rounding drops (Neumaier 1974), so
// that the order of equal terms hardly matters and long sums stay exact.
type total struct{ sum, rest float64 }

func (t *total) add(v float64) {
	s := t.sum + v
	if math.Abs(t.sum) >= math.Abs(v) {
		t.rest += (t.sum - s) + v
	} else {
		t.rest += (v - s) + t.sum
	}
	t.sum = s
}

func (t *total) value() float64 {
	if math.IsInf(t.sum, 0) || math.IsNaN(t.sum) {
		return t.sum
	}
	return t.sum + t.rest
}

// Sum adds with compensation (Neumaier 1974).
func Sum(v []float64) float64 {
	var t total
	for _, x := range v {
		t.add(x)
	}
	return t.value()
}

// Mean is the arithmetic mean, 0 of nothing.
func Mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	return Sum(v) / float64(len(v))
}

// variance is the unbiased variance, 0 of fewer than two values.
func variance(v []float64) float64 { return covariance(v, v) }

func covariance(a, b []float64) float64 {
	if len(a) < 2 {
		return 0
	}
	ma, mb := Mean(a), Mean(b)
	var t total
	for i := range a {
		t.add((a[i] - ma) * (b[i] - mb))
	}
	return t.value() / float64(len(a)-1)
}

// softplus is ln(1 + e^x) without overflow.
func softplus(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// sigmoid is 1 / (1 + e^-x).
func sigmoid(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}

// logit is the inverse of sigmoid, held within ±30 so that 0 and 1 stay numbers.
func logit(p float64) float64 {
	return min(30, max(-30, math.Log(p)-math.Log1p(-p)))
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

func finite(v ...float64) bool {
	return !slices.ContainsFunc(v, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}

// normalQuantile is the standard normal quantile for a two-sided level:
// 0.95 gives 1.95996….
func normalQuantile(level float64) float64 {
	return distuv.UnitNormal.Quantile(0.5 + level/2)
}

// chiSurvival is the probability that a χ² variable with k degrees of freedom
// exceeds v.
func chiSurvival(v, k float64) float64 {
	if v <= 0 {
		return 1
	}
	return distuv.ChiSquared{K: k}.Survival(v)
}

// gauss holds Gauss–Legendre nodes and weights on [0, 1].
type gauss struct{ at, w []float64 }

func newGauss(n int) gauss {
	g := gauss{make([]float64, n), make([]float64, n)}
	quad.Legendre{}.FixedLocations(g.at, g.w, 0, 1)
	return g
}

var (
	gauss3, gauss4, gauss5    = newGauss(3), newGauss(4), newGauss(5)
	gauss6, gauss10           = newGauss(6), newGauss(10)
	gauss12, gauss16          = newGauss(12), newGauss(16)
	gauss24, gauss40, gauss64 = newGauss(24), newGauss(40), newGauss(64)
)

// betaMean is E[f(p)] for p ~ Beta(a, b) and a smooth f on [0, 1] with the
// known ends f0 = f(0) and f1 = f(1). The straight line through the ends is
// integrated exactly; what is left vanishes at both ends, which tames the
// poles of the density, and is summed by the trapezoid rule in ln(p/(1-p)),
// which converges exponentially (Trefethen & Weideman 2014). So neither a → 0
// nor b in the ten-thousands loses the mass.
func betaMean(a, b, f0, f1 float64, f func(p float64) float64) float64 {
	centre := math.Log((a + 1) / (b + 1))
	step := min(0.5, 0.7*math.Sqrt(1/(a+1)+1/(b+1)))
	lnB := lgamma(a) + lgamma(b) - lgamma(a+b)
	peak := -(a+1)*softplus(-centre) - (b+1)*softplus(centre)
	var sum total
	side := func(y, dy float64) {
		for ; ; y += dy {
			lp, lq := -softplus(-y), -softplus(y)
			if (a+1)*lp+(b+1)*lq < peak-38 {
				return
			}
			p := math.Exp(lp)
			sum.add(math.Exp(a*lp+b*lq-lnB) * (f(p) - f0 - (f1-f0)*p))
		}
	}
	side(centre, step)
	side(centre-step, -step)
	return f0 + (f1-f0)*a/(a+b) + step*sum.value()
}

// root is √v, 0 where rounding left v a little below.
func root(v float64) float64 { return math.Sqrt(math.Max(0, v)) }
