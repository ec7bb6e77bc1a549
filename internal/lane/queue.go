package lane

import (
	"context"
	"sync"
	"time"

	"joren/internal/fault"
	"joren/internal/purchase"
)

// maxBatch is how many works share one commit. At 512 the cost of the commit
// is lost in the noise and the slowest caller still waits only tens of
// milliseconds.
const maxBatch = 512

// maxQueue bounds what may wait. A full queue answers lane.full at once, so
// that memory and waiting stay bounded under any load.
const maxQueue = 4 * maxBatch

// A parcel is what one caller hands in: one work, or the works of a bulk
// request, which so share a commit.
type parcel struct {
	tasks []*task
	done  chan struct{}
	gone  <-chan struct{} // closed when the caller no longer waits
}

// A task is one work on its way through the lane.
type task struct {
	work   *Work
	answer any
	err    error
	losses int              // how often another batch changed its account first
	parked *purchase.Parked // a return that waited; nobody waits for its answer
}

// queue collects parcels into batches for one committer: while a batch
// commits, the next one fills. Callers who were just answered often ask again
// at once, and a batch that waits a moment for them is one batch instead of
// two half ones; so it does, as long as they come.
type queue struct {
	parcels  chan parcel
	commit   func([]*task) // sets answer or err of each
	stop     sync.Once
	stopped  chan struct{}
	drained  chan struct{}
	answered int // parcels of the last batch
	shy      int // batches yet that do not wait, because waiting was in vain
}

const (
	linger    = 2 * time.Millisecond // at most; a fraction of what a batch takes
	pause     = linger / 4           // without anybody coming ends it sooner
	lingerFor = 4                    // fewer callers than this are not waited for
	shyness   = 32                   // batches after one that waited in vain
)

func newQueue(commit func([]*task)) *queue {
	q := &queue{
		parcels: make(chan parcel, maxQueue),
		commit:  commit,
		stopped: make(chan struct{}),
		drained: make(chan struct{}),
	}
	go q.run()
	return q
}

// submit hands in works and waits for their answers. It fails with lane.full
// when too much waits, lane.closed after close, and lane.interrupted (kind
// Ambiguous) when ctx ends while the works may already be committed.
func (q *queue) submit(ctx context.Context, tasks []*task) error {
	p := parcel{tasks: tasks, done: make(chan struct{}), gone: ctx.Done()}
	select {
	case <-q.stopped:
		return fault.New(fault.Unavailable, "lane.closed")
	default:
	}
	select {
	case q.parcels <- p:
	default:
		return fault.New(fault.Unavailable, "lane.full")
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return fault.New(fault.Ambiguous, "lane.interrupted").Because(ctx.Err())
	case <-q.drained:
		select {
		case <-p.done: // it was in the last batch
			return nil
		default:
			return fault.New(fault.Unavailable, "lane.closed")
		}
	}
}

// close lets everything handed in finish and stops the committer.
func (q *queue) close() {
	q.stop.Do(func() { close(q.stopped) })
	<-q.drained
}

func (q *queue) run() {
	defer close(q.drained)
	for {
		select {
		case p := <-q.parcels:
			q.batch(p)
		case <-q.stopped:
			for {
				select {
				case p := <-q.parcels:
					q.batch(p)
				default:
					return
				}
			}
		}
	}
}

// batch commits p together with everything that waits, up to maxBatch works.
func (q *queue) batch(p parcel) {
	parcels := make([]parcel, 0, 64)
	tasks := make([]*task, 0, 64)
	add := func(p parcel) {
		select {
		case <-p.gone: // nobody waits for it and nothing was done: drop it
			close(p.done)
		default:
			parcels = append(parcels, p)
			tasks = append(tasks, p.tasks...)
		}
	}
	add(p)
	for len(tasks) < maxBatch {
		select {
		case p := <-q.parcels:
			add(p)
			continue
		default:
		}
		break
	}
	q.wait(len(parcels), func(p parcel) bool { add(p); return len(tasks) < maxBatch })
	if len(tasks) > 0 {
		q.commit(tasks)
	}
	for _, p := range parcels {
		close(p.done)
	}
	q.answered = len(parcels)
}

// wait gives those who were just answered, and of whom some have come back, a
// moment to come back too.
func (q *queue) wait(back int, add func(parcel) (more bool)) {
	if q.shy > 0 {
		q.shy--
		return
	}
	if q.answered < lingerFor {
		return
	}
	late, quiet := time.NewTimer(linger), time.NewTimer(linger)
	defer late.Stop()
	defer quiet.Stop()
	for came := 0; came < q.answered; came++ {
		select {
		case p := <-q.parcels:
			if !add(p) {
				return
			}
			quiet.Reset(pause)
			continue
		case <-late.C:
		case <-quiet.C:
		case <-q.stopped:
		}
		if back+came < q.answered/2 {
			q.shy = shyness
		}
		return
	}
}
