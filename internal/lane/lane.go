package lane

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/limit"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/tier"
)

// Lane commits works in groups on one database. It is safe for use by many
// goroutines; several lanes, also in other processes, may run on one
// PostgreSQL database.
type Lane struct {
	db         *db.DB
	members    *member.Members
	programmes *programme.Cache
	queues     []*queue // one for each committer
	parked     func(*purchase.Parked) (*Work, error)

	policies Policies
	last     atomic.Pointer[moment]
}

// New starts a lane.
func New(d *db.DB, members *member.Members, programmes *programme.Cache) *Lane {
	l := &Lane{db: d, members: members, programmes: programmes}
	for range committers(d.Engine()) {
		l.queues = append(l.queues, newQueue(l.commit))
	}
	return l
}

// OnParked tells the lane how a return that waited for its purchase is done:
// when the purchase is written, the work made here runs in the same
// transaction. Call it before the first work.
func (l *Lane) OnParked(f func(*purchase.Parked) (*Work, error)) { l.parked = f }

// Read runs fn on one snapshot of the lane's database.
func (l *Lane) Read(ctx context.Context, fn func(*db.Tx) error) error { return l.db.Read(ctx, fn) }

// Close lets everything handed in finish.
func (l *Lane) Close() {
	for _, q := range l.queues {
		q.close()
	}
}

// Waiting is how many parcels wait, for metrics.
func (l *Lane) Waiting() (n int) {
	for _, q := range l.queues {
		n += len(q.parcels)
	}
	return n
}

// Do hands in one work and waits for its answer, which is given after the
// commit. Faults beside the work's own: lane.full, lane.closed,
// lane.interrupted (Ambiguous), db.ambiguous; repeating with the same key
// always finds out.
func (l *Lane) Do(ctx context.Context, w *Work) (any, error) {
	t := &task{work: w}
	if err := l.submit(ctx, []*task{t}); err != nil {
		return nil, err
	}
	return t.answer, t.err
}

// Outcome is the answer to one work of several.
type Outcome struct {
	Answer any
	Err    error
}

// DoAll hands in several works, which share commits of up to 512, and waits
// for all answers. Each work stands for itself. The error is that of handing
// in; works already answered by then keep their outcome.
func (l *Lane) DoAll(ctx context.Context, works []*Work) ([]Outcome, error) {
	out := make([]Outcome, len(works))
	for from := 0; from < len(works); from += maxBatch {
		part := works[from:min(len(works), from+maxBatch)]
		tasks := make([]*task, len(part))
		for i, w := range part {
			tasks[i] = &task{work: w}
		}
		if err := l.submit(ctx, tasks); err != nil {
			return out, err
		}
		for i, t := range tasks {
			out[from+i] = Outcome{t.answer, t.err}
		}
	}
	return out, nil
}

// Try judges one work on what is recorded now and writes nothing: its answer
// is what Do would have given.
func (l *Lane) Try(ctx context.Context, w *Work) (any, error) {
	t := &task{work: w}
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		b := batch{lane: l, tx: tx, tasks: []*task{t}, dry: true}
		return b.run()
	})
	if err != nil {
		return nil, err
	}
	return t.answer, t.err
}

// commit judges and writes a batch, and what another batch got in the way of
// in batches after it.
func (l *Lane) commit(tasks []*task) {
	for len(tasks) > 0 {
		tasks = l.attempt(tasks)
	}
}

// attempt judges and writes one batch in one transaction and returns what is
// left for another. When the batch as a whole fails it is split until the work
// that fails stands alone; an outcome that is unknown is never tried again.
func (l *Lane) attempt(tasks []*task) (left []*task) {
	left, err := l.write(tasks)
	for try := 1; raced(err) && try < maxRaces; try++ {
		left, err = l.write(tasks)
	}
	switch {
	case err == nil:
		return left
	case len(tasks) == 1 || unknown(err):
		for _, t := range tasks {
			t.answer, t.err = nil, err
		}
		return nil
	}
	half := len(tasks) / 2
	return append(l.attempt(tasks[:half]), l.attempt(tasks[half:])...)
}

// maxRaces is how often a batch may lose a race as a whole before it is split.
// Who wins one takes something away, so races end.
const maxRaces = 10

// raced reports that another process took a natural key, a caller's key or a
// budget in between: the batch is judged anew on what stands there now.
func raced(err error) bool {
	return errors.Is(err, errAgain) || fault.Is(err, "purchase.key_taken") || fault.Is(err, "limit.changed")
}

// unknown reports a failure that splitting cannot help.
func unknown(err error) bool {
	k := fault.Of(err).Kind
	return k == fault.Ambiguous || k == fault.Unavailable
}

func (l *Lane) write(tasks []*task) (left []*task, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("lane: a work panicked: %v", p)
		}
	}()
	err = l.db.Write(context.Background(), func(tx *db.Tx) error {
		for _, t := range tasks {
			t.answer, t.err = nil, nil
		}
		b := batch{lane: l, tx: tx, tasks: tasks}
		err := b.run()
		left = b.left
		return err
	})
	if limit.Overshot(err) {
		err = fault.New(fault.Conflict, "limit.changed").Because(err)
	}
	return left, err
}

// moment is what the published versions come to, as one transaction sees
// them. It never changes.
type moment struct {
	timeline *programme.Timeline
	better   []*plan.Programme // versions with apply_to_existing: if_better
	tiers    *tier.Rules
	pools    bool // some version lets households pool points: there may be such
}

// moment reads the programme's timeline and what follows from it.
func (l *Lane) moment(tx *db.Tx) (*moment, error) {
	t, err := l.programmes.Load(tx)
	if err != nil {
		return nil, err
	}
	if m := l.last.Load(); m != nil && m.timeline == t {
		return m, nil
	}
	all, err := t.All()
	if err != nil {
		return nil, err
	}
	m := &moment{timeline: t, tiers: TierRules(all)}
	for _, p := range all {
		if p.ApplyToExisting {
			m.better = append(m.better, p)
		}
		m.pools = m.pools || p.Household != nil && p.Household.Points == "pooled"
	}
	l.last.Store(m)
	return m, nil
}

// errAgain asks for the whole batch to be judged anew on what stands there
// now: another process took a key or a budget in between.
var errAgain = errors.New("lane: judge again")
