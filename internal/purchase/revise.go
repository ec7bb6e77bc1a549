package purchase

import (
	"bytes"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/rules"
)

// Known is a natural key that is already taken.
type Known struct {
	Key
	Found     bool
	Content   []byte
	Revision  int64
	UpdatedAt clock.Instant
}

// Repeat is what a purchase with a known key is.
type Repeat uint8

const (
	Fresh     Repeat = iota // the key is free
	Duplicate               // the same again, or an older state: answer what is recorded
	Revision                // a newer state of the order
)

// Repeated decides what an arriving purchase is. Other content without a
// newer revision is purchase.changed (SEMANTICS §10, I1); an older revision
// than the recorded one changes nothing.
func Repeated(k *Known, in *Input) (Repeat, error) {
	switch {
	case !k.Found:
		return Fresh, nil
	case bytes.Equal(k.Content, in.Hash()):
		return Duplicate, nil
	case in.Revision > k.Revision, in.Revision == k.Revision && in.UpdatedAt > k.UpdatedAt:
		return Revision, nil
	case in.Revision < k.Revision, in.UpdatedAt != 0 && in.UpdatedAt < k.UpdatedAt:
		return Duplicate, nil
	}
	return Fresh, fault.New(fault.Conflict, "purchase.changed", "source", in.Source, "order_no", in.OrderNo)
}

// Difference is what a newer state of an order changes, posted both ways.
type Difference struct {
	Eligible   int64            // of what is kept
	Value      int64            // of what is kept
	PointsPaid int64            // more (spent) or fewer (to give back)
	Points     map[string]int64 // per type: more to award, or to take back
	Kept       []rules.Line
	Freight    int64
	Void       bool // the order is cancelled or sent back: nothing is kept
}

// Revise lays a newer state of an order over the recorded one. Pieces that
// came back stay back as far as the new lines have them. The new cart is
// Kept; judged by the frozen version and facts it gives now, and Points is
// then filled by [Difference.Award].
func Revise(old *Purchase, next *Purchase) Difference {
	d := Difference{Void: next.Status.Void()}
	oldState, newState := old.Bought().state(), next.Bought().state()
	for _, s := range old.Slips() {
		oldState.clamp(s.Lines)
		newState.clamp(s.Lines)
	}
	if d.Void {
		mustApply(newState, newState.rest())
	}
	d.Kept, d.Freight = newState.cart()
	_, was := oldState.value()
	_, now := newState.value()
	d.Value = now - was
	d.Eligible = d.Freight - old.EligibleKept
	for _, l := range d.Kept {
		d.Eligible += l.Eligible
	}
	d.PointsPaid = next.points() - newState.pointsBack() - (old.points() - oldState.pointsBack())
	return d
}

func (r *Purchase) points() int64 {
	if r.Doc.PointsPaid == nil {
		return 0
	}
	return r.Doc.PointsPaid.Points
}

func mustApply(s *state, lines []ReturnLine) {
	if err := s.apply(lines); err != nil {
		panic("purchase: recorded returns exceed the purchase: " + err.Error())
	}
}

// clamp takes lines back as far as they are there.
func (s *state) clamp(lines []ReturnLine) {
	for _, r := range lines {
		i, ok := s.byNo[r.No]
		if !ok {
			continue
		}
		l := &s.lines[i]
		if r.Quantity > 0 && !l.giveBack(r.Quantity) {
			l.giveBack(min(r.Quantity, l.now().qty))
		}
		if r.Amount > 0 && !l.correct(r.Amount) {
			l.correct(min(r.Amount, l.now().value))
		}
	}
}

// Award fills Points: per type the judgement on the new cart less what the
// old award has left after its returns.
func (d *Difference) Award(old *Purchase, now []rules.Award) {
	d.Points = map[string]int64{}
	for _, a := range old.Judged.Awards {
		d.Points[a.Type] -= a.Points
	}
	for t, n := range old.Demanded() {
		d.Points[t] += n
	}
	for _, a := range now {
		d.Points[a.Type] += a.Points
	}
}

// Claim decides whether a member may have a guest's purchase for her own
// (ポイント後付け): the receipt's day and total must match, within days days,
// once. found is nil when no guest purchase has this number on this day.
//
// Faults: purchase.claim_off, purchase.claim_mismatch, purchase.claimed,
// purchase.claim_late.
func Claim(found *Purchase, on clock.Day, total int64, today clock.Day, days int) error {
	switch {
	case days <= 0:
		return fault.New(fault.Forbidden, "purchase.claim_off")
	case found == nil || found.Day != on || found.Total != total:
		return fault.New(fault.NotFound, "purchase.claim_mismatch")
	case !found.Guest:
		return fault.New(fault.Conflict, "purchase.claimed")
	case today > on+clock.Day(days):
		return fault.New(fault.Invalid, "purchase.claim_late", "until", on+clock.Day(days))
	}
	return nil
}
