package ledger

import (
	"context"
	"testing"
	"time"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

func BenchmarkAwardAndSpendInABook(b *testing.B) {
	p := cafe()
	p.Terms.Pending.Days = 0
	start := NewBook(Key{ident.New(), "regular"}, p)
	for range 3 {
		must(start.Award(on("11-14 10:00"), Grant{Points: 100}))(b)
	}
	at := on("11-15 10:00")
	for b.Loop() {
		k := start.Clone()
		if _, err := k.Award(at, Grant{Points: 100, Origin: Sale}); err != nil {
			b.Fatal(err)
		}
		if _, err := k.Spend(at, 150); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPurchasesInBatchesOf512 loads, changes and saves 512 accounts in
// one transaction: an award for all, and a quarter spend what they have, so
// that accounts hold two or three open lots. The figures are per purchase.
func BenchmarkPurchasesInBatchesOf512(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		const n = 512
		p := cafe()
		p.Terms.Pending.Days = 0
		all := make([]Want, 8*n)
		for i := range all {
			all[i] = Want{Key: Key{ident.New(), "regular"}, Policy: p}
		}
		at := on("11-15 10:00")
		b.ResetTimer()
		var load, save time.Duration
		for round := range b.N {
			wants := all[round%8*n:][:n]
			at.Occurred, at.Recorded = at.Occurred+1, at.Recorded+1
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				t0 := time.Now()
				books, err := Load(tx, wants)
				load += time.Since(t0)
				if err != nil {
					return err
				}
				for i, k := range books {
					if _, err := k.Award(at, Grant{Points: 100, Origin: Sale}); err != nil {
						return err
					}
					if (round/8+i)%4 == 0 {
						if _, err := k.Spend(at, k.At(at.Recorded).Available); err != nil {
							return err
						}
					}
				}
				t0 = time.Now()
				lost, err := Save(tx, books)
				save += time.Since(t0)
				if len(lost) > 0 {
					b.Fatal("lost")
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		per := float64(b.N) * n * 1000
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/per, "µs/purchase")
		b.ReportMetric(float64(load.Nanoseconds())/per, "µs/load")
		b.ReportMetric(float64(save.Nanoseconds())/per, "µs/save")
	})
}

func BenchmarkVerify(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		p := cafe()
		p.Terms.Pending.Days = 0
		for range 8 {
			var books []*Book
			for range 256 {
				k := NewBook(Key{ident.New(), "regular"}, p)
				for i := range 12 {
					at := on("11-15 10:00")
					at.Recorded = at.Recorded.Add(time.Duration(i) * time.Minute)
					must(k.Award(at, Grant{Points: 100}))(b)
					must(k.Spend(at, 60))(b)
				}
				books = append(books, k)
			}
			write(b, d, func(tx *db.Tx) error { _, err := Save(tx, books); return err })
		}
		entries := int64(0)
		for b.Loop() {
			broken, c := verify(b, d)
			if len(broken) > 0 {
				b.Fatal(broken)
			}
			entries += c.Entries
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(entries), "µs/entry")
	})
}
