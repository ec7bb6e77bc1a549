package jobs

import (
	"encoding/json"
	"errors"
	"hash/maphash"
	"strconv"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// claimed is a job this process may run until its lease ends.
type claimed struct {
	id       ident.ID
	kind     string
	args     json.RawMessage
	tries    int64
	maxTries int64
	fence    int64
}

// claim takes the job that has been due longest. Two processes may pick the
// same one; the update lets one have it and the other find none, so it asks
// again at its next turn.
func claim(tx *db.Tx, node ident.ID, kinds []string, lease time.Duration) (claimed, bool, error) {
	if err := expire(tx); err != nil {
		return claimed{}, false, err
	}
	args := []any{node, tx.Wall.Add(lease), tx.Wall}
	in := ""
	for _, k := range kinds {
		args = append(args, k)
		in += ", $" + strconv.Itoa(len(args))
	}
	return db.Maybe(tx, func(r db.Row) (c claimed, err error) {
		err = r.Scan(&c.id, &c.kind, &c.args, &c.tries, &c.maxTries, &c.fence)
		return c, err
	}, `UPDATE jobs_job SET state = 'running', tries = tries + 1, fence = fence + 1, lease_owner = $1, lease_until = $2
		WHERE state = 'waiting' AND id = (SELECT id FROM jobs_job WHERE state = 'waiting' AND run_at <= $3 AND kind IN (`+in[2:]+`) ORDER BY run_at, id LIMIT 1)
		RETURNING id, kind, args, tries, max_tries, fence`, args...)
}

// expire puts back the jobs of processes that died. Their try counts, so that
// a job which kills its process does not do so for ever.
func expire(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE jobs_job SET
		state = CASE WHEN stop THEN 'cancelled' WHEN tries >= max_tries THEN 'dead' ELSE 'waiting' END,
		finished_at = CASE WHEN stop OR tries >= max_tries THEN $1 ELSE finished_at END,
		run_at = $1, lease_owner = NULL, lease_until = NULL, failure_code = 'jobs.lease_lost', failure_words = 'the process that ran it went away'
		WHERE state = 'running' AND lease_until <= $1`, tx.Wall)
	return err
}

// renew prolongs the lease and reports whether a person asked to stop. Fault
// jobs.lease_lost when the job is another's by now.
func (c claimed) renew(tx *db.Tx, lease time.Duration) (stop bool, err error) {
	return db.One(tx, fault.New(fault.Conflict, "jobs.lease_lost", "job", ident.Job.Text(c.id)), db.Value[bool],
		`UPDATE jobs_job SET lease_until = $3 WHERE id = $1 AND fence = $2 AND state = 'running' RETURNING stop`, c.id, c.fence, tx.Wall.Add(lease))
}

// An outcome is what becomes of a job after a run.
type outcome struct {
	state State
	runAt clock.Instant // when waiting
	tries int64
	err   error
}

// decide gives the outcome of a run that ended with err at instant now.
func (c claimed) decide(err error, stopped, shutdown bool, now clock.Instant) outcome {
	var p permanent
	switch {
	case err == nil:
		return outcome{state: Done, tries: c.tries}
	case stopped:
		return outcome{state: Cancelled, tries: c.tries, err: err}
	case shutdown:
		return outcome{state: Waiting, runAt: now, tries: c.tries - 1, err: err} // not its fault
	case errors.As(err, &p), c.tries >= c.maxTries:
		return outcome{state: Dead, tries: c.tries, err: err}
	}
	return outcome{state: Waiting, runAt: now.Add(Backoff(c.tries)), tries: c.tries, err: err}
}

// finish books an outcome; a run that lost its lease books nothing.
func (c claimed) finish(tx *db.Tx, o outcome) error {
	var code, words any
	if o.err != nil {
		code, words = fault.Of(o.err).Code, cut(o.err.Error(), 2000)
	}
	var finished clock.Instant
	if o.state != Waiting {
		finished = tx.Wall
	}
	n, err := tx.Exec(`UPDATE jobs_job SET state = $3, run_at = COALESCE($4, run_at), finished_at = $5, tries = $6, failure_code = $7, failure_words = $8,
		lease_owner = NULL, lease_until = NULL WHERE id = $1 AND fence = $2 AND state = 'running'`,
		c.id, c.fence, o.state, o.runAt, finished, o.tries, code, words)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "jobs.lease_lost", "job", ident.Job.Text(c.id))
	}
	return err
}

// Backoff is the wait after the n-th failed try: 2ⁿ seconds up to 4 hours,
// less up to a quarter at random so that jobs failing together part ways.
func Backoff(n int64) time.Duration {
	full := min(time.Second<<min(n, 30), 4*time.Hour)
	return full - time.Duration(maphash.String(maphash.MakeSeed(), "")%uint64(full/4))
}

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks an error that no further try will mend: the job is dead at
// once.
func Permanent(err error) error { return permanent{err} }

func cut(s string, n int) string {
	r := []rune(s)
	return string(r[:min(len(r), n)])
}
