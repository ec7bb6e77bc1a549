package insight

import (
	"math"
	"sync"

	"joren/internal/clock"
	"joren/internal/stats"
)

// DefaultHorizon is how many days ahead a score looks unless said otherwise.
const DefaultHorizon = 90

// Reading is what a shop's past says at a day: one trained score and what it
// forecasts for each member who has bought. It does not change.
type Reading struct {
	First, Day clock.Day // first business day with a visit; the day it is about
	Horizon    int       // days ahead
	Score      *stats.Score
	Missing    error // why there is no score; nil when there is one

	sum      *stats.Summary
	seats    []int32 // by a member's number: her place in sum, and one; 0 for none
	features [][]float64
	forecast []stats.Forecast
	average  float64 // log odds of an average member: where reasons start from
	gap      float64 // days between visits of all who came back
	pattern  float64 // mean of what the repeat-buying model adds

	doubt func() (*stats.Doubt, error) // made when first asked for
}

// Read trains on visits up to a day and forecasts the horizon after it. What
// the past is too short for is in Missing: a shop of one day has a reading.
func Read(visits []stats.Visit, day clock.Day, horizon int) (*Reading, error) {
	r := &Reading{Day: day, Horizon: horizon}
	first, _, ok := Extent(visits)
	if !ok || first > day {
		r.Missing = Why(&stats.NotEnough{Code: stats.FewCustomers, Need: stats.LeastCustomers})
		return r, nil
	}
	r.First = first
	w := stats.Window{From: int32(first), To: int32(day), Unit: Unit}
	visits = stats.Sorted(visits)
	var err error
	if r.sum, err = stats.Summarise(visits, w); err != nil {
		return nil, err
	}
	r.sit()
	r.gap = r.usual()
	if r.Score, err = stats.TrainScore(visits, w, int32(horizon)); err != nil {
		if r.Missing = Why(err); r.Missing == err {
			return nil, err
		}
		return r, nil
	}
	return r, r.foretell()
}

// Again is the reading with newer visits of the same day: what was learned
// stays, members' pasts and forecasts are new. Learning costs seconds and
// changes little within a day.
func (r *Reading) Again(visits []stats.Visit) (*Reading, error) {
	if r.Missing != nil {
		return Read(visits, r.Day, r.Horizon)
	}
	n := &Reading{First: r.First, Day: r.Day, Horizon: r.Horizon, Score: r.Score}
	var err error
	if n.sum, err = stats.Summarise(visits, stats.Window{From: int32(r.First), To: int32(r.Day), Unit: Unit}); err != nil {
		return nil, err
	}
	n.sit()
	n.gap = n.usual()
	return n, n.foretell()
}

func (r *Reading) usual() float64 {
	span, repeats := make([]float64, len(r.sum.Who)), make([]float64, len(r.sum.Who))
	for i := range span {
		span[i], repeats[i] = r.sum.TX[i]*Unit, float64(r.sum.X[i])
	}
	return usualGap(span, repeats)
}

func (r *Reading) foretell() error {
	r.forecast = make([]stats.Forecast, len(r.sum.Who))
	if err := r.Score.Forecast(r.forecast, r.sum); err != nil {
		return err
	}
	r.features = r.Score.Features(r.sum)
	all := make([]float64, len(r.forecast))
	for i, f := range r.forecast {
		all[i] = f.ByModel
	}
	r.pattern = stats.Mean(all)
	r.doubt = sync.OnceValues(r.Score.Doubt)
	r.average = r.Score.Logistic.Bias + r.pattern
	return nil
}

// Len is the number of members with a forecast.
func (r *Reading) Len() int { return len(r.forecast) }

// sit notes where each stands who has bought.
func (r *Reading) sit() {
	if n := len(r.sum.Who); n > 0 {
		r.seats = make([]int32, r.sum.Who[n-1]+1)
	}
	for i, who := range r.sum.Who {
		r.seats[who] = int32(i) + 1
	}
}

// place finds a member among those who have bought.
func (r *Reading) place(n int32) (int, bool) {
	if n < 0 || int(n) >= len(r.seats) {
		return 0, false
	}
	return int(r.seats[n]) - 1, r.seats[n] > 0
}

// Odds is one member's forecast.
type Odds struct {
	Probability float64 // of at least one purchase within the horizon
	Count       float64 // purchases expected
	Money       float64 // spend expected, minor units; nothing with NoMoney
	NoMoney     bool    // spend cannot be forecast
}

// surest is as near to certain as a forecast is told: what people do is never
// sure, and a shop's past cannot tell one in a thousand from none.
const surest = 0.999

func unsure(p float64) float64 { return min(surest, max(1-surest, p)) }

func (r *Reading) oddsOf(f *stats.Forecast) Odds {
	return Odds{unsure(f.Probability), f.Count, f.Money, r.Score.Spend == nil}
}

// Odds of a member; ok is false where nothing can be said.
func (r *Reading) Odds(n int32) (o Odds, ok bool) {
	i, ok := r.place(n)
	if !ok || r.Missing != nil {
		return o, false
	}
	return r.oddsOf(&r.forecast[i]), true
}

// Each gives the forecast of every member who has bought, by number.
func (r *Reading) Each(fn func(n int32, o Odds)) {
	for i := range r.forecast {
		fn(r.sum.Who[i], r.oddsOf(&r.forecast[i]))
	}
}

// Past is what a member did up to the reading's day.
type Past struct {
	Visits      int // business days with a purchase
	First, Last clock.Day
	Since       int     // days since the last
	Gap         float64 // days between visits so far; 0 with one visit
	Money       float64 // net, minor units
}

// Past of a member; ok is false for one who never bought.
func (r *Reading) Past(n int32) (p Past, ok bool) {
	i, ok := r.place(n)
	if !ok {
		return p, false
	}
	s := r.sum
	p = Past{Visits: s.X[i] + 1, First: clock.Day(s.First[i]), Last: clock.Day(s.Last[i]), Money: s.Money[i]}
	p.Since = int(r.Day - p.Last)
	if s.X[i] > 0 {
		p.Gap = s.TX[i] * Unit / float64(s.X[i])
	}
	return p, true
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
