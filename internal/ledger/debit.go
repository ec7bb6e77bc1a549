package ledger

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/fault"
)

// Spend takes points from free lots in the order of consumption. Faults:
// points.insufficient (short, available), points.not_positive.
func (b *Book) Spend(p Posting, points int64) (*Entry, error) {
	return b.spend(Redeem, p, points, false)
}

// SpendAllowingDebt is for a sale that has happened already: all free lots
// first, the rest becomes debt. A debt part shows as a piece [Indebted].
// Faults: points.not_positive, amount.overflow.
func (b *Book) SpendAllowingDebt(p Posting, points int64) (*Entry, error) {
	return b.spend(Redeem, p, points, true)
}

func (b *Book) spend(k Kind, p Posting, points int64, owe bool) (*Entry, error) {
	p = b.begin(p)
	if err := b.count(points); err != nil {
		return nil, err
	}
	if have := b.At(p.Recorded).Available; !owe && have < points {
		return nil, insufficient(points, have)
	}
	pieces, rest := b.takeFree(p.Recorded, points, Active, func(*Lot) bool { return true })
	if rest > 0 {
		pieces = append(pieces, Piece{Points: -rest, Source: Indebted})
	}
	e := b.post(k, p, -points, pieces)
	b.end(p)
	return e, nil
}

func insufficient(want, have int64) error {
	return fault.New(fault.Invalid, "points.insufficient", "short", want-have, "available", have)
}

// takeFree plans to take points from live, unheld lots in L3 order.
func (b *Book) takeFree(at clock.Instant, points int64, s Source, which func(*Lot) bool) (pieces []Piece, rest int64) {
	var free []*Lot
	for _, l := range b.lots {
		if l.Remaining > l.held && which(l) && b.alive(l, at) {
			free = append(free, l)
		}
	}
	for _, l := range b.ordered(free) {
		x := min(points, l.Remaining-l.held)
		if x == 0 {
			break
		}
		points -= x
		pieces = append(pieces, Piece{Lot: l.No, Points: -x, Source: s})
	}
	return pieces, points
}

// DebitsOf are the loaded debits of a purchase or return, oldest first.
func (b *Book) DebitsOf(match func(Posting) bool) []*Entry {
	var out []*Entry
	for _, e := range b.debits {
		if match(e.Posting) {
			out = append(out, e)
		}
	}
	return out
}

// debit finds a debit to be refunded among the loaded and the new.
func (b *Book) debit(seq int64) *Entry {
	same := func(e *Entry) bool { return e.Seq == seq && e.Kind == Redeem }
	for _, es := range [][]*Entry{b.debits, b.entries} {
		if i := slices.IndexFunc(es, same); i >= 0 {
			return es[i]
		}
	}
	return nil
}

// forgivenAt is when the debt is as old as the policy lets it become: the start
// of the day so many months after it rose from nothing; Never without debt or
// limit. What was added to a debt later goes with it.
func (b *Book) forgivenAt() clock.Instant {
	if b.Debt == 0 || b.Policy.WriteOffMonths == 0 {
		return clock.Never
	}
	z := b.Policy.Zone
	return z.Start(z.Day(b.DebtSince).AddMonths(b.Policy.WriteOffMonths))
}

// forgive writes off all debt.
func (b *Book) forgive(p Posting) {
	p.Reason = "too_old"
	b.post(WriteOff, p, b.Debt, []Piece{{Points: b.Debt, Source: Indebted}})
}
