package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// task is a regression to be solved: standardised columns, outcomes 0 or 1,
// given log odds, ridge.
type task struct {
	z        [][]float64
	y, given []float64
	ridge    float64
}

// newton returns bias and coefficients, their covariance and the likelihood.
func newton(t task, bias float64) ([]float64, *mat.SymDense, float64, error) {
	k := len(t.z) + 1
	theta := make([]float64, k)
	theta[0] = bias
	var chol mat.Cholesky
	value, ll, g, h := t.slopes(theta)
	for range 100 {
		if !chol.Factorize(h) {
			return nil, nil, 0, &NotEnough{NotConverged, 0, 0}
		}
		var step mat.VecDense
		if err := chol.SolveVecTo(&step, mat.NewVecDense(k, g)); err != nil && !finite(step.RawVector().Data...) {
			return nil, nil, 0, &NotEnough{NotConverged, 0, 0}
		}
		next, better := t.along(theta, step.RawVector().Data, value)
		if next == nil {
			break
		}
		done := better-value < 1e-10*(1+math.Abs(value))
		theta = next
		if value, ll, g, h = t.slopes(theta); done {
			break
		}
	}
	var cov mat.SymDense
	if !chol.Factorize(h) || chol.InverseTo(&cov) != nil && !finite(cov.RawSymmetric().Data...) {
		return nil, nil, 0, &NotEnough{NotConverged, 0, 0}
	}
	return theta, &cov, ll, nil
}

// along halves the step until the value does not fall; nil if it always does.
func (t task) along(theta, step []float64, value float64) ([]float64, float64) {
	for size := 1.0; size > 1e-8; size /= 2 {
		try := make([]float64, len(theta))
		for j := range try {
			try[j] = theta[j] + size*step[j]
		}
		if v, _ := t.value(try); v >= value {
			return try, v
		}
	}
	return nil, value
}

// value is the penalised log-likelihood, and the one without the penalty.
func (t task) value(theta []float64) (value, ll float64) {
	var sum total
	for i := range t.y {
		s := t.odds(theta, i)
		sum.add(t.y[i]*s - softplus(s))
	}
	ll = sum.value()
	value = ll
	for _, b := range theta[1:] {
		value -= t.ridge / 2 * b * b
	}
	return value, ll
}

func (t task) odds(theta []float64, i int) float64 {
	s := theta[0] + t.given[i]
	for j, c := range t.z {
		s += theta[j+1] * c[i]
	}
	return s
}

// slopes is the value, its gradient and the negative of its Hessian.
func (t task) slopes(theta []float64) (float64, float64, []float64, *mat.SymDense) {
	k := len(theta)
	g, h, x := make([]float64, k), make([]float64, k*k), make([]float64, k)
	x[0] = 1
	for i := range t.y {
		p := sigmoid(t.odds(theta, i))
		for j, c := range t.z {
			x[j+1] = c[i]
		}
		w := p * (1 - p)
		for a := range k {
			g[a] += (t.y[i] - p) * x[a]
			for b := a; b < k; b++ {
				h[a*k+b] += w * x[a] * x[b]
			}
		}
	}
	for a := 1; a < k; a++ {
		g[a] -= t.ridge * theta[a]
		h[a*k+a] += t.ridge
	}
	h[0] += 1e-12
	value, ll := t.value(theta)
	return value, ll, g, mat.NewSymDense(k, h)
}
