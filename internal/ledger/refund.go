package ledger

import (
	"joren/internal/clock"
	"joren/internal/fault"
)

// Refund brings back points of the debit with number seq, walking its pieces
// backwards, each to the lot it came from (SEMANTICS §5 L5). What had become
// debt is paid off first; what of that was repaid meanwhile comes as a new lot.
// Points of lots that have died follow spent, the policy in force at the
// spend: grace opens a lot of their own, forfeit lets them expire at once,
// reissue makes a new lot as if earned now. Remaining debt is then taken from
// the restored points. 0 points give no entry. Faults: debit.unknown, refund.exceeds_spend (left),
// points.not_positive.
func (b *Book) Refund(p Posting, seq, points int64, spent *Policy) (*Entry, error) {
	p = b.begin(p)
	if points == 0 {
		return nil, nil
	}
	d := b.debit(seq)
	if d == nil {
		return nil, fault.New(fault.NotFound, "debit.unknown")
	}
	if err := b.count(points); err != nil {
		return nil, err
	}
	left := int64(0)
	for _, x := range d.Pieces {
		left += -x.Points - x.Undone
	}
	if points > left {
		return nil, fault.New(fault.Invalid, "refund.exceeds_spend", "left", left)
	}
	r := restoration{b: b, p: p, spent: spent, owed: b.Debt}
	for i := len(d.Pieces) - 1; i >= 0 && points > 0; i-- {
		x := &d.Pieces[i]
		n := min(points, -x.Points-x.Undone)
		if n == 0 {
			continue
		}
		points -= n
		x.undo(n)
		if x.Source == Indebted {
			r.debt(n, Grant{Origin: Sale})
		} else {
			r.lot(b.mustLot(x.Lot), n, Restored)
		}
	}
	e := r.post(RedeemRefund)
	b.end(p)
	return e, nil
}

func (x *Piece) undo(n int64) {
	x.Undone += n
	x.touched = true
}

// restoration collects what a refund or give-back restores.
type restoration struct {
	b        *Book
	p        Posting
	spent    *Policy // nil: points of dead lots are lost
	owed     int64   // debt not yet paid off
	sum      int64
	pieces   []Piece
	born     []*Lot
	restored map[*Lot]int64
}

// lot puts n points back on l, or where the policy says when it has died.
func (r *restoration) lot(l *Lot, n int64, s Source) {
	b, at := r.b, r.p.Recorded
	r.sum += n
	gone := l.Phase == IsVoided || b.voided(l, at)
	dead := gone || b.expiry(l) <= at
	if dead && r.spent != nil {
		switch r.spent.RefundIfExpired {
		case Grace, "":
			r.birth(r.grace(l, n))
			return
		case Reissue:
			r.birth(r.reissue(l, n))
			return
		}
	}
	if gone {
		l.Phase = IsVoided
	} else if dead {
		l.Phase = IsExpired // so that it expires now, not in the past
	}
	if r.restored == nil {
		r.restored = map[*Lot]int64{}
	}
	r.restored[l] += n
	r.pieces = append(r.pieces, Piece{Lot: l.No, Points: n, Source: s})
}

// debt pays off n of the debt; what was repaid meanwhile comes as a new lot.
func (r *restoration) debt(n int64, g Grant) (paid int64) {
	paid = min(n, r.owed)
	r.owed -= paid
	r.sum += n
	if paid > 0 {
		r.pieces = append(r.pieces, Piece{Points: paid, Source: Indebted})
	}
	if g.Points = n - paid; g.Points > 0 {
		r.birth(r.fresh(g))
	}
	return paid
}

func (r *restoration) birth(l *Lot) { r.born = append(r.born, l) }

func (r *restoration) fresh(g Grant) *Lot {
	t := r.b.Policy.Terms
	if g.Terms != nil {
		t = *g.Terms
	}
	t.Pending.Kind = 0 // active at once
	g.Terms = &t
	return r.b.lot(r.p, g)
}

// grace opens only the refunded points of a dead lot, to the end of business
// day refund + grace days. They never slide.
func (r *restoration) grace(dead *Lot, n int64) *Lot {
	until := r.b.Policy.Zone.Day(r.p.Recorded) + r.spent.graceDays()
	l := r.fresh(Grant{Points: n, Origin: dead.Origin, EarnedBy: dead.EarnedBy, ExpiresOn: until})
	l.Class, l.Award, l.Parent, l.OccurredAt = dead.Class, dead.Award, dead.No, dead.OccurredAt
	l.ActivatesAt = r.p.Recorded
	return l
}

func (r *restoration) reissue(dead *Lot, n int64) *Lot {
	t := r.spent.Terms
	l := r.fresh(Grant{Points: n, Terms: &t, Origin: dead.Origin, EarnedBy: dead.EarnedBy})
	l.Class, l.Award = dead.Class, dead.Award
	return l
}

// post books what was collected and lets it repay the debt that is left.
func (r *restoration) post(k Kind, more ...Piece) *Entry {
	b := r.b
	r.repayAll(r.p.Recorded)
	return b.post(k, r.p, r.sum, append(r.pieces, more...), r.born...)
}

// repayAll takes what is still owed from restored and born points together,
// in L3 order.
func (r *restoration) repayAll(at clock.Instant) {
	if r.owed == 0 {
		return
	}
	var lots []*Lot
	for l := range r.restored {
		if l.Phase != IsVoided && l.Phase != IsExpired {
			lots = append(lots, l)
		}
	}
	next := r.b.LastLot
	for _, l := range r.born {
		next++
		l.No = next // born order decides ties
		if r.b.expiry(l) > at {
			lots = append(lots, l)
		}
	}
	paid := int64(0)
	for _, l := range r.b.ordered(lots) {
		n, old := r.restored[l]
		if !old {
			n = l.Gross
		}
		x := min(r.owed, n)
		if x == 0 {
			continue
		}
		r.owed -= x
		l.Repaid += x
		if old {
			paid += x
			r.pieces = append(r.pieces, Piece{Lot: l.No, Points: -x, Source: Repaying})
		} else {
			l.Net -= x
			l.Remaining -= x
		}
	}
	if paid > 0 {
		r.pieces = append(r.pieces, Piece{Points: paid, Source: Indebted})
	}
}
