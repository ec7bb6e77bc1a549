package insight

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"sync"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/stats"
)

// Backtest says how well forecasts made on a past day fit what then came:
// learned from what was known up to Split, compared with the Horizon days
// after it.
type Backtest struct {
	First, Split, Until clock.Day // Split is the last day learned from
	Horizon             int       // days
	Customers           int
	Base                float64  // share of them who bought again
	Rows                []Trial  // every model, and the score last
	Bins                []Bin    // of the score
	Counts              []Count  // by repeats so far
	Course              []Course // of the chosen model, week by week
	DropoutSeen         bool
	Chosen              string // the repeat-buying model the score stands on
	Choice              stats.Choice
	Plain               float64        // AUC of the plain regression on recency, frequency and money
	Lead                stats.Interval // AUC of the score above it, by paired bootstrap
	NoLead              error          // why there are neither
	Failed              map[string]error
}

// Trial is how one way of forecasting fared.
type Trial struct {
	Name string
	stats.Evaluation
}

// Bin compares what was said with what came for customers of like
// probability.
type Bin struct {
	From, To   float64
	N          int
	Said, Came float64 // mean probability; share who bought
}

// Count compares expected with actual purchases of customers with the same
// number of repeats so far; the last takes all above.
type Count struct {
	Repeats          int
	N                int
	Expected, Actual float64 // a customer
}

// ScoreName is the name of the score's row.
const ScoreName = "score"

// Try makes a back-test. Without a split it leaves the horizon, or a third of
// the history where that is shorter, to be forecast; horizon 0 is up to the
// last day.
//
// Faults: stats.… when the past is too little, insight.split_outside.
func Try(visits []stats.Visit, split clock.Day, horizon int, today clock.Day) (*Backtest, error) {
	first, last, ok := Extent(visits)
	if !ok {
		return nil, Why(&stats.NotEnough{Code: stats.FewCustomers, Need: stats.LeastCustomers})
	}
	last = max(last, today)
	if split == 0 {
		hold := int(last-first) / 3
		if horizon > 0 {
			hold = min(hold, horizon)
		}
		split = last - clock.Day(hold)
	}
	if horizon == 0 {
		horizon = int(last - split)
	}
	if split < first || split >= last {
		return nil, fault.New(fault.Invalid, "insight.split_outside", "split", split, "first", first, "last", last)
	}
	until := min(split+clock.Day(horizon), last)
	b := &Backtest{First: first, Split: split, Until: until, Horizon: int(until - split)}
	if err := b.run(visits); err != nil {
		return nil, Why(err)
	}
	return b, nil
}

func (b *Backtest) run(visits []stats.Visit) error {
	visits = stats.Sorted(visits)
	w := stats.Window{From: int32(b.First), To: int32(b.Split), Unit: Unit}
	score, err := stats.TrainScore(visits, w, int32(b.Horizon))
	if err != nil {
		return err
	}
	sum, err := stats.Summarise(visits, w)
	if err != nil {
		return err
	}
	days, money := sum.Later(visits, int32(b.Until))
	b.Customers, b.DropoutSeen, b.Failed = len(sum.Who), score.Fits.DropoutSeen(), score.Fits.Failed
	b.Chosen, b.Choice = score.Model.Name(), score.Choice
	f := make([]stats.Forecast, len(sum.Who))
	if err := score.Forecast(f, sum); err != nil {
		return err
	}
	b.Bins, b.Counts = bins(f, days), counts(f, sum, days)
	var wait sync.WaitGroup
	wait.Go(func() { b.NoLead = Why(b.compare(visits, w, sum, f, days)) })
	wait.Go(func() { b.Course = b.course(score.Model, sum, visits) })
	err = b.judgeAll(score, sum, f, days, money)
	wait.Wait()
	return err
}

// judgeAll judges every model, and the score last.
func (b *Backtest) judgeAll(score *stats.Score, sum *stats.Summary, f []stats.Forecast, days []int, money []float64) error {
	fits := score.Fits.All()
	b.Rows = make([]Trial, len(fits)+1)
	errs := make([]error, len(b.Rows))
	var wait sync.WaitGroup
	for i, fit := range fits {
		wait.Go(func() {
			b.Rows[i], errs[i] = judged(fit.Model.Name(), modelForecasts(fit.Model, score, sum), days, money, score.NoSpend)
		})
	}
	last := len(fits)
	b.Rows[last], errs[last] = judged(ScoreName, f, days, money, score.NoSpend)
	wait.Wait()
	b.Base = b.Rows[last].Base
	return cmp.Or(errs...)
}

// leadDraws of the paired bootstrap: its 95 % range is within a tenth of
// itself.
const leadDraws = 400

// compare ranks by the score and by the plain regression.
func (b *Backtest) compare(visits []stats.Visit, w stats.Window, sum *stats.Summary, f []stats.Forecast, days []int) error {
	plain, err := stats.PlainForecast(visits, w, int32(b.Horizon), sum)
	if err != nil {
		return err
	}
	own, came := make([]float64, len(f)), make([]bool, len(f))
	for i := range f {
		own[i], came[i] = f[i].Probability, days[i] > 0
	}
	if b.Plain, err = stats.AUC(plain, came); err != nil {
		return err
	}
	b.Lead, err = stats.AUCDifference(own, plain, came, leadDraws, 1, 0.95)
	return err
}

// judged compares forecasts with what came; without a forecast of spend there is
// nothing to judge of it.
func judged(name string, f []stats.Forecast, days []int, money []float64, noSpend error) (Trial, error) {
	e, err := stats.Evaluate(f, days, money)
	if err != nil {
		return Trial{}, err
	}
	e.NoSpend = cmp.Or(noSpend, e.NoSpend)
	return Trial{name, *e}, nil
}

// modelForecasts are a repeat-buying model's own forecasts; money is expected
// purchases times expected spend.
func modelForecasts(m stats.Model, s *stats.Score, sum *stats.Summary) []stats.Forecast {
	g := sum.Group()
	p := make([]stats.Prediction, len(g.Rows))
	m.Predict(p, g.Rows, s.Horizon)
	out := make([]stats.Forecast, len(sum.Who))
	for i, row := range g.Of {
		out[i] = stats.Forecast{Probability: p[row].AtLeastOne, Count: p[row].Expected}
		if s.Spend != nil {
			out[i].Money = p[row].Expected * s.Spend.Expected(sum.X[i], max(0, sum.Mean[i]))
		}
	}
	return out
}

const binCount = 10

func bins(f []stats.Forecast, days []int) []Bin {
	out := make([]Bin, binCount)
	for k := range out {
		out[k].From, out[k].To = float64(k)/binCount, float64(k+1)/binCount
	}
	for i, x := range f {
		b := &out[min(binCount-1, int(x.Probability*binCount))]
		b.N++
		b.Said += x.Probability
		if days[i] > 0 {
			b.Came++
		}
	}
	for k := range out {
		if b := &out[k]; b.N > 0 {
			b.Said, b.Came = b.Said/float64(b.N), b.Came/float64(b.N)
		}
	}
	return out
}

const mostRepeats = 7 // and more

func counts(f []stats.Forecast, sum *stats.Summary, days []int) []Count {
	out := make([]Count, mostRepeats+1)
	for i, x := range f {
		c := &out[min(mostRepeats, sum.X[i])]
		c.N++
		c.Expected += x.Count
		c.Actual += float64(days[i])
	}
	for k := range out {
		c := &out[k]
		c.Repeats = k
		if n := float64(c.N); n > 0 {
			c.Expected, c.Actual = c.Expected/n, c.Actual/n
		}
	}
	return slices.DeleteFunc(out, func(c Count) bool { return c.N == 0 })
}

// Row is a trial by name; ok is false for one that could not be made.
func (b *Backtest) Row(name string) (t Trial, ok bool) {
	i := slices.IndexFunc(b.Rows, func(t Trial) bool { return t.Name == name })
	if i < 0 {
		return t, false
	}
	return b.Rows[i], true
}

// Why turns what the statistics miss into a fault a person can read; other
// errors stay as they are.
func Why(err error) error {
	if few, ok := errors.AsType[*stats.NotEnough](err); ok {
		return fault.New(fault.Conflict, few.Code, "have", tidy(few.Have), "need", tidy(few.Need)).Because(err)
	}
	return err
}

// tidy is a figure as a person reads it: at most two decimals.
func tidy(v float64) string {
	if v == math.Trunc(v) {
		return decimals(v, 0)
	}
	return decimals(v, 2)
}
