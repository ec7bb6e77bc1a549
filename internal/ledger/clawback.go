package ledger

import (
	"slices"

	"joren/internal/fault"
)

// Clawback takes back points of p.Award: its pending lots, its active lots
// (not under only_pending), its points that died unspent (counted as taken),
// the debt it had repaid (owed again), then what the policy says for the rest
// (SEMANTICS §6.3). Held points are never taken. Where each part came from
// stands in the entry's pieces; [Entry.Taken] sums them up. The answer is in
// full even when nothing could be moved. 0 points give no entry. The book
// must be loaded with Want.Awards. Faults: points.not_positive.
func (b *Book) Clawback(p Posting, points int64, returns Returns) (*Entry, error) {
	p = b.begin(p)
	if points == 0 {
		return nil, nil
	}
	if err := b.count(points); err != nil {
		return nil, err
	}
	own := b.own(p)
	at := p.Recorded
	var pieces []Piece
	left := points
	take := func(l *Lot, n int64, s Source) {
		if n = min(n, left); n > 0 {
			left -= n
			pieces = append(pieces, Piece{Lot: l.No, Points: -n, Source: s})
			switch s {
			case Lost:
				l.LostClaimed += n
				l.dirty = true
			case DebtRepaid:
				l.RepaidClaimed += n
				l.dirty = true
			}
		}
	}
	own = b.ordered(own)
	for _, l := range own {
		if b.pending(l, at) {
			take(l, l.Remaining, Pending)
		}
	}
	if returns != OnlyPending {
		for _, l := range own {
			if b.alive(l, at) {
				take(l, l.Remaining-l.held, Active)
			}
		}
	}
	for _, l := range own {
		take(l, l.Lost-l.LostClaimed, Lost)
	}
	for _, l := range own {
		take(l, l.Repaid-l.RepaidClaimed, DebtRepaid)
	}
	if returns != OnlyPending && left > 0 {
		var others []Piece
		others, left = b.takeFree(at, left, Other, func(l *Lot) bool { return l.Award != p.Award })
		pieces = append(pieces, others...)
	}
	if left > 0 {
		rest := map[Returns]Source{OnlyPending: Forgiven, WithinBalance: Forgiven, Report: Shortfall}[returns]
		if rest == "" {
			rest = Indebted
		}
		pieces = append(pieces, Piece{Points: -left, Source: rest})
	}
	e := b.post(Reverse, p, moved(pieces), pieces)
	b.end(p)
	return e, nil
}

// own are the lots of p.Award.
func (b *Book) own(p Posting) []*Lot {
	if p.Award.IsZero() || !b.deep {
		panic("ledger: a clawback wants an award and a book loaded with it")
	}
	var own []*Lot
	for _, l := range b.lots {
		if l.Award == p.Award {
			own = append(own, l)
		}
	}
	return own
}

// moved is what pieces change on the balance.
func moved(pieces []Piece) (sum int64) {
	for _, x := range pieces {
		if x.Source.onLot() || x.Source.onDebt() {
			sum += x.Points
		}
	}
	return sum
}

// Taken is a clawback's outcome; it sums to what was demanded.
type Taken struct {
	Lots      []Piece // by lot and Source: pending, active, expired, debt_repaid, other; points > 0
	Debt      int64
	Shortfall int64
	Forgiven  int64
}

// Taken reads the outcome of a clawback from its entry; nil gives none.
func (e *Entry) Taken() (t Taken) {
	if e == nil {
		return t
	}
	for _, x := range e.Pieces {
		x.Points = -x.Points
		switch x.Source {
		case Indebted:
			t.Debt += x.Points
		case Shortfall:
			t.Shortfall += x.Points
		case Forgiven:
			t.Forgiven += x.Points
		default:
			t.Lots = append(t.Lots, x)
		}
	}
	return t
}

// GiveBack undoes points of p.Award's clawbacks, walking backwards over what
// was taken (a smaller cart may be judged higher, SEMANTICS §6.2): to the lots
// it came from, where dead ones lose it at once; debt is paid off, and what of
// it was repaid meanwhile comes as a new lot; what was forgiven, short or dead
// already is only un-counted. 0 points give no entry. The book must be loaded
// with Want.Awards. Faults: giveback.exceeds_clawback (left),
// points.not_positive.
func (b *Book) GiveBack(p Posting, points int64) (*Entry, error) {
	p = b.begin(p)
	if points == 0 {
		return nil, nil
	}
	if err := b.count(points); err != nil {
		return nil, err
	}
	own := b.own(p)
	stack, left := b.taken(p)
	if points > left {
		return nil, fault.New(fault.Invalid, "giveback.exceeds_clawback", "left", left)
	}
	grant := Grant{Origin: Sale}
	if len(own) > 0 {
		grant.Origin, grant.EarnedBy = own[0].Origin, own[0].EarnedBy
	}
	r := restoration{b: b, p: p, owed: b.Debt}
	var counted []Piece
	var uncounted []*Lot
	for i := len(stack) - 1; i >= 0 && points > 0; i-- {
		x := stack[i]
		n := min(points, -x.Points-x.Undone)
		if n == 0 {
			continue
		}
		points -= n
		x.undo(n)
		switch x.Source {
		case Indebted:
			r.debt(n, grant)
		case DebtRepaid:
			l := b.mustLot(x.Lot)
			l.RepaidClaimed -= r.debt(n, grant)
			l.dirty = true
		case Lost:
			l := b.mustLot(x.Lot)
			l.LostClaimed -= n
			l.dirty = true
			counted = append(counted, Piece{Lot: x.Lot, Points: n, Source: Lost})
			if b.alive(l, p.Recorded) || b.pending(l, p.Recorded) { // a late activity had revived it
				uncounted = append(uncounted, l)
			}
		case Forgiven, Shortfall:
			counted = append(counted, Piece{Points: n, Source: x.Source})
		default:
			r.lot(b.mustLot(x.Lot), n, Restored)
		}
	}
	e := r.post(Reverse, counted...)
	if len(uncounted) > 0 {
		b.unlose(Expire, p, slices.Compact(uncounted))
	}
	b.end(p)
	return e, nil
}

// taken are the pieces of p.Award's clawbacks, oldest first, and how much of
// them is not yet given back.
func (b *Book) taken(p Posting) (stack []*Piece, left int64) {
	for _, es := range [][]*Entry{b.takes, b.entries} {
		for _, e := range es {
			if e.Kind != Reverse || e.Award != p.Award {
				continue
			}
			for i := range e.Pieces {
				if x := &e.Pieces[i]; x.Points < 0 && x.Source != Repaying {
					stack = append(stack, x)
					left += -x.Points - x.Undone
				}
			}
		}
	}
	return stack, left
}
