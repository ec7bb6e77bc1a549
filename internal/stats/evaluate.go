package stats

import "math"

// Evaluation says how forecasts fared against what came. A figure that cannot
// be had (nobody came back, nobody spent) is 0 and its reason stands in Missing.
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
	Missing           []error
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
	var errs [3]error
	e.AUC, errs[0] = AUC(prob, came)
	e.Lift, errs[1] = Lift(prob, came, 0.1)
	e.MoneyGini, errs[2] = GiniShare(spend, paid)
	for _, err := range errs {
		if err != nil {
			e.Missing = append(e.Missing, err)
		}
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
