package intake

import (
	"joren/internal/amount"
	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/purchase"
)

func saleItem(t *table, d *draft) Item {
	in := &purchase.Input{
		Source: t.Source, OrderNo: d.Number, UpdatedAt: d.UpdatedAt, Store: d.Store, Channel: d.Channel,
		OccurredAt: d.At, Currency: d.Currency, Prices: purchase.TaxIncluded, Lines: d.Lines, Staff: d.Staff,
	}
	it := Item{Kind: KindSale, Row: d.Row, At: d.At, Source: t.Source, Number: d.Number, Person: d.Person, Link: t.Members == "link", Sale: in}
	if d.Part == headsPart || d.Part == whole && d.File == "" && t.Part == "heads" {
		it.flags |= flagSummary
	}
	if d.ShippedAt != 0 || d.DeliveredAt != 0 {
		in.Delivery = &purchase.Delivery{ShippedAt: d.ShippedAt, DeliveredAt: d.DeliveredAt}
	}
	return it
}

func returnItem(t *table, d *draft, number, order string) Item {
	at := d.At
	r := &purchase.ReturnInput{Source: t.Source, ReturnNo: number, OrderNo: order, OccurredAt: at, Store: d.Store, Staff: d.Staff}
	return Item{Kind: KindReturn, Row: d.Row, At: at, Source: t.Source, Number: number, Person: d.Person, Return: r}
}

func memberItem(t *table, d *draft) Item {
	m := *d.Profile
	m.Implied = t.Kind != KindMember
	return Item{Kind: KindMember, Row: d.Row, At: d.At, Source: t.Source, Number: d.Person.Key(), Person: d.Person, Member: &m}
}

// finisher turns complete drafts into items and refuses what does not add up.
type finisher struct {
	t       *table
	clean   *cleaner
	match   *matcher
	seen    map[uint64]struct{} // members met, by hash of their key
	skipped int
}

func newFinisher(t *table) *finisher {
	f := &finisher{t: t, match: newMatcher(), seen: map[uint64]struct{}{}}
	if t.clean {
		f.clean = newCleaner(t)
	}
	return f
}

// items makes the items of a draft, or says why it is refused.
func (f *finisher) items(d *draft) ([]Item, []Problem) {
	switch {
	case len(d.Bad) > 0:
		return nil, d.Bad
	case d.Kind == KindMember:
		return []Item{memberItem(f.t, d)}, nil
	case d.Kind == KindOpening:
		return []Item{{Kind: KindOpening, Row: d.Row, Source: f.t.Source, Number: d.Number, Person: d.Person, Opening: d.Opening}}, nil
	case d.Kind == KindEvent:
		return []Item{{Kind: KindEvent, Row: d.Row, At: d.At, Source: f.t.Source, Number: d.Number, Person: d.Person, Event: d.Event}}, nil
	case d.At == 0:
		return nil, f.problem(d, fOccurredAt, "", "date.empty")
	case f.clean != nil:
		return f.clean.items(d), nil
	case d.Status == "skip":
		f.skipped++
		return nil, nil
	case d.Refund:
		return f.refund(d)
	}
	return f.sale(d)
}

func (f *finisher) problem(d *draft, field Field, value, code string, args ...any) []Problem {
	col := ""
	if i := f.t.at[field]; i >= 0 {
		col = f.t.header[i]
	}
	return []Problem{{Row: d.Row, Column: inFile(d.File, col), Value: value, Code: code, Args: fault.New(0, code, args...).Args}}
}

// member is the implied member of an order, once in a run.
func (f *finisher) member(d *draft) []Item {
	if d.Person.IsZero() || f.t.Members == "link" {
		return nil
	}
	k := f.match.key("member", d.Person.Key())
	if _, ok := f.seen[k]; ok {
		return nil
	}
	f.seen[k] = struct{}{}
	return []Item{memberItem(f.t, d)}
}

func (f *finisher) sale(d *draft) ([]Item, []Problem) {
	switch {
	case len(d.Lines) > 0:
	case d.Discount > 0:
		return nil, f.problem(d, f.amountField(), itoa(-d.Discount), "amount.negative")
	default:
		return nil, f.problem(d, fItem, "", "order.no_lines")
	}
	for i := range d.Lines {
		d.Lines[i].No = i + 1
	}
	it := saleItem(f.t, d)
	if bad := f.price(d, it.Sale); bad != nil {
		return nil, bad
	}
	if f.t.at[fEntry] >= 0 {
		f.remember(d)
	}
	items := append(f.member(d), it)
	switch last := &items[len(items)-1]; d.Status {
	case "cancelled", "returned":
		last.Sale.Status = purchase.Completed
		last.flags |= flagVoid
		back := f.whole(d, "cancel")
		return append(items, back), nil
	case "placed":
		last.Sale.Status = purchase.Placed
	case "shipped":
		last.Sale.Status = purchase.Shipped
	default:
		last.Sale.Status = purchase.Completed
	}
	items[len(items)-1].refunded = d.Head.Refunded
	if d.Head.Refunded >= items[len(items)-1].Sale.Total && d.Head.Refunded > 0 {
		items[len(items)-1].flags |= flagVoid
		return append(items, f.whole(d, "cancel")), nil
	}
	return items, nil
}

func (f *finisher) amountField() Field {
	if f.t.at[fAmount] < 0 {
		return fUnitPrice
	}
	return fAmount
}

// whole is the return of everything that is left of an order.
func (f *finisher) whole(d *draft, suffix string) Item {
	r := returnItem(f.t, d, d.Number+"-"+suffix, d.Number)
	r.Return.OccurredAt = max(d.At, d.CancelledAt)
	if d.CancelledAt == 0 {
		r.Return.OccurredAt = max(d.At, d.UpdatedAt)
	}
	r.At = r.Return.OccurredAt
	return r
}

// partly is a refund of money of which only the sum is known: the part not
// booked before, as price corrections spread over the lines by their amounts
// (largest remainder). The sum refunded so far is part of its number.
func partly(sale *Item, before int64) (Item, bool) {
	part := sale.refunded - before
	if part <= 0 || sale.Sale.Total <= sale.refunded {
		return Item{}, false
	}
	number := sale.Number + "-refund-" + itoa(sale.refunded)
	r := &purchase.ReturnInput{Source: sale.Source, ReturnNo: number, OrderNo: sale.Number, OccurredAt: max(sale.At, sale.Sale.UpdatedAt)}
	weights := make([]int64, len(sale.Sale.Lines))
	for i, l := range sale.Sale.Lines {
		weights[i] = l.Amount - l.Discount
	}
	for i, n := range amount.Spread(part, weights) {
		if n > 0 {
			r.Lines = append(r.Lines, purchase.ReturnLine{No: sale.Sale.Lines[i].No, Amount: n})
		}
	}
	return Item{Kind: KindReturn, Row: sale.Row, At: r.OccurredAt, Source: sale.Source, Number: number, Person: sale.Person, Return: r}, len(r.Lines) > 0
}

func (f *finisher) remember(d *draft) {
	f.match.order(d.Number)
	for _, l := range d.Lines {
		f.match.sell(d.Number, l.SKU+"\x00"+l.Name, l.No, l.Quantity, l.Amount)
	}
}

// refund matches rows of money going back to the sale of the same number.
func (f *finisher) refund(d *draft) ([]Item, []Problem) {
	var back []matched
	for _, l := range d.Lines {
		parts := f.match.takeBack(d.Number, l.SKU+"\x00"+l.Name, l.Quantity, l.Amount)
		if len(parts) == 0 {
			return nil, f.problem(d, fOrderNo, d.Number, "return.unmatched")
		}
		back = append(back, parts...)
	}
	if len(back) == 0 {
		return nil, f.problem(d, fOrderNo, d.Number, "return.unmatched")
	}
	d.Number += "-refund-" + clockText(d.At)
	return returnItems(f.t, d, back), nil
}

func clockText(at clock.Instant) string { return at.Time().Format("20060102T150405") }
