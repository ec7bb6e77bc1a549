package stats

import "gonum.org/v1/gonum/mat"

// Model is a fitted repeat-buying model. Times are in the unit of the rows.
type Model interface {
	Name() string
	Params() []float64                               // in the order of the struct's fields
	Alive(r Row) float64                             // probability of not having dropped out: never a measure of loyalty
	AtLeastOne(r Row, t float64) float64             // probability of a purchase within the next t
	Expected(r Row, t float64) float64               // purchases within the next t
	Mean(t float64) float64                          // purchases of a new customer within t
	Predict(dst []Prediction, rows []Row, t float64) // all three for all rows, dst as long as rows
}

// Prediction is what a model expects of one row within a horizon.
type Prediction struct{ Alive, AtLeastOne, Expected float64 }

func predict(m Model, dst []Prediction, rows []Row, t float64) {
	for i, r := range rows {
		dst[i] = Prediction{m.Alive(r), m.AtLeastOne(r, t), m.Expected(r, t)}
	}
}

// Fit is a model at the maximum of its likelihood.
type Fit struct {
	Model     Model
	LogLik    float64
	Errors    []float64 // standard errors of Params; +Inf where the data do not say
	Dropout   Dropout
	Customers int

	cov *mat.SymDense // of the logarithms of Params; nil where the data do not say
}

// Dropout is the likelihood-ratio test of a model with dropout against the
// [NBD] without. The NBD lies on the edge of the parameters, so the χ² law
// with 2 degrees of freedom is too strict rather than too lax: Seen is claimed
// too rarely, never too often.
type Dropout struct {
	Ratio float64 // 2 (ln L − ln L of the NBD)
	P     float64
	Seen  bool // P < 0.05. If false: dropout cannot be seen in this window, use the NBD
}

// Fits is every repeat-buying model fitted to the same rows. A model that
// could not be fitted is nil and its reason stands in Failed under its name.
type Fits struct {
	NBD, BGNBD, MBGNBD, ParetoNBD *Fit
	Failed                        map[string]error
}

// All lists what was fitted: first the models with dropout, last the NBD.
func (f *Fits) All() []*Fit {
	var out []*Fit
	for _, m := range []*Fit{f.BGNBD, f.MBGNBD, f.ParetoNBD, f.NBD} {
		if m != nil {
			out = append(out, m)
		}
	}
	return out
}

// DropoutSeen says whether any model finds dropout in the window. Where none
// does, probabilities to be alive are 1 for want of evidence.
func (f *Fits) DropoutSeen() bool {
	for _, m := range f.All() {
		if m.Dropout.Seen {
			return true
		}
	}
	return false
}
