package stats

import (
	"math"
	"testing"
)

func TestAnOutlookIsTheForecastWithRanges(t *testing.T) {
	visits := made(1500, 77)
	w := Window{0, 270, 7}
	s := must(TrainScore(visits, w, 180))
	now := must(Summarise(visits, w))
	f := make([]Forecast, len(now.Who))
	if err := s.Forecast(f, now); err != nil {
		t.Fatal(err)
	}
	columns := s.Features(now)
	d := must(s.Doubt())
	for i := range 60 {
		o := must(s.Outlook(d, now.Customer(i, columns), s.Horizon, .95))
		about(t, "probability", o.Probability.Value, f[i].Probability, 1e-9)
		about(t, "count", o.Count.Value, f[i].Count, 1e-9)
		about(t, "money", o.Money.Value, f[i].Money, 1e-6)
		for _, iv := range []Interval{o.Probability, o.Count, o.Money} {
			if !(iv.Low >= 0 && iv.Low <= iv.High) || !finite(iv.Low, iv.High) || iv.Low > iv.Value || iv.High < iv.Value {
				t.Errorf("customer %d: %+v", i, iv)
			}
		}
		far := must(s.Outlook(d, now.Customer(i, columns), 2*s.Horizon, .95))
		if far.Probability.Value < o.Probability.Value || far.Count.Value < o.Count.Value {
			t.Errorf("customer %d: more time and less to come: %+v, %+v", i, far, o)
		}
	}
}

// Of shops drawn from a known model, the ranges of what is expected of their
// customers hold what the true parameters say, as often as they claim: where
// the kind of model is known, and where it had to be chosen and learned on.
func TestRangesHoldTheTruth(t *testing.T) {
	truth := ParetoNBD{.8, 50.0 / 7, .9, 90.0 / 7}
	w := Window{0, 270, 7}
	const shops, n = 40, 600
	var known, p, count tally
	for seed := range uint64(shops) {
		visits := made(n, 1000+seed)
		s := must(TrainScore(visits, w, 180))
		now := must(Summarise(visits, w))
		columns := s.Features(now)
		d := must(s.Doubt())
		own := *s
		if own.Model = s.Fits.ParetoNBD.Model; s.Fits.ParetoNBD.cov == nil {
			continue
		}
		alone := must(own.Doubt())
		alone.rivals = nil
		for i := 0; i < len(now.Who); i += 7 {
			c := now.Customer(i, columns)
			o := must(s.Outlook(d, c, s.Horizon, .95))
			known.add(must(own.Outlook(alone, c, s.Horizon, .95)).Count, truth.Expected(c.Row, s.Horizon))
			p.add(o.Probability, truth.AtLeastOne(c.Row, s.Horizon))
			count.add(o.Count, truth.Expected(c.Row, s.Horizon))
		}
	}
	known.between(t, "counts of a known kind of model", .925, .975)
	p.between(t, "probability", .93, .99)
	count.between(t, "counts", .93, .995)
}

type tally struct{ hits, all float64 }

func (c *tally) add(iv Interval, truth float64) {
	if c.all++; iv.Low <= truth && truth <= iv.High {
		c.hits++
	}
}

func (c *tally) between(t *testing.T, what string, low, high float64) {
	t.Logf("%s: %.1f %% of %g ranges of 95 %% hold the truth", what, 100*c.hits/c.all, c.all)
	if r := c.hits / c.all; r < low || r > high {
		t.Errorf("%s: %.3f, want %g to %g", what, r, low, high)
	}
}

func TestRangesReachAsFarAsThatOfTheProbability(t *testing.T) {
	o := Outlook{Probability: Interval{.715, .352, .92, .95}, Count: Interval{1.5, 1.47, 1.54, .95}, Money: Interval{3100, 2455, 3917, .95}}
	if o.reach(); math.Abs(o.Count.High-2.5257) > 1e-3 || math.Abs(o.Money.High-3100/1.5*2.5257) > 3 || o.Count.Low != 1.47 {
		t.Errorf("%+v", o)
	}
	o = Outlook{Probability: Interval{.9, .8, 1, .95}, Count: Interval{8, 7, 9, .95}}
	if was := o; func() Outlook { o.reach(); return o }() != was {
		t.Errorf("what goes further is changed: %+v", o)
	}
	o = Outlook{Probability: Interval{.5, .1, 1, .95}}
	if o.reach(); o.Count.High != 0 || math.IsNaN(o.Money.High) {
		t.Errorf("of nothing expected: %+v", o)
	}
}
