package blob

import (
	"crypto/sha256"

	"joren/internal/db"
	"joren/internal/ident"
)

// Find gives the newest file with a digest; found is false without one.
func Find(tx *db.Tx, digest [sha256.Size]byte) (f File, found bool, err error) {
	ids, err := db.Query(tx, db.Value[ident.ID], `SELECT id FROM blob_file WHERE sha256 = $1 ORDER BY created_at DESC, id DESC LIMIT 1`, digest[:])
	if err != nil || len(ids) == 0 {
		return f, false, err
	}
	f, err = Stat(tx, ids[0])
	return f, err == nil, err
}
