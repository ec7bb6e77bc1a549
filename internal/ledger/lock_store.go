package ledger

import (
	"slices"

	"joren/internal/db"
	"joren/internal/ident"
)

var lock = db.NewBulk("h uuid", `UPDATE ledger_account SET version = ledger_account.version FROM u WHERE ledger_account.holder_id = u.h`)

// Lock keeps the accounts of holders for the transaction, in the order in
// which [Save] takes them. Who has loaded them after that does not lose them;
// it costs a write, so it is for those who have lost before.
func Lock(tx *db.Tx, holders []ident.ID) error {
	holders = slices.Clone(holders)
	slices.SortFunc(holders, ident.ID.Compare)
	_, err := tx.Bulk(lock, slices.Compact(holders))
	return err
}
