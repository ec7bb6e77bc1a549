package sale

import (
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/outbox"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/tier"
)

// decide books the purchase: points paid first, then what it earns.
func (b *buying) decide(d *lane.Desk) error {
	if b.revises() {
		return b.decideRevision(d)
	}
	a := Answer{ID: ident.Purchase.Text(b.record.ID)}
	if d.Member == nil {
		return b.guest(d, a)
	}
	a.Member = ident.Member.Text(d.Member.ID)
	post := posting(d, b.by, "purchase")
	post.Store, post.Purchase, post.Award = b.in.Store, b.record.ID, b.record.ID
	var err error
	if a.Paid, err = b.pay(d, post); err != nil {
		return err
	}
	res, err := judge(d)
	if err != nil {
		return err
	}
	a.Awards, err = award(d, post, res, b.record.Eligible)
	if err != nil {
		return err
	}
	if err := b.freeze(d, res); err != nil {
		return err
	}
	noteActivity(d, post)
	rank(d, b.record.ID, tier.Amounts{tier.NetSpend: b.record.ForRank().Eligible, tier.Orders: 1}, res.Awards, 1, d.Day)
	return b.finish(d, a, res)
}

// guest records a purchase without a member: nothing is earned, and points
// cannot have been paid.
func (b *buying) guest(d *lane.Desk, a Answer) error {
	if err := b.guestPoints(); err != nil {
		return err
	}
	return b.finish(d, a, rules.Result{})
}

func (b *buying) guestPoints() error {
	if b.in.PointsPaid != nil && b.in.PointsPaid.Points > 0 {
		return fault.New(fault.Invalid, "purchase.guest_points").With(fault.At("points_paid", "purchase.guest_points"))
	}
	return nil
}

// finish completes the answer and hands in what is to be written.
func (b *buying) finish(d *lane.Desk, a Answer, res rules.Result) error {
	b.told(&a)
	if d.Member != nil {
		first, err := d.Book("")
		if err != nil {
			return err
		}
		a.Balance = balanceOf(first, d.Now)
		a.Tier = tierOf(d, b.by)
	}
	a.Booked = booked(res.Awards)
	if err := keepAnswer(b.record, a); err != nil {
		return err
	}
	a.settle()
	d.Record(b.record)
	d.Count(res.Counts...)
	d.Event(b.recorded(d, res))
	return d.Answer(a)
}

func (b *buying) recorded(d *lane.Desk, res rules.Result) outbox.Event {
	r := b.record
	e := event.PurchaseRecorded{Purchase: r.ID, Member: memberID(d), Source: r.Source, Store: r.Store, Channel: r.Channel,
		OccurredAt: r.OccurredAt, Day: r.Day, Currency: d.Programme.Currency, Total: r.Total, Eligible: r.Eligible, Version: int64(d.Programme.Rules.Number())}
	e.Points = booked(res.Awards)
	return outbox.Of(e)
}

// booked are the points of the first type.
func booked(awards []rules.Award) int64 {
	if len(awards) == 0 {
		return 0
	}
	return awards[0].Points
}

// freeze keeps with the purchase everything it was judged by.
func (b *buying) freeze(d *lane.Desk, res rules.Result) error {
	facts, sealed, err := freeze(d)
	b.record.Judged = purchase.Judged{Version: d.Programme.Rules.Number(), Facts: facts, Sealed: sealed, Awards: slim(res.Awards), Counts: res.Counts}
	return err
}

// slim leaves the refusals out: they follow from the version and the facts.
func slim(awards []rules.Award) []rules.Award {
	out := make([]rules.Award, len(awards))
	for i, a := range awards {
		a.Refused = nil
		out[i] = a
	}
	return out
}
