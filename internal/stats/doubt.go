package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Doubt is how far the parameters of a score could be from their maxima, as
// steps along the axes of their covariance, those of models and spend in the
// logarithm of each parameter. It is made once; what it means for one
// customer's forecast (delta method) then costs two predictions an axis.
//
// Along an axis where the data hardly say anything the figures hardly change
// either, so a flat likelihood does no harm to them. Where the model's
// curvature says nothing at all the steps are those of the NBD, which is what
// a model without visible dropout is.
type Doubt struct {
	models [][2]Model
	theta  [][]float64 // of bias and coefficients: whole axes, as log odds are linear in them
	spends [][2]GammaGamma
	rivals []Model // other models that could have been chosen
}

// step is the part of a standard deviation differences are taken over: little
// enough to be a slope, enough to stand above rounding.
const step = 0.1

// Doubt of the score's parameters.
func (s *Score) Doubt() (*Doubt, error) {
	fit := s.fitted()
	if fit.cov == nil {
		if fit = s.Fits.NBD; fit == nil || fit.cov == nil {
			return nil, &NotEnough{NotConverged, 0, 0}
		}
	}
	d := &Doubt{theta: axes(s.Logistic.cov)}
	for _, a := range axes(fit.cov) {
		d.models = append(d.models, [2]Model{withParams(fit.Model, moved(fit.Model.Params(), a, -step)), withParams(fit.Model, moved(fit.Model.Params(), a, step))})
	}
	for _, f := range s.Fits.candidates() {
		if f.Model.Name() != s.Model.Name() {
			d.rivals = append(d.rivals, f.Model)
		}
	}
	if s.Spend != nil {
		for _, a := range axes(s.Spend.cov) {
			d.spends = append(d.spends, [2]GammaGamma{s.Spend.moved(a, -step), s.Spend.moved(a, step)})
		}
	}
	return d, nil
}

// fitted is the fit of the score's model.
func (s *Score) fitted() *Fit {
	for _, f := range s.Fits.All() {
		if f.Model.Name() == s.Model.Name() {
			return f
		}
	}
	return s.Fits.All()[0] // unreachable: the model is one of them
}

// axes are the columns of the root of a covariance; none where it has none.
func axes(cov *mat.SymDense) [][]float64 {
	var chol mat.Cholesky
	if cov == nil || !chol.Factorize(cov) {
		return nil
	}
	var l mat.TriDense
	chol.LTo(&l)
	out := make([][]float64, cov.SymmetricDim())
	for j := range out {
		out[j] = mat.Col(nil, j, &l)
	}
	return out
}

// moved are parameters some way along an axis of their logarithms.
func moved(p, axis []float64, by float64) []float64 {
	out := make([]float64, len(p))
	for i := range p {
		out[i] = math.Exp(min(edge, max(-edge, math.Log(p[i])+by*axis[i])))
	}
	return out
}

// leastTail keeps Q above 1, where mean spend stops to exist.
const leastTail = 1.01

func (m GammaGamma) moved(axis []float64, by float64) GammaGamma {
	p := moved([]float64{m.P, m.Q, m.V}, axis, by)
	return GammaGamma{p[0], max(p[1], leastTail), p[2]}
}

// withParams is a model of the kind of m.
func withParams(m Model, p []float64) Model {
	switch m.(type) {
	case NBD:
		return NBD{p[0], p[1]}
	case BGNBD:
		return BGNBD{p[0], p[1], p[2], p[3]}
	case MBGNBD:
		return MBGNBD{p[0], p[1], p[2], p[3]}
	case ParetoNBD:
		return ParetoNBD{p[0], p[1], p[2], p[3]}
	}
	panic("stats: a model of no known kind")
}
