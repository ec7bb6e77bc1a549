package lane

import (
	"joren/internal/ident"
	"joren/internal/limit"
	"joren/internal/rules"
)

// shared names a counter that many members use: what one work of a batch
// takes from it is gone for the next, and is written at the batch's end.
type shared struct {
	limit, store string
	from         int32
}

func sharedOf(k rules.LimitKey) shared { return shared{k.Limit, k.Store, int32(k.From)} }

// counters fills what limits have used up. Nothing is locked for it: two
// batches may see the same room, and [limit.SaveShared] refuses the second,
// which is judged again on what the first has left.
func (b *batch) counters(desks []*Desk, asks []*rules.Ask) error {
	var keys [][]rules.LimitKey
	for _, d := range desks {
		if d.ask == nil {
			continue
		}
		d.limits = nil
		if d.ask.Needs.Limits {
			d.limits = d.Programme.Rules.LimitKeys(d.Occasion)
		}
		keys = append(keys, d.limits)
	}
	return limit.FillFacts(b.tx, asks, keys)
}

// showRoom tells a desk what the works before it took.
func (b *batch) showRoom(d *Desk) {
	for _, k := range d.limits {
		if n := b.used[sharedOf(k)]; n != 0 && !k.Member {
			d.Facts.Used[k.Limit] += n
		}
	}
}

// takeRoom notes what a desk took, for those after it.
func (b *batch) takeRoom(d *Desk) { b.countRoom(d, 1) }

// giveRoom takes it back of a desk that is not written.
func (b *batch) giveRoom(d *Desk) { b.countRoom(d, -1) }

func (b *batch) countRoom(d *Desk, sign int64) {
	for _, c := range d.save.counts {
		if !c.Key.Member {
			b.used[sharedOf(c.Key)] += sign * c.Delta
		}
	}
}

// adds are the desk's counts for package limit.
func (d *Desk) adds() limit.Add {
	var m ident.ID
	if d.Member != nil {
		m = d.Member.ID
	}
	return limit.Add{Member: m, Counts: d.save.counts}
}
