package purchase

import (
	"strconv"

	"joren/internal/amount"
	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/label"
	"joren/internal/rules"
)

// PointsAs is how points paid are treated (SEMANTICS §3).
type PointsAs string

const (
	AsDiscount PointsAs = "discount" // a price reduction: less tax is due (NTA 6480)
	AsPayment  PointsAs = "payment"  // the full price stays taxable
)

// Options are the programme's side of pricing a purchase.
type Options struct {
	Basis      rules.Basis
	Excluded   func(*rules.Line) bool // nil: nothing is excluded
	PointValue int64                  // minor units a point pays; 0 means 1
	PointsAs   PointsAs               // "" means AsDiscount
	Day        clock.Day              // business day, for the table of rates
}

// Priced is what a purchase comes to: every share fixed per line.
type Priced struct {
	Lines    []PricedLine // as the input's
	Tax      []TaxPart    // per rate, in order of first appearance
	Amount   int64        // Σ line amounts
	Discount int64        // Σ discounts, those on lines included
	TaxSum   int64        // Σ tax; already inside the amounts when prices include it
	Shipping int64        // to pay
	Total    int64
	Value    int64    // Σ line values = Total − Shipping
	Paid     int64    // points paid × point value
	Left     int64    // what of Paid left the eligible amount
	Freight  int64    // shipping's part of the eligible amount
	Eligible int64    // Σ eligible + Freight
	Flags    []string // tax.differs:RATE, tax.rate_unknown:RATE
}

// PricedLine is a line's shares.
type PricedLine struct {
	Discount int64 // its own and its share of the order's
	Net      int64 // amount − discount
	Tax      int64 // its share of the tax of its rate
	Value    int64 // with tax: what the customer pays for it
	Left     int64 // its share of the part paid by points
	Eligible int64
	Excluded bool
}

// TaxPart is the tax of one rate on the receipt.
type TaxPart struct {
	Rate   Rate  `json:"rate"`
	Net    int64 `json:"net"`              // Σ net of its lines
	Amount int64 `json:"amount"`           // the tax: as sent, else as computed
	Points int64 `json:"points,omitempty"` // points as discount: this rate's share of them, in money
	Due    int64 `json:"due"`              // with tax, after points as discount
	DueTax int64 `json:"due_tax"`          // the tax inside Due
}

// Price adds a purchase up and fixes every line's shares. It wants a
// completed input and checks it first.
//
// Faults: purchase.invalid and amount.overflow with the wrong fields,
// purchase.discount_exceeds_lines, purchase.total_mismatch,
// purchase.points_exceed_total.
func Price(in *Input, rates Rates, o Options) (*Priced, error) {
	if err := Refuse(Check(in)); err != nil {
		return nil, err
	}
	p := &Priced{Lines: make([]PricedLine, len(in.Lines)), Shipping: in.Shipping, Total: in.Total}
	if err := p.discount(in); err != nil {
		return nil, err
	}
	group := p.rates(in, rates, o.Day)
	p.tax(in, group)
	if err := p.addUp(in); err != nil {
		return nil, err
	}
	if err := p.points(in, o); err != nil {
		return nil, err
	}
	p.eligible(in, o, group, rates)
	return p, nil
}

func mulDiv(a, b, c int64) int64 {
	n, err := amount.MulDiv(a, b, c)
	if err != nil {
		panic("purchase: a share above int64 after Check") // b <= c everywhere
	}
	return n
}

// discount gives every line its own discounts and its share of the order's.
func (p *Priced) discount(in *Input) error {
	order := int64(0)
	for i, l := range in.Lines {
		p.Amount += l.Amount
		p.Lines[i].Discount = l.Discount
		p.Discount += l.Discount
	}
	for _, d := range in.Discounts {
		p.Discount += d.Amount
		if d.Line == 0 {
			order += d.Amount
		} else {
			p.Lines[in.index(d.Line)].Discount += d.Amount
		}
	}
	room := int64(0)
	for i, l := range in.Lines {
		left := l.Amount - p.Lines[i].Discount
		if left < 0 {
			return overDiscount("lines["+strconv.Itoa(i)+"].discount", p.Lines[i].Discount, l.Amount)
		}
		room += left
	}
	if order > room {
		return overDiscount("discounts", order, room)
	}
	p.spread(in, order)
	for i, l := range in.Lines {
		p.Lines[i].Net = l.Amount - p.Lines[i].Discount
	}
	return nil
}

func overDiscount(path string, discount, lines int64) error {
	return fault.New(fault.Invalid, "purchase.discount_exceeds_lines", "discount", discount, "lines", lines).
		With(fault.At(path, "discount.exceeds_lines", "discount", discount, "lines", lines))
}

// spread shares the order's discounts over the lines by their amounts before
// discount. A line whose own discounts leave less room than its share takes
// what it can; the rest goes over the others the same way, so that no line
// falls below 0.
func (p *Priced) spread(in *Input, order int64) {
	if order == 0 {
		return
	}
	weights, shares := make([]int64, len(in.Lines)), make([]int64, len(in.Lines))
	for order > 0 {
		for i, l := range in.Lines {
			weights[i] = 0
			if p.Lines[i].Discount < l.Amount {
				weights[i] = l.Amount
			}
		}
		amount.SpreadInto(shares, order, weights)
		order = 0
		for i, l := range in.Lines {
			take := min(shares[i], l.Amount-p.Lines[i].Discount)
			p.Lines[i].Discount += take
			order += shares[i] - take
		}
	}
}

// rates collects the tax rates of the lines and gives each line's row in
// p.Tax. A line that says no rate has the day's standard rate.
func (p *Priced) rates(in *Input, rates Rates, day clock.Day) []int {
	standard := rates.On(day).Standard
	group := make([]int, len(in.Lines))
	for i, l := range in.Lines {
		r := l.TaxRate
		if r == 0 {
			r = max(standard, NewRate(0))
		}
		group[i] = p.rateRow(r)
		p.Tax[group[i]].Net += p.Lines[i].Net
	}
	for _, t := range p.Tax {
		if !rates.Knows(t.Rate, day) {
			p.Flags = append(p.Flags, "tax.rate_unknown:"+t.Rate.String())
		}
	}
	return group
}

func (p *Priced) rateRow(r Rate) int {
	for j := range p.Tax {
		if p.Tax[j].Rate == r {
			return j
		}
	}
	p.Tax = append(p.Tax, TaxPart{Rate: r})
	return len(p.Tax) - 1
}

// tax is computed once per rate and receipt, floored, and spread over the
// rate's lines. Tax that was sent is used as sent; a tax sent for a rate no
// line has counts in the sum.
func (p *Priced) tax(in *Input, group []int) {
	for j := range p.Tax {
		p.Tax[j].Amount = computed(in.Prices, p.Tax[j].Rate, p.Tax[j].Net)
	}
	for _, sent := range in.Tax {
		j := p.rateRow(sent.Rate)
		if d := sent.Amount - p.Tax[j].Amount; d > 1 || d < -1 {
			p.Flags = append(p.Flags, "tax.differs:"+sent.Rate.String())
		}
		p.Tax[j].Amount = sent.Amount
	}
	net := func(i int) int64 { return p.Lines[i].Net }
	for j := range p.Tax {
		p.TaxSum += p.Tax[j].Amount
		spreadTax(p.Tax[j].Amount, j, group, net, func(i int, t int64) { p.Lines[i].Tax = t })
	}
	for i := range p.Lines {
		l := &p.Lines[i]
		l.Value = l.Net
		if in.Prices == TaxExcluded {
			l.Value += l.Tax
		}
		p.Value += l.Value
	}
}

func computed(prices Prices, r Rate, net int64) int64 {
	if prices == TaxExcluded {
		return r.exclusive(net)
	}
	return r.inclusive(net)
}

// spreadTax spreads the tax of rate row j over its lines by weight.
func spreadTax(tax int64, j int, group []int, weight func(int) int64, put func(int, int64)) {
	if tax == 0 {
		return
	}
	var idx []int
	var weights []int64
	for i, g := range group {
		if g == j {
			idx = append(idx, i)
			weights = append(weights, weight(i))
		}
	}
	for k, part := range amount.Spread(tax, weights) {
		put(idx[k], part)
	}
}

// addUp refuses a purchase whose parts do not come to its total.
func (p *Priced) addUp(in *Input) error {
	tax := int64(0)
	if in.Prices == TaxExcluded {
		tax = p.TaxSum
	}
	sum := p.Amount - p.Discount + tax + p.Shipping
	if sum == in.Total {
		return nil
	}
	key, args := "purchase.sum_included", []any{"lines", p.Amount, "discounts", p.Discount, "tax", p.TaxSum, "shipping", p.Shipping}
	if in.Prices == TaxExcluded {
		key = "purchase.sum_excluded"
	}
	off, by := "purchase.too_much", in.Total-sum
	if by < 0 {
		off, by = "purchase.too_little", -by
	}
	return fault.New(fault.Invalid, "purchase.total_mismatch",
		"sum", words(key, args...), "off", words(off, "by", by),
		"lines", p.Amount, "discounts", p.Discount, "tax", p.TaxSum, "shipping", p.Shipping,
		"expected", sum, "total", in.Total, "difference", in.Total-sum).
		With(fault.At("total", "sum.differs", "expected", sum, "difference", in.Total-sum))
}

// words is a part of a sentence in both languages, out of the catalogue.
func words(key string, args ...any) label.Text {
	return label.Text{JA: i18n.T(i18n.JA, key, args...), EN: i18n.T(i18n.EN, key, args...)}
}

// points values the points paid and, when they are a discount, spreads them
// over the tax rates by tax-included amounts; shipping bears its share too.
// NTA 6480: 540 at 8 % and 550 at 10 % less 21 points are 530 and 539.
func (p *Priced) points(in *Input, o Options) error {
	paid := int64(0)
	if in.PointsPaid != nil {
		var err error
		if paid, err = amount.Mul(in.PointsPaid.Points, max(1, o.PointValue)); err != nil {
			return err
		}
	}
	if paid > in.Total {
		return fault.New(fault.Invalid, "purchase.points_exceed_total", "paid", paid, "total", in.Total).
			With(fault.At("points_paid.points", "points.exceed_total", "paid", paid, "total", in.Total))
	}
	p.Paid = paid
	weights := make([]int64, len(p.Tax)+1)
	for j := range p.Tax {
		t := &p.Tax[j]
		t.Due = t.Net
		if in.Prices == TaxExcluded {
			t.Due += t.Amount
		}
		weights[j], t.DueTax = t.Due, t.Amount
	}
	weights[len(p.Tax)] = p.Shipping
	if paid == 0 || o.PointsAs == AsPayment {
		return nil
	}
	for j, share := range amount.Spread(paid, weights)[:len(p.Tax)] {
		t := &p.Tax[j]
		t.Points = share
		t.Due -= share
		t.DueTax = t.Rate.inclusive(t.Due)
	}
	return nil
}

// eligible fixes what of each line counts: the basis first, then the part
// paid by points leaves, spread by largest remainder.
func (p *Priced) eligible(in *Input, o Options, group []int, rates Rates) {
	before := p.beforeDiscount(in, o, group)
	for i := range in.Lines {
		l := &p.Lines[i]
		if l.Excluded = o.excludes(in, i); l.Excluded {
			continue
		}
		net, tax := l.Net, l.Tax
		if o.Basis.DiscountsBefore {
			net, tax = in.Lines[i].Amount, before[i]
		}
		l.Eligible = net
		switch {
		case o.Basis.TaxIncluded && in.Prices == TaxExcluded:
			l.Eligible += tax
		case !o.Basis.TaxIncluded && in.Prices == TaxIncluded:
			l.Eligible = max(0, net-tax)
		}
		p.Eligible += l.Eligible
	}
	if o.Basis.ShippingWith {
		p.Freight = p.Shipping
		if !o.Basis.TaxIncluded {
			p.Freight -= rates.On(o.Day).Standard.inclusive(p.Shipping)
		}
		p.Eligible += p.Freight
	}
	if !o.Basis.PointsPaidWith {
		p.leave()
	}
}

func (o Options) excludes(in *Input, i int) bool {
	if in.Lines[i].Kind == Fee && !o.Basis.FeesWith {
		return true
	}
	if o.Excluded == nil {
		return false
	}
	l := cartLine(&in.Lines[i])
	return o.Excluded(&l)
}

// beforeDiscount is the tax on the undiscounted lines, for a basis that
// counts them; nil otherwise.
func (p *Priced) beforeDiscount(in *Input, o Options, group []int) []int64 {
	if !o.Basis.DiscountsBefore {
		return nil
	}
	tax := make([]int64, len(in.Lines))
	whole := func(i int) int64 { return in.Lines[i].Amount }
	for j := range p.Tax {
		sum := int64(0)
		for i, g := range group {
			if g == j {
				sum += whole(i)
			}
		}
		spreadTax(computed(in.Prices, p.Tax[j].Rate, sum), j, group, whole, func(i int, t int64) { tax[i] = t })
	}
	return tax
}

// leave takes floor(E × p / total) out of the eligible amount E for the part
// p of the total that was paid by points (EXAMPLES §8 ◆3).
func (p *Priced) leave() {
	if p.Paid == 0 || p.Eligible == 0 {
		return
	}
	p.Left = mulDiv(p.Eligible, p.Paid, p.Total)
	weights := make([]int64, len(p.Lines)+1)
	for i, l := range p.Lines {
		weights[i] = l.Eligible
	}
	weights[len(p.Lines)] = p.Freight
	for i, part := range amount.Spread(p.Left, weights) {
		if i == len(p.Lines) {
			p.Freight -= part
			break
		}
		p.Lines[i].Left = part
		p.Lines[i].Eligible -= part
	}
	p.Eligible -= p.Left
}

// cartLine is a whole line as the judge sees it, before anything is priced.
func cartLine(l *Line) rules.Line {
	return rules.Line{No: l.No, SKU: l.SKU, Name: l.Name, Category: l.Category, Tags: l.Tags, Fee: l.Kind == Fee,
		Quantity: l.Quantity, UnitPrice: l.Amount / max(1, l.Quantity), Amount: l.Amount}
}

// Cart is the whole purchase as the judge sees it.
func (p *Priced) Cart(in *Input) []rules.Line {
	cart := make([]rules.Line, len(in.Lines))
	for i := range in.Lines {
		cart[i] = cartLine(&in.Lines[i])
		cart[i].Eligible = p.Lines[i].Eligible
	}
	return cart
}

// Bought is the purchase as later returns need it. pointValue is what a
// point paid was worth.
func (p *Priced) Bought(in *Input, pointValue int64) *Bought {
	b := &Bought{Cart: p.Cart(in), Values: make([]int64, len(p.Lines)), Freight: p.Freight, PointValue: pointValue}
	for i, l := range p.Lines {
		b.Values[i] = l.Value
	}
	if in.PointsPaid != nil {
		b.PointsPaid = in.PointsPaid.Points
	}
	return b
}
