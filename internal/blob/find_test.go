package blob_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"joren/internal/blob"
	"joren/internal/db"
	"joren/internal/db/dbtest"
)

func TestAFileIsFoundByItsDigest(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		data := content(3000)
		up, err := blob.Upload(ctx, d, "orders.csv", "text/csv", bytes.NewReader(data), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		write(t, d, func(tx *db.Tx) error {
			f, found, err := blob.Find(tx, sha256.Sum256(data))
			if !found || f != up {
				t.Errorf("found %v: %+v, want %+v", found, f, up)
			}
			if _, found, _ := blob.Find(tx, sha256.Sum256(data[1:])); found {
				t.Error("another digest finds it")
			}
			return err
		})
	})
}
