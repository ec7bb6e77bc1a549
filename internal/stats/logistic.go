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

	cov *mat.SymDense // of Bias and Coef
}

// LeastRare is the least count of the rarer outcome a regression is fitted to.
const LeastRare = 10

// FitLogistic maximises the likelihood minus ridge/2 · Σ Coef² by Newton's
// method (iteratively reweighted least squares) with halved steps. columns
// are features, each as long as labels. ridge must be above 0: it keeps
// coefficients finite where the classes separate (le Cessie & van
// Houwelingen 1992); 1 is a mild choice.
func FitLogistic(columns [][]float64, labels []bool, ridge float64) (*Logistic, error) {
	return FitLogisticOn(columns, labels, make([]float64, len(labels)), ridge)
}

// FitLogisticOn is [FitLogistic] on top of what is known: given are log odds
// of every row that enter with weight 1. They are not part of Scores.
func FitLogisticOn(columns [][]float64, labels []bool, given []float64, ridge float64) (*Logistic, error) {
	if len(given) != len(labels) || !finite(given...) {
		return nil, &BadInput{"given log odds are not those of the labels, or no numbers", -1}
	}
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
	start := make([]float64, len(columns)+1)
	start[0] = logit(float64(pos)/float64(len(labels))) - Mean(given)
	theta, cov, ll, err := newton(newTask(z, y, given, ridge), start)
	if err != nil {
		return nil, err
	}
	m.Bias, m.Coef, m.LogLik, m.cov = theta[0], theta[1:], ll, cov
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
		for _, v := range c {
			if !(math.Abs(v) <= 1e100) { // squares must stay finite
				return &BadInput{"a column holds what is no number, or too large", j}
			}
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

// score is the log odds of one row.
func (m *Logistic) score(row []float64) float64 {
	sum := m.Bias
	for j, v := range row {
		sum += m.Share(j, v)
	}
	return sum
}

// along is what the log odds of a row change along an axis of bias and
// coefficients.
func (m *Logistic) along(axis, row []float64) float64 {
	sum := axis[0]
	for j, v := range row {
		if m.Scale[j] > 0 {
			sum += axis[j+1] * (v - m.Centre[j]) / m.Scale[j]
		}
	}
	return sum
}
