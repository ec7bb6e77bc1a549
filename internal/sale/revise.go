package sale

import (
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/limit"
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
	if d.Member != nil {
		d.Want = lane.Want{Awards: []ident.ID{b.record.ID}, Purchases: []ident.ID{b.record.ID}, Rank: true, Forecast: !b.by.Brief}
	}
	return nil
}

func (b *buying) revises() bool { return b.revision }

// decideRevision lays the newer state of the order over the recorded one and
// posts the difference both ways, judged by the frozen version and facts
// (SEMANTICS §3).
func (b *buying) decideRevision(d *lane.Desk) error {
	old := d.Purchase
	diff := purchase.Revise(old, b.record)
	b.record.Judged = old.Judged
	a, err := answerOf(d, old)
	if err != nil {
		return err
	}
	a.Revised = true
	if d.Member != nil && !old.Guest {
		post := posting(d, b.by, "revision")
		post.Store, post.Purchase, post.Award = b.in.Store, old.ID, old.ID
		if err := b.repost(d, post, &diff, &a); err != nil {
			return err
		}
	}
	keepAnswer(b.record, a)
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
		switch {
		case n > 0:
			_, err = book.Award(post, ledger.Grant{Points: n, Terms: &v.Points[i].Terms, Origin: ledger.Sale, EarnedBy: d.Member.ID})
		case n < 0:
			_, err = book.Clawback(post, -n, d.Policy(v, typ).Returns)
		}
		if err != nil {
			return err
		}
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
