package intake

import (
	"encoding/hex"
	"time"

	"joren/internal/blob"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/jobs"
)

// keepTried is how long a file is kept that was tried and never imported: long
// enough to come back to it after a holiday, and no longer, for it is full of
// people.
const keepTried = 7 * 24 * time.Hour

// swept is how many files one call removes.
const swept = 100

// Sweep removes files that were uploaded for a dry run more than a week ago
// and that no import and no job is of. It answers how many; call it until it
// is none.
func Sweep(tx *db.Tx) (removed int64, err error) {
	for _, kind := range []string{FileType, bundleType} {
		for after := (ident.ID{}); removed < swept; {
			list, err := blob.Older(tx, kind, tx.Wall.Add(-keepTried), after, swept)
			if err != nil {
				return removed, err
			}
			if len(list) == 0 {
				break
			}
			n, err := sweep(tx, list)
			if err != nil {
				return removed, err
			}
			removed, after = removed+n, list[len(list)-1].ID
		}
	}
	return removed, nil
}

func sweep(tx *db.Tx, list []blob.File) (n int64, err error) {
	for _, f := range list {
		used, err := inUse(tx, hex.EncodeToString(f.SHA256[:]))
		if err != nil {
			return n, err
		}
		if used {
			continue
		}
		if err := blob.Delete(tx, f.ID); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// inUse reports that a file was imported or is ordered to be.
func inUse(tx *db.Tx, hash string) (bool, error) {
	if _, begun, err := ByHash(tx, hash); err != nil || begun {
		return true, err
	}
	_, ordered, err := jobs.Latest(tx, JobKey(hash))
	return ordered, err
}
