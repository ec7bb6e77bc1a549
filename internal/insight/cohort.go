package insight

import (
	"context"
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
	today, _, err := b.upToDate(ctx)
	if err != nil {
		return nil, err
	}
	if f, err = b.filter(ctx, f.bound(today)); err != nil {
		return nil, err
	}
	var out []Cohort
	err = b.View(func(c *Columns) error {
		out = c.cohorts(f, today, step)
		return nil
	})
	return out, err
}

func (c *Columns) cohorts(f Filter, today clock.Day, step int) []Cohort {
	now := today.PeriodStart(step, time.January)
	first := now.AddMonths((1 - mostCohorts) * step)
	out := make([]Cohort, mostCohorts)
	for k := range out {
		out[k] = emptyCohort(first.AddMonths(k*step), now, step)
	}
	ch := c.chooser(f)
	var rows []int
	for n := range c.people.id {
		if c.people.into[n] >= 0 || !ch.person(&c.people, int32(n)) {
			continue
		}
		rows = c.rows(int32(n), rows)
		c.enter(out, first, step, &ch, rows)
	}
	for k := range out {
		for j := range out[k].Back {
			out[k].Back[j].close(out[k].N)
		}
	}
	for len(out) > 0 && out[0].N == 0 {
		out = out[1:]
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
func (c *Columns) enter(out []Cohort, from clock.Day, step int, ch *chooser, rows []int) {
	d := c.firstKept(rows)
	if d < from || d < ch.From || d > ch.To || !ch.cohort(d) {
		return
	}
	own := &out[months(from, d.StartOfMonth())/step]
	own.N++
	last := 0
	for _, i := range rows {
		if !c.kept(i) || !ch.purchase(c, i) {
			continue
		}
		if j := months(own.Start, c.day[i].StartOfMonth()) / step; j > last && j <= len(own.Back) {
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
