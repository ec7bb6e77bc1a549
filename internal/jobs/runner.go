package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Handler does the work of one kind. Its context ends when a person cancels
// the job, when the lease is lost or when the process must stop; it should
// then return soon. It may run again: its effects are idempotent, or written
// with [Job.Write].
type Handler func(ctx context.Context, j *Job) error

// Job is one run of a job.
type Job struct {
	ID   ident.ID
	Kind string
	Args json.RawMessage
	Try  int // from 1

	runner *Runner
	c      claimed
}

// Decode reads the args; a mismatch makes the job dead, not tried again.
func (j *Job) Decode(to any) error {
	if err := json.Unmarshal(j.Args, to); err != nil {
		return Permanent(fault.New(fault.Internal, "jobs.args", "kind", j.Kind).Because(err))
	}
	return nil
}

// Write is db.Write, guarded by the fence: if the lease was lost it writes
// nothing and returns fault jobs.lease_lost.
func (j *Job) Write(ctx context.Context, fn func(*db.Tx) error) error {
	return j.runner.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := j.c.renew(tx, j.runner.Lease); err != nil {
			return err
		}
		return fn(tx)
	})
}

// Progress shows how far the job is; people read it while it runs.
func (j *Job) Progress(ctx context.Context, done, total int64, note string) error {
	return j.Write(ctx, func(tx *db.Tx) error { return j.ProgressIn(tx, done, total, note) })
}

// ProgressIn is Progress inside a transaction of [Job.Write].
func (j *Job) ProgressIn(tx *db.Tx, done, total int64, note string) error {
	_, err := tx.Exec(`UPDATE jobs_job SET done_count = $3, total_count = $4, note = $5 WHERE id = $1 AND fence = $2`,
		j.ID, j.c.fence, done, total, cut(note, 500))
	return err
}

// Runner runs jobs in this process. Set it up, then call Run.
type Runner struct {
	Workers  int           // jobs at a time, default 4
	Lease    time.Duration // default 1 minute; renewed at a third of it
	Interval time.Duration // how often it looks for work, default 1 second
	Grace    time.Duration // what running jobs get to finish when stopping, default 10 seconds

	db       *db.DB
	node     ident.ID
	handlers map[string]Handler
	kinds    []string
	periodic []period
	wake     chan struct{}
}

// NewRunner makes a runner without handlers.
func NewRunner(d *db.DB) *Runner {
	return &Runner{Workers: 4, Lease: time.Minute, Interval: time.Second, Grace: 10 * time.Second,
		db: d, node: ident.New(), handlers: map[string]Handler{}, wake: make(chan struct{}, 1)}
}

// Handle registers the handler of a kind.
func (r *Runner) Handle(kind string, h Handler) {
	if r.handlers[kind] != nil {
		panic("jobs: kind " + kind + " has two handlers")
	}
	r.handlers[kind] = h
	r.kinds = append(r.kinds, kind)
	slices.Sort(r.kinds)
}

// Kinds are those that have a handler, sorted.
func (r *Runner) Kinds() []string { return slices.Clone(r.kinds) }

// Wake makes Run look for work at once; use it with Tx.AfterCommit.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run runs jobs until ctx ends; then it starts none and gives the running ones
// Grace to finish. What is not finished then waits for its next run.
func (r *Runner) Run(ctx context.Context) {
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	var wg sync.WaitGroup
	for range max(1, r.Workers) {
		wg.Go(func() { r.loop(ctx, work) })
	}
	wg.Go(func() { r.scheduling(ctx) })
	<-ctx.Done()
	timer := time.AfterFunc(r.Grace, func() { stop(errShutdown) })
	wg.Wait()
	timer.Stop()
}

var (
	errShutdown  = errors.New("jobs: the process is stopping")
	errCancelled = errors.New("jobs: cancelled")
)

func (r *Runner) loop(ctx, work context.Context) {
	tick := time.NewTicker(r.Interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		ran, err := r.next(ctx, work)
		if err != nil && ctx.Err() == nil {
			slog.Error("jobs: claiming failed", "error", err)
		}
		if ran {
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-r.wake:
		}
	}
}

// RunDue runs due jobs one after another until none is left and reports how
// many; commands and tests use it in place of Run.
func (r *Runner) RunDue(ctx context.Context) (n int, err error) {
	if err := r.schedule(ctx); err != nil {
		return 0, err
	}
	for {
		ran, err := r.next(ctx, ctx)
		if err != nil || !ran {
			return n, err
		}
		n++
	}
}

// next claims and runs one job.
func (r *Runner) next(ctx, work context.Context) (ran bool, err error) {
	if len(r.kinds) == 0 {
		return false, nil
	}
	if due, err := r.due(ctx); err != nil || !due {
		return false, err
	}
	var c claimed
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		c, ran, err = claim(tx, r.node, r.kinds, r.Lease)
		return err
	})
	if err != nil || !ran {
		return false, err
	}
	r.run(work, c)
	return true, nil
}

// due looks without a lock whether there may be something to claim, so that
// idling costs no write.
func (r *Runner) due(ctx context.Context) (due bool, err error) {
	err = r.db.Read(ctx, func(tx *db.Tx) error {
		due, err = db.One(tx, nil, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM jobs_job WHERE state = 'waiting' AND run_at <= $1)
			OR EXISTS (SELECT 1 FROM jobs_job WHERE state = 'running' AND lease_until <= $1)`, tx.Wall)
		return err
	})
	return due, err
}

func (r *Runner) run(work context.Context, c claimed) {
	ctx, cancel := context.WithCancelCause(work)
	var stopped atomic.Bool
	beat := make(chan struct{})
	go func() {
		defer close(beat)
		r.heartbeat(ctx, c, cancel, &stopped)
	}()
	err := r.call(ctx, &Job{ID: c.id, Kind: c.kind, Args: c.args, Try: int(c.tries), runner: r, c: c})
	cancel(nil)
	<-beat
	shutdown := errors.Is(context.Cause(work), errShutdown)
	if err != nil {
		slog.Error("job failed", "job", ident.Job.Text(c.id), "kind", c.kind, "try", c.tries, "code", fault.Of(err).Code, "error", err)
	}
	// Bookkeeping happens even when the process is stopping.
	fin, done := context.WithTimeout(context.WithoutCancel(work), 10*time.Second)
	defer done()
	if err := r.db.Write(fin, func(tx *db.Tx) error {
		return c.finish(tx, c.decide(err, stopped.Load(), shutdown, tx.Wall))
	}); err != nil {
		slog.Error("job not booked; it will run again", "job", ident.Job.Text(c.id), "error", err)
	}
}

// call turns a panic into an error.
func (r *Runner) call(ctx context.Context, j *Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "jobs.panic", "kind", j.Kind).Because(fmt.Errorf("%v", p))
		}
	}()
	return r.handlers[j.Kind](ctx, j)
}

// heartbeat renews the lease until ctx ends, and ends it when the lease is
// lost or a person asks to stop.
func (r *Runner) heartbeat(ctx context.Context, c claimed, cancel context.CancelCauseFunc, stopped *atomic.Bool) {
	tick := time.NewTicker(max(r.Lease/3, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := r.db.Write(ctx, func(tx *db.Tx) error {
			stop, err := c.renew(tx, r.Lease)
			if stop {
				stopped.Store(true)
			}
			return err
		})
		switch {
		case fault.Is(err, "jobs.lease_lost"):
			cancel(err)
		case stopped.Load():
			cancel(errCancelled)
		}
	}
}

// A period is a job that comes again.
type period struct {
	name string
	next func(clock.Instant) clock.Instant
	kind string
	args any
}

// Every enqueues a job of kind whenever its time has come; next gives the
// first time after an instant (see [Interval]). name is stable: it owns the
// row that lets one node of several enqueue. Times missed while no process ran
// are made up by one job, and a job still unfinished is not enqueued twice.
func (r *Runner) Every(name string, next func(after clock.Instant) clock.Instant, kind string, args any) {
	r.periodic = append(r.periodic, period{name, next, kind, args})
}

// Interval is a next function for Every: each d, counted from the first start.
func Interval(d time.Duration) func(clock.Instant) clock.Instant {
	return func(after clock.Instant) clock.Instant { return after.Add(d) }
}

func (r *Runner) scheduling(ctx context.Context) {
	tick := time.NewTicker(r.Interval)
	defer tick.Stop()
	for {
		if err := r.schedule(ctx); err != nil && ctx.Err() == nil {
			slog.Error("jobs: scheduling failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// schedule enqueues the periodic jobs that are due.
func (r *Runner) schedule(ctx context.Context) error {
	if len(r.periodic) == 0 {
		return nil
	}
	at := map[string]clock.Instant{}
	if err := r.db.Read(ctx, func(tx *db.Tx) error {
		return db.Each(tx, func(row db.Row) error {
			v, err := db.Value2[string, clock.Instant](row)
			at[v.A] = v.B
			return err
		}, `SELECT name, next_at FROM jobs_schedule`)
	}); err != nil {
		return err
	}
	now := r.db.Clock().Wall()
	for _, p := range r.periodic {
		if due, known := at[p.name]; known && due > now {
			continue
		}
		if err := r.db.Write(ctx, func(tx *db.Tx) error { return p.enqueue(tx) }); err != nil {
			return err
		}
	}
	return nil
}

// enqueue moves the schedule's row and enqueues the job; of several nodes one
// finds the row still due.
func (p period) enqueue(tx *db.Tx) error {
	n, err := tx.Exec(`INSERT INTO jobs_schedule (name, next_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, p.name, p.next(tx.Wall))
	if err != nil || n == 1 {
		return err // new: its first time is still to come
	}
	n, err = tx.Exec(`UPDATE jobs_schedule SET next_at = $2, last_at = $3 WHERE name = $1 AND next_at <= $3`, p.name, p.next(tx.Wall), tx.Wall)
	if err != nil || n == 0 {
		return err
	}
	_, err = Enqueue(tx, p.kind, p.args, Options{Unique: "every:" + p.name})
	return err
}
