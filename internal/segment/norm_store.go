package segment

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Today is what members are measured against now, and how far the change of
// the day has come: Finished is the last day whose change was carried through.
type Today struct {
	Norms    Norms
	Finished clock.Day
}

// Current reads the norms.
func Current(tx *db.Tx) (Today, error) {
	return db.One(tx, fault.New(fault.Internal, "segment.no_norm"), func(r db.Row) (t Today, err error) {
		var b json.RawMessage
		if err = r.Scan(&b, &t.Finished); err != nil {
			return t, err
		}
		return t, json.Unmarshal(b, &t.Norms)
	}, `SELECT norms, finished FROM segment_norm WHERE id = 1`)
}

// SetNorms writes the norms of a day.
func SetNorms(tx *db.Tx, n Norms) error {
	b, err := json.Marshal(n)
	if err == nil {
		_, err = tx.Exec(`UPDATE segment_norm SET day = $1, norms = $2 WHERE id = 1`, n.Day, string(b))
	}
	return err
}

// Finish notes that the change to a day is carried through.
func Finish(tx *db.Tx, day clock.Day) error {
	_, err := tx.Exec(`UPDATE segment_norm SET finished = $1 WHERE id = 1`, day)
	return err
}

var (
	putScores = db.NewBulk("m uuid, s bigint", `INSERT INTO segment_score (member_id, score) SELECT u.m, u.s FROM u
		ON CONFLICT (member_id) DO UPDATE SET score = excluded.score`)
	scoresOf = db.NewBulk("m uuid", `SELECT segment_score.member_id, segment_score.score FROM u JOIN segment_score ON segment_score.member_id = u.m`)
)

// Scores reads members' scores of the day, in tenths of a point.
func Scores(tx *db.Tx, members []ident.ID) (map[ident.ID]int64, error) {
	out := make(map[ident.ID]int64, len(members))
	_, err := db.BulkQuery(tx, scoresOf, func(r db.Row) (none struct{}, err error) {
		var id ident.ID
		var s int64
		err = r.Scan(&id, &s)
		out[id] = s
		return none, err
	}, members)
	return out, err
}

// EachScore streams all scores of the day.
func EachScore(tx *db.Tx, fn func(ident.ID, int64)) error {
	return db.Each(tx, func(r db.Row) error {
		var id ident.ID
		var s int64
		if err := r.Scan(&id, &s); err != nil {
			return err
		}
		fn(id, s)
		return nil
	}, `SELECT member_id, score FROM segment_score`)
}

// SetScores writes scores of the day.
func SetScores(tx *db.Tx, members []ident.ID, scores []int64) error {
	_, err := tx.Bulk(putScores, members, scores)
	return err
}

// DropScores deletes scores.
func DropScores(tx *db.Tx, members []ident.ID) error {
	_, err := tx.Bulk(dropScore, members)
	return err
}
