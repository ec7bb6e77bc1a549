package measure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/programme"
)

// After a stretch of a shop's life every metric, counted plainly from what the
// database holds, is what pages show, under any filter; and a corrupted column
// is found.
func TestEveryMetricCountedTwiceIsTheSame(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		l := &live{shop: s, seed: 11, r: rand.New(rand.NewPCG(11, 1)), did: map[string]int{}}
		for range 200 {
			l.step()
		}
		s.write(func(tx *db.Tx) error { return insight.SaveMargins(tx, insight.Margins{"": 3000, "P1": 5500, "P3": 0}) })
		b := s.board()
		r := rand.New(rand.NewPCG(12, 1))
		told := map[string]int{}
		parts := 0
		for k := range 120 {
			f := anyFilter(r, clock.Tokyo.Day(s.now))
			if b.TestMost = 1_000_000; k%2 == 1 {
				b.TestMost = 30 // as if the shop were large: a part of the members, another every hour
				s.now = s.now.Add(time.Hour)
			}
			x, err := b.SelfTest(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			if x.One > 1 {
				parts++
			}
			for _, c := range x.Checks {
				if !c.Same {
					t.Errorf("%s under %+v: pages say %v of %d (%v), plainly %v of %d (%v)", c.Metric.ID, f, c.Fast.Value, c.Fast.N, c.Fast.Missing, c.Plain.Value, c.Plain.N, c.Plain.Missing)
				}
				if c.Fast.Missing == nil && c.Fast.Value != 0 {
					told[c.Metric.ID]++
				}
			}
		}
		if parts != 60 {
			t.Errorf("%d self-tests were of a part", parts)
		}
		for _, m := range insight.Registry {
			if told[m.ID] == 0 && !slices.Contains([]string{"referral_share", "points_used", "use_rate", "programme_cost", "points_expired", "breakage", "cost_per_new", "ranked_share", "return_rate"}, m.ID) {
				t.Errorf("%s was never more than zero", m.ID)
			}
		}
	})
}

// anyFilter draws one filter out of what the shop has, and a little it has not.
func anyFilter(r *rand.Rand, today clock.Day) (f insight.Filter) {
	pick := func(words ...string) string {
		if r.IntN(4) > 0 {
			return ""
		}
		return words[r.IntN(len(words))]
	}
	day := func() clock.Day {
		if r.IntN(3) > 0 {
			return 0
		}
		return today - clock.Day(r.IntN(150))
	}
	f = insight.Filter{From: day(), Store: pick("honten", "ekimae", "nowhere"), Channel: pick("shop", "web"), Tier: pick("bronze", "silver"), Age: pick(insight.Ages...),
		Gender: pick("female", "male", "x"), Area: pick("東京都", "京都府"), Own: pick("skin:dry", "skin:oily", "parking:true"), JoinStore: pick("honten"), JoinBy: pick("till", "web"), CohortFrom: day()}
	if f.From == 0 || r.IntN(2) == 0 {
		f.To = max(f.From, day())
	}
	return f
}

func TestASelfTestFindsWhatColumnsGotWrong(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		for range 4 {
			s.enrol()
		}
		r := rand.New(rand.NewPCG(3, 3))
		for i := range 12 {
			s.now = s.now.Add(30 * 3600 * 1e9)
			l := &live{shop: s, r: r, did: map[string]int{}}
			l.orders, l.seed = nil, uint64(100+i)
			if err := l.buy(s.who[i%4]); err != nil {
				t.Fatal(err)
			}
		}
		b := s.board()
		if _, err := b.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		wrong := &insight.Board{Store: insight.NewStore(s.db, forgetful{Shop{&programme.Cache{}, s.members}, new(int)}), Horizon: 30, Zone: b.Zone}
		x, err := wrong.SelfTest(t.Context(), insight.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if x.Differs() == 0 || x.Of("net_sales").Same || !x.Of("new_members").Same {
			t.Errorf("%d metrics differ: %s", x.Differs(), fmt.Sprint(x.Of("net_sales")))
		}
	})
}

// forgetful tells of the first purchase it is asked for as if it had cost nothing, the
// first time.
type forgetful struct {
	Shop
	asked *int
}

func (f forgetful) Purchases(tx *db.Tx, members []ident.ID, fn func(*insight.Batch) error) error {
	return f.Shop.Purchases(tx, members, func(b *insight.Batch) error {
		for i := range b.List {
			if *f.asked++; *f.asked == 1 {
				b.List[i].Net--
			}
		}
		return fn(b)
	})
}
