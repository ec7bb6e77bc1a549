package intake

import (
	"strconv"

	"joren/internal/i18n"
	"joren/internal/purchase"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// bill is how the parts of an order add up: goods are the lines' amounts
// before discount.
type bill struct {
	goods, lineDiscounts, discount, points, shipping, tax int64
}

func (b bill) total() int64 {
	return b.goods - b.lineDiscounts - b.discount - b.points + b.shipping + b.tax
}

// price completes discounts, shipping, tax and total of a sale, and refuses
// with total.differs what does not add up.
//
// Points of another system that paid a part become a discount: they are not
// Joren's points, and what they paid is no revenue (SEMANTICS §20: the part
// paid by points leaves the eligible amount).
func (f *finisher) price(d *draft, in *purchase.Input) []Problem {
	h := &d.Head
	if h.Fee > 0 {
		in.Lines = append(in.Lines, purchase.Line{No: len(in.Lines) + 1, Kind: purchase.Fee, Name: f.column(fFee), Quantity: 1, Amount: h.Fee})
		d.Lines = in.Lines
	}
	b := bill{shipping: h.Shipping, discount: h.Discount + h.Discount2, points: h.PointsUsed}
	if d.HasShipping {
		b.shipping = d.Shipping
	}
	if d.HasDiscount {
		b.discount = d.Discount + h.Discount2
		b.points = max(d.Points, h.PointsUsed)
	}
	for _, l := range d.Lines {
		b.goods += l.Amount
		b.lineDiscounts += l.Discount
	}
	want := h.Total
	if f.t.TotalIs == "before" {
		want -= b.discount + b.points
	}
	b, ok := f.fit(d, in, b, want)
	if !ok {
		shown := b.total() + b.discount + b.points
		given := want + b.discount + b.points
		return f.problem(d, fTotal, h.TotalText, "total.differs", "currency", in.Currency,
			"sum", i18n.Money(i18n.JA, in.Currency, shown), "sum_en", i18n.Money(i18n.EN, in.Currency, shown),
			"difference", i18n.Money(i18n.JA, in.Currency, abs(given-shown)), "difference_en", i18n.Money(i18n.EN, in.Currency, abs(given-shown)))
	}
	if b.lineDiscounts == 0 {
		for i := range in.Lines {
			in.Lines[i].Discount = 0
		}
	}
	in.Shipping, in.Total = b.shipping, b.total()
	in.Discounts = nil
	if b.discount > 0 {
		in.Discounts = append(in.Discounts, purchase.Discount{Name: or(d.Coupon, f.column(fDiscount)), Amount: b.discount})
	}
	if b.points > 0 {
		in.Discounts = append(in.Discounts, purchase.Discount{Name: f.column(fPointsUsed), Amount: b.points})
	}
	return nil
}

func (f *finisher) column(field Field) string {
	if i := f.t.at[field]; i >= 0 && f.t.header[i] != "" {
		return f.t.header[i]
	}
	return field.String()
}

// fit finds the reading under which the order adds up to want; files do not
// say whether prices contain tax or whether an order's discount repeats its
// lines'. The readings are tried from the plainest on.
func (f *finisher) fit(d *draft, in *purchase.Input, b bill, want int64) (bill, bool) {
	excluded := f.t.Prices == "tax_excluded" || d.Excluded
	if excluded {
		b.tax = f.taxOf(d, in, b)
	}
	if excluded {
		in.Prices = purchase.TaxExcluded
	}
	if !d.Head.HasTotal || b.total() == want {
		return b, true
	}
	for _, v := range discountReadings(d, b) {
		if v.total() == want {
			return v, true
		}
		if f.t.Prices != "detect" {
			continue
		}
		if manyRates(in) {
			if r, ok := unitTax(d, in, v, want); ok {
				return r, true
			}
		}
		if v.tax == 0 && d.Head.HasTax && d.Head.Tax > 0 {
			v.tax = d.Head.Tax
			if v.total() == want {
				in.Prices = purchase.TaxExcluded
				f.spreadTax(d, in, v)
				return v, true
			}
			v.tax = 0
		}
		if r, ok := unitTax(d, in, v, want); ok {
			return r, true
		}
	}
	return b, false
}

// discountReadings: as written; with the order's own besides discount lines;
// only the lines', which say more than an order's that repeats them; only the
// order's.
func discountReadings(d *draft, b bill) []bill {
	out := []bill{b}
	if d.HasDiscount && d.Head.Discount > 0 {
		both := b
		both.discount += d.Head.Discount
		out = append(out, both)
	}
	if b.lineDiscounts > 0 && b.discount > 0 {
		o, l := b, b
		o.lineDiscounts, l.discount = 0, 0
		out = append(out, l, o)
	}
	return out
}

func manyRates(in *purchase.Input) bool {
	for _, l := range in.Lines {
		if l.TaxRate != in.Lines[0].TaxRate {
			return true
		}
	}
	return false
}

// taxOf is the tax of an order whose prices exclude it.
func (f *finisher) taxOf(d *draft, in *purchase.Input, b bill) int64 {
	if d.LineTax {
		var sum int64
		for _, l := range d.Lines {
			if n, ok := d.Tax[l.TaxRate]; ok {
				in.Tax = append(in.Tax, purchase.Tax{Rate: l.TaxRate, Amount: n})
				sum += n
				delete(d.Tax, l.TaxRate)
			}
		}
		if len(in.Tax) == 1 && in.Tax[0].Rate == 0 {
			b.tax = sum
			f.spreadTax(d, in, b)
		}
		return sum
	}
	if d.Head.HasTax {
		b.tax = d.Head.Tax
		f.spreadTax(d, in, b)
	}
	return d.Head.Tax
}

// spreadTax states a tax that is known as one sum. Lines without a rate get
// the one the sum stands for; with several rates the sum cannot be parted,
// and the purchase computes it.
func (f *finisher) spreadTax(d *draft, in *purchase.Input, b bill) {
	in.Tax = nil
	net := b.goods - b.lineDiscounts - b.discount - b.points
	if net <= 0 {
		return
	}
	if manyRates(in) {
		return
	}
	rate := in.Lines[0].TaxRate
	if rate == 0 {
		rate = purchase.NewRate((b.tax*1_000_000 + net/2) / net)
		for i := range in.Lines {
			in.Lines[i].TaxRate = rate
		}
	}
	in.Tax = []purchase.Tax{{Rate: rate, Amount: b.tax}}
}

// unitTax reads goods as priced without tax, with tax added per piece and
// rounded there, as EC-CUBE does (half up, down or up by the shop's choice).
func unitTax(d *draft, in *purchase.Input, b bill, want int64) (bill, bool) {
	for _, bias := range []int64{500_000, 0, 999_999} {
		v := b
		amounts := make([]int64, len(d.Lines))
		v.goods = 0
		for i, l := range d.Lines {
			amounts[i] = l.Amount
			if l.Kind != purchase.Fee && l.Quantity > 0 && l.Amount < purchase.MaxAmount {
				unit := l.Amount / l.Quantity
				amounts[i] += l.Quantity * ((unit/1_000_000)*l.TaxRate.Millionths() + ((unit%1_000_000)*l.TaxRate.Millionths()+bias)/1_000_000)
			}
			v.goods += amounts[i]
		}
		if v.total() == want {
			for i := range in.Lines {
				in.Lines[i].Amount = amounts[i]
			}
			return v, true
		}
	}
	return b, false
}
