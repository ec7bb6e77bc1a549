package stats

import (
	"errors"
	"math"
	"testing"
)

func repeat(n int, f func(i int) Row) []Row {
	var out []Row
	for i := range n {
		out = append(out, f(i))
	}
	return out
}

// Shops that cannot be measured get a finding with a code, never a number
// that means nothing.
func TestShopsThatCannotBeMeasured(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []Row
		code string
	}{
		{"nobody", nil, FewCustomers},
		{"one customer", []Row{{5, 30, 39, 1}}, FewCustomers},
		{"nobody repeats", []Row{{0, 0, 39, 500}}, FewRepeaters},
		{"one day of history", []Row{{0, 0, 0, 500}}, NoHistory},
		{"everyone daily", []Row{{272, 272. / 7, 272. / 7, 100}}, NoDifference},
		{"one repeats", []Row{{0, 0, 39, 500}, {1000, 38, 39, 1}}, FewRepeaters},
	} {
		fits, err := FitAll(c.rows)
		var lack *NotEnough
		if !errors.As(err, &lack) || lack.Code != c.code || fits != nil {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}

// Odd shops that can be fitted give finite numbers in their ranges.
func TestOddShopsStayFinite(t *testing.T) {
	base := tiny()
	for name, rows := range map[string][]Row{
		"tiny":                    base,
		"one buys 1,000 times":    append(tiny(), Row{1000, 38, 38.9, 1}),
		"one buys 20,000 times":   append(tiny(), Row{20_000, 38, 38.9, 1}),
		"some began today":        append(tiny(), Row{0, 0, 0, 400}),
		"a shop of 1,000 years":   append(tiny(), Row{3, 20, 52_000, 3}),
		"time in seconds":         clocked(tiny(), 604_800),
		"time in centuries":       clocked(tiny(), 1./5200),
		"no one ever stops":       repeat(300, func(i int) Row { return Row{1 + i%40, 38.9, 39, 1} }),
		"all stop after a repeat": repeat(300, func(i int) Row { return Row{i % 2, float64(i%2) * 0.3, 39, 1} }),
	} {
		fits, err := FitAll(rows)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for n, err := range fits.Failed {
			var lack *NotEnough
			if n == "nbd" && errors.As(err, &lack) && lack.Code == NoDifference {
				continue
			}
			t.Errorf("%s: %s: %v", name, n, err)
		}
		for _, f := range fits.All() {
			if !finite(f.LogLik) || !finite(f.Model.Params()...) {
				t.Errorf("%s: %+v", name, f)
			}
			dst := make([]Prediction, len(rows))
			for _, horizon := range []float64{0, 1e-9, 1, 39, 1e6} {
				f.Model.Predict(dst, rows, horizon)
				for i, p := range dst {
					if !finite(p.Alive, p.AtLeastOne, p.Expected) || p.Alive < 0 || p.Alive > 1 || p.AtLeastOne < 0 || p.AtLeastOne > 1 ||
						p.Expected < p.AtLeastOne*(1-1e-9) {
						t.Fatalf("%s: %s of %+v in %g: %+v", name, f.Model.Name(), rows[i], horizon, p)
					}
				}
			}
		}
	}
}

func clocked(rows []Row, by float64) []Row {
	for i := range rows {
		rows[i].TX *= by
		rows[i].T *= by
	}
	return rows
}

func TestModelsDoNotDependOnTheUnitOfTime(t *testing.T) {
	weeks, seconds := must(FitAll(tiny())), must(FitAll(clocked(tiny(), 604_800)))
	for i, f := range weeks.All() {
		a := f.Model.AtLeastOne(Row{2, 20, 39, 1}, 13)
		b := seconds.All()[i].Model.AtLeastOne(Row{2, 20 * 604_800, 39 * 604_800, 1}, 13*604_800)
		about(t, f.Model.Name(), b, a, 1e-5)
	}
}

func TestBrokenRowsAreRefused(t *testing.T) {
	for _, r := range []Row{{-1, 0, 1, 1}, {1, 2, 1, 1}, {1, 0, 1, 1}, {0, 1, 2, 1}, {1, 1, 2, 0}, {1, math.NaN(), 2, 1}, {1, 1, math.Inf(1), 1}, {MostRepeats + 1, 1, 2, 1}} {
		var bad *BadInput
		if _, err := FitAll(append(tiny(), r)); !errors.As(err, &bad) || bad.Index != len(tiny()) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestSpendThatCannotBeMeasured(t *testing.T) {
	same := []Spend{{1, 980, 40}, {2, 980, 30}, {5, 980, 2}}
	wild := make([]Spend, 200)
	for i := range wild {
		wild[i] = Spend{1, math.Exp(float64(i) / 4), 1}
	}
	for _, c := range []struct {
		name   string
		spends []Spend
		code   string
	}{{"none", nil, FewPaid}, {"identical amounts", same, SameAmounts}, {"from 1 to 10²¹", wild[:120], SpendTail}} {
		_, err := FitGammaGamma(c.spends)
		var lack *NotEnough
		if !errors.As(err, &lack) || lack.Code != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	var bad *BadInput
	if _, err := FitGammaGamma([]Spend{{1, 0, 40}}); !errors.As(err, &bad) {
		t.Error(err)
	}
}

// Subscriptions: everyone always pays the own plan's price.
func TestSpendThatNeverVariesWithinACustomer(t *testing.T) {
	var spends []Spend
	for i := range 300 {
		spends = append(spends, Spend{1 + i%9, []float64{500, 980, 2980}[i%3], 1})
	}
	f, err := FitGammaGamma(spends)
	if err != nil {
		t.Fatal(err)
	}
	about(t, "own price", f.Expected(3, 980), 980, 10)
}

// Six months of a shop where dropout cannot be seen: the likelihood runs to
// the edge, and the fit says so instead of "alive = 100 %".
func TestOnlineRetailShowsNoDropout(t *testing.T) {
	s := must(Summarise(onlineRetail(t), Window{day("2010-12-01"), day("2011-06-08"), 7}))
	fits := must(FitAll(s.Group().Rows))
	if fits.DropoutSeen() {
		t.Error("dropout seen on Online Retail")
	}
	if len(fits.All()) != 4 {
		t.Errorf("failed: %v", fits.Failed)
	}
	for _, f := range fits.All() {
		t.Logf("%d customers, %s %.5g LL %.4f LR %.3f P %.3f", f.Customers, f.Model.Name(), f.Model.Params(), f.LogLik, f.Dropout.Ratio, f.Dropout.P)
	}
}

func TestCDNOWShowsDropout(t *testing.T) {
	s := must(Summarise(cdnowSample(t), cdnowWindow))
	for _, f := range must(FitAll(s.Group().Rows)).All() {
		if f.Dropout.Seen != (f.Model.Name() != "nbd") {
			t.Errorf("%s: %+v", f.Model.Name(), f.Dropout)
		}
	}
}
