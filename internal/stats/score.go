package stats

import "math"

// Score forecasts what customers do within a horizon. A logistic regression
// on [Features], trained on the shop's own past, ranks best, but its labels
// cover a shorter time than people ask about, and ranks within a snapshot do
// not see the whole shop grow older. The repeat-buying model knows horizons
// and ageing, but ranks less well and overdoes the ageing. So the regression
// is learned on top of half of the model's log odds for the time of the
// labels, and forecasts with what the model says of the horizon:
//
//	logit P = Bias + Σ Share(feature) + logit P_model(horizon) − (1 − Trust) logit P_model(label)
//
// That is the plain mean, in log odds, of a forecast that takes the model at
// its word and one that takes only the step from label to horizon from it;
// for combining forecasts equal weights are hard to beat (Clemen 1989,
// International Journal of Forecasting 5). Every addend is a reason, and the
// reasons add up.
type Score struct {
	Logistic *Logistic
	Fits     *Fits
	Model    Model     // moves the horizon and forecasts counts
	Spend    *SpendFit // nil if NoSpend says why
	NoSpend  error
	Label    float64 // time the labels cover, in units
	Horizon  float64 // time forecast, in units
	Unit     float64 // days per unit
}

// Trust is the weight of the model's log odds in training.
const Trust = 0.5

// MostLabelDays bounds the time labels cover: a quarter, or half of the window
// where that is shorter. Longer labels would leave too little past to learn from.
const MostLabelDays = 91

// TrainScore learns from the visits of a window to forecast the next days.
// Labels come from the end of the window itself; nothing after w.To is read.
func TrainScore(visits []Visit, w Window, days int32) (*Score, error) {
	if days < 1 {
		return nil, &BadInput{"a horizon is at least a day", -1}
	}
	now, err := Summarise(visits, w)
	if err != nil {
		return nil, err
	}
	s := &Score{Horizon: float64(days) / w.Unit, Unit: w.Unit}
	if s.Fits, err = FitAll(now.Group().Rows); err != nil {
		return nil, err
	}
	s.Model = s.Fits.forCounts()
	label := min(int64(days), MostLabelDays, (int64(w.To)-int64(w.From))/2)
	s.Label = float64(label) / w.Unit
	then, err := Summarise(visits, Window{w.From, w.To - int32(label), w.Unit})
	if err != nil {
		return nil, err
	}
	again, _ := then.Later(visits, w.To)
	if s.Logistic, err = FitLogisticOn(Features(then), anyOf(again), s.given(then), 1); err != nil {
		return nil, err
	}
	if s.Spend, err = FitGammaGamma(now.Spends()); err != nil {
		s.NoSpend = err
	}
	return s, nil
}

// given is what the model says of the time of the labels. Its few parameters
// have seen the labels too; against thousands of customers that is nothing.
func (s *Score) given(then *Summary) []float64 {
	g := then.Group()
	p := make([]Prediction, len(g.Rows))
	s.Model.Predict(p, g.Rows, s.Label)
	out := make([]float64, len(g.Of))
	for i, row := range g.Of {
		out[i] = Trust * logit(p[row].AtLeastOne)
	}
	return out
}

// forCounts prefers the Pareto/NBD, whose counts erred least in back-tests on
// three public sets; where it could not be fitted another stands in.
func (f *Fits) forCounts() Model {
	for _, fit := range []*Fit{f.ParetoNBD, f.MBGNBD, f.BGNBD, f.NBD} {
		if fit != nil {
			return fit.Model
		}
	}
	return nil // unreachable: FitAll fails first
}

func anyOf(days []int) []bool {
	out := make([]bool, len(days))
	for i, d := range days {
		out[i] = d > 0
	}
	return out
}

// Forecast is what a customer will do within the horizon.
type Forecast struct {
	Probability float64 // of at least one purchase
	Count       float64 // expected purchases, by the repeat-buying model
	Money       float64 // expected spend; 0 if the score has no Spend
	Learned     float64 // log odds of the regression: its bias and shares
	ByModel     float64 // log odds the repeat-buying model adds
}

// Forecast writes a forecast for every customer of now, dst as long as
// now.Who. now must be a summary in the score's unit; it may be newer than
// the one trained on.
//
// Money is spend per purchase times the geometric mean of two counts, the
// model's and the one that the probability implies: the first is too low for
// one-time buyers, the second errs more on each customer.
func (s *Score) Forecast(dst []Forecast, now *Summary) error {
	if len(dst) != len(now.Who) || now.Unit != s.Unit {
		return &BadInput{"a forecast for each customer, in the unit trained in", -1}
	}
	g := now.Group()
	near, far := make([]Prediction, len(g.Rows)), make([]Prediction, len(g.Rows))
	s.Model.Predict(near, g.Rows, s.Label)
	s.Model.Predict(far, g.Rows, s.Horizon)
	learned := make([]float64, len(dst))
	s.Logistic.Scores(learned, Features(now))
	for i, row := range g.Of {
		dst[i] = s.combine(far[row], near[row].AtLeastOne, learned[i], s.spend(), now.X[i], now.Mean[i])
	}
	return nil
}

// combine is a forecast from what the model says of the horizon (far) and of
// the time of the labels (near), and what the regression says.
func (s *Score) combine(far Prediction, near, learned float64, spend *GammaGamma, x int, mean float64) Forecast {
	f := Forecast{Count: far.Expected, Learned: learned, ByModel: logit(far.AtLeastOne) - (1-Trust)*logit(near)}
	f.Probability = sigmoid(f.Learned + f.ByModel)
	if spend != nil {
		f.Money = spend.Expected(x, max(0, mean)) * blended(far, f.Probability)
	}
	return f
}

func blended(p Prediction, probability float64) float64 {
	if p.AtLeastOne <= 0 {
		return p.Expected
	}
	return p.Expected * math.Sqrt(probability/p.AtLeastOne)
}
