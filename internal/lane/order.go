package lane

import (
	"joren/internal/ident"
	"joren/internal/ledger"
)

// All batches, also those of other processes, take their locks in one order, so
// that they never wait for each other in a circle: accounts by holder, what
// stands behind an account, natural keys in their order, the counters that all
// members share, the numbers of the events. So the first round locks all the
// accounts a batch may change; a later task that needs another one, or lost its
// own, is left for a batch of its own with all that come after it.

// reachable leaves out the desks whose accounts are to be locked only now,
// when others already are.
func (b *batch) reachable(desks []*Desk) (near []*Desk) {
	for _, d := range desks {
		if b.tooLate(d, d.Holder) {
			b.left = append(b.left, d.task)
		} else {
			near = append(near, d)
		}
	}
	return near
}

// tooLate reports that a holder's account can no longer be locked in order.
// What was parked was taken out in this transaction and has to stay in it.
func (b *batch) tooLate(d *Desk, holder ident.ID) bool {
	return len(b.mine) > 0 && !b.mine[holder] && !holder.IsZero() && !d.finished() && d.task.parked == nil
}

// own notes whose accounts are locked with books.
func (b *batch) own(books []*ledger.Book) {
	for _, k := range books {
		if k.Changed() {
			b.mine[k.Holder] = true
		}
	}
}

// leave keeps tasks for a batch of their own.
func (b *batch) leave(tasks []*task) (here []*task) {
	for _, t := range tasks {
		if t.parked != nil {
			here = append(here, t)
		} else {
			b.left = append(b.left, t)
		}
	}
	return here
}
