package sale

import (
	"fmt"
	"sync"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/programme"
	"joren/internal/rules"
	"joren/internal/tier"
)

// Two servers that record for the same members at once lose nothing of what
// either says: not of the points, and not of the ranks, which are read, moved
// on and written.
func TestARankIsOfAllThatTwoServersRecorded(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		s.at("2026-10-05T10:00:00+09:00")
		who := make([]ident.ID, 3)
		for i := range who {
			who[i] = s.enrol(fmt.Sprintf("C%04d", i), "2026-04-01")
		}
		versions := &programme.Cache{}
		second := lane.New(s.db, s.members, versions)
		t.Cleanup(second.Close)
		servers := []*Sales{s.Sales, New(second)}
		var wg sync.WaitGroup
		for client := range 6 {
			wg.Go(func() {
				for n := range 40 {
					in := coffee(fmt.Sprintf("%d-%d", client, n), fmt.Sprintf("C%04d", (client/2+n)%3), "2026-10-05T10:00:00+09:00", 1100)
					if _, err := servers[client%2].Record(t.Context(), in, By{}); err != nil && !fault.Is(err, "lane.contended") {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		s.sound()
		s.write(func(tx *db.Tx) error {
			line, err := versions.Load(tx)
			if err != nil {
				return err
			}
			all, err := line.All()
			if err != nil {
				return err
			}
			for _, id := range who {
				ask := &rules.Ask{Member: id, At: s.now, Day: clock.Tokyo.Day(s.now), Facts: &rules.Facts{}}
				if _, err := tier.FillFacts(tx, lane.TierRules(all), []*rules.Ask{ask}); err != nil {
					return err
				}
				spent, err := db.One(tx, nil, db.Value[int64], `SELECT CAST(SUM(spend) AS BIGINT) FROM tier_event WHERE member_id = $1`, id)
				if err != nil {
					return err
				}
				if got := ask.Facts.Stats.TierMetric; got != spent || spent == 0 {
					t.Errorf("she spent %d, and her rank knows of %d", spent, got)
				}
			}
			return nil
		})
	})
}
