package sale

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/programme"
)

// Two lanes on one database, as two servers have, buy for a few members at
// once: the same orders twice, guests, members with and without an account, a
// budget near its end. No transaction runs again because it waited in a circle
// with another.
func TestBatchesNeverWaitForEachOtherInACircle(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		s.at("2026-10-05T10:00:00+09:00")
		for i := range 12 {
			s.enrol(fmt.Sprintf("C%04d", i), "2026-04-01")
		}
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO limit_counter (holder_id, limit_id, store, window_from, used) VALUES ($1, 'autumn-budget', '', '2026-10-01', 499000)`, ident.ID{15: 1})
			return err
		})
		second := lane.New(s.db, s.members, &programme.Cache{})
		t.Cleanup(second.Close)
		servers := []*Sales{s.Sales, New(second)}
		before := s.db.Counts()
		var wg sync.WaitGroup
		for client := range 40 {
			r := rand.New(rand.NewPCG(uint64(client), 1))
			wg.Go(func() {
				for range 20 {
					card := fmt.Sprintf("C%04d", r.IntN(12))
					in := coffee(fmt.Sprint(r.IntN(400)), card, "2026-10-05T10:00:00+09:00", 1100)
					if r.IntN(8) == 0 {
						in = coffee(fmt.Sprint("guest", r.IntN(20)), "", "2026-10-05T10:00:00+09:00", 1100)
					}
					if _, err := servers[r.IntN(2)].Record(t.Context(), in, By{}); err != nil && fault.Of(err).Kind != fault.Conflict {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := s.db.Counts().Retries - before.Retries; n > 0 {
			t.Errorf("%d transactions ran again", n)
		}
		s.sound()
	})
}
