// Package jobs keeps work that is done later and by itself: imports, mails,
// nightly runs. A job is enqueued in the transaction that calls for it and
// runs at least once.
//
// Its words: a job waits, runs, and ends done, dead (it failed too often) or
// cancelled. Whoever runs it holds a lease that it renews; each run has a
// fence, a number that grows, so that one whose lease was lost can change
// nothing any more.
//
// All times are wall time. It must not know what jobs do.
package jobs

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// State is where a job stands.
type State string

const (
	Waiting   State = "waiting"
	Running   State = "running"
	Done      State = "done"
	Dead      State = "dead"
	Cancelled State = "cancelled"
)

// Options of a new job.
type Options struct {
	RunAt    clock.Instant // not before; zero is now
	Unique   string        // of the unfinished jobs with this key there is one; "" is no key
	MaxTries int           // then it is dead; default 10, which is most of a day
}

// Info is what people see of a job.
type Info struct {
	ID          ident.ID
	Kind        string
	Args        json.RawMessage
	State       State
	Unique      string
	RunAt       clock.Instant
	CreatedAt   clock.Instant
	FinishedAt  clock.Instant
	Tries       int
	MaxTries    int
	Stopping    bool // asked to stop, still running
	Done, Total int64
	Note        string
	Code        string // fault code of the last failure
	Words       string // for the log and the people who look after the system
}

const (
	defaultTries = 10
	maxArgs      = 65536
)

// Enqueue adds a job of a kind with args as JSON. With a Unique key that an
// unfinished job already has, it adds nothing and returns that job's id.
//
// Fault jobs.args_too_large over 64 KiB.
func Enqueue(tx *db.Tx, kind string, args any, o Options) (ident.ID, error) {
	data, err := json.Marshal(args)
	if err != nil {
		return ident.ID{}, err
	}
	if len(data) > maxArgs {
		return ident.ID{}, fault.New(fault.Invalid, "jobs.args_too_large", "kind", kind, "bytes", len(data))
	}
	if o.RunAt == 0 {
		o.RunAt = tx.Wall
	}
	if o.MaxTries <= 0 {
		o.MaxTries = defaultTries
	}
	id := ident.New()
	n, err := tx.Exec(`INSERT INTO jobs_job (id, kind, args, state, unique_key, run_at, created_at, tries, max_tries, fence, stop, done_count, total_count, note)
		VALUES ($1, $2, $3, 'waiting', $4, $5, $6, 0, $7, 0, FALSE, 0, 0, '')
		ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL AND finished_at IS NULL DO NOTHING`,
		id, kind, string(data), orNull(o.Unique), o.RunAt, tx.Wall, o.MaxTries)
	if err != nil || n == 1 {
		return id, err
	}
	return db.One(tx, fault.New(fault.Conflict, "jobs.taken", "key", o.Unique), db.Value[ident.ID],
		`SELECT id FROM jobs_job WHERE unique_key = $1 AND finished_at IS NULL`, o.Unique)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

const columns = `SELECT id, kind, args, state, COALESCE(unique_key, ''), run_at, created_at, finished_at, tries, max_tries, stop,
	done_count, total_count, note, COALESCE(failure_code, ''), COALESCE(failure_words, '') FROM jobs_job `

func scanInfo(r db.Row) (i Info, err error) {
	err = r.Scan(&i.ID, &i.Kind, &i.Args, &i.State, &i.Unique, &i.RunAt, &i.CreatedAt, &i.FinishedAt, &i.Tries, &i.MaxTries, &i.Stopping,
		&i.Done, &i.Total, &i.Note, &i.Code, &i.Words)
	return i, err
}

func unknown(id ident.ID) error {
	return fault.New(fault.NotFound, "jobs.unknown", "job", ident.Job.Text(id))
}

// Get reads a job. Fault jobs.unknown.
func Get(tx *db.Tx, id ident.ID) (Info, error) {
	return db.One(tx, unknown(id), scanInfo, columns+`WHERE id = $1`, id)
}

// List lists jobs in a state, newest first, made before the job before (zero:
// from the newest on).
func List(tx *db.Tx, s State, before ident.ID, limit int) ([]Info, error) {
	if before.IsZero() {
		return db.Query(tx, scanInfo, columns+`WHERE state = $1 ORDER BY id DESC LIMIT $2`, s, limit)
	}
	return db.Query(tx, scanInfo, columns+`WHERE state = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, s, before, limit)
}

// Cancel ends a waiting job and asks a running one to stop. Fault
// jobs.finished if it is over, jobs.unknown.
func Cancel(tx *db.Tx, id ident.ID) error {
	n, err := tx.Exec(`UPDATE jobs_job SET stop = TRUE,
		state = CASE WHEN state = 'waiting' THEN 'cancelled' ELSE state END,
		finished_at = CASE WHEN state = 'waiting' THEN $2 ELSE finished_at END
		WHERE id = $1 AND state IN ('waiting', 'running')`, id, tx.Wall)
	return orFinished(tx, id, n, err)
}

// Retry puts a dead or cancelled job back, with all its tries. Fault
// jobs.not_retryable in another state or when an unfinished job has its
// unique key, jobs.unknown.
func Retry(tx *db.Tx, id ident.ID) error {
	n, err := tx.Exec(`UPDATE jobs_job SET state = 'waiting', stop = FALSE, tries = 0, run_at = $2, finished_at = NULL
		WHERE id = $1 AND state IN ('dead', 'cancelled') AND NOT EXISTS (
			SELECT 1 FROM jobs_job o WHERE o.unique_key = jobs_job.unique_key AND o.finished_at IS NULL)`, id, tx.Wall)
	if err != nil || n > 0 {
		return err
	}
	if _, err := Get(tx, id); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "jobs.not_retryable", "job", ident.Job.Text(id))
}

// Discard deletes a dead or cancelled job. Fault jobs.finished, jobs.unknown.
func Discard(tx *db.Tx, id ident.ID) error {
	n, err := tx.Exec(`DELETE FROM jobs_job WHERE id = $1 AND state IN ('dead', 'cancelled')`, id)
	return orFinished(tx, id, n, err)
}

func orFinished(tx *db.Tx, id ident.ID, n int64, err error) error {
	if err != nil || n > 0 {
		return err
	}
	i, err := Get(tx, id)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "jobs.finished", "job", ident.Job.Text(id), "state", string(i.State))
}

// Prune deletes jobs that were done or cancelled before cutoff (wall time), at
// most limit; dead ones wait for a person.
func Prune(tx *db.Tx, cutoff clock.Instant, limit int) (int64, error) {
	return tx.Exec(`DELETE FROM jobs_job WHERE id IN (
		SELECT id FROM jobs_job WHERE finished_at < $1 AND state IN ('done', 'cancelled') ORDER BY finished_at LIMIT $2)`, cutoff, limit)
}
