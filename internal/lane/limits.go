package lane

import (
	"joren/internal/ident"
	"joren/internal/limit"
	"joren/internal/rules"
)

// shared names a counter that many members use: what one work of a round
// takes from it is gone for the next.
type shared struct {
	limit, store string
	from         int32
}

func sharedOf(k rules.LimitKey) shared { return shared{k.Limit, k.Store, int32(k.From)} }

// limits locks the counters all members share and loads what every ask's
// counters have used.
func (b *batch) limits(desks []*Desk, asks []*rules.Ask) error {
	keys := make([][]rules.LimitKey, 0, len(asks))
	var common []rules.LimitKey
	for _, d := range desks {
		if d.ask == nil {
			continue
		}
		d.limits = nil
		if d.ask.Needs.Limits {
			d.limits = d.Programme.Rules.LimitKeys(d.Occasion)
		}
		keys = append(keys, d.limits)
		for _, k := range d.limits {
			if !k.Member {
				common = append(common, k)
			}
		}
	}
	if len(common) > 0 && !b.dry {
		if err := limit.Lock(b.tx, common); err != nil {
			return err
		}
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
func (b *batch) takeRoom(d *Desk) {
	for _, c := range d.save.counts {
		if !c.Key.Member {
			b.used[sharedOf(c.Key)] += c.Delta
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
