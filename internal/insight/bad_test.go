package insight

import (
	"math"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/stats"
)

// Where nobody came there is nothing to rank by and no total to be off from:
// the table has dashes and says why, once.
func TestATrialOfSilenceHasDashesAndAReason(t *testing.T) {
	var past []stats.Visit
	for _, v := range simulated(600, 4) {
		if v.Day < int32(opened)+250 {
			past = append(past, v)
		}
	}
	b, err := Try(past, opened+260, 100, opened+400)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range b.Rows {
		cells := row.Cells(i18n.EN)
		for k, c := range cells {
			if none := k == 1 || k == 2 || k > 6; none != (c == "–") {
				t.Errorf("%s: %v", row.Name, cells)
				break
			}
		}
	}
	if why := b.Untold(i18n.EN); len(why) != 1 || strings.Count(b.Text(i18n.EN), why[0]) < 1 || strings.Contains(b.Text(i18n.EN), "0.0000") {
		t.Errorf("%q\n%s", why, b.Text(i18n.EN))
	}
}

// Amounts that are all alike forecast no spend: it is not forecast as nothing.
func TestSpendThatCannotBeForecastIsNoZero(t *testing.T) {
	var free []stats.Visit
	for _, v := range simulated(600, 4) {
		free = append(free, stats.Visit{Who: v.Who, Day: v.Day})
	}
	r := reading(t, free, opened+400)
	if !fault.Is(Why(r.Score.NoSpend), stats.FewPaid) {
		t.Fatal(r.Score.NoSpend)
	}
	r.Each(func(_ int32, o Odds) {
		if !o.NoMoney || o.Money != 0 {
			t.Fatalf("%+v", o)
		}
	})
	b, err := Try(free, 0, 90, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range b.Rows {
		if cells := row.Cells(i18n.EN); cells[8] != "–" || cells[9] != "–" || cells[1] == "–" {
			t.Errorf("%v", cells)
		}
	}
	if why := b.Untold(i18n.EN); len(why) != 1 || !strings.Contains(why[0], "paid") {
		t.Errorf("%q", why)
	}
}

// Histories that no model is made for: each is read, tried and looked ahead
// from, and gives figures or says what is missing.
func TestOddHistoriesGiveFiguresOrSayWhatIsMissing(t *testing.T) {
	day := int32(opened)
	shop := simulated(600, 4)
	with := func(more ...stats.Visit) []stats.Visit { return append(append([]stats.Visit(nil), shop...), more...) }
	var daily, oneDay, back, steady, busy, far []stats.Visit
	for who := range int32(80) {
		for d := range int32(200) {
			daily = append(daily, stats.Visit{Who: who, Day: day + d, Amount: 100})
		}
		oneDay = append(oneDay, stats.Visit{Who: who, Day: day, Amount: 100})
	}
	for _, v := range shop {
		back = append(back, stats.Visit{Who: v.Who, Day: v.Day, Amount: -v.Amount})
		steady = append(steady, stats.Visit{Who: v.Who, Day: v.Day, Amount: 1000})
	}
	for i := range int32(1000) {
		busy = append(busy, stats.Visit{Who: 9999, Day: day + i%400, Amount: 100})
	}
	for i := range int32(50) {
		far = append(far, stats.Visit{Who: 20_000 + i, Day: day + 5000, Amount: 100})
	}
	for _, x := range []struct {
		name   string
		visits []stats.Visit
		day    clock.Day
		code   string // of what is missing; "" where there is a score
	}{
		{"nobody", nil, opened + 400, stats.FewCustomers},
		{"one customer", busy, opened + 400, stats.FewCustomers},
		{"everybody every day", daily, opened + 199, stats.NoDifference},
		{"one day of history", oneDay, opened, stats.NoHistory},
		{"one day of history, much later", oneDay, opened + 400, stats.FewRepeaters},
		{"a day before the first purchase", shop, opened - 400, stats.FewCustomers},
		{"a day far ahead", shop, opened + 4000, stats.OneOutcome},
		{"negative totals", back, opened + 400, ""},
		{"equal amounts", steady, opened + 400, ""},
		{"1,000 purchases by one customer", with(busy...), opened + 400, ""},
		{"purchases dated in the future", with(far...), opened + 400, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := reading(t, x.visits, x.day)
			if x.code != "" && !fault.Is(r.Missing, x.code) || x.code == "" && r.Missing != nil {
				t.Errorf("missing %v, want %q", r.Missing, x.code)
			}
			r.Each(func(n int32, o Odds) {
				a, err := r.Outlook(n, 365)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range []float64{o.Probability, o.Count, o.Money, a.Probability.Low, a.Probability.High, a.Count.Low, a.Count.High, a.Money.Low, a.Money.High} {
					if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
						t.Fatalf("member %d: %+v, %+v", n, o, a)
					}
				}
				if o.Probability > 1 || a.Probability.High > 1 {
					t.Fatalf("member %d: %+v, %+v", n, o, a)
				}
			})
			b, err := Try(x.visits, 0, 90, x.day)
			if err != nil {
				if fault.Of(err).Kind == fault.Internal {
					t.Errorf("no reason a person can read: %v", err)
				}
				return
			}
			for _, row := range b.Rows {
				for _, v := range []float64{row.AUC, row.Lift, row.Calibration, row.LogLoss, row.MAE, row.RMSE, row.Excess, row.MoneyGini, row.MoneyExcess} {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Errorf("%s: %+v", row.Name, row)
					}
				}
			}
		})
	}
}
