package proof

import (
	"context"
	"fmt"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/plan"
	"joren/internal/rules"
)

// benchAccounts × benchEntries is the size of the ledger that is verified: a
// million entries, half of them awards, half spends.
const (
	benchAccounts = 50_000
	benchEntries  = 20
)

// BenchmarkVerifyAMillionEntries: the aim is ten seconds (reference G-14).
func BenchmarkVerifyAMillionEntries(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		fill(b, d, benchAccounts, benchEntries)
		b.ResetTimer()
		for b.Loop() {
			r, err := Verify(context.Background(), d)
			if err != nil || !r.Holds() {
				b.Fatal(err, r.Text(i18n.EN))
			}
			if l, _ := r.Law("ledger.chain"); l.Seen != benchAccounts*benchEntries {
				b.Fatalf("%d entries", l.Seen)
			}
		}
	}, fixed())
}

func fill(b testing.TB, d *db.DB, accounts, entries int) {
	src, err := plan.Template("cafe")
	if err != nil {
		b.Fatal(err)
	}
	p, bad := plan.Parse(src)
	if len(bad) > 0 {
		b.Fatal(bad)
	}
	pp, _ := p.Policy("regular")
	policy := lane.Policy(p, pp, nil)
	policy.Terms.Pending = rules.Pending{}
	const batch = 1000
	for from := 0; from < accounts; from += batch {
		wants := make([]ledger.Want, min(batch, accounts-from))
		for i := range wants {
			wants[i] = ledger.Want{Key: ledger.Key{Holder: ident.New(), Type: "regular"}, Policy: policy}
		}
		write(b, d, func(tx *db.Tx) error {
			books, err := ledger.Load(tx, wants)
			if err != nil {
				return err
			}
			for _, k := range books {
				for n := range entries {
					at := clock.MustInstant("2026-11-15T09:00:00+09:00") + clock.Instant(n*1e6)
					post := ledger.Posting{Occurred: at, Recorded: at, Actor: "till-2", Reason: "purchase", Store: "honten", Purchase: ident.New(), Award: ident.New()}
					if n%2 == 0 {
						_, err = k.Award(post, ledger.Grant{Points: 100, Origin: ledger.Sale})
					} else {
						_, err = k.Spend(post, 70)
					}
					if err != nil {
						return fmt.Errorf("entry %d: %w", n, err)
					}
				}
			}
			_, err = ledger.Save(tx, books)
			return err
		})
	}
}
