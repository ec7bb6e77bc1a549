package stats

import "math"

// Customer is one customer's past as a score reads it.
type Customer struct {
	Row      Row
	Mean     float64   // mean amount of the repeat purchases, 0 without any
	Features []float64 // her values of [Score.Features]
}

// Customer is the i-th of s; columns are the [Score.Features] of s.
func (s *Summary) Customer(i int, columns [][]float64) Customer {
	c := Customer{Row: Row{s.X[i], s.TX[i], s.T[i], 1}, Mean: s.Mean[i]}
	for _, column := range columns {
		c.Features = append(c.Features, column[i])
	}
	return c
}

// Outlook is a forecast for one customer with how sure it is. The intervals
// are about expectations: what customers with such a past do on average. What
// one of them then really does scatters far more.
type Outlook struct {
	Probability Interval // of at least one purchase
	Count       Interval // purchases
	Money       Interval // spend; zero if the score has no Spend
}

// Outlook forecasts the next t units for one customer. Its values are those of
// [Score.Forecast] where t is the score's horizon. The intervals are normal in
// log odds and in logarithms, so none leaves its range.
func (s *Score) Outlook(d *Doubt, c Customer, t, level float64) (Outlook, error) {
	if !(level > 0 && level < 1) || !(t > 0) || !finite(t) {
		return Outlook{}, &BadInput{"level not within 0 and 1, or no time ahead", -1}
	}
	learned, spend := s.Logistic.score(c.Features), s.spend()
	f := s.one(s.Model, learned, spend, c, t)
	var odds, count, money total // variances
	add := func(a, b Forecast, by float64) {
		odds.add(square((b.Learned + b.ByModel - a.Learned - a.ByModel) / by))
		count.add(square(ratio(b.Count, a.Count) / by))
		money.add(square(ratio(b.Money, a.Money) / by))
	}
	for _, m := range d.models {
		add(s.one(m[0], learned, spend, c, t), s.one(m[1], learned, spend, c, t), 2*step)
	}
	for _, m := range d.rivals {
		add(f, s.one(m, learned, spend, c, t), 2)
	}
	add(f, s.modelAlone(spend, c, t), 2)
	for _, axis := range d.theta {
		by := step * s.Logistic.along(axis, c.Features)
		add(s.one(s.Model, learned-by, spend, c, t), s.one(s.Model, learned+by, spend, c, t), 2*step)
	}
	for _, g := range d.spends {
		add(s.one(s.Model, learned, &g[0], c, t), s.one(s.Model, learned, &g[1], c, t), 2*step)
	}
	z := normalQuantile(level)
	o := Outlook{Count: scaled(f.Count, z*math.Sqrt(count.value()), level)}
	at, half := f.Learned+f.ByModel, z*math.Sqrt(odds.value())
	o.Probability = Interval{f.Probability, sigmoid(at - half), sigmoid(at + half), level}
	if spend != nil {
		o.Money = scaled(f.Money, z*math.Sqrt(money.value()), level)
	}
	o.reach()
	return o, nil
}

// reach lets the ranges of count and spend go as far as that of the
// probability: who comes at all with a probability p comes −ln(1−p) times or
// more.
func (o *Outlook) reach() {
	most := -math.Log1p(-min(o.Probability.High, 1-edgeOdds))
	if o.Count.High >= most || o.Count.Value <= 0 {
		return
	}
	o.Count.High = most
	o.Money.High = max(o.Money.High, o.Money.Value/o.Count.Value*most)
}

// edgeOdds is how far from certain a probability stays: beyond it a number of
// times says nothing.
const edgeOdds = 1e-3

func square(v float64) float64 { return v * v }

// ratio is ln b/a, 0 where either is nothing.
func ratio(b, a float64) float64 {
	if a <= 0 || b <= 0 {
		return 0
	}
	return math.Log(b / a)
}

// scaled is the interval of a positive value whose logarithm is normal.
func scaled(v, half, level float64) Interval {
	half = min(half, edge)
	return Interval{v, v * math.Exp(-half), v * math.Exp(half), level}
}

func (s *Score) spend() *GammaGamma {
	if s.Spend == nil {
		return nil
	}
	return &s.Spend.GammaGamma
}

// one is the forecast of a customer with other parameters.
func (s *Score) one(m Model, learned float64, spend *GammaGamma, c Customer, t float64) Forecast {
	far := Prediction{AtLeastOne: m.AtLeastOne(c.Row, t), Expected: m.Expected(c.Row, t)}
	return s.combine(far, s.atLabels(m, c.Row), learned, spend, c.Row.X, c.Mean)
}

// modelAlone is the forecast of the repeat-buying model without the
// regression.
func (s *Score) modelAlone(spend *GammaGamma, c Customer, t float64) Forecast {
	f := Forecast{Count: s.Model.Expected(c.Row, t), ByModel: logit(s.Model.AtLeastOne(c.Row, t))}
	if spend != nil {
		f.Money = spend.Expected(c.Row.X, max(0, c.Mean)) * f.Count
	}
	return f
}
