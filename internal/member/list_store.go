package member

import (
	"fmt"

	"joren/internal/clock"
	"joren/internal/db"
)

// Walk asks for members of any status in order of joining, from a cursor on.
type Walk struct {
	Status     Status // "" is any
	Oldest     bool   // the oldest first; otherwise the newest
	From       Cursor
	JoinedFrom clock.Day // inclusive; 0 is open
	JoinedTo   clock.Day
	Limit      int
}

// Walk reads the members after a cursor. Unlike List it goes both ways and
// says nothing of what follows.
func (m *Members) Walk(tx *db.Tx, w Walk) ([]Member, error) {
	sign, order := "<", "DESC"
	if w.Oldest {
		sign, order = ">", "ASC"
	}
	from, to := w.JoinedFrom, w.JoinedTo
	switch { // the day of the cursor bounds the days as well: SQLite then begins there in the index
	case w.From.ID.IsZero():
	case w.Oldest:
		from = max(from, w.From.JoinedOn)
	case to == 0 || w.From.JoinedOn < to:
		to = w.From.JoinedOn
	}
	q, args := `SELECT `+columns+` FROM member_member WHERE joined_on >= $1 AND joined_on <= $2`, []any{dayOr(from, firstDay), dayOr(to, lastDay), w.Limit}
	if w.Status != "" { // each status goes by the index of its own
		args = append(args, string(w.Status))
		q += fmt.Sprintf(` AND status = $%d`, len(args))
	}
	if !w.From.ID.IsZero() {
		args = append(args, w.From.JoinedOn, w.From.ID)
		q += fmt.Sprintf(` AND (joined_on, member_id) %s ($%d, $%d)`, sign, len(args)-1, len(args))
	}
	return db.Query(tx, scanMember, q+` ORDER BY joined_on `+order+`, member_id `+order+` LIMIT $3`, args...)
}

// CountJoined counts the active members who joined from one day to another,
// inclusive.
func (m *Members) CountJoined(tx *db.Tx, from, to clock.Day) (int64, error) {
	return db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM member_member WHERE joined_on >= $1 AND joined_on <= $2 AND status = 'active'`, from, to)
}

func dayOr(d clock.Day, other string) string {
	if d == 0 {
		return other
	}
	return d.String()
}
