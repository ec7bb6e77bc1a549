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
	columns := Features(now)
	d := must(s.Doubt())
	for i := range 60 {
		o := must(s.Outlook(d, now.Customer(i, columns), s.Horizon, .95))
		near(t, "probability", o.Probability.Value, f[i].Probability, 1e-9)
		near(t, "count", o.Count.Value, f[i].Count, 1e-9)
		near(t, "money", o.Money.Value, f[i].Money, 1e-6)
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

// coverage over shops drawn from the model: how often the interval of what is
// expected of a customer holds what the true parameters say.
func TestIntervalsHoldTheTruth(t *testing.T) {
	truth := ParetoNBD{.8, 50.0 / 7, .9, 90.0 / 7}
	var hit, n [3]float64
	for seed := range uint64(30) {
		visits := made(800, 1000+seed)
		w := Window{0, 270, 7}
		s, err := TrainScore(visits, w, 180)
		if err != nil {
			t.Fatal(err)
		}
		now := must(Summarise(visits, w))
		columns := Features(now)
		d := must(s.Doubt())
		for i := 0; i < len(now.Who); i += 8 {
			c := now.Customer(i, columns)
			o := must(s.Outlook(d, c, s.Horizon, .95))
			for k, x := range []struct {
				iv   Interval
				want float64
			}{{o.Probability, truth.AtLeastOne(c.Row, s.Horizon)}, {o.Count, truth.Expected(c.Row, s.Horizon)}} {
				if n[k]++; x.iv.Low <= x.want && x.want <= x.iv.High {
					hit[k]++
				}
			}
		}
	}
	for k := range 2 {
		t.Logf("figure %d: %.3f of %g", k, hit[k]/n[k], n[k])
	}
	_ = math.Pi
}
