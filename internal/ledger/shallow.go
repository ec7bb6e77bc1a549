package ledger

import (
	"fmt"

	"joren/internal/clock"
)

// A shallow book holds no lots. Its head knows enough to give points and to
// tell the balance, as long as nothing falls due: what is open, what of it is
// pending, what is held, and when somebody must look at a lot or hold next. So
// a purchase costs the same for a member with one lot as for one with hundreds.
//
// All that takes points, or looks at single lots, wants a whole book and stops
// the program otherwise.

// unread is what the lots of a shallow book come to.
type unread struct {
	open, pending, held int64
	due                 clock.Instant // 0 never
}

// canBeShallow reports that an account as stored may be given points without
// its lots at now: nothing is due, no debt waits to be repaid, and no version
// with kinder terms has come into force since its last row.
func (b *Book) canBeShallow(now clock.Instant) bool {
	at := max(now, b.Recorded)
	for _, k := range b.Policy.Better {
		if b.Recorded < k.From && k.From <= at {
			return false
		}
	}
	return b.Version > 0 && !b.deep && b.Debt == 0 && (b.Due == 0 || b.Due > at)
}

func (b *Book) makeShallow() {
	b.shallow = true
	b.unread = unread{b.Balance, b.Pending, b.Held, b.Due}
}

func (b *Book) mustBeWhole() {
	if b.shallow {
		panic(fmt.Sprintf("ledger: %s/%s is loaded without its lots", b.Holder, b.Type))
	}
}

// mustNotBeDue stops the program when a row of an unread lot is due at an
// instant: the balance would count dead points.
func (b *Book) mustNotBeDue(at clock.Instant) {
	if b.shallow && b.unread.due != 0 && b.unread.due <= at {
		panic(fmt.Sprintf("ledger: %s/%s is loaded without its lots and has rows due", b.Holder, b.Type))
	}
}

// outlook sums what the head keeps of the lots and holds: points pending, and
// when one of them must be looked at next.
func (b *Book) outlook() (pending int64, due clock.Instant) {
	pending, due = b.unread.pending, b.unread.due
	sooner := func(at clock.Instant) {
		if at != 0 && at != clock.Never && (due == 0 || at < due) {
			due = at
		}
	}
	for _, l := range b.lots {
		if l.Remaining == 0 {
			continue
		}
		switch l.Phase {
		case IsPending:
			pending += l.Remaining
		case IsExpired, IsVoided: // dead, kept for its hold: only the lots tell what is held of the living
			sooner(b.Recorded)
		}
		sooner(b.dueOf(l))
	}
	for _, h := range b.holds {
		if h.State == HoldOpen {
			sooner(h.ExpiresAt)
		}
	}
	return pending, due
}
