package db_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
)

func TestWhatWaitsRunsInOrderBeforeTheNextQuestion(t *testing.T) {
	insert := db.NewBulk("k text, v bigint", `INSERT INTO idem_test (k, v) SELECT u.k, u.v FROM u ON CONFLICT DO NOTHING`)
	raise := db.NewBulk("k text", `UPDATE idem_test SET v = v + 1 FROM u WHERE idem_test.k = u.k RETURNING idem_test.v`)
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(`CREATE TABLE idem_test (k TEXT NOT NULL PRIMARY KEY, v INTEGER NOT NULL)`); err != nil {
				return err
			}
			var said []string
			must := func(err error) {
				if err != nil {
					t.Fatal(err)
				}
			}
			rows := func(n int64) error { said = append(said, fmt.Sprint("rows ", n)); return nil }
			must(tx.Later(insert, rows, []string{"a", "b"}, []int64{1, 2}))
			must(tx.LaterEach(raise, func(r db.Row) error {
				var v int64
				err := r.Scan(&v)
				said = append(said, fmt.Sprint("raised to ", v))
				return err
			}, []string{"b"}))
			must(tx.Later(insert, rows, []string{"b", "c"}, []int64{9, 3})) // b is there
			must(tx.Later(insert, rows, []string{}, []int64{}))
			sum, err := db.One(tx, nil, db.Value[int64], `SELECT CAST(SUM(v) AS BIGINT) FROM idem_test`)
			must(err)
			if sum != 1+3+3 {
				t.Errorf("sum %d", sum)
			}
			slices.Sort(said) // a statement without rows answers at once
			if got, want := fmt.Sprint(said), "[raised to 3 rows 0 rows 1 rows 2]"; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnErrorOfWhatWaitsUndoesTheTransaction(t *testing.T) {
	insert := db.NewBulk("k text", `INSERT INTO later_test (k) SELECT u.k FROM u`)
	refused := errors.New("refused")
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`CREATE TABLE later_test (k TEXT NOT NULL PRIMARY KEY)`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for what, fn := range map[string]func(tx *db.Tx) error{
			"a statement that fails at the end": func(tx *db.Tx) error {
				if err := tx.Later(insert, nil, []string{"x"}); err != nil {
					return err
				}
				return tx.Later(insert, nil, []string{"x"})
			},
			"a caller that refuses the count": func(tx *db.Tx) error {
				return tx.Later(insert, func(int64) error { return refused }, []string{"y"})
			},
		} {
			if err := d.Write(t.Context(), fn); err == nil {
				t.Errorf("%s was committed", what)
			}
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			n, err := db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM later_test`)
			if n != 0 {
				t.Errorf("%d rows stand", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
