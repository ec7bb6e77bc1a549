package day

import (
	"context"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/idem"
	"joren/internal/jobs"
	"joren/internal/outbox"
)

const (
	turnJob  = "day.turn"
	pruneJob = "day.prune"
)

// How long what has been done with is kept: events that every consumer has
// passed, and finished jobs.
const (
	keepEvents = 90 * 24 * time.Hour
	keepJobs   = 30 * 24 * time.Hour
)

// Register lets a runner turn the days: at the first instant of each business
// day by the shop's clock, and every hour in case that was missed; and clear
// away once a day what is done with. sweeps are further rooms' clearing, each
// called until it reports none.
func (t *Turner) Register(r *jobs.Runner, sweeps ...func(*db.Tx) (int64, error)) {
	r.Handle(turnJob, func(ctx context.Context, j *jobs.Job) error {
		d, err := t.Today(ctx)
		if fault.Is(err, "programme.none_in_force") {
			return nil
		}
		if err != nil {
			return err
		}
		return t.Through(ctx, d)
	})
	r.Handle(rankJob, t.judgeRises)
	r.Handle(pruneJob, func(ctx context.Context, j *jobs.Job) error { return t.prune(ctx, sweeps) })
	r.Every(turnJob, t.nextTurn, turnJob, struct{}{})
	r.Every(pruneJob, jobs.Interval(24*time.Hour), pruneJob, struct{}{})
}

// nextTurn is the next change of the business day, told in wall time, or an
// hour from now if that is earlier.
func (t *Turner) nextTurn(after clock.Instant) clock.Instant {
	hour := after.Add(time.Hour)
	shop := t.db.Clock().Shop()
	z := t.zone.Load()
	if z == nil {
		return hour
	}
	return min(hour, after.Add(z.Start(z.Day(shop)+1).Sub(shop)))
}

const pruned = 1000 // rows in one transaction

// prune clears away until nothing is left to clear.
func (t *Turner) prune(ctx context.Context, sweeps []func(*db.Tx) (int64, error)) error {
	all := append([]func(*db.Tx) (int64, error){
		func(tx *db.Tx) (int64, error) { return idem.Prune(tx, pruned) },
		func(tx *db.Tx) (int64, error) { return outbox.Prune(tx, tx.Now.Add(-keepEvents), pruned) },
		func(tx *db.Tx) (int64, error) { return jobs.Prune(tx, tx.Wall.Add(-keepJobs), pruned) },
	}, sweeps...)
	for _, f := range all {
		for {
			var n int64
			if err := t.db.Write(ctx, func(tx *db.Tx) (err error) { n, err = f(tx); return err }); err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	return nil
}
