package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Logistic is a logistic regression on standardised features: the log odds
// are Bias + Σ Coef·(feature − Centre)/Scale. A feature that never changed in
// training has Scale 0 and no say.
type Logistic struct {
	Bias          float64
	Coef          []float64
	Centre, Scale []float64
	Errors        []float64 // standard errors of Coef (of the penalised likelihood)
	LogLik        float64   // without the penalty
	N             int
}

// LeastRare is the least count of the rarer outcome a regression is fitted to.
const LeastRare = 10

// FitLogistic maximises the likelihood minus ridge/2 · Σ Coef² by Newton's
// method (iteratively reweighted least squares) with halved steps. columns
// are features, each as long as labels. ridge must be above 0: it keeps
// coefficients finite where the classes separate (le Cessie & van
// Houwelingen 1992); 1 is a mild choice.
func FitLogistic(columns [][]float64, labels []bool, ridge float64) (*Logistic, error) {
	if err := checkColumns(columns, len(labels)); err != nil {
		return nil, err
	}
	if !(ridge > 0) || !finite(ridge) {
		return nil, &BadInput{"ridge must be above 0", -1}
	}
	pos := count(labels)
	if rare := min(pos, len(labels)-pos); rare < LeastRare {
		return nil, &NotEnough{OneOutcome, float64(rare), LeastRare}
	}
	m, z := standardise(columns)
	m.N = len(labels)
	y := make([]float64, len(labels))
	for i, l := range labels {
		if l {
			y[i] = 1
		}
	}
	theta, cov, ll, err := newton(z, y, ridge, logit(float64(pos)/float64(len(labels))))
	if err != nil {
		return nil, err
	}
	m.Bias, m.Coef, m.LogLik = theta[0], theta[1:], ll
	m.Errors = make([]float64, len(m.Coef))
	for j := range m.Errors {
		m.Errors[j] = math.Sqrt(cov.At(j+1, j+1))
	}
	return m, nil
}

func checkColumns(columns [][]float64, n int) error {
	for j, c := range columns {
		if len(c) != n {
			return &BadInput{"a column is not as long as the labels", j}
		}
		if !finite(c...) {
			return &BadInput{"a column holds what is no number", j}
		}
	}
	return nil
}

func standardise(columns [][]float64) (*Logistic, [][]float64) {
	m := &Logistic{Centre: make([]float64, len(columns)), Scale: make([]float64, len(columns))}
	z := make([][]float64, len(columns))
	for j, c := range columns {
		m.Centre[j], m.Scale[j] = Mean(c), math.Sqrt(variance(c))
		if m.Scale[j] < 1e-12*math.Abs(m.Centre[j]) {
			m.Scale[j] = 0
		}
		z[j] = make([]float64, len(c))
		if m.Scale[j] > 0 {
			for i, v := range c {
				z[j][i] = (v - m.Centre[j]) / m.Scale[j]
			}
		}
	}
	return m, z
}

// newton returns bias and coefficients, their covariance and the likelihood.
func newton(z [][]float64, y []float64, ridge, bias float64) ([]float64, *mat.SymDense, float64, error) {
	k := len(z) + 1
	theta := make([]float64, k)
	theta[0] = bias
	var chol mat.Cholesky
	value, ll, g, h := logisticSlopes(z, y, theta, ridge)
	for range 100 {
		if !chol.Factorize(h) {
			return nil, nil, 0, &NotEnough{NotConverged, 0, 0}
		}
		var step mat.VecDense
		if err := chol.SolveVecTo(&step, mat.NewVecDense(k, g)); err != nil && !finite(step.RawVector().Data...) {
			return nil, nil, 0, &NotEnough{NotConverged, 0, 0}
		}
		var next []float64
		better := value
		for size := 1.0; size > 1e-8; size /= 2 {
			try := make([]float64, k)
			for j := range try {
				try[j] = theta[j] + size*step.AtVec(j)
			}
			if v, _ := logisticValue(z, y, try, ridge); v >= value {
				next, better = try, v
				break
			}
		}
		if next == nil {
			break
		}
		done := better-value < 1e-10*(1+math.Abs(value))
		theta = next
		if value, ll, g, h = logisticSlopes(z, y, theta, ridge); done {
			break
		}
	}
	var cov mat.SymDense
	if !chol.Factorize(h) || chol.InverseTo(&cov) != nil && !finite(cov.RawSymmetric().Data...) {
		return nil, nil, 0, &NotEnough{NotConverged, 0, 0}
	}
	return theta, &cov, ll, nil
}

func logisticValue(z [][]float64, y, theta []float64, ridge float64) (value, ll float64) {
	var sum total
	for i := range y {
		s := odds(z, theta, i)
		sum.add(y[i]*s - softplus(s))
	}
	ll = sum.value()
	value = ll
	for _, b := range theta[1:] {
		value -= ridge / 2 * b * b
	}
	return value, ll
}

func odds(z [][]float64, theta []float64, i int) float64 {
	s := theta[0]
	for j, c := range z {
		s += theta[j+1] * c[i]
	}
	return s
}

// logisticSlopes is the value, its gradient and the negative of its Hessian.
func logisticSlopes(z [][]float64, y, theta []float64, ridge float64) (float64, float64, []float64, *mat.SymDense) {
	k := len(theta)
	g, h, x := make([]float64, k), make([]float64, k*k), make([]float64, k)
	x[0] = 1
	for i := range y {
		p := sigmoid(odds(z, theta, i))
		for j, c := range z {
			x[j+1] = c[i]
		}
		w := p * (1 - p)
		for a := range k {
			g[a] += (y[i] - p) * x[a]
			for b := a; b < k; b++ {
				h[a*k+b] += w * x[a] * x[b]
			}
		}
	}
	for a := 1; a < k; a++ {
		g[a] -= ridge * theta[a]
		h[a*k+a] += ridge
	}
	h[0] += 1e-12
	value, ll := logisticValue(z, y, theta, ridge)
	return value, ll, g, mat.NewSymDense(k, h)
}

// Scores writes the log odds of every row of columns to dst.
func (m *Logistic) Scores(dst []float64, columns [][]float64) {
	for i := range dst {
		dst[i] = m.Bias
	}
	for j, c := range columns {
		if m.Scale[j] == 0 {
			continue
		}
		w := m.Coef[j] / m.Scale[j]
		for i := range dst {
			dst[i] += w * (c[i] - m.Centre[j])
		}
	}
}

// Share is what feature j with value v adds to the log odds, against an
// average customer. Shares of all features and Bias sum to the score.
func (m *Logistic) Share(j int, v float64) float64 {
	if m.Scale[j] == 0 {
		return 0
	}
	return m.Coef[j] * (v - m.Centre[j]) / m.Scale[j]
}
