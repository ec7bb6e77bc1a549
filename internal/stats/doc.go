// Package stats is the arithmetic of measuring loyalty: repeat-buying models,
// a learned score, intervals, drivers of satisfaction, experiments and
// development triangles. It knows slices of numbers and no product words, reads
// no clock, and gives the same result in every run.
//
// # From visits to forecasts
//
// A caller brings [Visit]s, one per receipt, with its own customer numbers and
// the shop's local day. [Summarise] counts them into one place per customer;
// [Summary.Group] finds the equal pasts, which is what models are fitted to:
//
//	w := stats.Window{From: opened, To: yesterday, Unit: 7} // weeks from here on
//	sum, err := stats.Summarise(visits, w)
//	rows := sum.Group()
//	fits, err := stats.FitAll(rows.Rows)       // NBD, BG/NBD, MBG/NBD, Pareto/NBD
//	if !fits.DropoutSeen() { … }               // say so; never show "alive = 100 %"
//	p := make([]stats.Prediction, len(rows.Rows))
//	fits.ParetoNBD.Model.Predict(p, rows.Rows, 26)
//	// customer i of sum is p[rows.Of[i]]
//
// The score does all of that in one call, and ranks better:
//
//	score, err := stats.TrainScore(visits, w, 180) // buys again within 180 days?
//	f := make([]stats.Forecast, len(sum.Who))
//	err = score.Forecast(f, sum)
//
// Its back-test is the same call on an earlier window, then [Summary.Later]
// and [Evaluate]. Ranges of one customer's forecast
// come from [Score.Doubt] and [Score.Outlook], those of any figure of a fit from
// [Bootstrap] and [PercentileInterval].
//
// # What is not enough
//
// Every function says what is missing with a *[NotEnough] and a stable code
// rather than return a number that means nothing: one customer, nobody who
// repeats, all alike. No result is NaN or infinite, but for standard errors,
// where +Inf means that the data do not say. A *[BadInput] is a defect of the
// caller.
//
// # Weaknesses
//
// Purchases on one day are one purchase, yet the models think in continuous
// time; for people who buy almost daily the rate is a little low. Seasons are
// unknown: a horizon over Christmas, learned in autumn, is too low. All
// repeat-buying models here forecast CDNOW 11–19 % too low in total, as
// published. Spend is taken as independent of frequency; [SpendFit].Link says
// how far that is from true.
package stats
