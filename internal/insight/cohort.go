package insight

import (
	"context"

	"joren/internal/clock"
	"joren/internal/stats"
)

// Cohort is the members whose first purchase fell in one month, and how many
// of them bought in each month after it.
type Cohort struct {
	Start clock.Day // first day of the month
	N     int
	Back  []Cell // Back[0] is the first month after
}

// Cell is how many of a cohort bought in one later month. Months that have not
// ended are not shown: they would look like a fall.
type Cell struct {
	Bought           int
	Share, Low, High float64
}

// mostCohorts bounds the triangle to what a screen can hold: two years.
const mostCohorts = 24

// Cohorts is the retention triangle under a filter, oldest first; the period
// chooses the cohorts, store and channel which purchases count.
func (b *Board) Cohorts(ctx context.Context, f Filter) ([]Cohort, error) {
	today, err := b.Today(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := b.Follow(ctx); err != nil {
		return nil, err
	}
	var out []Cohort
	err = b.View(func(c *Columns) error {
		out = c.cohorts(f.bound(today), today)
		return nil
	})
	return out, err
}

func (c *Columns) cohorts(f Filter, today clock.Day) []Cohort {
	first := today.StartOfMonth().AddMonths(1 - mostCohorts)
	out := make([]Cohort, mostCohorts)
	for k := range out {
		out[k].Start = first.AddMonths(k)
		out[k].Back = make([]Cell, endedAfter(out[k].Start, today))
	}
	ch := c.chooser(f)
	var rows []int
	for n := range c.people.id {
		if c.people.into[n] >= 0 || !ch.person(&c.people, int32(n)) {
			continue
		}
		rows = c.rows(int32(n), rows)
		c.enter(out, first, &ch, rows)
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

// endedAfter counts the whole months that have ended after a cohort's own.
func endedAfter(start, today clock.Day) int {
	return max(0, months(start, today.StartOfMonth())-1)
}

// months from one first of a month to another.
func months(from, to clock.Day) int {
	y, m, _ := from.Date()
	yy, mm, _ := to.Date()
	return (yy-y)*12 + int(mm) - int(m)
}

// enter puts one member into her cohort.
func (c *Columns) enter(out []Cohort, from clock.Day, ch *chooser, rows []int) {
	var own *Cohort
	var start clock.Day
	last := 0
	for _, i := range rows {
		if !c.kept(i) || !ch.purchase(c, i) {
			continue
		}
		d := c.day[i]
		if own == nil {
			k := months(from, d.StartOfMonth())
			if k < 0 || k >= len(out) || d < ch.From || d > ch.To || !ch.cohort(d) {
				return
			}
			own, start = &out[k], d.StartOfMonth()
			own.N++
		}
		if j := months(start, d.StartOfMonth()); j > last && j <= len(own.Back) {
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
