package purchase

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/fault"
	"joren/internal/rules"
)

func anyInput(t *rapid.T) *Input {
	in := &Input{Source: "t", OrderNo: "1", OccurredAt: 1, Prices: rapid.SampledFrom([]Prices{TaxIncluded, TaxExcluded}).Draw(t, "prices")}
	money := func(name string, top int64) int64 { return rapid.Int64Range(0, top).Draw(t, name) }
	net := int64(0)
	for range rapid.IntRange(1, 6).Draw(t, "lines") {
		l := Line{Quantity: rapid.Int64Range(1, 7).Draw(t, "quantity"), Amount: money("amount", 10000), TaxRate: NewRate(rapid.SampledFrom([]int64{0, 80_000, 100_000}).Draw(t, "rate"))}
		if rapid.IntRange(0, 3).Draw(t, "own discount") == 0 {
			l.Discount = money("line discount", l.Amount)
		}
		if rapid.IntRange(0, 5).Draw(t, "fee") == 0 {
			l.Kind = Fee
		}
		net += l.Amount - l.Discount
		in.Lines = append(in.Lines, l)
	}
	if rapid.Bool().Draw(t, "discounted") {
		in.Discounts = []Discount{{Amount: money("discount", net)}}
	}
	in.Shipping = money("shipping", 800)
	in.Complete()
	if _, err := Price(in, RatesOf("JPY"), cafeDay); fault.Is(err, "purchase.total_mismatch") {
		in.Total = fault.Of(err).Args["expected"].(int64)
	}
	if rapid.Bool().Draw(t, "points") && in.Total > 0 {
		in.PointsPaid = &PointsPaid{Points: money("paid", in.Total)}
	}
	return in
}

func TestAllSharesSumToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		o := cafeDay
		o.Basis = rules.Basis{TaxIncluded: rapid.Bool().Draw(t, "tax"), DiscountsBefore: rapid.Bool().Draw(t, "before"), ShippingWith: rapid.Bool().Draw(t, "ship"),
			PointsPaidWith: rapid.Bool().Draw(t, "points with"), FeesWith: rapid.Bool().Draw(t, "fees")}
		p, err := Price(in, RatesOf("JPY"), o)
		if err != nil {
			t.Fatal(err)
		}
		var discount, tax, value, eligible, left int64
		for i, l := range p.Lines {
			discount, tax, value, eligible, left = discount+l.Discount, tax+l.Tax, value+l.Value, eligible+l.Eligible, left+l.Left
			if l.Net < 0 || l.Tax < 0 || l.Eligible < 0 || l.Net != in.Lines[i].Amount-l.Discount {
				t.Fatalf("line %d: %+v", i, l)
			}
		}
		if discount != p.Discount || tax != p.TaxSum || value+p.Shipping != p.Total || eligible+p.Freight != p.Eligible || left > p.Left {
			t.Fatalf("%+v", p)
		}
		due, points := p.Shipping, int64(0)
		for _, x := range p.Tax {
			due, points = due+x.Due, points+x.Points
			if x.Due < 0 {
				t.Fatalf("%+v", x)
			}
		}
		if due+points != p.Total || points > p.Paid {
			t.Fatalf("due %d + points %d of %d, paid %d", due, points, p.Total, p.Paid)
		}
	})
}

// A return split in any way gives and takes the same in sum.
func TestTenSlipsAreWorthWhatOneIs(t *testing.T) {
	split := 0
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		p := mustPrice2(t, in)
		b := p.Bought(in, 1)
		want := make([]ReturnLine, 0, len(in.Lines))
		for _, l := range in.Lines {
			if q := rapid.Int64Range(0, l.Quantity).Draw(t, "returned"); q > 0 {
				want = append(want, ReturnLine{No: l.No, Quantity: q})
			}
		}
		if len(want) == 0 {
			return
		}
		one, err := Returned(b, nil, want)
		if err != nil {
			t.Fatal(err)
		}
		var pieces []ReturnLine
		for _, r := range want {
			for range r.Quantity {
				pieces = append(pieces, ReturnLine{No: r.No, Quantity: 1})
			}
		}
		pieces = rapid.Permutation(pieces).Draw(t, "order")
		var slips []Slip
		var value, eligible, points, cash int64
		award := func(cart []rules.Line, ship int64) int64 { // 1 % of what is kept, doubled from 5,000
			sum := ship
			for _, l := range cart {
				sum += l.Eligible
			}
			if sum >= 5000 {
				return sum / 100 * 2
			}
			return sum / 100
		}
		start := award(b.Cart, b.Freight)
		demanded := int64(0)
		for len(pieces) > 0 {
			n := rapid.IntRange(1, len(pieces)).Draw(t, "slip")
			plan, err := Returned(b, slips, pieces[:n])
			if err != nil {
				t.Fatal(err)
			}
			pieces = pieces[n:]
			slips = append(slips, Slip{plan.Lines, plan.PointsBack, plan.Cash})
			value, eligible, points, cash = value+plan.Value, eligible+plan.Eligible, points+plan.PointsBack, cash+plan.Cash
			demanded += Demand(start, award(plan.Kept, plan.KeptFreight), demanded)
			if len(pieces) == 0 {
				if diff := cmp.Diff(one.Kept, plan.Kept); diff != "" {
					t.Fatal(diff)
				}
			}
		}
		split += len(slips)
		if value != one.Value || eligible != one.Eligible || points != one.PointsBack || cash != one.Cash {
			t.Fatalf("split: value %d eligible %d points %d cash %d; at once %+v", value, eligible, points, cash, one)
		}
		if once := Demand(start, award(one.Kept, one.KeptFreight), 0); demanded != once {
			t.Fatalf("demanded %d in slips, %d at once", demanded, once)
		}
		if _, err := Returned(b, slips, []ReturnLine{{No: want[0].No, Quantity: in.Lines[0].Quantity + 7}}); err == nil {
			t.Fatal("more returned than bought")
		}
	})
	if split == 0 {
		t.Error("nothing was ever returned")
	}
}

func mustPrice2(t *rapid.T, in *Input) *Priced {
	p, err := Price(in, RatesOf("JPY"), cafeDay)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Everything returned gives everything back, however it went.
func TestReturnsAndCorrectionsInAnyOrderEndAtTheWhole(t *testing.T) {
	corrected := 0
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		p := mustPrice2(t, in)
		b := p.Bought(in, 1)
		var slips []Slip
		var value, eligible, points int64
		take := func(lines []ReturnLine) bool {
			plan, err := Returned(b, slips, lines)
			if err != nil {
				if !fault.Is(err, "return.exceeds_purchase") && !fault.Is(err, "return.nothing_left") {
					t.Fatal(err)
				}
				return false
			}
			slips = append(slips, Slip{plan.Lines, plan.PointsBack, plan.Cash})
			value, eligible, points = value+plan.Value, eligible+plan.Eligible, points+plan.PointsBack
			if plan.Value < 0 || plan.Eligible < 0 || plan.Cash < 0 || plan.PointsBack < 0 {
				t.Fatalf("%+v", plan)
			}
			return plan.Whole
		}
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			r := ReturnLine{No: rapid.IntRange(1, len(in.Lines)).Draw(t, "no")}
			if rapid.Bool().Draw(t, "correction") {
				r.Amount = rapid.Int64Range(1, 3000).Draw(t, "amount")
				corrected++
			} else {
				r.Quantity = rapid.Int64Range(1, 3).Draw(t, "pieces")
			}
			if take([]ReturnLine{r}) {
				break
			}
		}
		take(nil)
		paid := int64(0)
		if in.PointsPaid != nil {
			paid = in.PointsPaid.Points
		}
		if value != p.Value || eligible != p.Eligible || points != paid {
			t.Fatalf("value %d of %d, eligible %d of %d, points %d of %d", value, p.Value, eligible, p.Eligible, points, paid)
		}
	})
	if corrected == 0 {
		t.Error("no price was ever corrected")
	}
}

func TestAPriceCorrectionLowersValueAndShareAndKeepsThePieces(t *testing.T) {
	in := mustDecode(t, cafe)
	b := mustPrice(t, in, cafeDay).Bought(in, 1)
	plan, err := Returned(b, nil, []ReturnLine{{No: 1, Amount: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Value != 1000 || plan.Eligible != 2754*1000/3286 || plan.Whole || plan.Kept[0].Quantity != 2 || plan.Kept[0].Eligible != 2754-838 {
		t.Errorf("%+v", plan)
	}
	if _, err := Returned(b, nil, []ReturnLine{{No: 1, Amount: 3287}}); !fault.Is(err, "return.exceeds_purchase") {
		t.Error(err)
	}
}

func TestEverythingWrongIsSaidAtOnce(t *testing.T) {
	in := &Input{Prices: "gross", Currency: "YEN!", Card: "1", Member: "m", Shipping: -1, Total: math.MaxInt64, Status: "lost", Revision: -1,
		Lines:     []Line{{No: 1, Quantity: 0, Amount: -5}, {No: 1, Quantity: 1, Amount: math.MaxInt64, Kind: "gift", SKU: "a\x00"}},
		Discounts: []Discount{{Coupon: "A", Amount: -1}, {Coupon: "A", Line: 9}}, Tax: []Tax{{}, {}}, PointsPaid: &PointsPaid{Points: -3}}
	got := map[string]string{}
	for _, f := range Check(in) {
		got[f.Path] += f.Code + " "
	}
	want := map[string]string{"source": "field.required ", "order_no": "field.required ", "occurred_at": "field.required ", "prices": "value.unknown ", "currency": "currency.unknown ",
		"card": "purchase.card_and_member ", "shipping": "amount.negative ", "total": "amount.overflow ", "status": "value.unknown ", "revision": "number.negative ",
		"lines[0].quantity": "quantity.below_one ", "lines[0].amount": "amount.negative ", "lines[0].kind": "value.unknown ", "lines[1].no": "line.duplicate ", "lines[1].amount": "amount.overflow ", "lines[1].kind": "value.unknown ", "lines[1].sku": "text.invalid ",
		"discounts[0].amount": "amount.negative ", "discounts[1].line": "line.unknown ", "discounts[1].coupon": "coupon.twice ",
		"tax[0].rate": "tax.rate_invalid ", "tax[1].rate": "tax.rate_invalid tax.rate_twice ", "points_paid.points": "points.negative "}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	in.Lines = nil
	if f := Check(in); f[len(f)-1].Code == "" {
		t.Error(f)
	}
}

func TestTheLargestPurchaseAddsUpWithoutOverflow(t *testing.T) {
	in := &Input{Source: "t", OrderNo: "1", OccurredAt: 1, Prices: TaxExcluded, Shipping: MaxAmount, Total: 1}
	for range MaxLines {
		in.Lines = append(in.Lines, Line{Quantity: MaxQuantity, Amount: MaxAmount, TaxRate: NewRate(million)})
	}
	in.Complete()
	_, err := Price(in, RatesOf("JPY"), cafeDay)
	if want := int64(MaxAmount)*MaxLines*2 + MaxAmount; !fault.Is(err, "purchase.total_mismatch") || fault.Of(err).Args["expected"] != want {
		t.Errorf("%v, want %d", err, want)
	}
	in.Lines[0].Amount = math.MaxInt64
	if _, err := Price(in, RatesOf("JPY"), cafeDay); !fault.Is(err, "amount.overflow") {
		t.Error(err)
	}
}

func TestNumbersAreWholeAndInDigits(t *testing.T) {
	for body, want := range map[string]string{
		`{"total":1.5,"lines":[{"amount":1e3,"quantity":1e30}]}`: "lines[0].amount:number.not_whole lines[0].quantity:number.not_whole total:number.not_whole ",
		`{"total":9223372036854775808}`:                          "total:amount.overflow ",
		`{"total":"100"}`:                                        "total:json.type ",
		`{"total":NaN}`:                                          ":json.syntax ",
		`{"totl":1}`:                                             "totl:field.unknown ",
		`{"total":1} {}`:                                         ":json.trailing ",
		`{"lines":[{"tax_rate":"8%"}]}`:                          ":json.value ",
		`{"occurred_at":"2026-13-02"}`:                           ":json.value ",
		``:                                                       ":json.syntax ",
	} {
		_, err := Decode([]byte(body))
		got := ""
		for _, f := range fault.Of(err).Fields {
			got += f.Path + ":" + f.Code + " "
		}
		if !fault.Is(err, "request.malformed") || got != want {
			t.Errorf("%s: %s, want %s (%v)", body, got, want, err)
		}
	}
}

func TestTheSameContentHasTheSameHashHoweverItIsWritten(t *testing.T) {
	a := mustDecode(t, cafe)
	b := mustDecode(t, string(bytes.ReplaceAll([]byte(cafe), []byte(`"2026-11-15T10:12:40+09:00"`), []byte(`"2026-11-15T01:12:40Z"`))))
	if !bytes.Equal(a.Hash(), b.Hash()) {
		t.Error("the same instant in another zone")
	}
	b.Lines[2].Tags = nil
	if bytes.Equal(a.Hash(), b.Hash()) {
		t.Error("a tag less is other content")
	}
}

func TestADiscountNeverMakesALineNegative(t *testing.T) {
	in := &Input{Source: "t", OrderNo: "1", OccurredAt: 1, Lines: []Line{{Quantity: 1, Amount: 1000, Discount: 1000}, {Quantity: 1, Amount: 1000}}, Discounts: []Discount{{Amount: 300}}, Total: 700}
	in.Complete()
	p := mustPrice(t, in, cafeDay)
	if p.Lines[0].Net != 0 || p.Lines[1].Net != 700 {
		t.Errorf("%+v", p.Lines)
	}
	in.Discounts[0].Amount = 1001
	if _, err := Price(in, RatesOf("JPY"), cafeDay); !fault.Is(err, "purchase.discount_exceeds_lines") {
		t.Error(err)
	}
	in.Discounts[0] = Discount{Amount: 1, Line: 1}
	if _, err := Price(in, RatesOf("JPY"), cafeDay); !fault.Is(err, "purchase.discount_exceeds_lines") {
		t.Error(err)
	}
	in.Discounts, in.Total, in.PointsPaid = nil, 1000, &PointsPaid{Points: 1001}
	if _, err := Price(in, RatesOf("JPY"), cafeDay); !fault.Is(err, "purchase.points_exceed_total") {
		t.Error(err)
	}
}
