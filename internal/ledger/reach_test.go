package ledger

import (
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

func TestReachCountsHoldersOnceAndPendingPointsUntilTheyActivate(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a, b := ident.New(), ident.New()
		for _, typ := range []string{"regular", "stamp"} {
			change(t, d, Want{Key: Key{a, typ}, Policy: cafe()}, func(x *Book) {
				must(x.Award(on("11-01 10:00"), Grant{Points: 100, ExpiresOn: clock.MustDay("2027-11-30"), Origin: Paid}))(t)
			})
		}
		change(t, d, Want{Key: Key{b, "regular"}, Policy: cafe()}, func(x *Book) {
			must(x.Award(on("11-15 10:00"), Grant{Points: 50, Origin: Sale}))(t)
		})
		at := func(s string) Reach {
			return read(t, d, func(tx *db.Tx) (Reach, error) { return Reached(tx, clock.MustInstant(s)) })
		}
		if got, want := at("2026-11-16T00:00:00+09:00"), (Reach{WithPoints: 2, Pending: 1}); got != want {
			t.Errorf("before activation: %+v, want %+v", got, want)
		}
		if got, want := at("2026-11-22T00:00:00+09:00"), (Reach{WithPoints: 2}); got != want {
			t.Errorf("after activation: %+v, want %+v", got, want)
		}
	})
}
