package ledger

import (
	"slices"
	"strings"

	"joren/internal/db"
	"joren/internal/ident"
)

// Save writes all changed books. The accounts go first, in the order of their
// holders, each guarded by the version it was loaded with; nothing is written
// for holders of which an account has moved on meanwhile: they are returned
// and must be loaded and judged again. A saved book is done with.
//
// Entries get their day of accounting here and not when they are posted: only
// the transaction that writes them can know which months are closed. That is
// why the hash leaves the day out; [Verify] proves it by the sums of the days.
func Save(tx *db.Tx, books []*Book) (lost []ident.ID, err error) {
	var changed []*Book
	for _, b := range books {
		if b.dirty {
			changed = append(changed, b)
		}
	}
	slices.SortFunc(changed, func(x, y *Book) int {
		if c := x.Holder.Compare(y.Holder); c != 0 {
			return c
		}
		return strings.Compare(x.Type, y.Type)
	})
	changed = slices.Compact(changed)
	won, lost, err := saveHeads(tx, changed)
	if err != nil {
		return nil, err
	}
	for _, write := range []func(*db.Tx, []*Book) error{bookOn, saveEntries, saveBookings, saveNewLots, saveLots, savePieces, saveUndone, saveHolds} {
		if err := write(tx, won); err != nil {
			return nil, err
		}
	}
	return lost, nil
}

func col(n int) []int64 { return make([]int64, n) }

func scanKey(r db.Row) (k Key, err error) {
	err = r.Scan(&k.Holder, &k.Type)
	return k, err
}
