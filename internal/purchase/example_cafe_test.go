package purchase

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/rules"
)

const cafe = `{"source":"till-2","order_no":"8801","card":"2900000123458","store":"honten","channel":"shop",
 "occurred_at":"2026-11-15T10:12:40+09:00","currency":"JPY","prices":"tax_excluded",
 "lines":[{"no":1,"sku":"BEANS200","name":"ブレンド豆 200g","category":"beans","quantity":2,"amount":3200,"tax_rate":"0.08"},
          {"no":2,"sku":"CAKESET","name":"ケーキセット","category":"food","quantity":2,"amount":2400,"tax_rate":"0.10"},
          {"no":3,"sku":"DRIP","name":"ドリップ","category":"drink","tags":["own_cup"],"quantity":1,"amount":500,"tax_rate":"0.10"}],
 "discounts":[{"coupon":"H7K2-9QMD-4T","amount":300}],
 "tax":[{"rate":"0.08","amount":243},{"rate":"0.10","amount":275}],"shipping":0,
 "points_paid":{"points":600,"hold":"hld_0192"},"total":6318}`

var cafeDay = Options{Day: clock.MustDay("2026-11-15")}

func mustDecode(t testing.TB, body string) *Input {
	t.Helper()
	in, err := Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func mustPrice(t testing.TB, in *Input, o Options) *Priced {
	t.Helper()
	p, err := Price(in, RatesOf("JPY"), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// EXAMPLES §2, the table of the purchase, word for word.
func TestTheCafesPurchaseByHand(t *testing.T) {
	in := mustDecode(t, cafe)
	for _, sent := range []bool{true, false} {
		if !sent {
			in.Tax = nil // missing tax is computed to the same
		}
		p := mustPrice(t, in, cafeDay)
		want := []PricedLine{
			{Discount: 157, Net: 3043, Tax: 243, Value: 3286, Left: 289, Eligible: 2754},
			{Discount: 118, Net: 2282, Tax: 228, Value: 2510, Left: 216, Eligible: 2066},
			{Discount: 25, Net: 475, Tax: 47, Value: 522, Left: 45, Eligible: 430},
		}
		if d := cmp.Diff(want, p.Lines); d != "" {
			t.Error(d)
		}
		if p.Amount != 6100 || p.Discount != 300 || p.TaxSum != 518 || p.Value != 6318 || p.Left != 550 || p.Eligible != 5250 || p.Flags != nil {
			t.Errorf("%+v", p)
		}
	}
}

// EXAMPLES §3: the bag of beans, then everything else.
func TestTheCafesReturnsByHand(t *testing.T) {
	in := mustDecode(t, cafe)
	b := mustPrice(t, in, cafeDay).Bought(in, 1)
	one, err := Returned(b, nil, []ReturnLine{{No: 1, Quantity: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if one.Value != 1643 || one.PointsBack != 156 || one.Cash != 1487 || one.Eligible != 1377 || one.KeptTotal != 3873 || one.Whole {
		t.Errorf("R-881: %+v", one)
	}
	if got := Demand(355, 163, 0); got != 192 {
		t.Errorf("clawback %d, want 192", got)
	}
	slips := []Slip{{Lines: one.Lines, PointsBack: one.PointsBack, Cash: one.Cash}}
	rest, err := Returned(b, slips, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rest.Value != 4675 || rest.PointsBack != 444 || rest.Cash != 4231 || rest.Eligible != 3873 || !rest.Whole || rest.Kept != nil {
		t.Errorf("R-902: %+v", rest)
	}
	if got := Demand(355, 0, 192); got != 163 {
		t.Errorf("clawback %d, want 163", got)
	}
	slips = append(slips, Slip{Lines: rest.Lines, PointsBack: rest.PointsBack, Cash: rest.Cash})
	if _, err := Returned(b, slips, nil); !fault.Is(err, "return.nothing_left") {
		t.Errorf("a third return: %v", err)
	}
}

// EXAMPLES §4: the problem document's sentence.
func TestATotalThatDoesNotAddUpIsRefusedWithTheDifference(t *testing.T) {
	in := mustDecode(t, cafe)
	in.Total = 6381
	_, err := Price(in, RatesOf("JPY"), cafeDay)
	f := fault.Of(err)
	want := "Lines 6,100 − discounts 300 + tax 518 + shipping 0 = 6,318, but total says 6,381 (63 too much)."
	if got := i18n.Fault(i18n.EN, f.Code, f.Args); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if d := cmp.Diff(fault.Field{Path: "total", Code: "sum.differs", Args: fault.Args{"expected": int64(6318), "difference": int64(63)}}, f.Fields[0]); d != "" {
		t.Error(d)
	}
	in.Prices, in.Total = TaxIncluded, 5790
	_, err = Price(in, RatesOf("JPY"), cafeDay)
	f = fault.Of(err)
	if got, want := i18n.Fault(i18n.JA, f.Code, f.Args), "明細 6,100 − 値引 300 ＋ 送料 0 ＝ 5,800 ですが、合計は 5,790 です（10 少ない）。"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// National Tax Agency, Tax Answer 6480.
func TestPointsAsDiscountSpreadOverTaxRatesAsTheTaxAgencyShows(t *testing.T) {
	in := &Input{Source: "t", OrderNo: "1", OccurredAt: 1, Total: 1090, PointsPaid: &PointsPaid{Points: 21},
		Lines: []Line{{Quantity: 1, Amount: 540, TaxRate: NewRate(80_000)}, {Quantity: 1, Amount: 550, TaxRate: NewRate(100_000)}}}
	in.Complete()
	p := mustPrice(t, in, cafeDay)
	if p.Tax[0].Due != 530 || p.Tax[1].Due != 539 || p.Tax[0].DueTax != 39 || p.Tax[1].DueTax != 49 {
		t.Errorf("%+v", p.Tax)
	}
	o := cafeDay
	o.PointsAs = AsPayment
	p = mustPrice(t, in, o)
	if p.Tax[0].Due != 540 || p.Tax[1].Due != 550 {
		t.Errorf("as payment the full price stays taxable: %+v", p.Tax)
	}
}

func TestTheBasisDecidesWhatCounts(t *testing.T) {
	line := func(amount int64, rate int64) Line {
		return Line{Quantity: 1, Amount: amount, TaxRate: NewRate(rate)}
	}
	for _, c := range []struct {
		what  string
		in    Input
		basis rules.Basis
		want  []int64 // eligible per line
		ship  int64
	}{
		{"prices with tax, basis without: the tax inside leaves", Input{Lines: []Line{line(1080, 80_000), line(1100, 100_000)}, Total: 2180}, rules.Basis{}, []int64{1000, 1000}, 0},
		{"prices with tax, basis with", Input{Lines: []Line{line(1080, 80_000)}, Total: 1080}, rules.Basis{TaxIncluded: true}, []int64{1080}, 0},
		{"prices without tax, basis with", Input{Prices: TaxExcluded, Lines: []Line{line(1000, 80_000)}, Total: 1080}, rules.Basis{TaxIncluded: true}, []int64{1080}, 0},
		{"before discounts with tax inside: line − tax of the undiscounted line", Input{Lines: []Line{line(1100, 100_000)}, Discounts: []Discount{{Amount: 550}}, Total: 550}, rules.Basis{DiscountsBefore: true}, []int64{1000}, 0},
		{"after discounts", Input{Lines: []Line{line(1100, 100_000)}, Discounts: []Discount{{Amount: 550}}, Total: 550}, rules.Basis{}, []int64{500}, 0},
		{"shipping in the basis, its tax inside", Input{Lines: []Line{line(1100, 100_000)}, Shipping: 550, Total: 1650}, rules.Basis{ShippingWith: true}, []int64{1000}, 500},
		{"shipping with tax", Input{Lines: []Line{line(1100, 100_000)}, Shipping: 550, Total: 1650}, rules.Basis{ShippingWith: true, TaxIncluded: true}, []int64{1100}, 550},
		{"fees do not count", Input{Lines: []Line{line(1100, 100_000), {Kind: Fee, Quantity: 1, Amount: 330, TaxRate: NewRate(100_000)}}, Total: 1430}, rules.Basis{}, []int64{1000, 0}, 0},
		{"fees count when the basis says so", Input{Lines: []Line{line(1100, 100_000), {Kind: Fee, Quantity: 1, Amount: 330, TaxRate: NewRate(100_000)}}, Total: 1430}, rules.Basis{FeesWith: true}, []int64{1000, 300}, 0},
		{"points part stays when the basis says so", Input{Lines: []Line{line(1100, 100_000)}, PointsPaid: &PointsPaid{Points: 100}, Total: 1100}, rules.Basis{PointsPaidWith: true}, []int64{1000}, 0},
		{"all paid by points: nothing counts", Input{Lines: []Line{line(1100, 100_000)}, PointsPaid: &PointsPaid{Points: 1100}, Total: 1100}, rules.Basis{}, []int64{0}, 0},
		{"a discount tied to a line stays on it", Input{Lines: []Line{line(1100, 100_000), {No: 0, Quantity: 1, Amount: 1100, TaxRate: NewRate(100_000), Discount: 550}}, Total: 1650}, rules.Basis{}, []int64{1000, 500}, 0},
		{"a line without a rate has the day's standard rate", Input{Lines: []Line{{Quantity: 1, Amount: 1100}}, Total: 1100}, rules.Basis{}, []int64{1000}, 0},
		{"a free purchase", Input{Lines: []Line{line(0, 100_000)}, Total: 0}, rules.Basis{}, []int64{0}, 0},
	} {
		c.in.Source, c.in.OrderNo, c.in.OccurredAt = "t", "1", 1
		c.in.Complete()
		o := cafeDay
		o.Basis = c.basis
		p, err := Price(&c.in, RatesOf("JPY"), o)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		var got []int64
		for _, l := range p.Lines {
			got = append(got, l.Eligible)
		}
		if d := cmp.Diff(c.want, got); d != "" || p.Freight != c.ship {
			t.Errorf("%s: %s freight %d, want %d", c.what, d, p.Freight, c.ship)
		}
	}
}

func TestExcludedLinesCountZeroButBearTheirShareOfADiscount(t *testing.T) {
	in := &Input{Source: "t", OrderNo: "1", OccurredAt: 1, Total: 1900, Discounts: []Discount{{Amount: 100}},
		Lines: []Line{{Quantity: 1, Amount: 1000, Category: "tobacco"}, {Quantity: 1, Amount: 1000}}}
	in.Complete()
	o := cafeDay
	o.Basis.TaxIncluded = true
	o.Excluded = func(l *rules.Line) bool { return l.Category == "tobacco" }
	p := mustPrice(t, in, o)
	if p.Lines[0].Eligible != 0 || p.Lines[1].Eligible != 950 || p.Eligible != 950 || p.Lines[0].Value != 950 {
		t.Errorf("%+v", p.Lines)
	}
}

func TestTheTaxRateIsTheOneOfTheDay(t *testing.T) {
	jp := RatesOf("JPY")
	for day, want := range map[string]string{"1989-03-31": "", "1989-04-01": "0.03", "2014-03-31": "0.05", "2014-04-01": "0.08", "2019-09-30": "0.08", "2019-10-01": "0.10", "2026-11-15": "0.10"} {
		if got := jp.On(clock.MustDay(day)).Standard.String(); got != want {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
	if jp.Knows(NewRate(80_000), clock.MustDay("2026-11-15")) != true || jp.Knows(NewRate(50_000), clock.MustDay("2026-11-15")) {
		t.Error("8 % is reduced today, 5 % is long gone")
	}
	in := &Input{Source: "t", OrderNo: "1", OccurredAt: 1, Total: 1050, Lines: []Line{{Quantity: 1, Amount: 1050, TaxRate: NewRate(50_000)}}, Tax: []Tax{{NewRate(50_000), 60}}}
	in.Complete()
	p := mustPrice(t, in, cafeDay)
	if d := cmp.Diff([]string{"tax.rate_unknown:0.05", "tax.differs:0.05"}, p.Flags); d != "" {
		t.Error(d)
	}
	if p.TaxSum != 60 || p.Eligible != 990 {
		t.Errorf("tax sent is kept and used: %+v", p)
	}
	if len(RatesOf("GBP")) != 0 {
		t.Error("pounds have no table here")
	}
}
