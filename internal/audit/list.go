package audit

import (
	"strconv"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Filter chooses entries; zero fields do not narrow.
type Filter struct {
	ActorID   ident.ID
	SubjectID ident.ID
	Action    string        // a code, or a prefix that ends in a dot: "points."
	From, To  clock.Instant // wall time, To exclusive
	Before    int64         // keyset: entries older than this number
	Limit     int           // 50 if 0
}

// List gives the entries that f chooses, the newest first.
func List(tx *db.Tx, f Filter) ([]Entry, error) {
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
		add("substr(action, 1, "+strconv.Itoa(len(f.Action))+") = ?", f.Action)
	case f.Action != "":
		add("action = ?", f.Action)
	}
	if f.From != 0 {
		add("at >= ?", f.From)
	}
	if f.To != 0 {
		add("at < ?", f.To)
	}
	if f.Before != 0 {
		add("number < ?", f.Before)
	}
	if len(conds) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conds, " AND "), args
}
