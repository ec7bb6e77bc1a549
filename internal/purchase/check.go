package purchase

import (
	"fmt"
	"math"
	"unicode/utf8"

	"joren/internal/fault"
)

// Bounds of one purchase. Amounts are so bounded that no sum over the lines
// of a purchase, with tax, can leave int64.
const (
	MaxLines    = 5_000
	MaxAmount   = 100_000_000_000_000 // minor units on a line, in a discount, for shipping
	MaxQuantity = 1_000_000_000
	maxTags     = 32
	maxRefs     = 100 // discounts, tax rates
)

type checker struct{ fields []fault.Field }

func (c *checker) bad(path, code string, args ...any) {
	c.fields = append(c.fields, fault.At(path, code, args...))
}

func (c *checker) text(path, s string, max int, required bool) {
	switch {
	case s == "" && required:
		c.bad(path, "field.required")
	case utf8.RuneCountInString(s) > max:
		c.bad(path, "text.too_long", "max", max)
	case !utf8.ValidString(s) || hasNUL(s):
		c.bad(path, "text.invalid")
	}
}

func hasNUL(s string) bool {
	for i := range len(s) {
		if s[i] == 0 {
			return true
		}
	}
	return false
}

func (c *checker) money(path string, n int64) {
	switch {
	case n < 0:
		c.bad(path, "amount.negative", "actual", n)
	case n > MaxAmount:
		c.bad(path, "amount.overflow", "max", int64(MaxAmount))
	}
}

// Check finds everything that is wrong with a purchase by itself: missing
// and overlong texts, negative and huge numbers, duplicates, references to
// lines that are not there. Whether it adds up is for [Price]. It wants a
// completed input ([Input.Complete]).
func Check(in *Input) []fault.Field {
	var c checker
	c.text("source", in.Source, 64, true)
	c.text("order_no", in.OrderNo, 128, true)
	c.text("store", in.Store, 64, false)
	c.text("channel", in.Channel, 64, false)
	c.text("staff", in.Staff, 64, false)
	c.text("card", in.Card, 64, false)
	c.text("member", in.Member, 64, false)
	if in.Card != "" && in.Member != "" {
		c.bad("card", "purchase.card_and_member")
	}
	if in.OccurredAt == 0 {
		c.bad("occurred_at", "field.required")
	}
	if in.Revision < 0 {
		c.bad("revision", "number.negative")
	}
	if len(in.Currency) != 3 && in.Currency != "" {
		c.bad("currency", "currency.unknown")
	}
	if in.Prices != TaxIncluded && in.Prices != TaxExcluded {
		c.bad("prices", "value.unknown", "allowed", "tax_included, tax_excluded")
	}
	switch in.Status {
	case "", Placed, Shipped, Delivered, Completed, Cancelled, SentBack:
	default:
		c.bad("status", "value.unknown", "allowed", "placed, shipped, delivered, completed, cancelled, returned")
	}
	c.money("shipping", in.Shipping)
	c.total(in.Total)
	c.lines(in.Lines)
	c.discounts(in)
	c.tax(in.Tax)
	c.paid(in.PointsPaid)
	if d := in.Delivery; d != nil {
		c.text("delivery.method", d.Method, 64, false)
		c.text("delivery.carrier", d.Carrier, 64, false)
		c.text("delivery.area", d.Area, 64, false)
	}
	return c.fields
}

func (c *checker) total(n int64) {
	switch {
	case n < 0:
		c.bad("total", "amount.negative", "actual", n)
	case n > math.MaxInt64/4:
		c.bad("total", "amount.overflow", "max", int64(math.MaxInt64/4))
	}
}

func (c *checker) lines(lines []Line) {
	if len(lines) == 0 {
		c.bad("lines", "lines.empty")
	}
	if len(lines) > MaxLines {
		c.bad("lines", "lines.too_many", "max", MaxLines)
		return
	}
	sorted := true
	for i := range lines {
		c.line(i, &lines[i])
		sorted = sorted && (i == 0 || lines[i-1].No < lines[i].No)
	}
	if sorted {
		return
	}
	seen := make(map[int]int, len(lines))
	for i, l := range lines {
		if first, twice := seen[l.No]; twice {
			c.bad(fmt.Sprintf("lines[%d].no", i), "line.duplicate", "no", l.No, "first", first)
		}
		seen[l.No] = i
	}
}

// line builds paths only when something is wrong: this runs for every line of
// an import.
func (c *checker) line(i int, l *Line) {
	n := len(c.fields)
	c.text("sku", l.SKU, 128, false)
	c.text("name", l.Name, 512, false)
	c.text("category", l.Category, 128, false)
	if len(l.Tags) > maxTags {
		c.bad("tags", "list.too_long", "max", maxTags)
	}
	for _, t := range l.Tags {
		c.text("tags", t, 64, true)
	}
	if l.Kind != Goods && l.Kind != Fee {
		c.bad("kind", "value.unknown", "allowed", "goods, fee")
	}
	if l.No < 1 || l.No > math.MaxInt32 {
		c.bad("no", "number.out_of_range", "min", 1)
	}
	switch {
	case l.Quantity < 1:
		c.bad("quantity", "quantity.below_one", "actual", l.Quantity)
	case l.Quantity > MaxQuantity:
		c.bad("quantity", "amount.overflow", "max", int64(MaxQuantity))
	}
	c.money("amount", l.Amount)
	c.money("discount", l.Discount)
	if l.TaxRate < 0 || l.TaxRate > NewRate(million) {
		c.bad("tax_rate", "tax.rate_invalid")
	}
	for j := n; j < len(c.fields); j++ {
		c.fields[j].Path = fmt.Sprintf("lines[%d].%s", i, c.fields[j].Path)
	}
}

func (c *checker) discounts(in *Input) {
	if len(in.Discounts) > maxRefs {
		c.bad("discounts", "list.too_long", "max", maxRefs)
		return
	}
	for i, d := range in.Discounts {
		at := fmt.Sprintf("discounts[%d]", i)
		c.text(at+".coupon", d.Coupon, 64, false)
		c.text(at+".name", d.Name, 128, false)
		c.money(at+".amount", d.Amount)
		if d.Line != 0 && in.index(d.Line) < 0 {
			c.bad(at+".line", "line.unknown", "no", d.Line)
		}
		for _, e := range in.Discounts[:i] {
			if d.Coupon != "" && d.Coupon == e.Coupon {
				c.bad(at+".coupon", "coupon.twice")
			}
		}
	}
}

func (c *checker) tax(tax []Tax) {
	if len(tax) > maxRefs {
		c.bad("tax", "list.too_long", "max", maxRefs)
		return
	}
	for i, t := range tax {
		at := fmt.Sprintf("tax[%d]", i)
		c.money(at+".amount", t.Amount)
		if t.Rate <= 0 || t.Rate > NewRate(million) {
			c.bad(at+".rate", "tax.rate_invalid")
		}
		for _, e := range tax[:i] {
			if t.Rate == e.Rate {
				c.bad(at+".rate", "tax.rate_twice", "rate", t.Rate.String())
			}
		}
	}
}

func (c *checker) paid(p *PointsPaid) {
	if p == nil {
		return
	}
	switch {
	case p.Points < 0:
		c.bad("points_paid.points", "points.negative", "actual", p.Points)
	case p.Points > math.MaxInt64/4:
		c.bad("points_paid.points", "amount.overflow", "max", int64(math.MaxInt64/4))
	}
	c.text("points_paid.type", p.Type, 64, false)
	c.text("points_paid.hold", p.Hold, 64, false)
}

// CheckReturn finds everything that is wrong with a return by itself.
func CheckReturn(in *ReturnInput) []fault.Field {
	var c checker
	c.text("source", in.Source, 64, true)
	c.text("return_no", in.ReturnNo, 128, true)
	c.text("order_no", in.OrderNo, 128, true)
	c.text("store", in.Store, 64, false)
	c.text("staff", in.Staff, 64, false)
	c.text("reason", in.Reason, 512, false)
	if in.OccurredAt == 0 {
		c.bad("occurred_at", "field.required")
	}
	if len(in.Lines) > MaxLines {
		c.bad("lines", "lines.too_many", "max", MaxLines)
		return c.fields
	}
	for i, l := range in.Lines {
		at := fmt.Sprintf("lines[%d]", i)
		switch {
		case l.Quantity < 0:
			c.bad(at+".quantity", "quantity.below_one", "actual", l.Quantity)
		case l.Quantity > MaxQuantity:
			c.bad(at+".quantity", "amount.overflow", "max", int64(MaxQuantity))
		}
		c.money(at+".amount", l.Amount)
		if l.Quantity == 0 && l.Amount == 0 {
			c.bad(at+".quantity", "field.required")
		}
		if l.Quantity > 0 && l.Amount > 0 {
			c.bad(at+".amount", "return.quantity_and_amount")
		}
	}
	return c.fields
}

// Refuse makes one fault of the wrong fields, nil when there are none. Its
// code is purchase.invalid, or amount.overflow when nothing else is wrong.
func Refuse(fields []fault.Field) error {
	if len(fields) == 0 {
		return nil
	}
	code := "amount.overflow"
	for _, f := range fields {
		if f.Code != code {
			code = "purchase.invalid"
			break
		}
	}
	return fault.New(fault.Invalid, code).With(fields...)
}

// index finds a line by its number, -1 when there is none.
func (in *Input) index(no int) int {
	if no >= 1 && no <= len(in.Lines) && in.Lines[no-1].No == no {
		return no - 1
	}
	for i := range in.Lines {
		if in.Lines[i].No == no {
			return i
		}
	}
	return -1
}
