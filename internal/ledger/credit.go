package ledger

import (
	"cmp"
	"slices"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/rules"
)

// Grant is points to be given as one lot.
type Grant struct {
	Points    int64
	Terms     *rules.Terms // nil: the policy's
	Origin    Origin       // "" is gift
	EarnedBy  ident.ID     // "" is the holder
	ExpiresOn clock.Day    // last day, instead of the terms' expiry
}

// Award gives the grants as lots of p.Award, one each, in one entry "earn".
// Debt is repaid first, by pending lots too; a lot that is dead already at
// p.Recorded is written for the record and repays nothing. No grants, no
// entry. Faults: points.not_positive, amount.overflow.
func (b *Book) Award(p Posting, grants ...Grant) (*Entry, error) {
	return b.credit(Earn, p, grants)
}

// Adjust books a correction with a reason: points > 0 as a lot with g's terms,
// active at once; points < 0 taken from free lots. g.Points is not looked at.
// Faults: points.not_positive for 0, points.insufficient.
func (b *Book) Adjust(p Posting, points int64, g Grant) (*Entry, error) {
	if points < 0 {
		return b.spend(Adjust, p, -points, false)
	}
	g.Points = points
	t := b.Policy.Terms
	if g.Terms != nil {
		t = *g.Terms
	}
	t.Pending = rules.Pending{}
	g.Terms = &t
	return b.credit(Adjust, p, []Grant{g})
}

func (b *Book) credit(k Kind, p Posting, grants []Grant) (*Entry, error) {
	p = b.open(p)
	if len(grants) == 0 {
		return nil, nil
	}
	sum := int64(0)
	for _, g := range grants {
		if err := b.count(g.Points); err != nil {
			return nil, err
		}
		sum += g.Points
		if err := b.count(sum); err != nil { // also when sum wrapped
			return nil, fault.New(fault.Invalid, "amount.overflow")
		}
	}
	born := make([]*Lot, len(grants))
	for i, g := range grants {
		born[i] = b.lot(p, g)
	}
	b.repay(p.Recorded, born)
	e := b.post(k, p, sum, nil, born...)
	b.end(p)
	return e, nil
}

// lot makes a lot of g, not yet in the account.
func (b *Book) lot(p Posting, g Grant) *Lot {
	t := &b.Policy.Terms
	if g.Terms != nil {
		t = g.Terms
	}
	if g.Origin == "" {
		g.Origin = Gift
	}
	if g.EarnedBy.IsZero() {
		g.EarnedBy = b.Holder
	}
	day := b.Policy.Zone.Day(p.Occurred)
	l := &Lot{
		ID: ident.New(), Origin: g.Origin, Class: t.Class, Award: p.Award, EarnedBy: g.EarnedBy,
		Gross: g.Points, Net: g.Points, Remaining: g.Points, Phase: IsActive,
		OccurredAt: p.Occurred, RecordedAt: p.Recorded,
		ActivatesAt: t.Pending.Activates(day, p.Occurred, b.Policy.Zone),
	}
	if l.ActivatesAt > p.Occurred {
		l.Phase = IsPending
	}
	if t.Pending.Kind == rules.PendingUntil {
		l.Awaits = t.Pending.Event
		if n := t.Pending.CancelAfterDays; n > 0 {
			l.CancelAt = b.Policy.Zone.Start(day + clock.Day(n))
		}
	}
	e := t.Expiry
	if l.Origin == Paid && e.Kind == rules.ExpirySliding {
		e.Kind = rules.ExpiryMonths // bought points have a fixed end
	}
	if g.ExpiresOn != 0 {
		l.ExpiresAt = b.Policy.after(g.ExpiresOn)
	} else {
		b.startClock(l, e)
	}
	return l
}

// startClock sets the expiry of a lot whose activation is known, and keeps
// the rule with those whose end may still move.
func (b *Book) startClock(l *Lot, e rules.Expiry) {
	waits := l.ActivatesAt == clock.Never
	if waits || e.Kind == rules.ExpirySliding {
		l.Life = &Life{Expiry: e}
	} else {
		l.Life = nil
	}
	if waits && !e.Earned {
		l.ExpiresAt = clock.Never
		return
	}
	last := e.LastDay(b.startDay(l, e), b.Policy.FiscalStart)
	l.ExpiresAt = b.Policy.after(last)
	if l.Life != nil {
		l.Life.Last = last
	}
}

// repay takes the debt from lots about to be born, in L3 order.
func (b *Book) repay(at clock.Instant, born []*Lot) {
	owed := b.Debt
	for _, l := range b.ordered(born) {
		if owed == 0 {
			return
		}
		if b.expiry(l) <= at || b.voided(l, at) {
			continue
		}
		x := min(owed, l.Remaining)
		owed -= x
		l.Net -= x
		l.Remaining -= x
		l.Repaid += x
	}
}

// ordered is the order of consumption (SEMANTICS §5 L3): class, soonest
// expiry with never last, oldest earning, lot number.
func (b *Book) ordered(lots []*Lot) []*Lot {
	if len(lots) < 2 {
		return lots
	}
	type key struct {
		l    *Lot
		rank int
		dies clock.Instant
	}
	keys := make([]key, len(lots))
	for i, l := range lots {
		keys[i] = key{l, b.Policy.rank(l.Class), b.expiry(l)}
	}
	slices.SortStableFunc(keys, func(x, y key) int {
		return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(x.dies, y.dies),
			cmp.Compare(x.l.OccurredAt, y.l.OccurredAt), cmp.Compare(x.l.No, y.l.No))
	})
	out := make([]*Lot, len(lots))
	for i := range keys {
		out[i] = keys[i].l
	}
	return out
}
