package intake

import (
	"strings"
	"testing"
	"time"

	"joren/internal/blob"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
)

func TestAFileThatWasOnlyTriedGoesAfterAWeek(t *testing.T) {
	at := clock.MustInstant("2026-11-22T00:00:00Z")
	now := func() clock.Instant { return at }
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		upload := func(name, text string) ident.ID {
			f, err := blob.Upload(t.Context(), d, name, FileType, strings.NewReader(text), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			return f.ID
		}
		tried, run, ordered := upload("tried.csv", orders(1)), upload("run.csv", orders(2)), upload("ordered.csv", orders(3))
		again := upload("tried and run.csv", orders(2))
		if _, err := runner(d, newBooks()).Run(t.Context(), textSource("run.csv", orders(2))); err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := Enqueue(tx, Order{File: ordered}); return err }); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int64{0, 1, 0} {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				n, err := Sweep(tx)
				if n != want {
					t.Errorf("%s: removed %d files, want %d", at, n, want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			at = at.Add(8 * 24 * time.Hour)
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			if _, err := blob.Stat(tx, tried); !fault.Is(err, "blob.unknown") {
				t.Errorf("the tried file: %v", err)
			}
			for _, id := range []ident.ID{run, ordered, again} {
				if _, err := blob.Stat(tx, id); err != nil {
					t.Error(err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}, dbtest.WithClock(clock.Clock{Shop: now, Wall: now}))
}
