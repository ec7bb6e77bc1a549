package measure

import (
	"joren/internal/db"
	"joren/internal/halves"
	"joren/internal/insight"
	"joren/internal/purchase"
)

// everyPurchase streams all purchases. Rows are read on one goroutine, their
// lines on a second, and fn has a third: each is about as much work.
func everyPurchase(tx *db.Tx, fn func([]insight.Purchase) error) error {
	return halves.Stages(func(next *halves.Beside[*toldBatch]) error {
		owed := map[int32]insight.Line{}
		b := newToldBatch(owed)
		err := purchase.EachSold(tx, func(s *purchase.Sold) error {
			if err := b.tell(s); err != nil || len(b.list) < toldAtOnce {
				return err
			}
			err := next.Put(b)
			if b = next.Empty(); b == nil {
				b = newToldBatch(owed)
			}
			b.emptied()
			return err
		})
		if err == nil {
			err = next.Put(b)
		}
		return err
	}, func(b *toldBatch) error { return fn(b.list) })
}

const toldAtOnce = 512

// A toldBatch is some purchases with their lines in one piece of memory.
type toldBatch struct {
	list  []insight.Purchase
	lines []insight.Line
	line  func(*purchase.SoldLine) // adds one
	owed  map[int32]insight.Line   // words that were told in a line of which nothing stayed
}

func newToldBatch(owed map[int32]insight.Line) *toldBatch {
	b := &toldBatch{owed: owed}
	b.line = b.addLine
	return b
}

func (b *toldBatch) emptied() *toldBatch {
	b.list, b.lines = b.list[:0], b.lines[:0]
	return b
}

// told tells insight of purchases, one after another.
func told(fn func([]insight.Purchase) error) func(*purchase.Sold) error {
	b := newToldBatch(nil)
	return func(s *purchase.Sold) error {
		if err := b.emptied().tell(s); err != nil {
			return err
		}
		return fn(b.list)
	}
}

// tell adds a purchase as insight reads it. One of which nothing is kept leaves
// no amount, whatever its returns say they paid back.
func (b *toldBatch) tell(s *purchase.Sold) error {
	from := len(b.lines)
	if !s.Guest {
		if err := s.EachLine(b.line); err != nil {
			return err
		}
	}
	p := insight.Purchase{Member: s.Member, Guest: s.Guest, Day: s.Day, Store: s.Store, Channel: s.Channel,
		Gross: s.Value, Net: max(0, s.Value-s.Returned), Eligible: s.Eligible, Kept: s.Kept, Lines: b.lines[from:]}
	if !s.Kept {
		p.Net = 0
	}
	b.list = append(b.list, p)
	return nil
}

func (b *toldBatch) addLine(l *purchase.SoldLine) {
	k := keptLine(l)
	switch {
	case k.Quantity > 0 && !l.Fee: // a fee is no product
		if len(b.owed) > 0 {
			b.tellOwed(&k)
		}
		b.lines = append(b.lines, k)
	case k.Words > 0 && k.Product != "":
		b.owed[k.Words] = k
	}
}

// tellOwed tells the words of a line that are told only once, and were of one
// that was left out.
func (b *toldBatch) tellOwed(l *insight.Line) {
	if first, ok := b.owed[l.Words]; ok && l.Words > 0 {
		l.Product, l.Name, l.Category = first.Product, first.Name, first.Category
		delete(b.owed, l.Words)
	}
}

// keptLine is what stayed of a line. A price correction lowers the purchase,
// not its lines: which of them it was about is in the return alone.
func keptLine(l *purchase.SoldLine) insight.Line {
	left := l.Quantity - l.Returned
	out := insight.Line{Product: l.SKU, Quantity: left, Name: l.Name, Category: l.Category, Words: l.Words}
	if out.Product == "" {
		out.Product = l.Name
	}
	if l.Quantity > 0 {
		out.Amount = l.Value / l.Quantity * left
		out.Amount += l.Value % l.Quantity * left / l.Quantity
	}
	return out
}
