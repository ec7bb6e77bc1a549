package stats

import (
	"math"
	"sync"
)

// Score forecasts what customers do within a horizon. A logistic regression
// on [Features], trained on the shop's own past, ranks best, but its labels
// cover a shorter time than people ask about, and what it has learned does not
// see the whole shop grow older. The repeat-buying model knows horizons and
// ageing, but ranks less well and overdoes the ageing. So the regression is
// learned on top of half of the model's log odds for the time of the labels,
// and forecasts with what the model says of the horizon:
//
//	logit P = Bias + Σ Share(feature) + logit P_model(horizon) − (1 − Trust) mean logit P_model(label)
//
// That is the plain mean, in log odds, of a forecast that takes the model at
// its word and one that takes only the step from label to horizon from it.
// The regression itself is the mean of three, learned from different days with
// labels of different lengths, each on top of a model that has not seen the
// labels; for combining forecasts equal weights are hard to beat (Clemen 1989,
// International Journal of Forecasting 5). Every addend is a reason, and the
// reasons add up.
//
// Which model and which kind of features: [Choice].
type Score struct {
	Logistic *Logistic
	Fits     *Fits
	Model    Model // moves the horizon and forecasts counts
	Choice   Choice
	Spend    *SpendFit // nil if NoSpend says why
	NoSpend  error
	Labels   []float64 // times the labels cover, in units
	Horizon  float64   // time forecast, in units
	Unit     float64   // days per unit
	Learned  int       // customers it was learned from
	Of       int       // customers there were
}

// Trust is the weight of the model's log odds in training.
const Trust = 0.5

// TrainScore learns from the visits of a window to forecast the next days.
// Labels come from the end of the window itself; nothing after w.To is read.
// Of more than [MostLearned] customers a sample of as many is learned from,
// the same for the same numbers.
func TrainScore(visits []Visit, w Window, days int32) (*Score, error) {
	return trainOn(visits, w, days, MostLearned, sampleSeed)
}

func trainOn(visits []Visit, w Window, days int32, most int, seed uint64) (*Score, error) {
	if days < 1 {
		return nil, &BadInput{"a horizon is at least a day", -1}
	}
	now, err := Summarise(visits, w)
	if err != nil {
		return nil, err
	}
	visits = Sorted(visits)
	s := &Score{Horizon: float64(days) / w.Unit, Unit: w.Unit, Of: len(now.Who)}
	if s.Of > most {
		visits = sampled(visits, now, most, seed)
		if now, err = Summarise(visits, w); err != nil {
			return nil, err
		}
	}
	s.Learned = len(now.Who)
	if s.Fits, err = FitAll(now.Group().Rows); err != nil {
		return nil, err
	}
	var taken album
	s.Model, s.Choice, taken = s.Fits.chooseModel(visits, w, days)
	s.Choice.chooseFeatures(visits, w, days, s.Model, taken)
	if err := s.learn(visits, w, days, taken); err != nil {
		return nil, err
	}
	if s.Spend, err = FitGammaGamma(now.Spends()); err != nil {
		s.NoSpend = err
	}
	return s, nil
}

// learn fits a regression at each cut. One that does not carry a regression is
// left out; where none does the reason is the last one's.
func (s *Score) learn(visits []Visit, w Window, days int32, taken album) error {
	at := cuts(w, days)
	found, errs := make([]*Logistic, len(at)), make([]error, len(at))
	var wait sync.WaitGroup
	for i, c := range at {
		wait.Go(func() {
			then := taken[c]
			if then == nil {
				then, errs[i] = snapshotAt(visits, w, c, s.Model)
			}
			if errs[i] == nil {
				found[i], errs[i] = then.learn(s.Choice.Features)
			}
		})
	}
	wait.Wait()
	var all []*Logistic
	var err error = &NotEnough{NoHistory, 0, 0}
	for i, l := range found {
		if errs[i] != nil {
			err = errs[i]
			continue
		}
		all, s.Labels = append(all, l), append(s.Labels, float64(at[i].until-at[i].at)/s.Unit)
	}
	if all == nil {
		return err
	}
	s.Logistic = average(all)
	return nil
}

func anyOf(days []int) []bool {
	out := make([]bool, len(days))
	for i, d := range days {
		out[i] = d > 0
	}
	return out
}

// Features are the columns the score reads of a summary.
func (s *Score) Features(now *Summary) [][]float64 { return Features(now, s.Choice.Features) }

// Forecast is what a customer will do within the horizon.
type Forecast struct {
	Probability float64 // of at least one purchase
	Count       float64 // expected purchases: the repeat-buying model's, but no fewer than go with Probability
	Money       float64 // expected spend; 0 if the score has no Spend
	Learned     float64 // log odds of the regression: its bias and shares
	ByModel     float64 // log odds the repeat-buying model adds
}

// Forecast writes a forecast for every customer of now, dst as long as
// now.Who. now must be a summary in the score's unit; it may be newer than
// the one trained on.
//
// Count is the model's where it can be. Who comes at least once with
// probability P comes P times or more on average; and where everybody comes by
// chance at a pace of her own for as long as she stays, which is what the
// models say, no fewer than −ln(1−P) times (the chance of not coming is the
// mean of e^−count over such paces, and so at least e to minus their mean). A
// lower count would contradict the probability beside it.
//
// Money is spend per purchase times the geometric mean of two counts, the
// model's and the one that the probability implies: the first is too low for
// one-time buyers, the second errs more on each customer.
func (s *Score) Forecast(dst []Forecast, now *Summary) error {
	if len(dst) != len(now.Who) || now.Unit != s.Unit {
		return &BadInput{"a forecast for each customer, in the unit trained in", -1}
	}
	g := now.Group()
	far, near := make([]Prediction, len(g.Rows)), s.allAtLabels(g.Rows)
	s.Model.Predict(far, g.Rows, s.Horizon)
	learned := make([]float64, len(dst))
	s.Logistic.Scores(learned, s.Features(now))
	for i, row := range g.Of {
		dst[i] = s.combine(far[row], near[row], learned[i], s.spend(), now.X[i], now.Mean[i])
	}
	return nil
}

// atLabels is the mean of a model's log odds over the times of the labels.
func (s *Score) atLabels(m Model, r Row) float64 {
	var sum total
	for _, t := range s.Labels {
		sum.add(logit(m.AtLeastOne(r, t)))
	}
	return sum.value() / float64(len(s.Labels))
}

// allAtLabels is atLabels of the score's model for many rows.
func (s *Score) allAtLabels(rows []Row) []float64 {
	out := make([]float64, len(rows))
	m, ok := s.Model.(ParetoNBD)
	if !ok {
		for i, r := range rows {
			out[i] = s.atLabels(s.Model, r)
		}
		return out
	}
	said := make([]Prediction, len(rows)) // what costs is shared by the rows
	for _, t := range s.Labels {
		m.Predict(said, rows, t)
		for i := range said {
			out[i] += logit(said[i].AtLeastOne) / float64(len(s.Labels))
		}
	}
	return out
}

// combine is a forecast from what the model says of the horizon (far) and of
// the times of the labels (near, log odds), and what the regression says.
func (s *Score) combine(far Prediction, near, learned float64, spend *GammaGamma, x int, mean float64) Forecast {
	f := Forecast{Learned: learned, ByModel: logit(far.AtLeastOne) - (1-Trust)*near}
	f.Probability = sigmoid(f.Learned + f.ByModel)
	f.Count = max(far.Expected, leastCount(f.Learned+f.ByModel))
	if spend != nil {
		f.Money = spend.Expected(x, max(0, mean)) * blended(far, f.Probability)
	}
	return f
}

// leastCount is −ln(1−P) of a probability's log odds.
func leastCount(odds float64) float64 {
	if odds > 30 { // e^odds alone counts
		return odds
	}
	return math.Log1p(math.Exp(odds))
}

func blended(p Prediction, probability float64) float64 {
	if p.AtLeastOne <= 0 {
		return p.Expected
	}
	return p.Expected * math.Sqrt(probability/p.AtLeastOne)
}
