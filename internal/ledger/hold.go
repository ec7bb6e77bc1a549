package ledger

import (
	"time"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Reserve takes a hold on specific lots for ttl (0: [DefaultTTL]). Faults:
// points.insufficient, points.not_positive.
func (b *Book) Reserve(p Posting, points int64, ttl time.Duration, reference string) (*Hold, error) {
	p = b.begin(p)
	if err := b.count(points); err != nil {
		return nil, err
	}
	if have := b.At(p.Recorded).Available; have < points {
		return nil, insufficient(points, have)
	}
	if ttl <= 0 {
		ttl = DefaultTTL
	}
	h := &Hold{ID: ident.New(), Points: points, State: HoldOpen, Reference: reference,
		CreatedAt: p.Recorded, ExpiresAt: p.Recorded.Add(ttl), fresh: true}
	pieces, _ := b.takeFree(p.Recorded, points, Active, func(*Lot) bool { return true })
	for _, x := range pieces {
		h.Lots = append(h.Lots, Reserved{x.Lot, -x.Points})
		b.mustLot(x.Lot).held -= x.Points
	}
	b.Held += points
	b.Recorded = p.Recorded
	b.holds = append(b.holds, h)
	b.dirty = true
	b.audit()
	return h, nil
}

// Hold finds a loaded hold. Fault: hold.unknown.
func (b *Book) Hold(id ident.ID) (*Hold, error) {
	for _, h := range b.holds {
		if h.ID == id {
			return h, nil
		}
	}
	return nil, fault.New(fault.NotFound, "hold.unknown")
}

// Holds are the loaded holds: the open ones and those asked for.
func (b *Book) Holds() []*Hold { return b.holds }

// CommitHold spends points of the hold in the order its lots were taken and
// frees the rest; what is freed on a dead lot expires at once. Faults:
// hold.unknown, hold.expired (at or after its end), hold.closed (committed or
// cancelled before), hold.exceeded (held), points.not_positive.
func (b *Book) CommitHold(p Posting, id ident.ID, points int64) (*Entry, error) {
	p = b.begin(p)
	h, err := b.openHold(id)
	if err != nil {
		return nil, err
	}
	if err := b.count(points); err != nil {
		return nil, err
	}
	if points > h.Points {
		return nil, fault.New(fault.Invalid, "hold.exceeded", "held", h.Points)
	}
	b.free(h)
	var pieces []Piece
	left := points
	for _, r := range h.Lots {
		if x := min(left, r.Points); x > 0 {
			left -= x
			pieces = append(pieces, Piece{Lot: r.Lot, Points: -x, Source: Active})
		}
	}
	e := b.post(Redeem, p, -points, pieces)
	h.Seq, h.Committed = e.Seq, points
	b.closeHold(h, HoldCommitted, p.Recorded)
	b.end(p)
	return e, nil
}

// CancelHold frees the hold's points and returns how many. Faults:
// hold.unknown, hold.expired, hold.closed.
func (b *Book) CancelHold(p Posting, id ident.ID) (int64, error) {
	p = b.begin(p)
	h, err := b.openHold(id)
	if err != nil {
		return 0, err
	}
	b.free(h)
	b.closeHold(h, HoldCancelled, p.Recorded)
	b.Recorded = p.Recorded
	b.end(p)
	return h.Points, nil
}

func (b *Book) openHold(id ident.ID) (*Hold, error) {
	h, err := b.Hold(id)
	if err != nil {
		return nil, err
	}
	switch h.State {
	case HoldLapsed:
		return nil, fault.New(fault.Conflict, "hold.expired", "at", h.ExpiresAt)
	case HoldCommitted, HoldCancelled:
		return nil, fault.New(fault.Conflict, "hold.closed")
	}
	return h, nil
}

func (b *Book) free(h *Hold) {
	for _, r := range h.Lots {
		b.mustLot(r.Lot).held -= r.Points
	}
	b.Held -= h.Points
}

func (b *Book) closeHold(h *Hold, s HoldState, at clock.Instant) {
	h.State, h.ClosedAt, h.dirty = s, at, true
	b.dirty = true
}
