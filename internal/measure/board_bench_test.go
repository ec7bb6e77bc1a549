//go:build unix

package measure

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/insight"
	"joren/internal/member"
	"joren/internal/programme"
	"joren/internal/sign"
)

// BenchmarkBoard asks what pages ask of a shop of MEMBERS members (100,000)
// with ten purchases each. Every question is another, so nothing is
// remembered; training is not in it.
func BenchmarkBoard(b *testing.B) {
	members, err := strconv.Atoi(cmp.Or(os.Getenv("MEMBERS"), "100000"))
	if err != nil {
		b.Fatal(err)
	}
	now := clock.Tokyo.Start(opened+700) + 12*3600*1_000_000
	tick := func() clock.Instant { return now }
	d := dbtest.Open(b, "sqlite:"+filepath.Join(b.TempDir(), "board.db"), dbtest.WithClock(clock.Clock{Shop: tick, Wall: tick}))
	ring := sign.New()
	peopled(b, d, members, ring)
	shop := promised{Shop{Programmes: &programme.Cache{}, Members: member.New(ring)}, 10 * members}
	board := &insight.Board{Store: insight.NewStore(d, shop), Zone: func(*db.Tx) (clock.Zone, error) { return clock.Tokyo, nil }}
	ctx := b.Context()
	r, err := board.Reading(ctx)
	if err != nil {
		b.Fatal(err)
	}
	for _, q := range []struct {
		name string
		ask  func(ctx context.Context, f insight.Filter) error
	}{
		{"metrics", func(ctx context.Context, f insight.Filter) error { _, err := board.Metrics(ctx, f); return err }},
		{"months", func(ctx context.Context, f insight.Filter) error { _, err := board.Monthly(ctx, f, 13); return err }},
		{"cohorts", func(ctx context.Context, f insight.Filter) error { _, err := board.Cohorts(ctx, f, 1); return err }},
		{"spread", func(ctx context.Context, f insight.Filter) error { _, err := board.Spread(ctx, r, f); return err }},
		{"map", func(ctx context.Context, f insight.Filter) error { _, err := board.Map(ctx, f); return err }},
		{"mix", func(ctx context.Context, f insight.Filter) error { _, err := board.Mix(ctx, f); return err }},
		{"ranking", func(ctx context.Context, f insight.Filter) error {
			_, _, _, err := board.Ranking(ctx, insight.ByRisk, false, insight.Pick{Filter: f}, 0, 50)
			return err
		}},
	} {
		b.Run(q.name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if err := q.ask(ctx, insight.Filter{From: opened + clock.Day(i%300), Store: []string{"", "S1"}[i/300%2]}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
