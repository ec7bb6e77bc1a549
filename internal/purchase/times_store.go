package purchase

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Times are the instants of a member's purchases of which something is kept,
// oldest first.
func Times(tx *db.Tx, member ident.ID) ([]clock.Instant, error) {
	return db.Query(tx, db.Value[clock.Instant], `SELECT occurred_at FROM purchase_purchase WHERE member_id = $1 AND kept ORDER BY occurred_at`, member)
}
