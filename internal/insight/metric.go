package insight

import (
	"math"

	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/stats"
)

// Measure is the unit of a metric.
type Measure string

// Measures.
const (
	InPeople    Measure = "people"
	InPurchases Measure = "purchases"
	InTimes     Measure = "times"
	InMoney     Measure = "money" // minor units
	InShare     Measure = "share" // 0.25 is 25 %
	InDays      Measure = "days"
	InPoints    Measure = "points"
)

// Metric is one definition, the same for screen, file and API. Its name and
// formula in both languages stand in the catalogue under insight.metric.ID.
type Metric struct {
	ID   string
	Unit Measure
	Of   Measure // what N counts
	of   func(t *tally) figure
}

// figure is a metric's value before it has a name.
type figure struct {
	value, low, high float64
	interval         bool
	n                int
	missing          error
}

// Value is a metric under a filter. With Missing set there is no value, and
// it says why. N is how many the value is about, in the metric's Of.
type Value struct {
	Metric    *Metric
	Value     float64
	N         int
	Interval  bool // Low…High holds the true value of shops like this 19 times in 20
	Low, High float64
	Missing   error
}

// Name and Formula are a metric in words.
func (m *Metric) Name(l i18n.Lang) string    { return i18n.T(l, "insight.metric."+m.ID) }
func (m *Metric) Formula(l i18n.Lang) string { return i18n.T(l, "insight.metric."+m.ID+".formula") }

const level = 0.95

func counted(n int) figure { return figure{value: float64(n), n: n} }

// rate is a share of people with Wilson's interval.
func rate(hits, n int) figure {
	iv, err := stats.Wilson(hits, n, level)
	if err != nil {
		return figure{n: n, missing: Why(err)}
	}
	return figure{value: iv.Value, low: iv.Low, high: iv.High, interval: true, n: n}
}

// ratio is a ratio of sums over members, with the delta method's interval;
// below the least number of members it stands without one.
func ratio(top, bottom []float64) figure {
	all := stats.Sum(bottom)
	if all == 0 {
		return figure{missing: nothingYet()}
	}
	f := figure{value: stats.Sum(top) / all, n: len(top)}
	if _, se, err := stats.Ratio(top, bottom); err == nil && !math.IsNaN(se) && !math.IsInf(se, 0) {
		iv := stats.Plain(f.value, se, level)
		f.low, f.high, f.interval = max(0, iv.Low), iv.High, true
	}
	return f
}

// part is a share of amounts, which has no interval: nothing is drawn.
func part(top, bottom int64, n int) figure {
	if bottom == 0 {
		return figure{n: n, missing: nothingYet()}
	}
	return figure{value: float64(top) / float64(bottom), n: n}
}

func nothingYet() error { return fault.New(fault.Conflict, "insight.nothing_yet") }

func ones(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// Rhythm is how a member stands to her own pace.
type Rhythm uint8

const (
	InRhythm Rhythm = iota // bought within twice her usual gap
	Dormant                // within four times
	Churned                // longer ago
)

// String is a stable name.
func (r Rhythm) String() string { return [...]string{"active", "dormant", "churned"}[r] }

const (
	dormantFrom = 2
	churnedFrom = 4
)

// rhythmOf compares the days since the last visit with the usual gap, drawn to
// the shop's own as if she had one more gap of that length: one who bought
// once has nothing else to go by.
func rhythmOf(since, span, repeats, shop float64) Rhythm {
	usual := (span + shop) / (repeats + 1)
	switch {
	case since <= dormantFrom*usual:
		return InRhythm
	case since <= churnedFrom*usual:
		return Dormant
	}
	return Churned
}

// usualGap is the mean gap of all who came back; a week where nobody did.
func usualGap(span, repeats []float64) float64 {
	if n := stats.Sum(repeats); n > 0 {
		return max(1, stats.Sum(span)/n)
	}
	return Unit
}

func (t *tally) rhythm(want Rhythm) figure {
	gap, hits := usualGap(t.span, t.repeats), 0
	for i := range t.since {
		if rhythmOf(t.since[i], t.span[i], t.repeats[i], gap) == want {
			hits++
		}
	}
	return rate(hits, len(t.since))
}
