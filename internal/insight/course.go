package insight

import (
	"math"

	"joren/internal/clock"
	"joren/internal/stats"
)

// Course is how many purchases a back-test expected and saw by the end of one
// of its weeks: days with a purchase of all its customers, summed.
type Course struct {
	Day              clock.Day
	Expected, Actual float64
}

// course follows the model that carries the horizon week by week.
func (b *Backtest) course(m stats.Model, sum *stats.Summary, visits []stats.Visit) (out []Course) {
	var times []float64
	for d := b.Split; d < b.Until; {
		d = min(d+Unit, b.Until)
		out, times = append(out, Course{Day: d}), append(times, float64(d-b.Split)/Unit)
	}
	byDay, came, next := sum.LaterByDay(visits, int32(b.Until)), 0, 0
	for i, expected := range stats.Course(m, sum.Group().Rows, times) {
		for ; next < int(out[i].Day-b.Split); next++ {
			came += byDay[next]
		}
		out[i].Expected, out[i].Actual = expected, float64(came)
	}
	return out
}

// Range is the 95 % interval of the share who bought; ok is false for a bin of
// nobody.
func (b Bin) Range() (low, high float64, ok bool) {
	iv, err := stats.Wilson(int(math.Round(b.Came*float64(b.N))), b.N, level)
	return iv.Low, iv.High, err == nil
}
