package stats

import (
	"math"
	"sync"
)

// Choice is why a score stands on its model and its features: both are tried
// on the shop's own past.
type Choice struct {
	Hold     int32        // days forecast in the trial of models
	Models   []ModelTrial // in the order of [Fits.All]; empty where Untried says why
	Untried  error
	Features FeatureKind
	Loss     [2]float64 // log loss by kind of features in their trial; 0 where it could not be made
}

// ModelTrial is how a repeat-buying model, fitted to the beginning of the
// window, forecast its end.
type ModelTrial struct {
	Name string
	Evaluation
}

// chooseModel takes the model with the least error of counts, customer by
// customer, in a trial as long as the forecast or half of the window. Only
// models that find dropout take part; where none does it is the NBD.
func (f *Fits) chooseModel(visits []Visit, w Window, days int32) (best Model, c Choice, taken album) {
	c.Hold = int32(min(int64(days), (int64(w.To)-int64(w.From))/2))
	at := cut{w.To - c.Hold, w.To}
	all := f.candidates()
	trials, snaps, errs := make([]*Evaluation, len(all)), make([]*snapshot, len(all)), make([]error, len(all))
	var wait sync.WaitGroup
	for i, fit := range all {
		wait.Go(func() { trials[i], snaps[i], errs[i] = trial(visits, w, at, fit.Model) })
	}
	wait.Wait()
	best, taken = all[0].Model, album{} // for want of a trial the first stands
	least := math.Inf(1)
	for i, e := range trials {
		if errs[i] != nil {
			c.Untried = errs[i]
			continue
		}
		c.Models = append(c.Models, ModelTrial{all[i].Model.Name(), *e})
		if e.MAE < least {
			best, least, taken = all[i].Model, e.MAE, album{at: snaps[i]}
		}
	}
	if len(c.Models) > 0 {
		c.Untried = nil
	}
	return best, c, taken
}

// candidates are the models that may be chosen, the Pareto/NBD first.
func (f *Fits) candidates() []*Fit {
	var out []*Fit
	for _, fit := range []*Fit{f.ParetoNBD, f.MBGNBD, f.BGNBD} {
		if fit != nil && fit.Dropout.Seen {
			out = append(out, fit)
		}
	}
	if out == nil {
		out = []*Fit{f.NBD} // FitAll fails where neither is to be had
	}
	return out
}

// trial forecasts the last days of a window from what was known before.
func trial(visits []Visit, w Window, at cut, m Model) (*Evaluation, *snapshot, error) {
	s, err := snapshotAt(visits, w, at, m)
	if err != nil {
		return nil, nil, err
	}
	if err := enough(s.sum.Group().Rows); err != nil {
		return nil, nil, err
	}
	f := make([]Forecast, len(s.again))
	for i, p := range s.said {
		f[i] = Forecast{Probability: p.AtLeastOne, Count: p.Expected}
	}
	e, err := Evaluate(f, s.again, make([]float64, len(f)))
	return e, s, err
}

// chooseFeatures learns from a snapshot two steps before the end and tries it
// a step later: absolute days mean something else in a longer window, ranks
// lose what is between them, and which weighs more depends on the shop.
func (c *Choice) chooseFeatures(visits []Visit, w Window, days int32, m Model, taken album) {
	step := int32(min(int64(days), (int64(w.To)-int64(w.From))/3))
	if step < 1 {
		return
	}
	then, err := taken.at(visits, w, cut{w.To - 2*step, w.To - step}, m)
	if err != nil {
		return
	}
	later, err := taken.at(visits, w, cut{w.To - step, w.To}, m)
	if err != nil {
		return
	}
	var loss [2]float64
	for kind := range loss {
		l, err := then.learn(FeatureKind(kind))
		if err != nil {
			return
		}
		loss[kind] = later.loss(l, FeatureKind(kind))
	}
	if c.Loss = loss; loss[Logs] < loss[Ranks] {
		c.Features = Logs
	}
}

// loss is the log loss of a regression learned elsewhere.
func (s *snapshot) loss(l *Logistic, kind FeatureKind) float64 {
	p := make([]float64, len(s.again))
	l.Scores(p, Features(s.sum, kind))
	for i, m := range s.said {
		p[i] = sigmoid(p[i] + Trust*logit(m.AtLeastOne))
	}
	return LogLoss(p, anyOf(s.again))
}
