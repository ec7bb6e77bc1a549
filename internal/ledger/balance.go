package ledger

import (
	"joren/internal/clock"
)

// Balance is what an account shows at an instant (SEMANTICS §5 L1, §20).
// Screens show these four, never the bare sum of entries.
type Balance struct {
	Available int64 // max(0, live points not held − debt)
	Pending   int64 // given, not yet usable
	Held      int64 // reserved by open holds on live lots
	Debt      int64
	Next      Expiring // of the live points, what dies first; empty from a shallow book
}

// Expiring is points that share a last day.
type Expiring struct {
	Points int64
	On     clock.Day // inclusive; 0 when nothing expires
}

// At is the balance at t, from the account's rows as loaded and changed. For
// t after the last row it assumes no new event and lets open holds lapse; due
// rows need not be written. For an instant before the last row use [History.At].
func (b *Book) At(t clock.Instant) Balance {
	b.mustNotBeDue(t)
	r := Balance{Debt: b.Debt, Pending: b.unread.pending, Held: b.unread.held}
	if b.forgivenAt() <= t {
		r.Debt = 0
	}
	held := b.heldAt(t)
	next, free := clock.Never, b.unread.open-b.unread.pending-b.unread.held
	for _, l := range b.lots {
		if l.Remaining == 0 {
			continue
		}
		if b.pending(l, t) {
			r.Pending += l.Remaining
			continue
		}
		if !b.alive(l, t) {
			continue
		}
		h := held(l)
		r.Held += h
		x := l.Remaining - h
		free += x
		dies := b.expiry(l)
		if x == 0 || dies > next || dies == clock.Never {
			continue
		}
		if dies < next {
			next, r.Next.Points = dies, 0
		}
		r.Next.Points += x
	}
	r.Available = max(0, free-r.Debt)
	if b.shallow {
		r.Next = Expiring{}
	}
	if r.Next.Points = min(r.Next.Points, r.Available); r.Next.Points > 0 {
		r.Next.On = b.lastDay(next)
	}
	return r
}

// heldAt tells how much of a lot is held at t.
func (b *Book) heldAt(t clock.Instant) func(*Lot) int64 {
	over := map[int64]int64(nil)
	for _, h := range b.holds {
		if h.State == HoldOpen && h.ExpiresAt <= t {
			for _, r := range h.Lots {
				if over == nil {
					over = map[int64]int64{}
				}
				over[r.Lot] += r.Points
			}
		}
	}
	return func(l *Lot) int64 { return l.held - over[l.No] }
}
