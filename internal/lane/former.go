package lane

import (
	"slices"

	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/purchase"
)

// What a purchase paid with points was taken from the account that was its
// member's then. She may have been merged, or have joined or left a household
// since: a refund goes back to the lots it came from, there, and from there to
// where they would be now.

// former loads the accounts that purchases to be refunded were paid from, where
// those are not the ones their members have today. They are few. An account
// stands in a round at most once: a desk that needs one in use waits for the
// next round. Desks that need none come first, so every round ends some.
func (b *batch) former(desks []*Desk) error {
	taken := make(map[ident.ID]bool, len(desks))
	var asking []*Desk
	for _, d := range desks {
		switch {
		case d.idle():
		case d.refunds():
			asking = append(asking, d)
		default:
			taken[d.Holder] = true
		}
	}
	for _, d := range asking {
		holders, err := b.paidFrom(d)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(append(holders, d.Holder), func(h ident.ID) bool { return taken[h] }) {
			b.postpone(d)
			continue
		}
		if err := b.loadFormers(d, holders); err != nil {
			return err
		}
		if slices.ContainsFunc(d.formers, func(f *ledger.Book) bool { return b.tooLate(d, f.Holder) }) {
			b.left = append(b.left, d.task)
			d.over = true
			continue
		}
		taken[d.Holder] = true
		for _, f := range d.formers {
			taken[f.Holder] = true
		}
	}
	return nil
}

// refunds reports whether points paid may come back at a desk.
func (d *Desk) refunds() bool {
	return d.Member != nil && d.Purchase != nil && !d.Purchase.Guest && d.Purchase.Doc.PointsPaid != nil && len(d.Want.Purchases) > 0 && len(d.order) > 0
}

// paidFrom are the accounts, other than today's, that the desk's purchase may
// have been paid from: of the member it was written for, and of the households
// she or her living record belonged to.
func (b *batch) paidFrom(d *Desk) ([]ident.ID, error) {
	first, err := purchase.First(b.tx, d.Purchase)
	if err != nil {
		return nil, err
	}
	who := []ident.ID{first}
	if d.Member.ID != first {
		who = append(who, d.Member.ID)
	}
	houses, err := household.Ever(b.tx, who)
	if err != nil {
		return nil, err
	}
	d.family, d.houses = who, houses
	return slices.DeleteFunc(append(who, houses...), func(h ident.ID) bool { return h == d.Holder }), nil
}

func (b *batch) loadFormers(d *Desk, holders []ident.ID) error {
	if len(holders) == 0 {
		return nil
	}
	typ := d.Purchase.Doc.PointsPaid.Type
	if typ == "" {
		typ = d.order[0]
	}
	policy := b.lane.policies.Of(d.Current, b.better)[typ]
	if policy == nil {
		return nil
	}
	wants := make([]ledger.Want, len(holders))
	for i, h := range holders {
		wants[i] = ledger.Want{Key: ledger.Key{Holder: h, Type: typ}, Policy: policy, Purchases: d.Want.Purchases}
	}
	books, err := ledger.Load(b.tx, wants)
	for _, x := range books {
		if len(x.DebitsOf(func(p ledger.Posting) bool { return p.Purchase == d.Purchase.ID })) > 0 {
			d.formers = append(d.formers, x)
		}
	}
	return err
}

// postpone takes a desk out of the round; its task comes again in the next.
func (b *batch) postpone(d *Desk) {
	b.later = append(b.later, d.task)
	d.over = true
}

// Formers are other accounts that Purchase was paid from, with its debits: what
// is refunded there has to be sent on to Holder.
func (d *Desk) Formers() []*ledger.Book { return d.formers }

// stakes reports whether the desk changes the accounts of a holder.
func (d *Desk) stakes(holder ident.ID) bool {
	return holder == d.Holder || slices.ContainsFunc(d.formers, func(b *ledger.Book) bool { return b.Holder == holder })
}

// guard makes the holder's account stand for the whole desk: who changed it
// meanwhile, or gave the holder's points to another, lets it be judged again. Of
// several accounts it is the one that is locked first, so that who has it has
// them all. A purchase of a member without any account opens one for that.
func (d *Desk) guard() {
	for _, typ := range slices.Sorted(slices.Values(d.order)) {
		if b := d.books[typ]; b.Version > 0 {
			b.Touch()
			return
		}
	}
	if len(d.order) > 0 && len(d.save.purchases) > 0 && !d.Holder.IsZero() {
		d.books[d.order[0]].Claim(d.Now)
	}
}

// SharedStill reports whether a former account is a household's, which goes on
// without the member.
func (d *Desk) SharedStill(holder ident.ID) bool { return slices.Contains(d.houses, holder) }

// Earned reports whether points earned by a member are the desk's member's: her
// own, or of the record her purchase was written for.
func (d *Desk) Earned(by ident.ID) bool { return slices.Contains(d.family, by) }
