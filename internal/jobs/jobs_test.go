package jobs_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/jobs"
)

var ctx = context.Background()

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

func enqueue(t testing.TB, d *db.DB, kind string, o jobs.Options) (id ident.ID) {
	t.Helper()
	write(t, d, func(tx *db.Tx) (err error) {
		id, err = jobs.Enqueue(tx, kind, map[string]int{"n": 7}, o)
		return err
	})
	return id
}

func get(t testing.TB, d *db.DB, id ident.ID) (i jobs.Info) {
	t.Helper()
	if err := d.Read(ctx, func(tx *db.Tx) (err error) { i, err = jobs.Get(tx, id); return err }); err != nil {
		t.Fatal(err)
	}
	return i
}

func runDue(t testing.TB, r *jobs.Runner) int {
	t.Helper()
	n, err := r.RunDue(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// manual is a clock that tests set.
func manual() (step func(time.Duration), c clock.Clock) {
	at := new(atomic.Int64)
	at.Store(int64(clock.MustInstant("2026-11-22T00:00:00Z")))
	f := func() clock.Instant { return clock.Instant(at.Load()) }
	return func(d time.Duration) { at.Add(int64(d / time.Microsecond)) }, clock.Clock{Shop: f, Wall: f}
}

func TestAJobRunsOnceWithItsArgsAndShowsItsProgress(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r, n := jobs.NewRunner(d), 0
		r.Handle("k", func(ctx context.Context, j *jobs.Job) error {
			var args struct{ N int }
			if err := j.Decode(&args); err != nil {
				return err
			}
			n += args.N
			if err := j.Progress(ctx, 3, 10, "三行目"); err != nil {
				return err
			}
			if i := get(t, d, j.ID); i.State != jobs.Running || i.Done != 3 || i.Total != 10 || i.Note != "三行目" {
				t.Errorf("while running: %+v", i)
			}
			return nil
		})
		id := enqueue(t, d, "k", jobs.Options{})
		enqueue(t, d, "unknown here", jobs.Options{})
		if k := runDue(t, r); k != 1 || n != 7 {
			t.Errorf("ran %d, n = %d", k, n)
		}
		if i := get(t, d, id); i.State != jobs.Done || i.Tries != 1 || i.FinishedAt == 0 {
			t.Errorf("%+v", i)
		}
	})
}

func TestAJobWaitsForItsTimeAndForItsTransaction(t *testing.T) {
	step, c := manual()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r, n := jobs.NewRunner(d), 0
		r.Handle("k", func(context.Context, *jobs.Job) error { n++; return nil })
		d.Write(ctx, func(tx *db.Tx) error {
			_, err := jobs.Enqueue(tx, "k", nil, jobs.Options{})
			return errors.Join(err, errors.New("rolled back"))
		})
		enqueue(t, d, "k", jobs.Options{RunAt: c.Wall().Add(time.Hour)})
		if runDue(t, r); n != 0 {
			t.Error("ran too early")
		}
		step(time.Hour)
		if runDue(t, r); n != 1 {
			t.Errorf("ran %d times", n)
		}
	}, dbtest.WithClock(c))
}

func TestAFailingJobIsTriedAgainLaterAndDeadInTheEnd(t *testing.T) {
	step, c := manual()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r, n := jobs.NewRunner(d), 0
		r.Handle("k", func(context.Context, *jobs.Job) error {
			if n++; n == 2 {
				panic("a defect")
			}
			return fault.New(fault.Unavailable, "test.down")
		})
		id := enqueue(t, d, "k", jobs.Options{MaxTries: 3})
		runDue(t, r)
		if i := get(t, d, id); i.State != jobs.Waiting || i.Code != "test.down" || i.RunAt <= c.Wall() {
			t.Errorf("after one try: %+v", i)
		}
		for range 3 {
			step(time.Hour)
			runDue(t, r)
		}
		if i := get(t, d, id); n != 3 || i.State != jobs.Dead || i.Tries != 3 || i.Words == "" {
			t.Errorf("after %d tries: %+v", n, i)
		}
		write(t, d, func(tx *db.Tx) error { return jobs.Retry(tx, id) })
		runDue(t, r)
		if n != 4 {
			t.Error("a retried job did not run")
		}
		write(t, d, func(tx *db.Tx) error { return jobs.Cancel(tx, id) })
		write(t, d, func(tx *db.Tx) error { return jobs.Discard(tx, id) })
		if err := d.Write(ctx, func(tx *db.Tx) error { return jobs.Retry(tx, id) }); !fault.Is(err, "jobs.unknown") {
			t.Errorf("got %v", err)
		}
	}, dbtest.WithClock(c))
}

func TestAPermanentFailureIsNotTriedAgain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := jobs.NewRunner(d)
		r.Handle("k", func(context.Context, *jobs.Job) error { return jobs.Permanent(errors.New("gone")) })
		id := enqueue(t, d, "k", jobs.Options{})
		runDue(t, r)
		if i := get(t, d, id); i.State != jobs.Dead || i.Tries != 1 {
			t.Errorf("%+v", i)
		}
	})
}

func TestOfTheUnfinishedJobsWithAKeyThereIsOne(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := jobs.NewRunner(d)
		r.Handle("k", func(context.Context, *jobs.Job) error { return nil })
		a, b := enqueue(t, d, "k", jobs.Options{Unique: "x"}), enqueue(t, d, "k", jobs.Options{Unique: "x"})
		if a != b {
			t.Error("two jobs")
		}
		runDue(t, r)
		if c := enqueue(t, d, "k", jobs.Options{Unique: "x"}); c == a {
			t.Error("a finished job stands in the way")
		}
	})
}

func TestADeadProcessLosesItsJobAndCanWriteNoMore(t *testing.T) {
	step, c := manual()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		hung, gone := make(chan struct{}), make(chan error)
		first, second := jobs.NewRunner(d), jobs.NewRunner(d)
		first.Lease = time.Hour // its heartbeat is far off: it hangs
		first.Handle("k", func(_ context.Context, j *jobs.Job) error {
			close(hung)
			<-gone
			err := j.Write(ctx, func(tx *db.Tx) error {
				_, err := jobs.Enqueue(tx, "by the dead", nil, jobs.Options{})
				return err
			})
			gone <- err
			return nil
		})
		try := 0
		second.Handle("k", func(_ context.Context, j *jobs.Job) error {
			try = j.Try
			gone <- nil
			if err := <-gone; !fault.Is(err, "jobs.lease_lost") {
				t.Errorf("the dead process wrote: %v", err)
			}
			return nil
		})
		id := enqueue(t, d, "k", jobs.Options{})
		var wg sync.WaitGroup
		wg.Go(func() { first.RunDue(ctx) })
		<-hung
		if n := runDue(t, second); n != 0 {
			t.Error("took a job during its lease")
		}
		step(2 * time.Hour)
		runDue(t, second)
		wg.Wait()
		if i := get(t, d, id); i.State != jobs.Done || i.Tries != 2 || try != 2 {
			t.Errorf("%+v, try %d", i, try)
		}
	}, dbtest.WithClock(c))
}

func TestManyRunnersRunEachJobOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		ran := map[ident.ID]int{}
		for range 40 {
			ran[enqueue(t, d, "k", jobs.Options{})] = 0
		}
		var wg sync.WaitGroup
		for range 3 {
			r := jobs.NewRunner(d)
			r.Handle("k", func(_ context.Context, j *jobs.Job) error {
				mu.Lock()
				defer mu.Unlock()
				ran[j.ID]++
				return nil
			})
			wg.Go(func() {
				for i := 0; i < 40; i++ {
					if _, err := r.RunDue(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for id, n := range ran {
			if n != 1 {
				t.Errorf("%v ran %d times", id, n)
			}
		}
	})
}

func TestARunningJobIsCancelledThroughItsContext(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := jobs.NewRunner(d)
		r.Lease = 90 * time.Millisecond
		r.Handle("k", func(ctx context.Context, j *jobs.Job) error {
			write(t, d, func(tx *db.Tx) error { return jobs.Cancel(tx, j.ID) })
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Second):
				return errors.New("never told")
			}
		})
		id := enqueue(t, d, "k", jobs.Options{})
		runDue(t, r)
		if i := get(t, d, id); i.State != jobs.Cancelled {
			t.Errorf("%+v", i)
		}
	})
}

func TestStoppingLetsJobsFinishAndPutsBackWhatDoesNot(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := jobs.NewRunner(d)
		r.Workers, r.Interval, r.Grace = 2, 10*time.Millisecond, 300*time.Millisecond
		var started sync.WaitGroup
		started.Add(2)
		r.Handle("quick", func(ctx context.Context, _ *jobs.Job) error {
			started.Done()
			time.Sleep(50 * time.Millisecond)
			return ctx.Err()
		})
		r.Handle("slow", func(ctx context.Context, _ *jobs.Job) error { started.Done(); <-ctx.Done(); return ctx.Err() })
		quick, slow := enqueue(t, d, "quick", jobs.Options{}), enqueue(t, d, "slow", jobs.Options{})
		run, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		wg.Go(func() { r.Run(run) })
		started.Wait()
		stop()
		wg.Wait()
		if i := get(t, d, quick); i.State != jobs.Done {
			t.Errorf("quick: %+v", i)
		}
		if i := get(t, d, slow); i.State != jobs.Waiting || i.Tries != 0 {
			t.Errorf("slow: %+v", i)
		}
	})
}

func TestAPeriodicJobIsEnqueuedOnceByTwoNodesAndMadeUpOnce(t *testing.T) {
	step, c := manual()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		n := 0
		node := func() *jobs.Runner {
			r := jobs.NewRunner(d)
			r.Every("nightly", jobs.Interval(24*time.Hour), "k", nil)
			r.Handle("k", func(context.Context, *jobs.Job) error { n++; return nil })
			return r
		}
		a, b := node(), node()
		for i, wait := range []time.Duration{0, 24 * time.Hour, 5 * 24 * time.Hour, time.Hour} {
			step(wait)
			runDue(t, a)
			runDue(t, b)
			if want := []int{0, 1, 2, 2}[i]; n != want {
				t.Errorf("step %d: ran %d times, want %d", i, n, want)
			}
		}
	}, dbtest.WithClock(c))
}

func TestPruningLeavesTheDead(t *testing.T) {
	step, c := manual()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := jobs.NewRunner(d)
		r.Handle("ok", func(context.Context, *jobs.Job) error { return nil })
		r.Handle("bad", func(context.Context, *jobs.Job) error { return jobs.Permanent(errors.New("x")) })
		done, dead := enqueue(t, d, "ok", jobs.Options{}), enqueue(t, d, "bad", jobs.Options{})
		runDue(t, r)
		step(time.Hour)
		write(t, d, func(tx *db.Tx) error {
			n, err := jobs.Prune(tx, tx.Wall, 10)
			if n != 1 {
				t.Errorf("pruned %d", n)
			}
			if _, err := jobs.Get(tx, done); !fault.Is(err, "jobs.unknown") {
				t.Errorf("got %v", err)
			}
			return err
		})
		get(t, d, dead)
	}, dbtest.WithClock(c))
}
