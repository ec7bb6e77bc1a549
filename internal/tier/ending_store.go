package tier

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// DueOn lists the members whose rank may change on day d and not before, as
// recorded now: for telling them in time.
func DueOn(tx *db.Tx, d clock.Day) ([]ident.ID, error) {
	return db.Query(tx, db.Value[ident.ID], `SELECT member_id FROM tier_state WHERE due_on = $1 ORDER BY member_id`, d)
}

var lockStates = db.NewBulk("m uuid", `UPDATE tier_state SET level = tier_state.level FROM u WHERE tier_state.member_id = u.m`)

// Lock keeps other writers from the stored ranks of members until the
// transaction ends. [Turn] wants it before it reads, because nothing but a
// purchase's account guards a rank; a purchase that waits meanwhile comes to
// the same rank by itself.
func Lock(tx *db.Tx, members []ident.ID) error {
	if tx.Engine() == db.SQLite {
		return nil // one writer
	}
	_, err := tx.Bulk(lockStates, members)
	return err
}
