//go:build unix

package db_test

import (
	"context"
	"syscall"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

const tenColumns = "a uuid, b text, c bigint, d bigint, e text, f boolean, g bytea, h bigint, i text, j bigint"

var (
	insertTen = db.NewBulk(tenColumns, `INSERT INTO ten (a, b, c, d, e, f, g, h, i, j) SELECT u.a, u.b, u.c, u.d, u.e, u.f, u.g, u.h, u.i, u.j FROM u`)
	updateTen = db.NewBulk(tenColumns, `UPDATE ten SET c = u.c, d = u.d, e = u.e, f = u.f, g = u.g, h = u.h, i = u.i, j = u.j FROM u
		WHERE ten.a = u.a AND ten.b = u.b RETURNING ten.a, ten.b`)
	selectTen = db.NewBulk("a uuid, b text", `SELECT ten.a, ten.b, ten.c, ten.d, ten.e, ten.f, ten.g, ten.h, ten.i, ten.j FROM u JOIN ten ON ten.a = u.a AND ten.b = u.b`)
)

// BenchmarkTenColumns writes, changes and reads rows of ten columns on SQLite,
// 512 in a transaction; processor time, so that a busy machine matters less.
func BenchmarkTenColumns(b *testing.B) {
	d := dbtest.SQLite(b)
	write := func(fn func(*db.Tx) error) {
		if err := d.Write(context.Background(), fn); err != nil {
			b.Fatal(err)
		}
	}
	write(func(tx *db.Tx) error {
		_, err := tx.Exec(`CREATE TABLE ten (a BLOB NOT NULL, b TEXT NOT NULL, c INTEGER NOT NULL, d INTEGER NOT NULL, e TEXT NOT NULL,
			f INTEGER NOT NULL, g BLOB NOT NULL, h INTEGER, i TEXT, j INTEGER NOT NULL, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID`)
		return err
	})
	const n = 512
	nums, texts, flags, bytes := make([]int64, n), make([]string, n), make([]bool, n), make([][]byte, n)
	for i := range n {
		nums[i], texts[i], flags[i], bytes[i] = int64(i)*7919, "a text of common length", i%2 == 0, make([]byte, 32)
	}
	run := func(tx *db.Tx, bulk db.Bulk, keys []ident.ID) error {
		_, err := db.BulkQuery(tx, bulk, db.Value2[ident.ID, string], keys, texts, nums, nums, texts, flags, bytes, nums, texts, nums)
		return err
	}
	var all []ident.ID
	timed := func(name string, fn func(keys []ident.ID, i int)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var used int64
			for i := 0; b.Loop(); i++ {
				keys := ids(n)
				from := processor(b)
				fn(keys, i)
				used += processor(b) - from
			}
			b.ReportMetric(float64(used)/float64(b.N)/n, "cpu-ns/row")
		})
	}
	timed("Insert", func(keys []ident.ID, _ int) {
		all = append(all, keys...)
		write(func(tx *db.Tx) error { return run(tx, insertTen, keys) })
	})
	part := func(i int) []ident.ID { from := i * n % (len(all) - n + 1); return all[from : from+n] }
	timed("Update", func(_ []ident.ID, i int) {
		write(func(tx *db.Tx) error { return run(tx, updateTen, part(i)) })
	})
	timed("Select", func(_ []ident.ID, i int) {
		err := d.Read(context.Background(), func(tx *db.Tx) error {
			rows, err := db.BulkQuery(tx, selectTen, func(r db.Row) (k ident.ID, err error) {
				var s [3]string
				var x [4]int64
				var f bool
				var g []byte
				err = r.Scan(&k, &s[0], &x[0], &x[1], &s[1], &f, &g, &x[2], &s[2], &x[3])
				return k, err
			}, part(i), texts)
			if len(rows) != n {
				b.Fatalf("%d rows", len(rows))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	})
}

func processor(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
