package audit

import (
	"strconv"
	"strings"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Filter chooses entries; zero fields do not narrow.
type Filter struct {
	ActorID   ident.ID
	SubjectID ident.ID
	Action    string        // a code, or all before its last dot: "points."
	From, To  clock.Instant // wall time, To exclusive
	Before    int64         // keyset: entries older than this number
	Limit     int           // 50 if 0

	after int64 // no entry of this number or below is in question
}

// List gives the entries that f chooses, the newest first.
func List(tx *db.Tx, f Filter) ([]Entry, error) {
	f, err := f.within(tx)
	if err != nil {
		return nil, err
	}
	where, args := f.where()
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	rows, err := db.Query(tx, scan, `SELECT `+columns+` FROM audit_entry`+where+` ORDER BY number DESC LIMIT `+strconv.Itoa(limit), args...)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(rows))
	for i, r := range rows {
		if out[i], err = r.entry(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// astray is how far the clocks of two machines may lie apart: within it entries
// need not be numbered in the order of their instants.
const astray = 24 * time.Hour

// within turns the instants into numbers, which is what the list is ordered by:
// who asks for a month of years ago does not walk through all that came since.
func (f Filter) within(tx *db.Tx) (Filter, error) {
	if f.From != 0 {
		n, found, err := db.Maybe(tx, db.Value[int64], `SELECT number FROM audit_entry WHERE at < $1 ORDER BY at DESC LIMIT 1`, f.From.Add(-astray))
		if err != nil {
			return f, err
		}
		if found {
			f.after = n
		}
	}
	if f.To != 0 {
		n, found, err := db.Maybe(tx, db.Value[int64], `SELECT number FROM audit_entry WHERE at >= $1 ORDER BY at LIMIT 1`, f.To.Add(astray))
		if err != nil {
			return f, err
		}
		if found && (f.Before == 0 || n < f.Before) {
			f.Before = n
		}
	}
	return f, nil
}

// area is the part of a code before its last dot, as the index has it.
const area = `rtrim(action, 'abcdefghijklmnopqrstuvwxyz_')`

func (f Filter) where() (string, []any) {
	var conds []string
	var args []any
	add := func(cond string, arg any) {
		args = append(args, arg)
		conds = append(conds, strings.ReplaceAll(cond, "?", "$"+strconv.Itoa(len(args))))
	}
	if !f.ActorID.IsZero() {
		add("actor_id = ?", f.ActorID)
	}
	if !f.SubjectID.IsZero() {
		add("subject_id = ?", f.SubjectID)
	}
	switch {
	case strings.HasSuffix(f.Action, "."):
		add(area+" = ?", f.Action)
	case f.Action != "":
		add("action = ?", f.Action)
	}
	if f.From != 0 {
		add("at + 0 >= ?", f.From) // not by an index: the order is that of numbers
	}
	if f.To != 0 {
		add("at + 0 < ?", f.To)
	}
	if f.Before != 0 {
		add("number < ?", f.Before)
	}
	if f.after != 0 {
		add("number > ?", f.after)
	}
	if len(conds) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conds, " AND "), args
}
