package db_test

import (
	"context"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

func perRow(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/row")
}

func BenchmarkBulkInsert512(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		table(b, d)
		for b.Loop() {
			b.StopTimer()
			id := ids(512)
			b.StartTimer()
			fill(b, d, id, 100)
		}
		perRow(b, 512)
	})
}

func BenchmarkBulkUpdate512(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		table(b, d)
		all := ids(10 * 512)
		fill(b, d, all, 100)
		points := make([]int64, 512)
		i := 0
		for b.Loop() {
			from := i % 10 * 512
			i++
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				_, err := db.BulkQuery(tx, addPoints, db.Value2[ident.ID, int64], all[from:from+512], points)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		perRow(b, 512)
	})
}

func BenchmarkBulkLookup512(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		table(b, d)
		all := ids(10 * 512)
		fill(b, d, all, 100)
		for b.Loop() {
			err := d.Read(context.Background(), func(tx *db.Tx) error {
				_, err := db.BulkQuery(tx, lookUp, db.Value2[int64, int64], all[:512], 0)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		perRow(b, 512)
	})
}
