package measure

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/programme"
)

// counted counts how often all purchases were read.
type counted struct {
	Shop
	all int
}

func (c *counted) Purchases(tx *db.Tx, members []ident.ID, fn func(*insight.Batch) error) error {
	if members == nil {
		c.all++
	}
	return c.Shop.Purchases(tx, members, fn)
}

// A start from the purchases that were kept says what reading all of them
// afresh does, whatever has happened since; what is damaged is not taken.
func TestAStartFromWhatWasKeptComesToWhatReadingAfreshDoes(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		l := &live{shop: s, seed: 5, r: rand.New(rand.NewPCG(5, 1)), did: map[string]int{}}
		open := func() (*insight.Store, *counted) {
			src := &counted{Shop: Shop{&programme.Cache{}, s.members}}
			st := insight.NewStore(s.db, src)
			st.KeepFrom = 1
			if _, err := st.Follow(t.Context()); err != nil {
				t.Fatal(err)
			}
			return st, src
		}
		day := clock.MustDay("2026-01-01")
		for round := range 3 {
			for range 60 {
				l.step()
			}
			st, _ := open()
			if wrote, err := st.Keep(t.Context(), day+clock.Day(round), false); err != nil || !wrote {
				t.Fatalf("round %d: %t, %v", round, wrote, err)
			}
			if wrote, err := st.Keep(t.Context(), day+clock.Day(round), false); err != nil || wrote {
				t.Errorf("twice on a day: %t, %v", wrote, err)
			}
			for range 20 * round {
				l.step()
			}
			started, src := open()
			afresh := insight.NewStore(s.db, Shop{&programme.Cache{}, s.members})
			if err := afresh.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(said(t, afresh), said(t, started)); d != "" {
				t.Fatalf("round %d (− afresh, + from what was kept):\n%s", round, d)
			}
			if src.all != 0 {
				t.Errorf("round %d: all purchases were read %d times", round, src.all)
			}
		}
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE insight_kept SET data = $1 WHERE part = 0`, []byte("what is this?"))
			return err
		})
		if _, src := open(); src.all != 1 {
			t.Errorf("damaged, and all purchases were read %d times", src.all)
		}
		few := insight.NewStore(s.db, Shop{&programme.Cache{}, s.members})
		if err := few.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if wrote, err := few.Keep(t.Context(), day+9, true); err != nil || wrote {
			t.Errorf("a small shop keeps nothing: %t, %v", wrote, err)
		}
	})
}
