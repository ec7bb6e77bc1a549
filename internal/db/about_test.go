package db_test

import (
	"context"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
)

func TestAboutHowManyRowsATableHas(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		about := func(want, most int64) {
			t.Helper()
			err := d.Read(context.Background(), func(tx *db.Tx) error {
				n, err := db.About(tx, "purchase_sold")
				if n < want || n > most {
					t.Errorf("%d, want %d to %d", n, want, most)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		write := func(sql string, args ...any) {
			t.Helper()
			if err := d.Write(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Exec(sql, args...)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		add := func(n int) {
			rows := make([][]byte, n)
			for i := range rows {
				rows[i] = make([]byte, 16)
				copy(rows[i], []byte{byte(n >> 8), byte(n), byte(i >> 8), byte(i)})
			}
			b := db.NewBulk("id uuid", `INSERT INTO purchase_sold (member_id, purchase_id, sold) SELECT u.id, u.id, u.id FROM u`)
			if d.Engine() == db.Postgres {
				b = db.NewBulk("id uuid", `INSERT INTO purchase_sold (member_id, purchase_id, sold) SELECT u.id, u.id, uuid_send(u.id) FROM u`)
			}
			if err := d.Write(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Bulk(b, rows)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		about(0, 0)
		add(700)
		about(700, 700)
		write(`ANALYZE`)
		about(700, 700)
		add(7000)
		about(7000, 8500)
	})
}
