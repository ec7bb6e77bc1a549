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

// counters are the limit counters a round may use: of each ask, and those of
// them that all members share.
type counters struct {
	asks   []*rules.Ask
	keys   [][]rules.LimitKey
	common []rules.LimitKey
	again  bool // a shared one was locked only after they were read
}

func countersOf(desks []*Desk, asks []*rules.Ask) *counters {
	c := &counters{asks: asks}
	for _, d := range desks {
		if d.ask == nil {
			continue
		}
		d.limits = nil
		if d.ask.Needs.Limits {
			d.limits = d.Programme.Rules.LimitKeys(d.Occasion)
		}
		c.keys = append(c.keys, d.limits)
		for _, k := range d.limits {
			if !k.Member {
				c.common = append(c.common, k)
			}
		}
	}
	return c
}

// lock takes the counters that all members share. It stands before [counters.read]
// in the same message, so what is read is what is locked.
func (c *counters) lock(b *batch) (err error) {
	if len(c.common) > 0 && !b.dry {
		c.again, err = limit.Lock(b.tx, c.common)
	}
	return err
}

func (c *counters) read(b *batch) error { return limit.FillFacts(b.tx, c.asks, c.keys) }

// settle reads once more when locking took more than the one message.
func (c *counters) settle(b *batch) error {
	if !c.again {
		return nil
	}
	return c.read(b)
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
