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
	g := sum.Group()
	many := make([]float64, len(g.Rows))
	for _, row := range g.Of {
		many[row]++
	}
	for d := b.Split; d < b.Until; {
		d = min(d+Unit, b.Until)
		x := Course{Day: d}
		for i, row := range g.Rows {
			x.Expected += many[i] * m.Expected(row, float64(d-b.Split)/Unit)
		}
		days, _ := sum.Later(visits, int32(d))
		for _, n := range days {
			x.Actual += float64(n)
		}
		out = append(out, x)
	}
	return out
}

// Range is the 95 % interval of the share who bought; ok is false for a bin of
// nobody.
func (b Bin) Range() (low, high float64, ok bool) {
	iv, err := stats.Wilson(int(math.Round(b.Came*float64(b.N))), b.N, level)
	return iv.Low, iv.High, err == nil
}
