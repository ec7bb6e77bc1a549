package ledger

import (
	"cmp"
	"slices"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Want says which account to load and what more than its open lots and holds.
type Want struct {
	Key
	Policy    *Policy
	Shallow   bool       // no lots, where the head alone will do: points are only given
	Deep      bool       // every lot, for late activities and merges
	Awards    []ident.ID // for clawbacks and give-backs of these awards, and late events; implies Deep
	Purchases []ident.ID // for refunds: the debits of these purchases; implies Deep
	Debits    []int64    // for refunds: debits by number; implies Deep
	Holds     []ident.ID // these holds though closed, and their debits; implies Deep
}

func (w *Want) deep() bool {
	return w.Deep || len(w.Awards)+len(w.Purchases)+len(w.Debits)+len(w.Holds) > 0
}

// Load reads any number of accounts at once, in the order of the wants; an
// account without rows comes as a new book. Wants of one account share a book.
//
// Outside a snapshot (READ COMMITTED) another writer may commit between its
// statements; such a torn account is read again. Fault: ledger.broken when it
// stays at odds with itself, which verify will explain.
func Load(tx *db.Tx, wants []Want) ([]*Book, error) {
	got := make(map[Key]*Book, len(wants))
	todo := wants
	for try := 1; len(todo) > 0; try++ {
		l, err := load(tx, todo)
		if err != nil {
			return nil, err
		}
		torn := map[Key]bool{}
		for _, b := range l.order {
			got[b.Key], b.Torn = b, try > 1
			if !b.index() {
				torn[b.Key] = true
				if try == 8 {
					return nil, fault.New(fault.Internal, "ledger.broken", "holder", b.Holder, "type", b.Type)
				}
			}
		}
		if len(torn) == 0 {
			break
		}
		todo = slices.DeleteFunc(slices.Clone(todo), func(w Want) bool { return !torn[w.Key] })
	}
	out := make([]*Book, len(wants))
	for i := range wants {
		out[i] = got[wants[i].Key]
	}
	return out, nil
}

func load(tx *db.Tx, wants []Want) (*loader, error) {
	l := &loader{tx: tx, books: make(map[Key]*Book, len(wants))}
	for i := range wants {
		l.add(&wants[i])
	}
	for _, step := range []func([]Want) error{l.heads, l.lots, l.holds, l.past} {
		if err := step(wants); err != nil {
			return nil, err
		}
	}
	return l, nil
}

type loader struct {
	tx    *db.Tx
	books map[Key]*Book
	order []*Book
}

func (l *loader) add(w *Want) {
	b := l.books[w.Key]
	if b == nil {
		b = NewBook(w.Key, w.Policy)
		b.deep, b.shallow = false, true
		l.books[w.Key] = b
		l.order = append(l.order, b)
	}
	b.deep = b.deep || w.deep()
	b.shallow = b.shallow && w.Shallow
}

// index sorts what came in no promised order, sums what holds hold, and
// reports whether head, lots and holds agree.
func (b *Book) index() bool {
	if b.shallow {
		return true // one row cannot be torn
	}
	slices.SortFunc(b.lots, func(x, y *Lot) int { return cmp.Compare(x.No, y.No) })
	slices.SortFunc(b.holds, func(x, y *Hold) int { return x.ID.Compare(y.ID) })
	bySeq := func(x, y *Entry) int { return cmp.Compare(x.Seq, y.Seq) }
	slices.SortFunc(b.takes, bySeq)
	slices.SortFunc(b.debits, bySeq)
	open, held := int64(0), int64(0)
	for _, h := range b.holds {
		if h.State != HoldOpen {
			continue
		}
		held += h.Points
		for _, r := range h.Lots {
			l := b.Lot(r.Lot)
			if l == nil {
				return false
			}
			l.held += r.Points
		}
	}
	for _, l := range b.lots {
		open += l.Remaining
		if l.held > l.Remaining || l.No > b.LastLot {
			return false
		}
	}
	b.deep = b.deep || b.Version == 0
	return b.Balance == open-b.Debt && b.Held == held
}
