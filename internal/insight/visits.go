package insight

import (
	"joren/internal/clock"
	"joren/internal/stats"
)

// Unit is the time unit of models in days: weeks, as in the literature.
const Unit = 7

// Visits lists what members kept buying up to a day, by person and day, as
// the models read it: who is the person's number, amounts are net. Guests are
// nobody and not in it.
func (c *Columns) Visits(until clock.Day) []stats.Visit {
	out := make([]stats.Visit, 0, c.Len())
	var rows []int
	for n := range c.people.id {
		rows = c.rows(int32(n), rows)
		for _, i := range rows {
			if c.kept(i) && c.day[i] <= until {
				out = append(out, stats.Visit{Who: int32(n), Day: int32(c.day[i]), Amount: float64(c.net(i))})
			}
		}
	}
	return out
}

// Extent is the first and the last business day with a visit; ok is false
// without any.
func Extent(visits []stats.Visit) (first, last clock.Day, ok bool) {
	for _, v := range visits {
		d := clock.Day(v.Day)
		if !ok {
			first, last, ok = d, d, true
		}
		first, last = min(first, d), max(last, d)
	}
	return first, last, ok
}
