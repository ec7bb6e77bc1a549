package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"joren/internal/blob"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
)

var ctx = context.Background()

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	return b
}

func TestASmallFileComesBackAsStored(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for _, n := range []int{0, 1, blob.ChunkSize} {
			want := content(n)
			write(t, d, func(tx *db.Tx) error {
				f, err := blob.Put(tx, "ロゴ.png", "image/png", want)
				if err != nil {
					return err
				}
				g, got, err := blob.Get(tx, f.ID)
				if g != f || !bytes.Equal(got, want) || f.SHA256 != sha256.Sum256(want) || f.Size != int64(n) {
					t.Errorf("%d bytes: %+v", n, g)
				}
				return err
			})
		}
		err := d.Write(ctx, func(tx *db.Tx) error { _, err := blob.Put(tx, "x", "x", content(blob.ChunkSize+1)); return err })
		if !fault.Is(err, "blob.too_large") {
			t.Error(err)
		}
	})
}

func TestALargeFileIsUploadedAndReadInPieces(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for _, n := range []int{0, 5, 2 * blob.ChunkSize, 2*blob.ChunkSize + 7} {
			want := content(n)
			f, err := blob.Upload(ctx, d, "orders.csv", "text/csv", iotest.HalfReader(bytes.NewReader(want)), 4*blob.ChunkSize)
			if err != nil {
				t.Fatal(err)
			}
			_, r, err := blob.Open(ctx, d, f.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) || f.Size != int64(n) {
				t.Errorf("%d bytes: %d came back, %v", n, len(got), err)
			}
		}
		if _, err := blob.Upload(ctx, d, "x", "x", bytes.NewReader(content(11)), 10); !fault.Is(err, "blob.too_large") {
			t.Error(err)
		}
	})
}

func TestDamageIsNoticed(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f, err := blob.Upload(ctx, d, "x", "x", bytes.NewReader(content(100)), 1000)
		if err != nil {
			t.Fatal(err)
		}
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE blob_chunk SET data = $1`, content(101)[1:])
			return err
		})
		_, r, _ := blob.Open(ctx, d, f.ID)
		if _, err := io.ReadAll(r); !fault.Is(err, "blob.damaged") {
			t.Error(err)
		}
		if err := d.Read(ctx, func(tx *db.Tx) error { _, _, err := blob.Get(tx, f.ID); return err }); !fault.Is(err, "blob.damaged") {
			t.Error(err)
		}
	})
}

func TestABrokenUploadLeavesNoFileAndIsSweptAfterADay(t *testing.T) {
	at := clock.MustInstant("2026-11-22T00:00:00Z")
	now := func() clock.Instant { return at }
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		cut := errors.New("cut")
		src := io.MultiReader(bytes.NewReader(content(blob.ChunkSize)), iotest.ErrReader(cut))
		if _, err := blob.Upload(ctx, d, "x", "x", src, 1<<30); !errors.Is(err, cut) {
			t.Fatal(err)
		}
		whole, err := blob.Upload(ctx, d, "y", "y", bytes.NewReader(content(5)), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []int64{0, 1} {
			write(t, d, func(tx *db.Tx) error {
				n, err := blob.Sweep(tx)
				if n != want {
					t.Errorf("swept %d, want %d", n, want)
				}
				return err
			})
			at = at.Add(25 * time.Hour)
		}
		write(t, d, func(tx *db.Tx) error {
			if _, _, err := blob.Get(tx, whole.ID); err != nil {
				t.Error(err)
			}
			return blob.Delete(tx, whole.ID)
		})
		if err := d.Write(ctx, func(tx *db.Tx) error { return blob.Delete(tx, whole.ID) }); !fault.Is(err, "blob.unknown") {
			t.Error(err)
		}
	}, dbtest.WithClock(clock.Clock{Shop: now, Wall: now}))
}

type cutOff struct{ left int }

func (c *cutOff) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := min(len(p), c.left)
	c.left -= n
	return n, nil
}

func TestAnUploadThatIsCutOffIsNoFile(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if f, err := blob.Upload(t.Context(), d, "orders.csv", "text/csv", &cutOff{left: 3 * blob.ChunkSize / 2}, 1<<30); !fault.Is(err, "blob.cut_off") {
			t.Errorf("stored %+v, %v", f, err)
		}
	})
}
