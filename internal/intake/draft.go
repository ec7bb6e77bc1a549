package intake

import (
	"fmt"
	"hash/maphash"
	"strings"

	"joren/internal/amount"
	"joren/internal/clock"
	"joren/internal/purchase"
	"joren/internal/text"
)

// draft is a document as far as its rows say; its parts may still stand
// elsewhere in the file.
type draft struct {
	Kind   Kind
	Row    int
	At     clock.Instant
	Number string
	Refund bool   // the rows tell of money going back (Square's Refund)
	Part   part   // what of the document these rows are
	File   string // of a bundle

	Person  Person
	Profile *Member
	Opening *Opening
	Event   *Event

	Store, Channel, Staff, Currency, Coupon string

	Status   string
	Excluded bool // line amounts are without tax
	Lines    []purchase.Line
	Tax      map[purchase.Rate]int64
	LineTax  bool

	Discount, Points, Shipping, Fee int64 // from rows of their own
	HasDiscount, HasShipping        bool
	Head                            head

	ShippedAt, DeliveredAt, CancelledAt, UpdatedAt clock.Instant

	Fractions  int
	Duplicates int
	RowHashes  []uint64 // of every row's text, where repeated rows are counted
	Bad        []Problem
	last       int // last row seen
}

// head are the amounts that belong to the whole order; they stand on every
// row or on the first one only.
type head struct {
	Subtotal, Discount, Discount2, PointsUsed, Shipping, Fee, Tax, Total, Refunded int64
	HasSubtotal, HasTotal, HasTax                                                  bool
	TotalText                                                                      string
}

// number of the order a row belongs to. A file without order numbers (CDNOW)
// has one order per customer and day.
func (c *cells) orderNumber() string {
	if c.t.at[fOrderNo] >= 0 {
		return c.str(fOrderNo)
	}
	return c.str(fMemberID) + c.str(fCard) + "-" + c.str(fOccurredAt)
}

func (c *cells) person() Person {
	p := Person{ID: c.memberID(), Card: c.str(fCard)}
	if isMangled(p.ID) && c.t.at[fOrderNo] >= 0 {
		c.fail(fMemberID, "number.mangled")
	}
	if isMangled(p.Card) {
		c.fail(fCard, "number.mangled")
	}
	if p.ID != "" {
		p.System = c.t.Source
	} else if c.t.Kind == KindSale && p.Card == "" && (c.t.at[fMemberID] >= 0 || c.t.at[fCard] >= 0) {
		return Person{} // the file knows members, and this is none: a mail address makes nobody a member
	}
	if s := c.raw(fEmail); strings.TrimSpace(s) != "" {
		p.Email = c.contact(fEmail, s, text.Email)
	}
	if s := c.phoneText(); strings.Trim(s, "- ") != "" {
		p.Phone = c.contact(fPhone, s, text.Phone)
	}
	return p
}

// memberID drops the ".0" a spreadsheet or data frame puts behind numbers.
func (c *cells) memberID() string { return strings.TrimSuffix(c.str(fMemberID), ".0") }

func (c *cells) phoneText() string {
	s := c.raw(fPhone)
	if c.t.at[fPhone2] >= 0 {
		s += "-" + c.raw(fPhone2) + "-" + c.raw(fPhone3)
	}
	return s
}

// contact reads an address that other systems never checked: what cannot be
// read is left out of the member, it is no reason to lose an order.
func (c *cells) contact(f Field, s string, read func(string) (string, error)) string {
	v, err := read(s)
	if err != nil && c.t.Kind == KindMember {
		c.failed(f, err)
	}
	return v
}

func (c *cells) profile() *Member {
	m := &Member{
		Name:     joinName(c.str(fName), c.str(fFamilyName), c.str(fGivenName)),
		NameKana: joinName(c.str(fNameKana), c.str(fFamilyKana), c.str(fGivenKana)),
		Birthday: c.day(fBirthday),
		Postcode: c.str(fPostcode),
		Address:  c.str(fPrefecture) + c.str(fAddress1) + c.str(fAddress2),
	}
	if p, err := text.PostCode(m.Postcode); err == nil {
		m.Postcode = p
	}
	m.NameKana = text.Reading(m.NameKana)
	if country := c.str(fCountry); country != "" {
		m.Attributes = map[string]string{"country": country}
	}
	return m
}

func joinName(whole, family, given string) string {
	if whole != "" {
		return whole
	}
	return strings.TrimSpace(family + " " + given)
}

// open starts a draft with what every row of an order says.
func (c *cells) open(number string) *draft {
	d := &draft{Kind: KindSale, Row: c.row.No, Number: number}
	d.Person = c.person()
	if d.Person != (Person{}) {
		d.Profile = c.profile()
		if c.t.clean {
			d.Profile.Name, d.Profile.Nameless = fmt.Sprintf("Customer %s", d.Person.ID), true
		}
	}
	d.Store, d.Channel, d.Staff = or(c.str(fStore), c.t.Store), or(c.str(fChannel), c.t.Channel), c.str(fStaff)
	d.Currency = or(c.str(fCurrency), c.t.Currency)
	if d.Currency != c.t.Currency && c.t.at[fCurrency] >= 0 && d.Currency != "" && decimalsOf(d.Currency) != c.t.decimals {
		c.fail(fCurrency, "currency.decimals", "currency", d.Currency)
	}
	return d
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// take adds one row to its order.
func (c *cells) take(d *draft) {
	first := d.last == 0
	d.last = c.row.No
	if c.t.clean {
		d.RowHashes = append(d.RowHashes, rowHash(c.row.Fields))
	}
	if first || d.At == 0 {
		d.At = c.when(fOccurredAt)
	}
	if first || d.Head == (head{}) && c.raw(fTotal) != "" {
		c.takeHead(d)
	}
	c.takeLine(d)
	d.Fractions += c.fractions
	d.Bad = append(d.Bad, c.bad...)
}

func (c *cells) takeHead(d *draft) {
	h := &d.Head
	h.Subtotal, h.HasSubtotal = c.moneyOK(fSubtotal)
	h.Total, h.HasTotal = c.moneyOK(fTotal)
	h.Tax, h.HasTax = c.moneyOK(fTax)
	h.Discount, h.Discount2, h.PointsUsed = c.positive(fDiscount), c.positive(fDiscount2), c.positive(fPointsUsed)
	h.Shipping, h.Fee, h.Refunded = c.money(fShipping), c.money(fFee), c.positive(fRefunded)
	h.TotalText = c.raw(fTotal)
	d.Status = c.word(fStatus, c.t.Status, "done")
	if c.truth(fCancelled) {
		d.Status = "cancelled"
	}
	d.Coupon = c.str(fCoupon)
	d.ShippedAt, d.DeliveredAt = c.when(fShippedAt), c.when(fDeliveredAt)
	d.CancelledAt, d.UpdatedAt = c.when(fCancelledAt), c.when(fUpdatedAt)
}

// positive reads a discount, which systems write with or without a minus.
func (c *cells) positive(f Field) int64 {
	n := c.money(f)
	if n < 0 {
		return -n
	}
	return n
}

// takeLine reads the line's part of a row. A file of orders without lines
// has one line that stands for the whole order.
func (c *cells) takeLine(d *draft) {
	if c.t.at[fUnitPrice] < 0 && c.t.at[fAmount] < 0 {
		d.Excluded = false
		total := d.Head.Total + d.Head.Discount + d.Head.Discount2 + d.Head.PointsUsed - d.Head.Shipping - d.Head.Fee
		d.Lines = []purchase.Line{{No: 1, Name: or(c.str(fItem), d.Number), Quantity: 1, Amount: max(total, 0), TaxRate: c.taxRate()}}
		return
	}
	kind := c.word(fLineKind, c.t.Lines, "goods")
	qty := c.whole(fQuantity, 1)
	sum, ok := c.lineAmount(qty)
	if !ok && c.raw(fItem) == "" && c.raw(fSKU) == "" {
		return // a row that only carries the order
	}
	switch kind {
	case "skip":
	case "discount":
		d.Discount, d.HasDiscount = add(c, d.Discount, abs(sum)), true
	case "points":
		d.Points, d.HasDiscount = add(c, d.Points, abs(sum)), true
	case "shipping":
		d.Shipping, d.HasShipping = add(c, d.Shipping, sum), true
	case "tax":
		d.Head.Tax, d.Head.HasTax = add(c, d.Head.Tax, sum), true
	default:
		c.goods(d, kind, qty, sum)
	}
}

func add(c *cells, a, b int64) int64 {
	s, err := amount.Add(a, b)
	if err != nil {
		c.failed(fAmount, err)
	}
	return s
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

func (c *cells) lineAmount(qty int64) (int64, bool) {
	if c.t.at[fAmount] >= 0 {
		return c.moneyOK(fAmount)
	}
	return c.times(fUnitPrice, qty)
}

func (c *cells) taxRate() purchase.Rate {
	s := c.rate(fTaxRate)
	if s == "" {
		return 0
	}
	r, err := purchase.ParseRate(s)
	if err != nil {
		c.fail(fTaxRate, "tax.rate_invalid")
	}
	return r
}

func (c *cells) goods(d *draft, kind string, qty, sum int64) {
	l := purchase.Line{
		SKU: c.str(fSKU), Name: c.str(fItem), Category: c.str(fCategory), Kind: purchase.Kind(kind),
		Quantity: qty, Amount: sum, TaxRate: c.taxRate(), Discount: c.positive(fLineDiscount),
	}
	if v := c.str(fVariant); v != "" {
		l.Name = strings.TrimSpace(l.Name + " " + v)
	}
	if tags := c.str(fTags); tags != "" {
		l.Tags = strings.FieldsFunc(tags, func(r rune) bool { return r == ';' || r == ',' || r == '、' })
	}
	if tax, ok := c.moneyOK(fLineTax); ok {
		d.LineTax = true
		if d.Tax == nil {
			d.Tax = map[purchase.Rate]int64{}
		}
		d.Tax[l.TaxRate] = add(c, d.Tax[l.TaxRate], tax)
	}
	if s := c.raw(fTaxIncluded); s != "" && !c.truth(fTaxIncluded) {
		d.Excluded = true
	}
	switch {
	case len(d.Lines) >= purchase.MaxLines:
		if len(d.Lines) == purchase.MaxLines {
			c.fail(fOrderNo, "order.too_many_lines", "max", purchase.MaxLines)
			d.Lines = append(d.Lines, purchase.Line{})
		}
		return
	case c.t.clean:
	case d.Refund:
		l.Quantity, l.Amount = abs(qty), abs(sum)
	case sum < 0: // a coupon or reduction that the shop books as a line
		d.Discount, d.HasDiscount = add(c, d.Discount, -sum), true
		return
	case qty <= 0:
		c.fail(fQuantity, "quantity.not_positive")
		return
	}
	if d.Lines == nil {
		d.Lines = make([]purchase.Line, 0, 4) // most orders have few, and a line is large to move
	}
	d.Lines = append(d.Lines, l)
}

var rowSeed = maphash.MakeSeed()

func rowHash(fields []string) uint64 {
	var h maphash.Hash
	h.SetSeed(rowSeed)
	for _, f := range fields {
		h.WriteString(f)
		h.WriteByte(0)
	}
	return h.Sum64()
}

// merge adds a later part of the same order.
func (d *draft) merge(o *draft) {
	d.Lines = append(d.Lines, o.Lines...)
	d.Discount, d.Points, d.Shipping = d.Discount+o.Discount, d.Points+o.Points, d.Shipping+o.Shipping
	d.HasDiscount, d.HasShipping = d.HasDiscount || o.HasDiscount, d.HasShipping || o.HasShipping
	for r, n := range o.Tax {
		if d.Tax == nil {
			d.Tax = map[purchase.Rate]int64{}
		}
		d.Tax[r] += n
	}
	if d.Head == (head{}) {
		d.Head = o.Head
	}
	d.Excluded, d.LineTax = d.Excluded || o.Excluded, d.LineTax || o.LineTax
	d.Fractions += o.Fractions
	d.RowHashes = append(d.RowHashes, o.RowHashes...)
	d.Bad = append(d.Bad, o.Bad...)
}
