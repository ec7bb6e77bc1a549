package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// objective is a mean log-likelihood: it returns its value at the natural
// parameters p and puts the slopes there into g.
type objective func(p, g []float64) float64

// edge bounds the logarithm of every parameter; a likelihood that rises for
// ever is stopped there by a soft wall. e^±18 is beyond anything data can tell.
const edge = 18

// negative turns an objective to be maximised in p into one to be minimised
// in θ = ln p.
func negative(f objective, theta, g []float64) float64 {
	p := make([]float64, len(theta))
	for i, t := range theta {
		p[i] = math.Exp(min(edge, max(-edge, t)))
	}
	v := -f(p, g)
	for i, t := range theta {
		g[i] *= -p[i]
		if over := math.Abs(t) - edge; over > 0 {
			v += over * over
			g[i] = math.Copysign(2*over, t)
		}
	}
	if math.IsNaN(v) {
		return math.Inf(1)
	}
	return v
}

// maximise runs L-BFGS (Nocedal 1980) on the logarithms of the parameters
// from the most likely of the starts, and from the second best. It returns
// the better end, its value and the largest slope left there.
func maximise(f objective, starts [][]float64) (p []float64, value, slope float64) {
	type start struct {
		theta []float64
		v     float64
	}
	all := make([]start, 0, len(starts))
	for _, s := range starts {
		theta := make([]float64, len(s))
		for i, v := range s {
			theta[i] = min(edge-1, max(1-edge, math.Log(v)))
		}
		all = append(all, start{theta, negative(f, theta, make([]float64, len(s)))})
	}
	slices.SortStableFunc(all, func(a, b start) int { return cmp.Compare(a.v, b.v) })
	best := start{v: math.Inf(1)}
	for _, s := range all[:min(2, len(all))] {
		theta, v := s.theta, s.v
		for range 4 { // a run that stalls begins anew with an empty memory
			next, w := descend(f, theta)
			stalled := !(w < v-1e-9)
			if theta, v = next, w; stalled {
				break
			}
		}
		if v < best.v || best.theta == nil {
			best = start{theta, v}
		}
	}
	g := make([]float64, len(best.theta))
	value = -negative(f, best.theta, g)
	p = make([]float64, len(g))
	for i, t := range best.theta {
		p[i] = math.Exp(min(edge, max(-edge, t)))
		slope = math.Max(slope, math.Abs(g[i]))
	}
	return p, value, slope
}

// descend is one run of L-BFGS. A line search that finds no better point
// ends it where it stands.
func descend(f objective, theta []float64) ([]float64, float64) {
	last := make([]float64, len(theta))
	var lastV float64
	g := make([]float64, len(theta))
	have := false
	eval := func(x []float64) {
		if !have || !slices.Equal(x, last) {
			copy(last, x)
			lastV, have = negative(f, last, g), true
		}
	}
	problem := optimize.Problem{
		Func: func(x []float64) float64 { eval(x); return lastV },
		Grad: func(out, x []float64) { eval(x); copy(out, g) },
	}
	settings := &optimize.Settings{
		GradientThreshold: 1e-9, MajorIterations: 300, FuncEvaluations: 1000,
		Converger: &optimize.FunctionConverge{Absolute: 1e-13, Iterations: 4},
	}
	r, err := optimize.Minimize(problem, theta, settings, &optimize.LBFGS{Store: 10})
	if r == nil || err != nil && !finite(r.F) {
		eval(theta)
		return theta, lastV
	}
	return r.X, r.F
}

// curvature is the covariance of the logarithms of the parameters at a maximum
// of n times f, from the second differences there; nil where a direction has no
// curvature: the data do not say.
func curvature(f objective, p []float64, n float64) *mat.SymDense {
	k := len(p)
	theta := make([]float64, k)
	for i, v := range p {
		theta[i] = math.Log(v)
	}
	h := mat.NewSymDense(k, nil)
	up, down := make([]float64, k), make([]float64, k)
	const d = 1e-4
	rows := make([][]float64, k)
	for i := range k {
		t := slices.Clone(theta)
		t[i] = theta[i] + d
		negative(f, t, up)
		t[i] = theta[i] - d
		negative(f, t, down)
		rows[i] = make([]float64, k)
		for j := range k {
			rows[i][j] = (up[j] - down[j]) / (2 * d) * n
		}
	}
	for i := range k {
		for j := i; j < k; j++ {
			h.SetSym(i, j, (rows[i][j]+rows[j][i])/2)
		}
	}
	var chol mat.Cholesky
	inv := mat.NewSymDense(k, nil)
	if !chol.Factorize(h) || chol.InverseTo(inv) != nil {
		return nil
	}
	return inv
}

// errorsOf are the standard errors of parameters whose logarithms have a
// covariance (delta method); +Inf without one.
func errorsOf(p []float64, cov *mat.SymDense) []float64 {
	out := make([]float64, len(p))
	for i := range out {
		if out[i] = math.Inf(1); cov != nil {
			out[i] = p[i] * math.Sqrt(cov.At(i, i))
		}
	}
	return out
}
