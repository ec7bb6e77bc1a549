package tier

import (
	"fmt"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

var shownLevels = db.NewBulk("m uuid", `SELECT s.member_id, s.level FROM u JOIN tier_state s ON s.member_id = u.m`)

// Levels reads the ranks written down for members, for lists; members without
// one have the lowest. What a review due today would change is not in it: At
// tells that for one member.
func Levels(tx *db.Tx, members []ident.ID) (map[ident.ID]string, error) {
	rows, err := db.BulkQuery(tx, shownLevels, db.Value2[ident.ID, string], members)
	out := make(map[ident.ID]string, len(rows))
	for _, r := range rows {
		out[r.A] = r.B
	}
	return out, err
}

// Place is a member's place in the list of a rank.
type Place struct {
	JoinedOn clock.Day
	Member   ident.ID
}

// Walk asks for the members of a level in order of joining, from a place on.
type Walk struct {
	Level      string
	Oldest     bool      // the oldest first; otherwise the newest
	From       Place     // the zero Place is the beginning
	JoinedFrom clock.Day // inclusive; 0 is open
	JoinedTo   clock.Day
	Limit      int
}

const firstDay, lastDay = "0000-00-00", "9999-12-31"

// Holders lists members with a level written down, of any status, in order of
// joining. Members of the lowest level who have nothing written down are not
// in it.
func Holders(tx *db.Tx, w Walk) ([]Place, error) {
	sign, order := "<", "DESC"
	if w.Oldest {
		sign, order = ">", "ASC"
	}
	from, to := w.JoinedFrom, w.JoinedTo
	switch { // the day of the place bounds the days as well: SQLite then begins there in the index
	case w.From.Member.IsZero():
	case w.Oldest:
		from = max(from, w.From.JoinedOn)
	case to == 0 || w.From.JoinedOn < to:
		to = w.From.JoinedOn
	}
	q, args := `SELECT joined_on, member_id FROM tier_state WHERE level = $1 AND joined_on >= $2 AND joined_on <= $3`, []any{w.Level, dayOr(from, firstDay), dayOr(to, lastDay), w.Limit}
	if !w.From.Member.IsZero() {
		q += fmt.Sprintf(` AND (joined_on, member_id) %s ($5, $6)`, sign)
		args = append(args, w.From.JoinedOn, w.From.Member)
	}
	return db.Query(tx, func(r db.Row) (p Place, err error) { return p, r.Scan(&p.JoinedOn, &p.Member) },
		q+` ORDER BY joined_on `+order+`, member_id `+order+` LIMIT $4`, args...)
}

func dayOr(d clock.Day, other string) string {
	if d == 0 {
		return other
	}
	return d.String()
}

// EachLevel streams the ranks written down, for measuring; members without one
// have the lowest.
func EachLevel(tx *db.Tx, fn func(member ident.ID, level string) error) error {
	return db.Each(tx, func(r db.Row) error {
		v, err := db.Value2[ident.ID, string](r)
		if err != nil {
			return err
		}
		return fn(v.A, v.B)
	}, `SELECT member_id, level FROM tier_state`)
}
