package db_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

// Points move between a row and its partner half a table away, while others go
// through all of the table, then look at pairs near its end, where they have
// just been, and the log is brought into the file again and again: everybody
// reads one snapshot, whatever was fetched from the file ahead.
func TestWhoReadsAWholeTableAheadReadsOneSnapshot(t *testing.T) {
	const rows, had = 6000, 1000
	d := dbtest.SQLite(t)
	table(t, d)
	long := strings.Repeat("x", 900)
	all := ids(rows)
	write(t, d, func(tx *db.Tx) error {
		for _, id := range all {
			if _, err := tx.Exec(`INSERT INTO sample (id, points, note, at) VALUES ($1, $2, $3, 1)`, id, had, long); err != nil {
				return err
			}
		}
		return nil
	})
	if err := db.Checkpoint(d); err != nil {
		t.Fatal(err)
	}
	before, lent := db.Fetched(), db.Lent()
	ctx, end := context.WithCancel(t.Context())
	var moving sync.WaitGroup
	moving.Go(func() {
		r := rand.New(rand.NewPCG(1, 2))
		for n := 0; ctx.Err() == nil; n++ {
			k := rows/2 - 1 - r.IntN(60)
			if err := move(d, all[k], all[k+rows/2], r.Int64N(500)); err != nil {
				t.Error(err)
				return
			}
			if n%5 == 0 {
				if err := db.Checkpoint(d); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	var reading sync.WaitGroup
	for _, each := range []reader{db.Each, db.Through} {
		reading.Go(func() {
			for range 40 {
				if n, sum, err := total(d, each); err != nil || n != rows || sum != rows*had {
					t.Errorf("%d rows with %d, want %d with %d: %v", n, sum, rows, rows*had, err)
					return
				}
				for k := rows/2 - 60; k < rows/2; k += 3 {
					if sum, err := pair(d, all[k+rows/2], all[k]); err != nil || sum != 2*had {
						t.Errorf("pair %d has %d, want %d: %v", k, sum, 2*had, err)
						return
					}
				}
			}
		})
	}
	reading.Wait()
	end()
	moving.Wait()
	if db.Fetched() == before {
		t.Error("nothing was fetched ahead")
	}
	if db.Lent() == lent && runtime.GOOS != "windows" {
		t.Error("nothing was lent")
	}
}

func move(d *db.DB, from, to ident.ID, points int64) error {
	return d.Write(context.Background(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`UPDATE sample SET points = points - $2 WHERE id = $1`, from, points); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE sample SET points = points + $2 WHERE id = $1`, to, points)
		return err
	})
}

type reader = func(tx *db.Tx, fn func(db.Row) error, q string, args ...any) error

func total(d *db.DB, each reader) (rows, sum int64, err error) {
	err = d.Read(context.Background(), func(tx *db.Tx) error {
		rows, sum = 0, 0
		return each(tx, func(r db.Row) error {
			var points int64
			var note db.Words
			err := r.Scan(&points, &note)
			rows, sum = rows+1, sum+points
			return err
		}, `SELECT points, note FROM sample`)
	})
	return rows, sum, err
}

func pair(d *db.DB, one, other ident.ID) (sum int64, err error) {
	err = d.Read(context.Background(), func(tx *db.Tx) error {
		sum = 0
		for _, id := range []ident.ID{one, other} {
			n, err := db.One(tx, nil, db.Value[int64], `SELECT points FROM sample WHERE id = $1`, id)
			if err != nil {
				return err
			}
			sum += n
		}
		return nil
	})
	return sum, err
}

// A reader that stops in the middle of a table leaves nothing lent: the next
// ones read as ever, on the same connection.
func TestWhoIsLentPagesMayStopAnywhere(t *testing.T) {
	const rows = 3000
	d := dbtest.SQLite(t)
	table(t, d)
	long := strings.Repeat("x", 900)
	write(t, d, func(tx *db.Tx) error {
		for _, id := range ids(rows) {
			if _, err := tx.Exec(`INSERT INTO sample (id, points, note, at) VALUES ($1, 1, $2, 1)`, id, long); err != nil {
				return err
			}
		}
		return nil
	})
	if err := db.Checkpoint(d); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	for _, most := range []int{1, 2000, 2999} {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			n := 0
			err := db.Through(tx, func(db.Row) error {
				if n++; n == most {
					return enough
				}
				return nil
			}, `SELECT points, note FROM sample`)
			if !errors.Is(err, enough) {
				t.Errorf("after %d rows: %v", most, err)
			}
			var sum int64
			if err := db.Through(tx, func(r db.Row) error {
				var points int64
				var note string
				err := r.Scan(&points, &note)
				if sum += points; note != long {
					t.Errorf("a note of %d bytes", len(note))
				}
				return err
			}, `SELECT points, note FROM sample`); err != nil || sum != rows {
				t.Errorf("%d of %d, %v", sum, rows, err)
			}
			return db.Through(tx, func(r db.Row) error {
				if err := db.Through(tx, func(db.Row) error { return nil }, `SELECT 1`); err == nil {
					t.Error("a statement ran inside of another")
				}
				return nil
			}, `SELECT points FROM sample WHERE points = $1 LIMIT 2`, int64(1))
		})
		if err != nil {
			t.Error(err)
		}
	}
}
