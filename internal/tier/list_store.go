package tier

import (
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
