package measure

import (
	"cmp"

	"joren/internal/db"
	"joren/internal/halves"
	"joren/internal/insight"
	"joren/internal/purchase"
)

// everyPurchase streams all purchases. Rows are read on one goroutine, their
// lines on a second, and fn has a third: each is about as much work.
func everyPurchase(tx *db.Tx, fn func(*insight.Batch) error) error {
	return halves.Stages(func(next *halves.Beside[*toldBatch]) error {
		words, known := purchase.NewSoldWords(), 0
		b := newToldBatch()
		put := func() error {
			b.name(words.List[known:])
			known = len(words.List)
			return next.Put(b)
		}
		err := purchase.EachSold(tx, words, func(s *purchase.Sold) error {
			if err := b.tell(s); err != nil || len(b.List) < toldAtOnce {
				return err
			}
			err := put()
			if b = next.Empty(); b == nil {
				b = newToldBatch()
			}
			b.emptied()
			return err
		})
		if err == nil {
			err = put()
		}
		return err
	}, func(b *toldBatch) error { return fn(&b.Batch) })
}

const toldAtOnce = 512

// A toldBatch is some purchases with their lines in one piece of memory.
type toldBatch struct {
	insight.Batch
	lines []insight.Line
	line  func(*purchase.SoldLine) // adds one
}

func newToldBatch() *toldBatch {
	b := &toldBatch{}
	b.line = b.addLine
	return b
}

func (b *toldBatch) emptied() *toldBatch {
	b.List, b.Words, b.lines = b.List[:0], b.Words[:0], b.lines[:0]
	return b
}

// name adds what products are called by.
func (b *toldBatch) name(list []purchase.SoldName) {
	for _, n := range list {
		b.Words = append(b.Words, insight.Words{Product: cmp.Or(n.SKU, n.Name), Name: n.Name, Category: n.Category})
	}
}

// told tells insight of purchases, one after another.
func told(fn func(*insight.Batch) error) func(*purchase.Sold) error {
	b := newToldBatch()
	return func(s *purchase.Sold) error {
		if err := b.emptied().tell(s); err != nil {
			return err
		}
		return fn(&b.Batch)
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
	b.List = append(b.List, p)
	return nil
}

func (b *toldBatch) addLine(l *purchase.SoldLine) {
	if k := keptLine(l); k.Quantity > 0 && !l.Fee { // a fee is no product
		b.lines = append(b.lines, k)
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
