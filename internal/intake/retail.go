package intake

import (
	"strconv"
	"strings"

	"joren/internal/purchase"
)

// Reasons for which lines of the Online Retail history are set aside.
const (
	AsideAdjustment = "adjustment" // A-invoices, manual entries, bank and marketplace charges, bad debt
	AsideDiscount   = "discount"   // code D, booked without the sale it belongs to
	AsideVoucher    = "voucher"    // gift vouchers: paid for now, counted when they buy something
	AsideSample     = "sample"
	AsidePads       = "pads"      // packing pads at a tenth of a penny
	AsideWriteOff   = "write_off" // zero price or negative quantity outside a cancellation
	AsideUnmatched  = "unmatched" // cancelled, but no sale with so many pieces stands before it
	AsideGuest      = "guest"     // cancelled by nobody known: no sale can be named
)

// codes of the history that are not goods. "fee" lines stay on their sale.
var retailCodes = map[string]string{
	"POST": "fee", "DOT": "fee", "C2": "fee", "M": AsideAdjustment, "D": AsideDiscount, "S": AsideSample, "B": AsideAdjustment,
	"BANK CHARGES": AsideAdjustment, "AMAZONFEE": AsideAdjustment, "CRUK": AsideAdjustment, "PADS": AsidePads,
}

func retailCode(sku string) string {
	if strings.HasPrefix(sku, "GIFT_0001_") {
		return AsideVoucher
	}
	return retailCodes[sku]
}

// Tally counts lines and money.
type Tally struct {
	Lines  int
	Amount int64 // minor units, signed as in the file
}

func (t *Tally) add(amount int64) {
	t.Lines++
	t.Amount += amount
}

// Cleaned is what cleaning the Online Retail history found and did.
type Cleaned struct {
	Documents     int // invoices, cancellations and adjustments
	Cancellations int // C-invoices
	Adjustments   int // A-invoices
	Matched       int // C-invoices with at least one line matched to its sale
	MatchedWhole  int // of them: with every line of goods and postage matched
	MemberSales   int
	GuestSales    int
	Customers     int
	Lines         int
	Duplicates    int // lines exactly like another of the same invoice; kept
	Fractions     int // amounts with a fraction of a penny, rounded half up

	Sold      Tally // goods and fees on sales
	Returned  Tally // lines of cancellations that were matched; amount as the cancellation says
	Repriced  int64 // by how much the matched sales' prices exceed the cancellations' (minor units)
	SetAside  map[string]Tally
	TotalsAll int64 // every line of the file, each rounded to the penny
}

// cleaner makes sales, members and returns of invoices in time order
// (reference: Chen, Sain & Guo 2012; the traps are counted in Cleaned).
type cleaner struct {
	t     *table
	match *matcher
	seen  map[string]bool
	dups  map[uint64]bool
	Cleaned
}

func newCleaner(t *table) *cleaner {
	return &cleaner{t: t, match: newMatcher(), seen: map[string]bool{}, dups: map[uint64]bool{}, Cleaned: Cleaned{SetAside: map[string]Tally{}}}
}

func (c *cleaner) aside(reason string, amount int64) {
	t := c.SetAside[reason]
	t.add(amount)
	c.SetAside[reason] = t
}

// items turns one invoice into what is to be recorded: perhaps a new member,
// then a sale or the returns of a cancellation.
func (c *cleaner) items(d *draft) (out []Item) {
	c.Documents++
	c.Lines += len(d.Lines)
	c.Fractions += d.Fractions
	c.countDuplicates(d)
	for i := range d.Lines {
		d.Lines[i].SKU = strings.ToUpper(d.Lines[i].SKU)
		c.TotalsAll += d.Lines[i].Amount
	}
	if !d.Person.IsZero() && !c.seen[d.Person.ID] {
		c.seen[strings.Clone(d.Person.ID)] = true
		c.Customers++
		out = append(out, memberItem(c.t, d))
	}
	switch {
	case strings.HasPrefix(d.Number, "C"):
		return append(out, c.cancellation(d)...)
	case strings.HasPrefix(d.Number, "A"):
		c.Adjustments++
		for _, l := range d.Lines {
			c.aside(AsideAdjustment, l.Amount)
		}
		return out
	}
	return append(out, c.sale(d)...)
}

func (c *cleaner) countDuplicates(d *draft) {
	clear(c.dups)
	for _, k := range d.RowHashes {
		if c.dups[k] {
			d.Duplicates++
		}
		c.dups[k] = true
	}
	c.Duplicates += d.Duplicates
}

func (c *cleaner) sale(d *draft) []Item {
	kept := d.Lines[:0]
	for _, l := range d.Lines {
		code := retailCode(l.SKU)
		switch {
		case code != "" && code != "fee":
			c.aside(code, l.Amount)
			continue
		case l.Quantity <= 0 || l.Amount <= 0:
			c.aside(AsideWriteOff, l.Amount)
			continue
		case code == "fee":
			l.Kind = purchase.Fee
		}
		c.Sold.add(l.Amount)
		l.No = len(kept) + 1
		kept = append(kept, l)
	}
	if d.Lines = kept; len(kept) == 0 {
		return nil
	}
	if d.Person.IsZero() {
		c.GuestSales++
	} else {
		c.MemberSales++
		c.match.order(d.Number)
		for _, l := range kept {
			c.match.sell(d.Person.ID, l.SKU, l.No, l.Quantity, l.Amount)
		}
	}
	it := saleItem(c.t, d)
	it.Sale.Total = sum(kept)
	if d.Duplicates > 0 {
		it.flags |= flagDuplicateLines
	}
	return []Item{it}
}

func sum(lines []purchase.Line) (n int64) {
	for _, l := range lines {
		n += l.Amount
	}
	return n
}

// cancellation makes one return for each sale that pieces come back from:
// C536379 is the number of the first, C536379-2 of the second, and so on.
func (c *cleaner) cancellation(d *draft) []Item {
	c.Cancellations++
	back, whole := []matched{}, true
	for _, l := range d.Lines {
		code := retailCode(l.SKU)
		switch {
		case code != "" && code != "fee":
			c.aside(code, l.Amount)
			continue
		case d.Person.IsZero():
			c.aside(AsideGuest, l.Amount)
			whole = false
			continue
		}
		parts := c.match.takeBack(d.Person.ID, l.SKU, -l.Quantity, -l.Amount)
		if len(parts) == 0 {
			c.aside(AsideUnmatched, l.Amount)
			whole = false
			continue
		}
		c.Returned.add(l.Amount)
		for _, p := range parts {
			c.Repriced += p.value
		}
		c.Repriced += l.Amount
		back = append(back, parts...)
	}
	if len(back) == 0 {
		return nil
	}
	c.Matched++
	if whole {
		c.MatchedWhole++
	}
	return returnItems(c.t, d, back)
}

// returnItems groups matched parts by sale, in the order met.
func returnItems(t *table, d *draft, parts []matched) (out []Item) {
	at := map[string]int{}
	for _, p := range parts {
		i, ok := at[p.order]
		if !ok {
			i = len(out)
			at[p.order] = i
			number := d.Number
			if i > 0 {
				number += "-" + strconv.Itoa(i+1)
			}
			out = append(out, returnItem(t, d, number, p.order))
		}
		addReturned(out[i].Return, p)
	}
	return out
}

func addReturned(r *purchase.ReturnInput, p matched) {
	for i := range r.Lines {
		if r.Lines[i].No == p.line {
			r.Lines[i].Quantity += p.quantity
			return
		}
	}
	r.Lines = append(r.Lines, purchase.ReturnLine{No: p.line, Quantity: p.quantity})
}
