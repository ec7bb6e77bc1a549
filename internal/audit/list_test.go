package audit

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

// Entries of two machines whose clocks lie hours apart are found by day, area
// and place alike, whichever way the list gets to them.
func TestAFilterFindsWhatItsWordsSay(t *testing.T) {
	rng := rand.New(rand.NewPCG(26, 11))
	now := clock.MustInstant("2026-11-01T00:00:00Z")
	hand := clock.Clock{Shop: func() clock.Instant { return now }, Wall: func() clock.Instant { return now }}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		who := []ident.ID{ident.New(), ident.New()}
		codes := []string{"points.adjusted", "points.exported", "member.edited", "key.made"}
		began := now
		for i := range 200 {
			now = began.Add(time.Duration(i)*3*time.Hour + time.Duration(rng.IntN(20)-10)*time.Hour)
			add(t, d, deed(codes[rng.IntN(len(codes))], who[rng.IntN(2)], ident.New()))
		}
		var all []Entry
		must(t, d.Read(ctx, func(tx *db.Tx) (err error) { all, err = List(tx, Filter{Limit: 1000}); return err }))
		seen := 0
		for range 300 {
			f := Filter{Limit: 1 + rng.IntN(30)}
			if rng.IntN(2) == 0 {
				f.From = began.Add(time.Duration(rng.IntN(30)) * 24 * time.Hour)
			}
			if rng.IntN(2) == 0 {
				f.To = began.Add(time.Duration(rng.IntN(30)) * 24 * time.Hour)
			}
			if rng.IntN(3) == 0 {
				f.Before = int64(rng.IntN(200))
			}
			f.Action = []string{"", "", "points.", "member.", "key.made", "nothing."}[rng.IntN(6)]
			if rng.IntN(4) == 0 {
				f.ActorID = who[0]
			}
			var want, got []int64
			for _, e := range all {
				if (f.From == 0 || e.At >= f.From) && (f.To == 0 || e.At < f.To) && (f.Before == 0 || e.Number < f.Before) && strings.HasPrefix(e.Action, f.Action) &&
					(f.ActorID.IsZero() || e.ActorID == f.ActorID) && len(want) < f.Limit {
					want = append(want, e.Number)
				}
			}
			must(t, d.Read(ctx, func(tx *db.Tx) error {
				es, err := List(tx, f)
				for _, e := range es {
					got = append(got, e.Number)
				}
				return err
			}))
			if seen += len(got); !slices.Equal(got, want) {
				t.Errorf("%+v: %v, want %v", f, got, want)
			}
		}
		if seen < 500 {
			t.Errorf("only %d entries were looked for", seen)
		}
	}, dbtest.WithClock(hand))
}
