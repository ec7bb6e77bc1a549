package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// task is a regression to be solved: standardised columns, outcomes 0 or 1,
// given log odds, ridge.
type task struct {
	rows     []float64 // of 1 and the columns, one after another
	y, given []float64
	ridge    float64
}

func newTask(columns [][]float64, y, given []float64, ridge float64) task {
	k := len(columns) + 1
	t := task{make([]float64, k*len(y)), y, given, ridge}
	for i := range y {
		row := t.rows[i*k : (i+1)*k]
		row[0] = 1
		for j, c := range columns {
			row[j+1] = c[i]
		}
	}
	return t
}

// point is the penalised log-likelihood at some bias and coefficients, the one
// without the penalty, the gradient and the negative of the Hessian.
type point struct {
	theta     []float64
	value, ll float64
	g         []float64
	h         *mat.SymDense
}

// newton returns bias and coefficients, their covariance and the likelihood.
func newton(t task, theta []float64) ([]float64, *mat.SymDense, float64, error) {
	var chol mat.Cholesky
	p := t.at(theta)
	for range 100 {
		if !chol.Factorize(p.h) {
			return nil, nil, 0, &NotEnough{NotConverged, 0, 0}
		}
		var step mat.VecDense
		if err := chol.SolveVecTo(&step, mat.NewVecDense(len(p.g), p.g)); err != nil && !finite(step.RawVector().Data...) {
			return nil, nil, 0, &NotEnough{NotConverged, 0, 0}
		}
		next := t.along(p, step.RawVector().Data)
		if next == nil {
			break
		}
		done := next.value-p.value < 1e-10*(1+math.Abs(p.value))
		if p = next; done {
			break
		}
	}
	var cov mat.SymDense
	if !chol.Factorize(p.h) || chol.InverseTo(&cov) != nil && !finite(cov.RawSymmetric().Data...) {
		return nil, nil, 0, &NotEnough{NotConverged, 0, 0}
	}
	return p.theta, &cov, p.ll, nil
}

// along halves the step until the value does not fall; nil if it always does.
func (t task) along(p *point, step []float64) *point {
	for size := 1.0; size > 1e-8; size /= 2 {
		try := make([]float64, len(p.theta))
		for j := range try {
			try[j] = p.theta[j] + size*step[j]
		}
		if next := t.at(try); next.value >= p.value {
			return next
		}
	}
	return nil
}

// at goes once through all rows.
func (t task) at(theta []float64) *point {
	k := len(theta)
	g, h := make([]float64, k), make([]float64, k*k)
	var sum total
	for i, y := range t.y {
		x := t.rows[i*k : (i+1)*k]
		s := t.given[i]
		for j, v := range x {
			s += theta[j] * v
		}
		soft, p := outlived(s) // ln(1 + eˢ) and its slope
		sum.add(y*s - soft)
		off, w := y-p, p*(1-p)
		for a, v := range x {
			g[a] += off * v
			wv, row := w*v, h[a*k:(a+1)*k]
			for b := a; b < len(x); b++ {
				row[b] += wv * x[b]
			}
		}
	}
	out := &point{theta: theta, value: sum.value(), ll: sum.value(), g: g}
	for a := 1; a < k; a++ {
		out.value -= t.ridge / 2 * theta[a] * theta[a]
		g[a] -= t.ridge * theta[a]
		h[a*k+a] += t.ridge
	}
	h[0] += 1e-12
	out.h = mat.NewSymDense(k, h)
	return out
}
