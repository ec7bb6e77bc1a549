package stats

import (
	"cmp"
	"math"
	"slices"
)

// Evaluation says how forecasts fared against what came. What cannot be had
// (nobody came back, nobody spent) has a reason instead, and its figures mean
// nothing.
type Evaluation struct {
	N    int
	Base float64 // share who bought again

	AUC, Lift         float64 // ranking by probability; lift of the top tenth
	Calibration       float64 // expected calibration error, ten bins
	LogLoss, Brier    float64
	MAE, RMSE, Excess float64 // of counts; Excess is the error of their total, 0.1 for 10 % too many
	MoneyGini         float64 // see [GiniShare], of spend along forecast spend
	MoneyMAE          float64
	MoneyExcess       float64

	NoRanking error // why there are no AUC and Lift
	NoTotal   error // why there is no Excess: nothing came
	NoSpend   error // why there are no MoneyGini, MoneyMAE and MoneyExcess: nothing was spent, or no spend forecast
}

// Missing are the reasons why figures are missing, each once.
func (e *Evaluation) Missing() (out []error) {
	for _, err := range []error{e.NoRanking, e.NoTotal, e.NoSpend} {
		if err != nil && !slices.ContainsFunc(out, func(o error) bool { return o.Error() == err.Error() }) {
			out = append(out, err)
		}
	}
	return out
}

// Evaluate compares forecasts with the days and the money that came, both as
// [Summary.Later] gives them.
func Evaluate(forecasts []Forecast, days []int, money []float64) (*Evaluation, error) {
	n := len(forecasts)
	if n == 0 || len(days) != n || len(money) != n {
		return nil, &BadInput{"outcomes are not those of the forecasts", -1}
	}
	came := anyOf(days)
	prob, counts, spend := make([]float64, n), make([]float64, n), make([]float64, n)
	paid, bought := make([]float64, n), make([]float64, n)
	for i, f := range forecasts {
		prob[i], counts[i], spend[i] = f.Probability, f.Count, f.Money
		bought[i], paid[i] = float64(days[i]), max(0, money[i])
	}
	e := &Evaluation{N: n, Base: float64(count(came)) / float64(n), Calibration: CalibrationError(prob, came, 10), LogLoss: LogLoss(prob, came), Brier: Brier(prob, came)}
	e.MAE, e.RMSE, e.Excess = distance(counts, bought)
	e.MoneyMAE, _, e.MoneyExcess = distance(spend, money)
	var noLift error
	e.AUC, e.NoRanking = AUC(prob, came)
	e.Lift, noLift = Lift(prob, came, 0.1)
	e.NoRanking = cmp.Or(e.NoRanking, noLift)
	if Sum(bought) == 0 {
		e.NoTotal = &NotEnough{OneOutcome, 0, 1}
	}
	e.MoneyGini, e.NoSpend = GiniShare(spend, paid)
	switch {
	case e.NoTotal != nil: // nobody came to spend
		e.NoSpend = e.NoTotal
	case !(Sum(money) > 0) || Sum(spend) == 0:
		e.NoSpend = cmp.Or(e.NoSpend, error(&NotEnough{NoVariation, 0, 0}))
	}
	return e, nil
}

// distance is the mean absolute error, its quadratic sister, and the error of
// the total as a share (0 where nothing came).
func distance(forecast, came []float64) (mae, rmse, excess float64) {
	var abs, square total
	for i, f := range forecast {
		d := f - came[i]
		abs.add(math.Abs(d))
		square.add(d * d)
	}
	n := float64(len(came))
	if all := Sum(came); all > 0 {
		excess = Sum(forecast)/all - 1
	}
	return abs.value() / n, math.Sqrt(square.value() / n), excess
}
