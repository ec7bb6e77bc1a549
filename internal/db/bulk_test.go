package db_test

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"

	gocmp "github.com/google/go-cmp/cmp"
)

// table makes the table the tests of this package write to.
func table(t testing.TB, d *db.DB) {
	t.Helper()
	q := `CREATE TABLE sample (id UUID NOT NULL PRIMARY KEY, points BIGINT NOT NULL, note TEXT, ok BOOLEAN, at BIGINT, day TEXT, raw BYTEA, f DOUBLE PRECISION, other UUID)`
	if d.Engine() == db.SQLite {
		q = `CREATE TABLE sample (id BLOB NOT NULL PRIMARY KEY, points INTEGER NOT NULL, note TEXT, ok INTEGER, at INTEGER, day TEXT, raw BLOB, f REAL, other BLOB) STRICT`
	}
	write(t, d, func(tx *db.Tx) error { _, err := tx.Exec(q); return err })
}

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func ids(n int) []ident.ID {
	out := make([]ident.ID, n)
	for i := range out {
		out[i] = ident.New()
	}
	return out
}

type sample struct {
	ID     ident.ID
	Points int64
	Note   *string
	OK     *bool
	At     clock.Instant
	Day    clock.Day
	Raw    []byte
	F      float64
	Other  ident.ID
}

func scanSample(r db.Row) (s sample, err error) {
	err = r.Scan(&s.ID, &s.Points, &s.Note, &s.OK, &s.At, &s.Day, &s.Raw, &s.F, &s.Other)
	return s, err
}

const allSamples = `SELECT id, points, note, ok, at, day, raw, f, other FROM sample ORDER BY id`

var (
	insertSample = db.NewBulk("h uuid, p bigint, t text, b boolean, a bigint, d text, r bytea, f double, o uuid",
		`INSERT INTO sample (id, points, note, ok, at, day, raw, f, other)
		 SELECT u.h, u.p, u.t, u.b, u.a, u.d, u.r, u.f, u.o FROM u ON CONFLICT (id) DO NOTHING RETURNING id`)
	addPoints = db.NewBulk("h uuid, p bigint", `UPDATE sample SET points = sample.points + u.p FROM u WHERE sample.id = u.h RETURNING sample.id, sample.points`)
	lookUp    = db.NewBulk("h uuid, n bigint", `SELECT u.n, s.points FROM u LEFT JOIN sample s ON s.id = u.h`)
	remove    = db.NewBulk("h uuid", `DELETE FROM sample WHERE id IN (SELECT u.h FROM u)`)
)

func TestBulkRowsWithNullElementsComeBackAsWritten(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		id, yes, word := ids(3), true, "u.p isn't touched"
		want := []sample{
			{ID: id[0], Points: 10, Note: &word, OK: &yes, At: 1700000000000000, Day: clock.MustDay("2026-11-22"), Raw: []byte{0, 1, 255}, F: 1.5, Other: id[2]},
			{ID: id[1], Points: -5},
			{ID: id[2], Points: 0, Note: &word},
		}
		write(t, d, func(tx *db.Tx) error {
			got, err := db.BulkQuery(tx, insertSample, db.Value[ident.ID], id, []int64{10, -5, 0}, []*string{&word, nil, &word},
				[]*bool{&yes, nil, nil}, []clock.Instant{1700000000000000, 0, 0}, []clock.Day{clock.MustDay("2026-11-22"), 0, 0},
				[][]byte{{0, 1, 255}, nil, nil}, []float64{1.5, 0, 0}, []ident.ID{id[2], {}, {}})
			if len(got) != 3 {
				t.Errorf("inserted %d rows, want 3", len(got))
			}
			return err
		})
		read(t, d, func(tx *db.Tx) error {
			got, err := db.Query(tx, scanSample, allSamples)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			return err
		})
	})
}

func fill(t testing.TB, d *db.DB, id []ident.ID, points any) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		_, err := tx.Bulk(insertSample, id, points, nil, true, tx.Now, nil, nil, 0.0, nil)
		return err
	})
}

func TestBulkUpdatesReturnTheRowsTheyFoundAndOneValueStandsForAll(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		id := ids(4)
		fill(t, d, id[:3], 100)
		type row struct {
			ID     ident.ID
			Points int64
		}
		write(t, d, func(tx *db.Tx) error {
			got, err := db.BulkQuery(tx, addPoints, func(r db.Row) (x row, err error) { err = r.Scan(&x.ID, &x.Points); return x, err }, id, []int64{1, 2, 3, 4})
			slices.SortFunc(got, func(a, b row) int { return a.ID.Compare(b.ID) })
			if diff := gocmp.Diff([]row{{id[0], 101}, {id[1], 102}, {id[2], 103}}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			return err
		})
		type pair struct {
			N      int64
			Points *int64
		}
		write(t, d, func(tx *db.Tx) error {
			got, err := db.BulkQuery(tx, lookUp, func(r db.Row) (p pair, err error) { err = r.Scan(&p.N, &p.Points); return p, err }, id, []int64{0, 1, 2, 3})
			slices.SortFunc(got, func(a, b pair) int { return cmp.Compare(a.N, b.N) })
			if len(got) != 4 || got[3].Points != nil || *got[1].Points != 102 {
				t.Errorf("lookup gave %+v", got)
			}
			n, err2 := tx.Bulk(remove, id[1:])
			if n != 2 {
				t.Errorf("removed %d, want 2", n)
			}
			return cmp.Or(err, err2)
		})
	})
}

func TestBulkOfNothingDoesNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			n, err := tx.Bulk(remove, []ident.ID{}) // the table does not even exist
			if n != 0 {
				t.Errorf("%d rows", n)
			}
			return err
		})
	})
}

func TestABulkLargerThanOneArrayIsWrittenWhole(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		fill(t, d, ids(10001), 1)
		read(t, d, func(tx *db.Tx) error {
			n, err := db.One(tx, nil, db.Value[int64], `SELECT SUM(points) FROM sample`)
			if n != 10001 {
				t.Errorf("%d rows", n)
			}
			return err
		})
	})
}

func TestBulkRefusesWhatItWasNotDeclaredFor(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		for name, cols := range map[string][]any{
			"type":   {ids(1), []string{"x"}},
			"length": {ids(2), []int64{1}},
			"count":  {ids(1)},
		} {
			if err := d.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Bulk(addPoints, cols...); return err }); err == nil {
				t.Errorf("wrong %s went through", name)
			}
		}
	})
}

func TestJSONIsTextOnBothEngines(t *testing.T) {
	b := db.NewBulk("h uuid, j text", `UPDATE sample SET note = u.j FROM u WHERE sample.id = u.h`)
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		id := ids(2)
		fill(t, d, id, 0)
		write(t, d, func(tx *db.Tx) error {
			if _, err := tx.Bulk(b, id[:1], []json.RawMessage{[]byte(`{"a":1}`)}); err != nil {
				return err
			}
			_, err := tx.Exec(`UPDATE sample SET note = $2 WHERE id = $1`, id[1], json.RawMessage(`{"a":1}`))
			return err
		})
		read(t, d, func(tx *db.Tx) error {
			got, err := db.Query(tx, db.Value[json.RawMessage], `SELECT note FROM sample`)
			for _, j := range got {
				if string(j) != `{"a":1}` {
					t.Errorf("%s", j)
				}
			}
			return err
		})
	})
}
