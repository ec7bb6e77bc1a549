package ledger

import (
	"joren/internal/clock"
)

// Settle writes the rows that are due up to at: activations, expiries,
// automatic cancelling, holds that ran out, kinder terms, debt that is too old
// (SEMANTICS §5 L1, L7).
// Each carries the instant at which it took effect. The day turn calls it;
// every other method does so by itself.
func (b *Book) Settle(at clock.Instant) {
	b.mustBeWhole()
	at = max(at, b.Recorded)
	b.settle(at, 0)
	for _, l := range b.lots { // a sliding lot lives on: look again later
		if l.Remaining > 0 && l.dueAt != 0 && l.dueAt <= at {
			l.dirty, b.dirty = true, true
		}
	}
	b.audit()
}

// cancelledByTime is the reason of lines about lots whose event never came.
const cancelledByTime = "cancelled_by_time"

// step is one kind of due row; at one instant they come in this order.
type step uint8

const (
	lapse step = iota
	extend
	activate
	void
	expire
	forgive
)

// settle writes due rows in the order of their instants. Points freed on a
// lot that is dead already are due at cursor, the instant that freed them.
func (b *Book) settle(at, cursor clock.Instant) {
	for {
		when, what := b.nextDue(cursor)
		if when > at || when == clock.Never {
			return
		}
		p := Posting{Occurred: when, Recorded: at, Actor: "system"}
		switch what {
		case lapse:
			b.lapse(p)
		case forgive:
			b.forgive(p)
		default:
			b.turn(what, p, cursor)
		}
		cursor = max(cursor, when)
	}
}

func (b *Book) nextDue(cursor clock.Instant) (clock.Instant, step) {
	when, what := b.forgivenAt(), forgive
	for _, h := range b.holds {
		if h.State == HoldOpen && (h.ExpiresAt < when || h.ExpiresAt == when && lapse < what) {
			when, what = h.ExpiresAt, lapse
		}
	}
	for _, l := range b.lots {
		if at, s := b.due(l, cursor); at < when || at == when && s < what {
			when, what = at, s
		}
	}
	return when, what
}

// due is the next row of a lot.
func (b *Book) due(l *Lot, cursor clock.Instant) (clock.Instant, step) {
	if l.Remaining == 0 {
		return clock.Never, expire
	}
	switch l.Phase {
	case IsPending:
		dies := b.expiry(l)
		if l.ActivatesAt == clock.Never && l.CancelAt != 0 && l.CancelAt <= dies {
			return l.CancelAt, void
		}
		if dies <= l.ActivatesAt { // also of one that waits for its event
			return dies, expire
		}
		if _, from := b.better(l); from != 0 && !l.slides() && from < l.ActivatesAt {
			return from, extend
		}
		return l.ActivatesAt, activate
	case IsActive:
		if !l.slides() {
			if _, from := b.better(l); from != 0 {
				return from, extend
			}
		}
		return b.expiry(l), expire
	case IsExpired:
		if l.Remaining > l.held {
			return max(cursor, b.expiry(l)), expire
		}
	case IsVoided:
		return max(cursor, l.CancelAt), void
	}
	return clock.Never, expire
}

// turn writes one row for all lots that take this step at this instant.
func (b *Book) turn(what step, p Posting, cursor clock.Instant) {
	var pieces []Piece
	sum := int64(0)
	for _, l := range b.lots {
		if at, s := b.due(l, cursor); at != p.Occurred || s != what {
			continue
		}
		switch what {
		case activate:
			l.Phase = IsActive
			pieces = append(pieces, Piece{Lot: l.No, Source: Active})
		case extend:
			l.ExpiresAt, _ = b.better(l)
			pieces = append(pieces, Piece{Lot: l.No, Source: Active})
		case void, expire:
			free := l.Remaining - l.held
			l.Phase, l.dirty, b.dirty = IsExpired, true, true
			if what == void {
				l.Phase = IsVoided
			}
			if free == 0 {
				continue
			}
			l.Lost += free
			sum += free
			pieces = append(pieces, Piece{Lot: l.No, Points: -free, Source: Active})
		}
		l.dirty = true
	}
	if len(pieces) == 0 {
		return
	}
	switch what {
	case activate:
		b.post(Activate, p, 0, pieces)
	case extend:
		p.Reason = "better_terms"
		b.post(Extend, p, 0, pieces)
	case void:
		p.Reason = cancelledByTime
		b.post(Reverse, p, -sum, pieces)
	case expire:
		b.post(Expire, p, -sum, pieces)
	}
}

// lapse frees the holds whose time is over at p.Occurred.
func (b *Book) lapse(p Posting) {
	for _, h := range b.holds {
		if h.State == HoldOpen && h.ExpiresAt == p.Occurred {
			b.free(h)
			b.closeHold(h, HoldLapsed, p.Occurred)
		}
	}
}
