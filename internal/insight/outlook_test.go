package insight

import (
	"math"
	"testing"

	"joren/internal/fault"
	"joren/internal/stats"
)

func TestAnOutlookAgreesWithTheReading(t *testing.T) {
	r := reading(t, simulated(2000, 1), opened+400)
	seen := 0
	r.Each(func(n int32, odds Odds) {
		if seen++; seen > 200 {
			return
		}
		o, err := r.Outlook(n, r.Horizon)
		if err != nil || o.MoneyMissing != nil {
			t.Fatal(err, o.MoneyMissing)
		}
		for _, x := range []struct {
			iv   stats.Interval
			want float64
		}{{o.Probability, odds.Probability}, {o.Count, odds.Count}, {o.Money, odds.Money}} {
			if math.Abs(x.iv.Value-x.want) > 1e-9*(1+x.want) || !(0 <= x.iv.Low && x.iv.Low <= x.want && x.want <= x.iv.High) {
				t.Errorf("member %d: %+v, forecast %g", n, x.iv, x.want)
			}
		}
		if year, err := r.Outlook(n, 365); err != nil || year.Probability.Value < o.Probability.Value || year.Money.Value < o.Money.Value {
			t.Errorf("member %d: less in a year than in %d days: %+v, %v", n, r.Horizon, year, err)
		}
	})
}

func TestAnOutlookThatCannotBeHadSaysWhy(t *testing.T) {
	full, short := reading(t, simulated(2000, 1), opened+400), reading(t, simulated(12, 1), opened+400)
	for _, x := range []struct {
		r    *Reading
		n    int32
		days int
		code string
	}{
		{full, 1 << 20, 90, "insight.never_bought"}, {full, full.sum.Who[0], 0, "insight.horizon"}, {full, full.sum.Who[0], 5000, "insight.horizon"},
		{short, short.sum.Who[0], 90, "stats.few_customers"},
	} {
		if o, err := x.r.Outlook(x.n, x.days); !fault.Is(err, x.code) || o != (Outlook{}) {
			t.Errorf("member %d in %d days: %+v, %v, want %s", x.n, x.days, o, err, x.code)
		}
	}
	var same []stats.Visit
	for _, v := range simulated(2000, 1) {
		if n := len(same); n == 0 || same[n-1].Who != v.Who || same[n-1].Day != v.Day {
			same = append(same, stats.Visit{Who: v.Who, Day: v.Day, Amount: 980})
		}
	}
	r := reading(t, same, opened+400)
	if o, err := r.Outlook(r.sum.Who[0], 90); err != nil || !fault.Is(o.MoneyMissing, stats.SameAmounts) || o.Money != (stats.Interval{}) {
		t.Errorf("identical amounts: %+v, %v", o, err)
	}
}

// BenchmarkOutlook is one member's, as a page asks for it.
func BenchmarkOutlook(b *testing.B) {
	r, err := Read(simulated(2000, 1), opened+400, 90)
	if err != nil || r.Missing != nil {
		b.Fatal(err, r.Missing)
	}
	for i := 0; b.Loop(); i++ {
		if _, err := r.Outlook(r.sum.Who[i%r.Len()], 365); err != nil {
			b.Fatal(err)
		}
	}
}
