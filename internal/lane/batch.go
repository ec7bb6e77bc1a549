package lane

import (
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/idem"
	"joren/internal/ident"
	"joren/internal/limit"
	"joren/internal/outbox"
	"joren/internal/purchase"
)

// batch is what shares one transaction.
type batch struct {
	*moment
	lane   *Lane
	tx     *db.Tx
	tasks  []*task
	dry    bool             // nothing is written
	used   map[shared]int64 // by the works before
	spends []limit.Add      // what they took from shared counters
	events []outbox.Event

	awaited bool           // a parked return waits for a purchase of this batch
	written []purchase.Key // purchases written, whose parked returns may be done
	revived []*task        // parked returns being done
	refused []*purchase.Parked
	stale   []*task // found their account closed, their holder being another by now, or torn
	later   []*task // wait for the next round: an account they need is in use

	mine map[ident.ID]bool // holders whose accounts the transaction has locked
	left []*task           // are for a batch of their own
}

// maxLosses is how often a work may lose its account to others before its
// caller is told to try again.
const maxLosses = 5

// run judges the tasks in rounds. In each, every holder and every key stands
// at most once, in the order handed in, so that later works see what earlier
// ones did.
func (b *batch) run() error {
	b.used, b.mine = map[shared]int64{}, map[ident.ID]bool{}
	waiting, err := b.rounds(b.tasks)
	for err == nil && len(waiting) > 0 && !b.dry {
		waiting, err = b.rounds(waiting)
	}
	if err != nil || b.dry {
		return err
	}
	if err := limit.SaveShared(b.tx, b.spends); err != nil {
		return err
	}
	return outbox.Append(b.tx, b.events...)
}

// rounds judges tasks in as many rounds as they need and returns the parked
// ones that may be done now.
func (b *batch) rounds(tasks []*task) (revived []*task, err error) {
	for len(tasks) > 0 {
		if tasks, err = b.next(tasks); err != nil {
			return nil, err
		}
	}
	if b.dry {
		return nil, nil
	}
	return b.revive()
}

// next is one round; it returns what waits for another.
func (b *batch) next(tasks []*task) (waiting []*task, err error) {
	desks, err := b.sit(tasks)
	if err != nil {
		return nil, err
	}
	round, rest := b.distinct(b.reachable(desks))
	lost, err := b.round(round)
	if err != nil {
		return nil, err
	}
	lost = b.retry(append(lost, b.stale...))
	waiting = append(b.later, rest...)
	b.later, b.stale = nil, nil
	if len(lost) == 0 || b.dry {
		return append(lost, waiting...), nil
	}
	return b.leave(append(lost, waiting...)), nil
}

// expectParked looks whether a return waits for a purchase about to be made.
func (b *batch) expectParked(desks []*Desk) error {
	var keys []purchase.Key
	for _, d := range desks {
		if k := d.task.work.Key; k.Kind == "purchase" && !d.idle() {
			keys = append(keys, k)
		}
	}
	waits, err := purchase.AnyParked(b.tx, keys)
	b.awaited = b.awaited || waits
	return err
}

// revive takes out the parked returns of the purchases just written and makes
// works of them.
func (b *batch) revive() ([]*task, error) {
	keys := b.written
	b.written = nil
	if len(keys) == 0 || !b.awaited || b.lane.parked == nil {
		return nil, b.repark()
	}
	b.awaited = false
	list, err := purchase.Unpark(b.tx, keys)
	if err != nil {
		return nil, err
	}
	var tasks []*task
	for i := range list {
		w, err := b.lane.parked(&list[i])
		if err != nil {
			b.refused = append(b.refused, &list[i])
			continue
		}
		t := &task{work: w, parked: &list[i]}
		b.revived = append(b.revived, t)
		tasks = append(tasks, t)
	}
	if len(tasks) == 0 {
		return nil, b.repark()
	}
	return tasks, nil
}

// repark puts parked returns back that their purchase does not bear, for a
// person to look at.
func (b *batch) repark() error {
	for _, t := range b.revived {
		if t.err != nil {
			b.refused = append(b.refused, t.parked)
		}
	}
	b.revived = nil
	for _, p := range b.refused {
		if err := purchase.Park(b.tx, &p.Input, p.At); err != nil {
			return err
		}
	}
	b.refused = nil
	return nil
}

// retry lets tasks that lost their account be judged again, but not for ever.
func (b *batch) retry(lost []*task) []*task {
	var again []*task
	for _, t := range lost {
		if t.losses++; t.losses >= maxLosses {
			t.err = fault.New(fault.Unavailable, "lane.contended")
			continue
		}
		again = append(again, t)
	}
	return again
}

// distinct splits desks into those of this round and the tasks that wait for
// the next: the second work of a holder, of a natural key or of a caller's
// key. Finished ones take no place.
func (b *batch) distinct(desks []*Desk) (round []*Desk, rest []*task) {
	holders := make(map[ident.ID]bool, len(desks))
	keys := make(map[purchase.Key]bool, len(desks))
	requests := map[idem.Key]bool{}
	for _, d := range desks {
		w := d.task.work
		claims := []purchase.Key{w.Key, w.Order}
		busy := !d.Holder.IsZero() && holders[d.Holder] || w.Request != nil && requests[w.Request.Key]
		for _, k := range claims {
			busy = busy || k.Source != "" && keys[k]
		}
		if busy {
			rest = append(rest, d.task)
		} else {
			round = append(round, d)
		}
		// A work that waits keeps its place before later ones of the same holder.
		if !d.Holder.IsZero() {
			holders[d.Holder] = true
		}
		for _, k := range claims {
			if k.Source != "" {
				keys[k] = true
			}
		}
		if w.Request != nil {
			requests[w.Request.Key] = true
		}
	}
	return round, rest
}

// refuse ends a desk with an error; nothing of it is written.
func (d *Desk) refuse(err error) {
	d.task.answer, d.task.err = nil, err
	d.over = true
	d.save = effects{}
	d.books = nil
}

// finished reports that nothing more is to be judged.
func (d *Desk) finished() bool { return d.over }
