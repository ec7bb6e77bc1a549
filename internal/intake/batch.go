package intake

import (
	"context"
	"strings"
)

// BatchSize is how many items go to the sink at once.
const BatchSize = 300

// planned is an item's place in the file's stream and what was known of it.
type planned struct {
	hash     string
	known    Known
	refunded int64
	sale     *seenRow // of a refund: the sale's row, to note the sum refunded so far
}

// batcher collects items, leaves out what is known, turns changed orders
// into revisions, and writes the rest.
type batcher struct {
	ctx    context.Context
	known  Lookup
	write  func(items []Item, plans []planned) ([]Outcome, error)
	counts *Counts
	note   func([]Problem)
	held   []Item
	table  *table // of the file, once it is known
	self   string // this import: what it wrote itself is not to be revised by a second part of it
}

func (b *batcher) add(it Item) error {
	b.held = append(b.held, it)
	if len(b.held) < BatchSize {
		return nil
	}
	return b.flush()
}

func (b *batcher) flush() error {
	if len(b.held) == 0 {
		return nil
	}
	known, err := b.lookup()
	if err != nil {
		return err
	}
	var items []Item
	var plans []planned
	batch := make(map[Key]Known, len(b.held))
	for i := range b.held {
		it := &b.held[i]
		key, hash := it.Key(), it.fingerprint()
		k, is := known[key]
		if first, twice := batch[key]; twice {
			k, is = first, true
		}
		p := planned{hash: hash, known: k, refunded: max(k.Refunded, it.refunded)}
		batch[key] = Known{Hash: hash, Revision: k.Revision, Refunded: p.refunded, Import: b.self}
		s, bad := b.standing(it, k, is, hash)
		switch {
		case bad != "":
			b.counts.Refused++
			b.note([]Problem{{Row: it.Row, Code: bad}})
		case s == Already:
			b.counts.count(it, Already)
		default:
			if s == Revised && it.Kind == KindSale { // a member's row has no state to replace: the sink knows her
				it.Sale.Revision = k.Revision + 1
			}
			items, plans = append(items, *it), append(plans, p)
		}
		if it.Kind == KindSale && it.refunded > 0 && it.flags&flagVoid == 0 && s != Refused {
			if part, ok := partly(it, k.Refunded); ok {
				q := planned{hash: part.Hash()}
				if s == Already {
					q.sale = &seenRow{key, Known{Hash: k.Hash, Revision: k.Revision, Refunded: it.refunded}}
				}
				items, plans = append(items, part), append(plans, q)
			}
		}
	}
	b.held = b.held[:0]
	return b.send(items, plans)
}

func (b *batcher) lookup() (map[Key]Known, error) {
	if b.known == nil {
		return nil, nil
	}
	keys := make([]Key, len(b.held))
	for i := range b.held {
		keys[i] = b.held[i].Key()
	}
	return b.known(b.ctx, keys)
}

// standing is how an item stands to what is recorded under its key. A void
// order that is known needs no revision, its return does the rest.
func (b *batcher) standing(it *Item, k Known, is bool, hash string) (Status, string) {
	switch {
	case !is:
		return New, ""
	case k.Hash == hash || k.Hash == "" || it.Kind == KindReturn || it.Kind == KindOpening || it.Kind == KindEvent:
		return Already, ""
	case it.Kind == KindMember && it.Member.Implied, it.flags&flagVoid != 0:
		return Already, ""
	case it.flags&flagSummary != 0 && !strings.HasSuffix(k.Hash, summaryMark):
		return Already, "" // its lines are known already
	case k.Import == b.self && it.Kind == KindSale:
		return Refused, "order.split"
	case k.Import == b.self:
		return Refused, "file.twice"
	}
	return Revised, ""
}

func (b *batcher) send(items []Item, plans []planned) error {
	out, err := b.write(items, plans)
	if err != nil {
		return err
	}
	for i := range items {
		b.counts.take(&items[i], &out[i])
		if f := out[i].Fault; out[i].Status == Refused && f != nil {
			b.note([]Problem{b.table.placed(&items[i], f)})
		}
	}
	return nil
}
