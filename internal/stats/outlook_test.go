package stats

import (
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

// Over shops drawn from a model, how often the intervals hold what the true
// parameters say.
func TestIntervalsHoldTheTruth(t *testing.T) {
	truth := ParetoNBD{.8, 50.0 / 7, .9, 90.0 / 7}
	for _, n := range []int{300, 1000, 3000} {
		var hit, all [6]float64
		chosen := map[string]int{}
		for seed := range uint64(24) {
			visits := made(n, 1000+seed)
			w := Window{0, 270, 7}
			s, err := TrainScore(visits, w, 180)
			if err != nil {
				t.Log(err)
				continue
			}
			chosen[s.Model.Name()]++
			now := must(Summarise(visits, w))
			columns := s.Features(now)
			d := must(s.Doubt())
			r := *d
			r.rivals = nil
			for i := 0; i < len(now.Who); i += len(now.Who) / 100 {
				c := now.Customer(i, columns)
				o := must(s.Outlook(d, c, s.Horizon, .95))
				q := must(s.Outlook(&r, c, s.Horizon, .95))
				for k, x := range []struct {
					iv   Interval
					want float64
				}{{o.Probability, truth.AtLeastOne(c.Row, s.Horizon)}, {o.Count, truth.Expected(c.Row, s.Horizon)}, {q.Probability, truth.AtLeastOne(c.Row, s.Horizon)}, {q.Count, truth.Expected(c.Row, s.Horizon)}, {o.Money, truth.Expected(c.Row, s.Horizon) * 1500}, {q.Money, truth.Expected(c.Row, s.Horizon) * 1500}} {
					if all[k]++; x.iv.Low <= x.want && x.want <= x.iv.High {
						hit[k]++
					}
				}
			}
		}
		t.Log(n, chosen)
		for k := range all {
			t.Logf("figure %d: %.3f of %g", k, hit[k]/all[k], all[k])
		}
	}
}
