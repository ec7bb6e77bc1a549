package blob_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"joren/internal/blob"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
)

func pieces(t testing.TB, d *db.DB) (n int64) {
	t.Helper()
	err := d.Read(ctx, func(tx *db.Tx) error {
		all, err := db.Query(tx, db.Value[int64], `SELECT COUNT(*) FROM blob_chunk`)
		n = all[0]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheSameBytesAreKeptOnceAndAsLongAsAFileHasThem(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		want := content(blob.ChunkSize + 9)
		var files []blob.File
		for _, name := range []string{"tried.csv", "run.csv", "again.csv"} {
			f, err := blob.Upload(ctx, d, name, "text/csv", bytes.NewReader(want), 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		if n := pieces(t, d); n != 2 {
			t.Errorf("%d pieces of two", n)
		}
		write(t, d, func(tx *db.Tx) error {
			for i, f := range files {
				g, got, err := blob.Get(tx, f.ID)
				if err != nil || !bytes.Equal(got, want) || g != f || g.Name != []string{"tried.csv", "run.csv", "again.csv"}[i] {
					t.Errorf("%s: %v %+v", f.Name, err, g)
				}
			}
			return blob.Delete(tx, files[0].ID)
		})
		write(t, d, func(tx *db.Tx) error {
			if _, got, err := blob.Get(tx, files[1].ID); err != nil || !bytes.Equal(got, want) {
				t.Errorf("its pieces went with the first file: %v", err)
			}
			return blob.Delete(tx, files[1].ID)
		})
		write(t, d, func(tx *db.Tx) error { return blob.Delete(tx, files[2].ID) })
		if n := pieces(t, d); n != 0 {
			t.Errorf("%d pieces without a file", n)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { return blob.Delete(tx, files[0].ID) }); !fault.Is(err, "blob.unknown") {
			t.Error(err)
		}
	})
}

// Uploads and deletions of the same bytes at one moment must never leave a
// file without its pieces.
func TestAFileNeverLosesItsPiecesToADeletionAtTheSameMoment(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		want := content(100)
		put := func() (f blob.File) {
			err := d.Write(ctx, func(tx *db.Tx) (err error) { f, err = blob.Put(tx, "x", "x", want); return err })
			if err != nil {
				t.Error(err)
			}
			return f
		}
		for range 20 {
			first := put()
			var second blob.File
			var wg sync.WaitGroup
			wg.Go(func() { second = put() })
			wg.Go(func() {
				if err := d.Write(ctx, func(tx *db.Tx) error { return blob.Delete(tx, first.ID) }); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			write(t, d, func(tx *db.Tx) error {
				if _, got, err := blob.Get(tx, second.ID); err != nil || !bytes.Equal(got, want) {
					t.Errorf("lost: %v", err)
				}
				return blob.Delete(tx, second.ID)
			})
		}
	})
}

func TestOldFilesOfAKindAreListed(t *testing.T) {
	at := clock.MustInstant("2026-11-22T00:00:00Z")
	now := func() clock.Instant { return at }
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		put := func(name, kind string) {
			write(t, d, func(tx *db.Tx) error { _, err := blob.Put(tx, name, kind, []byte(name)); return err })
		}
		put("a", "text/csv")
		put("b", "image/png")
		put("c", "text/csv")
		at = at.Add(time.Hour)
		put("young", "text/csv")
		var names string
		write(t, d, func(tx *db.Tx) error {
			for after := (ident.ID{}); ; {
				list, err := blob.Older(tx, "text/csv", at, after, 1)
				if err != nil || len(list) == 0 {
					return err
				}
				names, after = names+list[0].Name, list[0].ID
			}
		})
		if names != "ac" {
			t.Errorf("listed %q", names)
		}
	}, dbtest.WithClock(clock.Clock{Shop: now, Wall: now}))
}
