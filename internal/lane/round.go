package lane

import (
	"slices"

	"joren/internal/activity"
	"joren/internal/idem"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/limit"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/segment"
	"joren/internal/tier"
)

// round judges desks of different holders and writes them. It returns the
// tasks whose account another batch changed meanwhile.
func (b *batch) round(desks []*Desk) (lost []*task, err error) {
	b.prepare(desks)
	if err := b.load(desks); err != nil {
		return nil, err
	}
	if err := b.former(desks); err != nil {
		return nil, err
	}
	for _, d := range desks {
		b.decide(d)
	}
	if b.dry {
		for _, d := range desks {
			if !d.finished() {
				d.task.answer = d.answer
			}
		}
		return nil, nil
	}
	return b.save(desks)
}

// prepare sets what depends on time and lets each work say what it needs.
func (b *batch) prepare(desks []*Desk) {
	for _, d := range desks {
		if d.finished() {
			continue
		}
		if err := d.open(); err != nil {
			d.refuse(err)
			continue
		}
		if f := d.task.work.Prepare; f != nil {
			if err := f(d); err != nil {
				d.refuse(err)
			}
		}
	}
}

// open finds the programme versions and the business day.
func (d *Desk) open() (err error) {
	if d.Programme, err = d.timeline.At(d.At); err != nil {
		return err
	}
	if d.Current, err = d.timeline.At(d.Now); err != nil {
		return err
	}
	d.Day = d.Programme.Zone.Day(d.At)
	return nil
}

// idle reports a desk that needs nothing loaded.
func (d *Desk) idle() bool { return d.finished() || d.answered }

// load reads all that the works may look at, side by side: the accounts, what
// the judge may ask about the members, their ranks. The accounts come first:
// their versions guard everything else, which must not be older than they are.
func (b *batch) load(desks []*Desk) error {
	asks := b.asks(desks)
	known := make(map[ident.ID]member.Member, len(desks))
	for _, d := range desks {
		if d.Member != nil {
			known[d.Member.ID] = *d.Member
			d.Facts.Member.JoinedOn = d.Member.JoinedOn
		}
	}
	if err := b.reserve(desks); err != nil {
		return err
	}
	return b.tx.Together(
		func() error { return b.books(desks) },
		func() error { return b.still(desks) },
		func() error { return b.counters(desks, asks) },
		func() error { return b.lane.members.FillKnown(b.tx, asks, known) },
		func() error { return purchase.FillFacts(b.tx, asks) },
		func() error { return limit.FillGiven(b.tx, asks) },
		func() error { return segment.FillFacts(b.tx, asks) },
		func() error { return activity.FillFacts(b.tx, asks) },
		func() error { return b.ranks(desks) },
		func() error { return b.expectParked(desks) },
	)
}

// reserve locks the accounts before they are read when one of the tasks has
// lost hers to others before: once more it shall not.
func (b *batch) reserve(desks []*Desk) error {
	if b.dry || len(b.mine) > 0 || !slices.ContainsFunc(desks, func(d *Desk) bool { return d.task.losses > 0 }) {
		return nil
	}
	var holders []ident.ID
	for _, d := range desks {
		if !d.idle() && !d.Holder.IsZero() {
			holders = append(holders, d.Holder)
			b.mine[d.Holder] = true
		}
	}
	return ledger.Lock(b.tx, holders)
}

// asks are the questions of the judge about the members.
func (b *batch) asks(desks []*Desk) []*rules.Ask {
	var asks []*rules.Ask
	for _, d := range desks {
		if d.idle() || d.Occasion == nil || d.Member == nil {
			continue
		}
		d.Facts = rules.Facts{}
		d.ask = &rules.Ask{Member: d.Member.ID, At: d.At, Day: d.Day, Needs: d.Programme.Rules.Needs(d.Occasion.Trigger), Facts: &d.Facts}
		if d.ask.Needs.Products {
			for _, l := range d.Occasion.Lines {
				d.ask.SKUs = append(d.ask.SKUs, l.SKU)
			}
		}
		asks = append(asks, d.ask)
	}
	return asks
}

// books loads the accounts of the desks' holders, one for each point type.
func (b *batch) books(desks []*Desk) error {
	var wants []ledger.Want
	var at []*Desk
	for _, d := range desks {
		if d.idle() || d.Holder.IsZero() || d.Occasion == nil && !d.Want.accounts() {
			continue
		}
		policies := b.lane.policies.Of(d.Current, b.better)
		d.books = make(map[string]*ledger.Book, len(policies))
		d.order = d.order[:0]
		for _, p := range d.Current.Points {
			d.order = append(d.order, p.ID)
			wants = append(wants, ledger.Want{Key: ledger.Key{Holder: d.Holder, Type: p.ID}, Policy: policies[p.ID],
				Shallow: d.Want.GivesOnly, Deep: d.Want.Deep || d.late() && slides(policies[p.ID]), Awards: d.Want.Awards, Purchases: d.Want.Purchases, Holds: d.Want.Holds, Debits: d.Want.Debits})
			at = append(at, d)
		}
	}
	if len(wants) == 0 {
		return nil
	}
	books, err := ledger.Load(b.tx, wants)
	for i, bk := range books {
		at[i].books[bk.Type] = bk
		if (bk.Closed || bk.Torn) && !at[i].finished() && !b.dry {
			b.stale = append(b.stale, at[i].task) // her points went elsewhere since she was looked up, or changed since the rest was read
			at[i].over = true
		}
	}
	return err
}

// late reports something that happened on an earlier business day: it may
// revive sliding points that died since, so the whole account is needed.
func (d *Desk) late() bool { return d.Occasion != nil && d.Day < d.Current.Zone.Day(d.Now) }

func slides(p *ledger.Policy) bool { return p.Terms.Expiry.Kind == rules.ExpirySliding }

// decide runs one work. What it gave or took counts for the programme-wide
// limits of the works after it.
func (b *batch) decide(d *Desk) {
	if d.idle() {
		return
	}
	b.showRoom(d)
	if err := d.task.work.Decide(d); err != nil {
		d.refuse(err)
		return
	}
	d.guard()
	b.takeRoom(d)
}

// save writes what the desks changed: the accounts first, holders in sorted
// order and guarded by their versions, then the rest in bulk.
func (b *batch) save(desks []*Desk) (lost []*task, err error) {
	var books []*ledger.Book
	for _, d := range desks {
		if d.finished() {
			continue
		}
		for _, typ := range d.order {
			books = append(books, d.books[typ])
		}
		books = append(books, d.formers...)
	}
	b.own(books)
	gone, err := ledger.Save(b.tx, books)
	if err != nil {
		return nil, err
	}
	var all effects
	var records []idem.Record
	for _, d := range desks {
		if d.finished() {
			continue
		}
		if slices.ContainsFunc(gone, d.stakes) {
			lost = append(lost, d.task)
			b.giveRoom(d)
			continue
		}
		d.task.answer = d.answer
		all.add(&d.save)
		if len(d.save.counts) > 0 {
			all.adds = append(all.adds, d.adds())
		}
		if d.Card != nil {
			all.cards = append(all.cards, d.Card)
		}
		if r := d.task.work.Request; r != nil && d.Replay == nil {
			rec, err := r.record(d.answer)
			if err != nil {
				return nil, err
			}
			records = append(records, rec)
		}
	}
	return lost, b.write(&all, records)
}

func (r *Request) record(answer any) (idem.Record, error) {
	rec := idem.Record{Key: r.Key, Fingerprint: r.Print, Status: 201}
	if r.Encode == nil {
		return rec, nil
	}
	var err error
	rec.Status, rec.Body, err = r.Encode(answer)
	return rec, err
}

func (e *effects) add(o *effects) {
	e.purchases = append(e.purchases, o.purchases...)
	e.returns = append(e.returns, o.returns...)
	e.gifts = append(e.gifts, o.gifts...)
	e.events = append(e.events, o.events...)
	e.also = append(e.also, o.also...)
}

// write puts everything but the accounts. A natural or idempotency key that
// another process has taken meanwhile fails the batch with errAgain, so that
// the whole of it is judged once more on what stands there now.
func (b *batch) write(all *effects, records []idem.Record) error {
	for _, p := range all.purchases {
		b.written = append(b.written, purchase.PurchaseKey(p.Source, p.OrderNo))
	}
	var moved []tier.Moved
	err := b.tx.Together(
		func() error { return purchase.Save(b.tx, all.purchases) },
		func() error { return purchase.SaveReturns(b.tx, all.returns) },
		func() error { return limit.Save(b.tx, all.adds) },
		func() error { return limit.Give(b.tx, all.gifts) },
		func() (err error) { moved, err = tier.Save(b.tx, b.tiers, all.cards); return err },
		func() error { return b.remember(records) },
	)
	if err != nil {
		return err
	}
	b.spends = append(b.spends, all.adds...)
	b.events = append(b.events, all.events...)
	for _, m := range moved {
		b.events = append(b.events, tierChanged(m))
	}
	for _, f := range all.also {
		if err := f(b.tx); err != nil {
			return err
		}
	}
	return nil
}

// remember keeps the answers under their callers' keys.
func (b *batch) remember(records []idem.Record) error {
	if len(records) == 0 {
		return nil
	}
	taken, err := idem.Save(b.tx, records)
	if err == nil && len(taken) > 0 {
		err = errAgain
	}
	return err
}
