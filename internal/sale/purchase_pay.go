package sale

import (
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/rules"
)

// pay takes the points paid: from the hold as far as it goes, the rest from
// free lots. A sale that has happened is never refused: what is missing
// becomes debt and a flag; a preview refuses.
func (b *buying) pay(d *lane.Desk, post ledger.Posting) (*PointsTaken, error) {
	p := b.in.PointsPaid
	if p == nil || p.Points == 0 {
		return nil, nil
	}
	book, err := d.Book(p.Type)
	if err != nil {
		return nil, err
	}
	left := p.Points
	taken := &PointsTaken{Points: p.Points}
	if !b.hold.IsZero() {
		e, err := commitHold(book, post, b.hold, left)
		switch {
		case err == nil:
			left += e.Points // negative
			taken.add(book, e)
		case b.strict:
			return nil, err
		default:
			b.flag(fault.Of(err).Code)
		}
	}
	if left == 0 {
		return taken, nil
	}
	spend := book.SpendAllowingDebt
	if b.strict {
		spend = book.Spend
	}
	e, err := spend(post, left)
	if err != nil {
		return nil, err
	}
	if taken.add(book, e); taken.Debt > 0 {
		b.flag("points.short", rules.Num("points", taken.Debt))
	}
	return taken, nil
}

// commitHold commits as many points of a hold as it has, up to points.
func commitHold(book *ledger.Book, post ledger.Posting, id ident.ID, points int64) (*ledger.Entry, error) {
	h, err := book.Hold(id)
	if err != nil {
		return nil, err
	}
	return book.CommitHold(post, id, min(points, h.Points))
}

// add sums what an entry took into the answer.
func (t *PointsTaken) add(book *ledger.Book, e *ledger.Entry) {
	for _, x := range e.Pieces {
		if x.Source == ledger.Indebted {
			t.Debt -= x.Points
		} else if l := book.Lot(x.Lot); l != nil {
			t.Lots = append(t.Lots, LotPart{lotText(l.ID), -x.Points})
		}
	}
}
