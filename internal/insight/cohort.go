package insight

import (
	"context"
	"fmt"
	"slices"
	"time"

	"joren/internal/clock"
	"joren/internal/stats"
)

// Cohort is the members whose first purchase ever fell in one month or quarter,
// and how many of them bought in each one after it.
type Cohort struct {
	Start, End clock.Day // first and last day
	N          int
	Back       []Cell // Back[0] is the first month or quarter after
}

// Cell is how many of a cohort bought in one later month or quarter. Those that
// have not ended are not shown: they would look like a fall.
type Cell struct {
	From, To         clock.Day
	Bought           int
	Share, Low, High float64
}

// mostCohorts bounds the triangle to what a screen can hold.
const mostCohorts = 24

// Cohorts is the retention triangle under a filter, oldest first, by steps of
// one month or three. The period chooses the cohorts; store and channel choose
// which later purchases count, not when somebody came first.
func (b *Board) Cohorts(ctx context.Context, f Filter, step int) ([]Cohort, error) {
	today, at, err := b.upToDate(ctx)
	if err != nil {
		return nil, err
	}
	f = f.bound(today)
	list, err := keep(&b.returns, fmt.Sprint(at, today), cohortsAsked{f, step}, f, func() (out []Cohort, err error) {
		if f, err = b.filter(ctx, f); err != nil {
			return nil, err
		}
		return out, b.View(func(c *Columns) error {
			out = c.cohorts(f, today, step)
			return nil
		})
	})
	return slices.Clone(list), err // who asked may leave out some
}

// cohortsAsked is a triangle that was asked for.
type cohortsAsked struct {
	f    Filter
	step int
}

func (c *Columns) cohorts(f Filter, today clock.Day, step int) []Cohort {
	ch, cal := c.chooser(f), calendarOf(today, step)
	all := inParts(c, c.parts(), func(from, to int) []Cohort {
		out := cal.empty()
		c.each(&ch, from, to, func(_ int32, rows []int) { c.enter(out, cal, &ch, rows) })
		return out
	})
	out := all[0]
	for k := range out {
		for _, o := range all[1:] {
			out[k].join(&o[k])
		}
		for j := range out[k].Back {
			out[k].Back[j].close(out[k].N)
		}
	}
	for len(out) > 0 && out[0].N == 0 {
		out = out[1:]
	}
	return out
}

// join adds what was counted of other people.
func (x *Cohort) join(o *Cohort) {
	x.N += o.N
	for j := range x.Back {
		x.Back[j].Bought += o.Back[j].Bought
	}
}

// calendar tells of a day in which month or quarter of the triangle it is.
type calendar struct {
	first, now clock.Day // the beginnings of its first and of the one that runs
	step       int
	of         []int16 // by days since first
}

func calendarOf(today clock.Day, step int) *calendar {
	now := today.PeriodStart(step, time.January)
	cal := &calendar{first: now.AddMonths((1 - mostCohorts) * step), now: now, step: step}
	for k := range mostCohorts {
		for end := cal.first.AddMonths((k + 1) * step); cal.first+clock.Day(len(cal.of)) < end; {
			cal.of = append(cal.of, int16(k))
		}
	}
	return cal
}

// place of a day; ok is false for one before or after the triangle.
func (cal *calendar) place(d clock.Day) (k int, ok bool) {
	if d < cal.first || int(d-cal.first) >= len(cal.of) {
		return 0, false
	}
	return int(cal.of[d-cal.first]), true
}

func (cal *calendar) empty() []Cohort {
	out := make([]Cohort, mostCohorts)
	for k := range out {
		out[k] = emptyCohort(cal.first.AddMonths(k*cal.step), cal.now, cal.step)
	}
	return out
}

// emptyCohort has a cell for each step that ended before now, which is the
// beginning of the one that runs.
func emptyCohort(start, now clock.Day, step int) Cohort {
	x := Cohort{Start: start, End: start.AddMonths(step) - 1}
	for from := start.AddMonths(step); from < now; from = from.AddMonths(step) {
		x.Back = append(x.Back, Cell{From: from, To: from.AddMonths(step) - 1})
	}
	return x
}

// months from one first of a month to another.
func months(from, to clock.Day) int {
	y, m, _ := from.Date()
	yy, mm, _ := to.Date()
	return (yy-y)*12 + int(mm) - int(m)
}

// enter puts one member into her cohort.
func (c *Columns) enter(out []Cohort, cal *calendar, ch *chooser, rows []int) {
	d := c.firstKept(rows)
	k, ok := cal.place(d)
	if !ok || d < ch.From || d > ch.To || !ch.cohort(d) {
		return
	}
	own := &out[k]
	own.N++
	last := 0
	for _, i := range rows {
		if !c.kept(i) || !ch.purchase(c, i) {
			continue
		}
		at, ok := cal.place(c.day[i])
		if j := at - k; ok && j > last && j <= len(own.Back) {
			own.Back[j-1].Bought++
			last = j
		}
	}
}

func (x *Cell) close(n int) {
	if iv, err := stats.Wilson(x.Bought, n, level); err == nil {
		x.Share, x.Low, x.High = iv.Value, iv.Low, iv.High
	}
}
