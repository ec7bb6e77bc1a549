package jobs

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Unfinished finds the job that waits or runs under a unique key; found is
// false without one.
func Unfinished(tx *db.Tx, unique string) (i Info, found bool, err error) {
	return db.Maybe(tx, scanInfo, columns+`WHERE unique_key = $1 AND finished_at IS NULL`, unique)
}

// Latest finds the newest job made under a unique key, finished or not.
func Latest(tx *db.Tx, unique string) (i Info, found bool, err error) {
	return db.Maybe(tx, scanInfo, columns+`WHERE id = (SELECT id FROM jobs_job WHERE unique_key = $1 ORDER BY id DESC LIMIT 1)`, unique)
}

// Counts is how many jobs stand in each state; a state without jobs is absent.
func Counts(tx *db.Tx) (map[State]int64, error) {
	rows, err := db.Query(tx, db.Value2[State, int64], `SELECT state, COUNT(*) FROM jobs_job GROUP BY state`)
	out := make(map[State]int64, len(rows))
	for _, r := range rows {
		out[r.A] = r.B
	}
	return out, err
}

// Schedule is a job that comes again, as [Runner.Every] keeps it.
type Schedule struct {
	Name   string
	NextAt clock.Instant
	LastAt clock.Instant // 0: never yet
}

// Schedules lists what comes again, by name.
func Schedules(tx *db.Tx) ([]Schedule, error) {
	return db.Query(tx, func(r db.Row) (s Schedule, err error) {
		err = r.Scan(&s.Name, &s.NextAt, &s.LastAt)
		return s, err
	}, `SELECT name, next_at, last_at FROM jobs_schedule ORDER BY name`)
}

// Before lists jobs of every state, newest first, made before the job before
// (zero: from the newest on). Jobs of a quiet kind that went well are left out.
func Before(tx *db.Tx, before ident.ID, limit int, quiet string) ([]Info, error) {
	if before.IsZero() {
		return db.Query(tx, scanInfo, columns+`WHERE NOT (state = 'done' AND kind = $1) ORDER BY id DESC LIMIT $2`, quiet, limit)
	}
	return db.Query(tx, scanInfo, columns+`WHERE NOT (state = 'done' AND kind = $1) AND id < $2 ORDER BY id DESC LIMIT $3`, quiet, before, limit)
}
