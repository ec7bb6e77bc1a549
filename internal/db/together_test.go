package db_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

var putPoints = db.NewBulk("id uuid, p bigint", `INSERT INTO sample (id, points) SELECT u.id, u.p FROM u`)

func points(tx *db.Tx, id ident.ID) (int64, error) {
	return db.One(tx, errors.New("missing"), db.Value[int64], `SELECT points FROM sample WHERE id = $1`, id)
}

func TestPartsTogetherGetTheirOwnAnswersInAnyDepth(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		ids := make([]ident.ID, 5)
		for i := range ids {
			ids[i] = ident.New()
		}
		var sums [4]int64
		write(t, d, func(tx *db.Tx) error {
			if err := tx.Later(putPoints, nil, ids, []int64{1, 2, 3, 4, 5}); err != nil {
				return err
			}
			part := func(i int) func() error {
				return func() error {
					for k := range i + 1 { // the fourth asks four times
						n, err := points(tx, ids[k])
						if err != nil {
							return err
						}
						sums[i] += n
					}
					return nil
				}
			}
			err := tx.Together(part(0), part(1), part(2), part(3), func() error {
				n, err := tx.Exec(`UPDATE sample SET points = 50 WHERE id = $1`, ids[4])
				if err == nil && n != 1 {
					t.Errorf("%d rows", n)
				}
				return err
			}, func() error { return nil })
			if err != nil {
				return err
			}
			if n, err := points(tx, ids[4]); err != nil || n != 50 {
				t.Errorf("after it %d, %v", n, err)
			}
			return nil
		})
		if !slices.Equal(sums[:], []int64{1, 3, 6, 10}) {
			t.Errorf("sums %v", sums)
		}
	})
}

func TestWhatWaitsRunsBeforePartsAndItsAnswerIsHeard(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		id := ident.New()
		heard := int64(0)
		write(t, d, func(tx *db.Tx) error {
			one := func() error {
				if err := tx.Later(putPoints, func(n int64) error { heard = n; return nil }, []ident.ID{id}, []int64{7}); err != nil {
					return err
				}
				n, err := points(tx, id)
				if n != 7 {
					t.Errorf("a part does not see what it wrote before: %d", n)
				}
				return err
			}
			return tx.Together(one, func() error { _, err := tx.Exec(`UPDATE sample SET points = points`); return err })
		})
		if heard != 1 {
			t.Errorf("heard of %d rows", heard)
		}
	})
}

func TestTheFirstErrorEndsAllPartsAndRollsBack(t *testing.T) {
	boom := errors.New("boom")
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		for _, bad := range []func(tx *db.Tx) error{
			func(*db.Tx) error { return boom },
			func(tx *db.Tx) error { points(tx, ident.New()); return boom },
		} {
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				return tx.Together(
					func() error { _, err := tx.Bulk(putPoints, []ident.ID{ident.New()}, []int64{1}); return err },
					func() error { return bad(tx) },
					func() error { _, err := tx.Exec(`UPDATE sample SET points = points + 1`); return err },
				)
			})
			if !errors.Is(err, boom) {
				t.Errorf("got %v", err)
			}
		}
		if err := d.Write(context.Background(), func(tx *db.Tx) error {
			return tx.Together(
				func() error { _, err := tx.Exec(`UPDATE nowhere SET points = 1`); return err },
				func() error { _, err := points(tx, ident.New()); return err },
			)
		}); err == nil {
			t.Error("a statement that fails must fail the whole")
		}
		if n := count(t, d); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

func TestAPanicInAPartRollsBackAndComesThrough(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		func() {
			defer func() {
				if recover() != "boom" {
					t.Error("the panic is lost")
				}
			}()
			d.Write(context.Background(), func(tx *db.Tx) error {
				return tx.Together(
					func() error { return insertOne(tx, ident.New()) },
					func() error { points(tx, ident.New()); panic("boom") },
				)
			})
		}()
		if n := count(t, d); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		if err := d.Write(context.Background(), func(tx *db.Tx) error { return insertOne(tx, ident.New()) }); err != nil {
			t.Errorf("the database is no longer usable: %v", err)
		}
	})
}

func TestAStatementInsideARowOfAPartIsRefused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			if err := insertOne(tx, ident.New()); err != nil {
				return err
			}
			return tx.Together(func() error {
				return db.Each(tx, func(db.Row) error { _, err := tx.Exec(`UPDATE sample SET points = 2`); return err }, `SELECT id FROM sample`)
			}, func() error { return nil })
		})
		if err == nil {
			t.Error("accepted")
		}
	})
}
