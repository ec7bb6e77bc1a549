// Package tier says which rank a member has, until when, and what she must do
// to keep it or reach the next: a pure function of what is recorded about her
// and of time (SEMANTICS §7, T1–T10, and §20). The day turn only writes down
// what the function says.
//
// Words: a window is the span a metric is counted over; a review is the
// moment a rank is confirmed or lost; grace is the time between a failed
// review and the drop. Level 0 is the rank everybody has.
//
// The package reads no purchases: it is told of each one by an [Event].
package tier

import (
	"time"

	"joren/internal/clock"
)

// Metric is something a rank is earned by.
type Metric uint8

const (
	NetSpend     Metric = iota // eligible amount kept, minor units
	EarnedPoints               // points awarded and not taken back
	Orders                     // purchases with a kept line
	Visits                     // business days with a kept purchase
	Status                     // points of a status point type
	metrics
)

// Amounts are the values of every metric over some span.
type Amounts [metrics]int64

func (a Amounts) minus(b Amounts) Amounts {
	for i := range a {
		a[i] -= b[i]
	}
	return a
}

func (a Amounts) plus(b Amounts) Amounts {
	for i := range a {
		a[i] += b[i]
	}
	return a
}

// Rules are the tiers of a programme version.
type Rules struct {
	Metrics    []Metric // what the levels' thresholds count, in their order
	Any        bool     // one threshold is enough; otherwise all
	Window     Window
	Evaluation Evaluation
	NextPeriod bool // upgrade: next_period; otherwise at once
	Downgrade  Downgrade
	Grace      int  // days, shorter than a period
	LossAtOnce bool // return_loss: at_once; otherwise at the period's end
	Levels     []Level

	Since  clock.Day // in force from this day; 0 from ever
	Before *Rules    // in force until then
}

// Level is one rank, lowest first. The first one's thresholds are not looked
// at.
type Level struct {
	ID     string
	Enter  []int64 // per metric
	Keep   []int64 // per metric; nil is the same as Enter
	Manual bool    // given by hand only, never by the metric
}

func (l Level) keep() []int64 {
	if l.Keep == nil {
		return l.Enter
	}
	return l.Keep
}

// Window is the span the metric is counted over.
type Window struct {
	Kind       WindowKind
	Months     int        // Calendar: 1, 3, 6, 12; Rolling: its length
	Days       int        // Rolling, instead of Months
	StartMonth time.Month // Calendar; 0 is January
}

// WindowKind is a way of counting.
type WindowKind uint8

const (
	Lifetime WindowKind = iota
	Calendar
	Rolling
	Anniversary // years from the day of joining
)

// Evaluation is when a rank is reviewed. In a calendar or anniversary window
// that is the first such day on or after the period's last.
type Evaluation struct {
	Kind   EvaluationKind
	Dates  []clock.MonthDay // OnDates
	Settle int              // days to wait for returns before judging a closed span
}

// EvaluationKind is a rhythm of reviews.
type EvaluationKind uint8

const (
	Daily EvaluationKind = iota
	MonthEnd
	OnDates
)

// Downgrade is how far a rank falls at a failed review.
type Downgrade uint8

const (
	Never   Downgrade = iota
	OneStep           // to the next lower rank
	Full              // to the highest lower rank whose keep-threshold is met
)

// Event is a change of the metrics: a purchase, or a return that corrects the
// period of its purchase.
type Event struct {
	At    clock.Instant // when it happened: rank changes from here on
	On    clock.Day     // the business day of At
	Day   clock.Day     // the business day it counts for: the purchase's
	Delta Amounts       // Orders is +1, 0 or −1; Visits is derived and ignored here
}

// Manual is a rank given by a person: a floor through its last day.
type Manual struct {
	Level       string    `json:"level"`
	From, Until clock.Day // inclusive
}

// Opening is a rank brought from another system, held at least through Until.
type Opening struct {
	Level     string
	On, Until clock.Day
}

// History is everything recorded about a member that ranks depend on.
type History struct {
	Joined   clock.Day
	Events   []Event // ordered by (At, recording order)
	Manuals  []Manual
	Openings []Opening // ordered by On
}

// With is the history with one more event at its place.
func (h History) With(e Event) History {
	i := len(h.Events)
	for i > 0 && h.Events[i-1].At > e.At {
		i--
	}
	events := make([]Event, 0, len(h.Events)+1)
	h.Events = append(append(append(events, h.Events[:i]...), e), h.Events[i:]...)
	return h
}

// level is the index of a level id, -1 when there is none.
func (r *Rules) level(id string) int {
	for i, l := range r.Levels {
		if l.ID == id {
			return i
		}
	}
	return -1
}

// met compares values with thresholds.
func (r *Rules) met(a Amounts, thresholds []int64) bool {
	for i, m := range r.Metrics {
		if enough := a[m] >= thresholds[i]; enough == r.Any {
			return r.Any
		}
	}
	return !r.Any
}

// entered is the highest level whose entry-threshold is met.
func (r *Rules) entered(a Amounts) int {
	for l := len(r.Levels) - 1; l > 0; l-- {
		if !r.Levels[l].Manual && r.met(a, r.Levels[l].Enter) {
			return l
		}
	}
	return 0
}

func (r *Rules) keeps(level int, a Amounts) bool {
	return level <= 0 || r.met(a, r.Levels[level].keep())
}

// lower is where level falls to when its review failed on a.
func (r *Rules) lower(level int, a Amounts) int {
	switch r.Downgrade {
	case Never:
		return level
	case OneStep:
		for level--; level > 0 && r.Levels[level].Manual; level-- {
		}
		return max(0, level)
	}
	for l := level - 1; l > 0; l-- {
		if !r.Levels[l].Manual && r.keeps(l, a) {
			return l
		}
	}
	return 0
}

// rolls reports that windows have no common end: rolling and lifetime.
func (r *Rules) rolls() bool { return r.Window.Kind == Rolling || r.Window.Kind == Lifetime }

// Period is the calendar or anniversary window that holds day d, for someone
// who joined on a day; for rolling windows the one that ends on d; for
// lifetime from the first day of all.
func (r *Rules) Period(joined, d clock.Day) (from, to clock.Day) {
	w := r.Window
	switch w.Kind {
	case Calendar:
		start := max(w.StartMonth, time.January)
		return d.PeriodStart(w.Months, start), d.PeriodEnd(w.Months, start)
	case Anniversary:
		return anniversary(joined, d)
	case Rolling:
		return w.opens(d), d
	}
	return 1, d
}

// anniversary is the year from the joining date, clamped, that holds d.
func anniversary(joined, d clock.Day) (from, to clock.Day) {
	if joined == 0 {
		joined = d
	}
	y0, _, _ := joined.Date()
	y1, _, _ := d.Date()
	n := y1 - y0
	if joined.AddMonths(12*n) > d {
		n--
	}
	return joined.AddMonths(12 * n), joined.AddMonths(12*(n+1)) - 1
}

// opens is the first day of the rolling window that ends on d: the days after
// d − N months up to d.
func (w Window) opens(d clock.Day) clock.Day {
	if w.Days > 0 {
		return d - clock.Day(w.Days) + 1
	}
	return d.AddMonths(-w.Months) + 1
}

// leaves is the first day whose rolling window no longer holds x.
func (w Window) leaves(x clock.Day) clock.Day {
	if w.Days > 0 {
		return x + clock.Day(w.Days)
	}
	d := x.AddMonths(w.Months)
	for w.opens(d) <= x {
		d++
	}
	return d
}

// day is the first evaluation day on or after d.
func (e Evaluation) day(d clock.Day) clock.Day {
	switch e.Kind {
	case MonthEnd:
		return d.EndOfMonth()
	case OnDates:
		return clock.NextOf(e.Dates, d)
	}
	return d
}

// in is the rules in force on day d.
func (r *Rules) in(d clock.Day) *Rules {
	for r.Before != nil && d < r.Since {
		r = r.Before
	}
	return r
}
