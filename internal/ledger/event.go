package ledger

import (
	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Activate opens the lots of p.Award that wait for the event, as of
// p.Occurred; their expiry clock starts on that day. An event that happened
// before the lot's automatic cancelling but is heard of later revives it.
// nil when no lot waits. The book must be loaded with Want.Awards when the
// cancelling may have been written; points that are dead by now stay lost.
// Fault: lot.voided.
func (b *Book) Activate(p Posting, event string) (*Entry, error) {
	p = b.begin(p)
	var waiting []*Lot
	voided := false
	for _, l := range b.lots {
		if l.Award != p.Award || p.Award.IsZero() || l.Awaits != event || l.ActivatesAt != clock.Never || l.forfeited() {
			continue
		}
		if b.voided(l, p.Occurred) {
			voided = true
			continue
		}
		waiting = append(waiting, l)
	}
	if len(waiting) == 0 {
		if voided {
			return nil, fault.New(fault.Conflict, "lot.voided")
		}
		return nil, nil
	}
	var pieces []Piece
	var back []*Lot
	for _, l := range waiting {
		l.ActivatesAt = p.Occurred
		if l.Life != nil && l.Life.Last == 0 {
			b.startClock(l, l.Life.Expiry)
		} else if l.Life != nil && !l.slides() {
			l.Life = nil
		}
		l.Phase, l.dirty = IsActive, true
		if b.alive(l, p.Recorded) || b.pending(l, p.Recorded) {
			back = append(back, l)
		} else if l.Remaining == 0 {
			l.Phase = IsExpired // it came too late for what was lost
		}
		pieces = append(pieces, Piece{Lot: l.No, Source: Active})
	}
	q := p
	q.Award, q.Reason = ident.ID{}, cancelledByTime
	b.unlose(Reverse, q, back)
	e := b.post(Activate, p, 0, pieces)
	b.end(p)
	return e, nil
}

// unlose takes back that points of these lots were lost, by opposite lines;
// like every increase, they repay debt first. The correction happens when it
// is written: at the instant of its cause the points were not lost yet, and the
// books of that day would show them twice.
func (b *Book) unlose(k Kind, p Posting, lots []*Lot) {
	p.Occurred = p.Recorded
	r := restoration{b: b, p: p, owed: b.Debt}
	for _, l := range lots {
		n := l.Lost - l.LostClaimed
		if n == 0 {
			continue
		}
		l.Lost -= n
		r.sum += n
		if r.restored == nil {
			r.restored = map[*Lot]int64{}
		}
		r.restored[l] += n
		r.pieces = append(r.pieces, Piece{Lot: l.No, Points: n, Source: Restored})
		b.reopen(l, p.Recorded)
	}
	if r.sum > 0 {
		r.post(k)
	}
}

// NoteActivity notes that the holder was active on the business day of
// p.Occurred: sliding lots alive then live on. A day before today's needs the
// book loaded with Want.Deep, for it may revive lots that expired since;
// their expiry is reversed. It is for sliding types only.
func (b *Book) NoteActivity(p Posting) {
	p = b.open(p)
	day := b.Policy.Zone.Day(p.Occurred)
	late := day < b.Policy.Zone.Day(p.Recorded)
	if late && !b.deep {
		panic("ledger: a late activity wants a book loaded with Want.Deep")
	}
	if !b.remember(day) {
		return
	}
	if late {
		b.revive(p)
	}
	b.Recorded = p.Recorded
	b.end(p)
}

// revive brings back what expired but, as is now known, was alive. The lives
// tell, not the phases: a lot that came back without points writes no row when
// it dies again, and a give-back may since have un-counted what it lost.
func (b *Book) revive(p Posting) {
	var lots []*Lot
	for _, l := range b.lots {
		if !l.slides() || !b.alive(l, p.Recorded) && !b.pending(l, p.Recorded) {
			continue
		}
		if l.Lost > l.LostClaimed {
			lots = append(lots, l)
		} else if l.Phase == IsExpired {
			b.reopen(l, p.Recorded)
		}
	}
	p.Reason = "late_activity"
	b.unlose(Expire, p, lots)
}

// reopen puts a lot whose death is taken back into the phase it is in at an
// instant.
func (b *Book) reopen(l *Lot, at clock.Instant) {
	l.Phase, l.dirty, b.dirty = IsPending, true, true
	if l.ActivatesAt <= at {
		l.Phase = IsActive
	}
}
