package sale

import (
	"fmt"
	"maps"
	"slices"

	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/limit"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/tier"
)

// prepareRevision asks for what posting a difference both ways needs. Whose an
// order is does not change with a newer state: what it gave stands on her
// account, and only there can it be taken back.
func (b *buying) prepareRevision(d *lane.Desk) error {
	if d.Member != nil && !d.Purchase.Guest && d.Member.ID != d.Purchase.Member {
		return fault.New(fault.Conflict, "purchase.other_member", "source", b.in.Source, "order_no", b.in.OrderNo)
	}
	b.record.ID, b.record.Member, b.record.Guest = d.Purchase.ID, d.Purchase.Member, d.Purchase.Guest
	b.record.OccurredAt, b.record.Day = d.Purchase.OccurredAt, d.Purchase.Day
	b.revision = true
	switch {
	case b.claims:
		return b.prepareClaim(d)
	case d.Purchase.Guest:
		return b.guestPoints()
	case d.Member != nil:
		d.Want = lane.Want{Awards: []ident.ID{b.record.ID}, Purchases: []ident.ID{b.record.ID}, Rank: true, Forecast: !b.by.Brief}
	}
	return nil
}

// whose settles whose an order is that was a guest's and whose newer state
// names a member: the order's source vouches for her, so it is a claim, under
// the rules of claiming. Where they do not let her have it, it stays a guest's
// and the answer says why. What was recorded says when it happened.
func (b *buying) whose(d *lane.Desk) error {
	b.claims = false
	p := d.Purchase
	if d.Member == nil || !p.Guest || d.Member.Status != member.Active {
		return nil
	}
	then, err := d.VersionAt(p.OccurredAt)
	if err != nil {
		return err
	}
	if err := purchase.Claim(p, p.Day, p.Total, d.Current.Zone.Day(d.Now), then.ClaimDays); err != nil {
		b.flagFor(fault.Of(err))
		d.Member, d.Holder = nil, ident.ID{}
		return nil
	}
	b.claims = true
	d.Programme, d.At, d.Day = then, p.OccurredAt, p.Day
	return nil
}

// flagFor is a refusal as a flag's code and arguments.
func (b *buying) flagFor(f *fault.Fault) {
	var args rules.Args
	for _, k := range slices.Sorted(maps.Keys(f.Args)) {
		args = append(args, rules.Word(k, fmt.Sprint(f.Args[k])))
	}
	b.flag(f.Code, args...)
}

// prepareClaim asks for the judgement of what the newer state keeps.
func (b *buying) prepareClaim(d *lane.Desk) error {
	diff := purchase.Revise(d.Purchase, b.record)
	o := b.record.Occasion(diff.Kept, diff.Freight)
	d.Occasion = &o
	d.Want = lane.Want{Accounts: true, Rank: true, Forecast: !b.by.Brief}
	return nil
}

// decideClaim lays the newer state over the guest's order and gives what it
// earns to the member it names.
func (b *buying) decideClaim(d *lane.Desk) error {
	old, next, id := d.Purchase, b.record, d.Member.ID
	diff := purchase.Revise(old, next)
	post := posting(d, b.by, "claim")
	post.Store, post.Purchase, post.Award = b.in.Store, next.ID, next.ID
	var paid *PointsTaken
	var err error
	if diff.PointsPaid > 0 {
		if paid, err = b.pay(d, post); err != nil {
			return err
		}
	}
	a, err := b.earn(d, post, old.ForRank().EligibleKept+rankDiff(old, next, &diff))
	if err != nil {
		return err
	}
	a.Revised, a.Paid, a.Booked = true, paid, booked(next.Judged.Awards)
	b.told(&a)
	if err := keepAnswer(next, a); err != nil {
		return err
	}
	a.settle()
	d.Also(func(tx *db.Tx) error {
		if err := purchase.Replace(tx, old, next, diff); err != nil {
			return err
		}
		return purchase.Give(tx, next, id)
	})
	kept := old.EligibleKept + diff.Eligible
	d.Event(outbox.Of(event.PurchaseRevised{Purchase: old.ID, Day: old.Day, Total: next.Total, Eligible: kept}))
	d.Event(outbox.Of(event.PurchaseClaimed{Purchase: old.ID, Member: id, Day: old.Day, Total: next.Total, Eligible: kept}))
	return d.Answer(a)
}

func (b *buying) revises() bool { return b.revision }

// decideRevision lays the newer state of the order over the recorded one and
// posts the difference both ways, judged by the frozen version and facts
// (SEMANTICS §3).
func (b *buying) decideRevision(d *lane.Desk) error {
	if b.claims {
		return b.decideClaim(d)
	}
	old := d.Purchase
	diff := purchase.Revise(old, b.record)
	b.record.Judged = old.Judged
	a, err := answerOf(d, old)
	if err != nil {
		return err
	}
	a.unsettle()
	a.Revised = true
	b.told(&a)
	if d.Member != nil && !old.Guest {
		post := posting(d, b.by, "revision")
		post.Store, post.Purchase, post.Award = b.in.Store, old.ID, old.ID
		if err := b.repost(d, post, &diff, &a); err != nil {
			return err
		}
	}
	if err := keepAnswer(b.record, a); err != nil {
		return err
	}
	a.settle()
	next := b.record
	d.Also(func(tx *db.Tx) error { return purchase.Replace(tx, old, next, diff) })
	e := event.PurchaseRevised{Purchase: old.ID, Day: old.Day, Total: next.Total, Eligible: old.EligibleKept + diff.Eligible}
	if !old.Guest {
		e.Member = old.Member
	}
	d.Event(outbox.Of(e))
	return d.Answer(a)
}

func (b *buying) repost(d *lane.Desk, post ledger.Posting, diff *purchase.Difference, a *Answer) error {
	old := d.Purchase
	if err := b.repay(d, post, diff.PointsPaid); err != nil {
		return err
	}
	v, res, err := rejudge(d, b.record, diff.Kept, diff.Freight)
	if err != nil {
		return err
	}
	diff.Award(old, res.Awards)
	for i := range v.Points {
		typ := v.Points[i].ID
		n := diff.Points[typ]
		book, err := d.Book(typ)
		if err != nil {
			return err
		}
		now := a.award(typ, res.Awards, old.EligibleKept+diff.Eligible, v.Rules.Number())
		switch {
		case n > 0:
			var e *ledger.Entry
			if e, err = book.Award(post, ledger.Grant{Points: n, Terms: &v.Points[i].Terms, Origin: ledger.Sale, EarnedBy: d.Member.ID}); err == nil {
				now.born(book, e, d.Now)
			}
		case n < 0:
			_, err = book.Clawback(post, -n, d.Policy(v, typ).Returns)
		}
		if err != nil {
			return err
		}
	}
	if len(v.Points) > 0 {
		a.Booked = diff.Points[v.Points[0].ID]
	}
	b.recount(d, res)
	b.record.Judged.Awards, b.record.Judged.Settled = slim(res.Awards), old.Taken()
	orders := int64(0)
	if old.Kept && len(diff.Kept) == 0 {
		orders = -1
	} else if !old.Kept && len(diff.Kept) > 0 {
		orders = 1
	}
	rank(d, ident.New(), tier.Amounts{tier.NetSpend: rankDiff(old, b.record, diff), tier.Orders: orders}, pointsOf(diff.Points, v.Rules.Types()), 1, old.Day)
	first, err := d.Book("")
	if err != nil {
		return err
	}
	a.Balance, a.Tier = balanceOf(first, d.Now), tierOf(d, b.by)
	return nil
}

// award sets what one point type gives by the newer state, in the answer before
// it takes its shape; its lots are those of before.
func (a *Answer) award(typ string, now []rules.Award, eligible int64, version int) *Award {
	i := slices.IndexFunc(a.Awards, func(x Award) bool { return x.Type == typ })
	j := slices.IndexFunc(now, func(x rules.Award) bool { return x.Type == typ })
	switch {
	case i < 0 && j < 0:
		return &Award{}
	case i < 0:
		i = len(a.Awards)
		a.Awards = append(a.Awards, Award{Type: typ})
	}
	x := &a.Awards[i]
	x.Points, x.Eligible, x.Version, x.Components, x.Refused = 0, eligible, version, nil, nil
	if j >= 0 {
		x.Points, x.Components, x.Refused = now[j].Points, now[j].Components, now[j].Refused
	}
	return x
}

// rankDiff is what a newer state changes for the rank.
func rankDiff(old, next *purchase.Purchase, diff *purchase.Difference) int64 {
	if old.Doc.Rank == nil && next.Doc.Rank == nil {
		return diff.Eligible
	}
	return purchase.Revise(old.ForRank(), next.ForRank()).Eligible
}

// recount moves the limit counters by what the award counts now.
func (b *buying) recount(d *lane.Desk, res rules.Result) {
	back, left := limit.GiveBack(b.record.Judged.Counts, res.Counts)
	d.Count(back...)
	b.record.Judged.Counts = left
}

// repay spends more points, or gives back those the newer order does not use.
func (b *buying) repay(d *lane.Desk, post ledger.Posting, points int64) error {
	switch {
	case points > 0:
		book, err := d.Book(b.in.PointsPaid.Type)
		if err != nil {
			return err
		}
		_, err = book.SpendAllowingDebt(post, points)
		return err
	case points < 0:
		var a ReturnAnswer
		return giveBackPaid(d, post, d.Purchase, -points, &a)
	}
	return nil
}

func pointsOf(by map[string]int64, types []rules.PointType) []rules.Award {
	var out []rules.Award
	for _, t := range types {
		out = append(out, rules.Award{Type: t.ID, Points: by[t.ID]})
	}
	return out
}
