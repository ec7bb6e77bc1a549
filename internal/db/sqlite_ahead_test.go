package db_test

import (
	"context"
	"math/rand/v2"
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
	const rows, each = 6000, 1000
	d := dbtest.SQLite(t)
	table(t, d)
	long := strings.Repeat("x", 900)
	all := ids(rows)
	write(t, d, func(tx *db.Tx) error {
		for _, id := range all {
			if _, err := tx.Exec(`INSERT INTO sample (id, points, note, at) VALUES ($1, $2, $3, 1)`, id, each, long); err != nil {
				return err
			}
		}
		return nil
	})
	if err := db.Checkpoint(d); err != nil {
		t.Fatal(err)
	}
	before := db.Fetched()
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
	for range 2 {
		reading.Go(func() {
			for range 40 {
				if n, sum, err := total(d); err != nil || n != rows || sum != rows*each {
					t.Errorf("%d rows with %d, want %d with %d: %v", n, sum, rows, rows*each, err)
					return
				}
				for k := rows/2 - 60; k < rows/2; k += 3 {
					if sum, err := pair(d, all[k+rows/2], all[k]); err != nil || sum != 2*each {
						t.Errorf("pair %d has %d, want %d: %v", k, sum, 2*each, err)
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

func total(d *db.DB) (rows, sum int64, err error) {
	err = d.Read(context.Background(), func(tx *db.Tx) error {
		rows, sum = 0, 0
		return db.Each(tx, func(r db.Row) error {
			var points int64
			var note db.Word
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
