package measure

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/programme"
	"joren/internal/sale"
)

// board is a desk that never waits.
func (s *shop) board() *insight.Board {
	return &insight.Board{Store: insight.NewStore(s.db, Shop{&programme.Cache{}, s.members}), Horizon: 30,
		Zone: func(*db.Tx) (clock.Zone, error) { return clock.Tokyo, nil }}
}

// lively lets sixty members buy at rhythms of their own for some months.
func (s *shop) lively() {
	s.t.Helper()
	r := rand.New(rand.NewPCG(9, 9))
	var every []int
	for range 60 {
		s.enrol()
		every = append(every, 4+r.IntN(50))
	}
	for day := range 120 {
		s.now = clock.Tokyo.Start(clock.MustDay("2026-04-01")+clock.Day(day)) + 12*3600*1_000_000
		for m, id := range s.who {
			if r.IntN(every[m]) != 0 {
				continue
			}
			in := s.order("L"+ident.New().String(), id, s.now, r, 1)
			if _, err := s.Record(s.t.Context(), in, sale.By{Actor: "test", Brief: true}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

func TestWhoLooksWhileMonthsAreKeptIsToldHowManyAreLeft(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.lively()
		b := s.board()
		var done, all int64
		b.Extras = []insight.Extra{{Name: "attitude", Of: func(ident.ID) (float64, bool) {
			done, all = b.Remembering()
			return 0, false
		}}}
		if _, err := b.Remember(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if done != 2 || all != 3 {
			t.Errorf("while the last is kept, %d of %d are", done, all)
		}
		if _, all := b.Remembering(); all != 0 {
			t.Errorf("afterwards %d are still being kept", all)
		}
	})
}

func TestMonthsAreKeptOnceAndAMembersScoresGoWithHer(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.lively()
		b := s.board()
		n, err := b.Remember(t.Context(), false)
		if err != nil || n != 3 {
			t.Fatalf("%d months, %v", n, err)
		}
		if n, err := b.Remember(t.Context(), false); err != nil || n != 0 {
			t.Errorf("a second time %d months, %v", n, err)
		}
		var months []insight.Month
		var kept []insight.Kept
		s.write(func(tx *db.Tx) (err error) {
			if months, err = insight.Months(tx); err != nil {
				return err
			}
			kept, err = insight.History(tx, s.who[0])
			return err
		})
		last := months[len(months)-1]
		if len(months) != 3 || last.Month != "2026-06" || last.Missing != "" || last.Members < 40 || last.Mean <= 0 {
			t.Errorf("months %+v", months)
		}
		total := 0
		for _, n := range last.Spread {
			total += n
		}
		if total != last.Members || len(kept) == 0 || kept[len(kept)-1].Parts[insight.Behaviour] != kept[len(kept)-1].Score {
			t.Errorf("spread of %d members sums to %d; hers %+v", last.Members, total, kept)
		}
		if n, err := b.Remember(t.Context(), true); err != nil || n != 3 {
			t.Errorf("again: %d months, %v", n, err)
		}
		s.write(func(tx *db.Tx) error {
			_, err := s.people.Erase(tx, s.who[0], "test")
			return err
		})
		s.deliver(insight.ErasureConsumer())
		s.write(func(tx *db.Tx) (err error) {
			kept, err = insight.History(tx, s.who[0])
			return err
		})
		if len(kept) != 0 {
			t.Errorf("an erased member's scores are still there: %+v", kept)
		}
	})
}

func TestAReadingIsMadeAfreshWhenSomethingHappenedAndNotOtherwise(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.lively()
		b := s.board()
		one, err := b.Reading(t.Context())
		if err != nil || one.Missing != nil {
			t.Fatal(err, one.Missing)
		}
		if two, _ := b.Reading(t.Context()); two != one {
			t.Error("nothing happened and it was made again")
		}
		var n int32
		if err := b.View(func(c *insight.Columns) error { n, _ = c.Find(s.who[0]); return nil }); err != nil {
			t.Fatal(err)
		}
		before, _ := one.Past(n)
		in := s.order("late", s.who[0], s.now, rand.New(rand.NewPCG(1, 1)), 1)
		if _, err := s.Record(t.Context(), in, sale.By{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		three, err := b.Reading(t.Context())
		if err != nil || three == one {
			t.Fatal("a purchase came and the reading stayed", err)
		}
		if after, _ := three.Past(n); after.Money != before.Money+float64(in.Total) || after.Since != 0 {
			t.Errorf("before %+v, after %+v, bought %d", before, after, in.Total)
		}
	})
}

// What is remembered is nobody's to change: the second report, and who looks
// after it, is told what the first was.
func TestAReportLeavesWhatIsRememberedAsItIs(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.lively()
		b, ctx := s.board(), t.Context()
		b.Heading = func(*db.Tx, i18n.Lang) (insight.Heading, error) { return insight.Heading{Currency: "JPY"}, nil }
		before, err := b.Cohorts(ctx, insight.Filter{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		first, e1 := b.Report(ctx, insight.EachMonth, clock.Tokyo.Day(s.now)-31, i18n.JA)
		second, e2 := b.Report(ctx, insight.EachMonth, clock.Tokyo.Day(s.now)-31, i18n.EN)
		after, e3 := b.Cohorts(ctx, insight.Filter{}, 1)
		if err := errors.Join(e1, e2, e3); err != nil {
			t.Fatal(err)
		}
		if len(first.Cohorts) == 0 || len(first.Cohorts) == len(before) {
			t.Fatalf("of %d months the report has %d: nothing was left out", len(before), len(first.Cohorts))
		}
		for what, d := range map[string]string{"cohorts of the reports": cmp.Diff(first.Cohorts, second.Cohorts), "cohorts": cmp.Diff(before, after), "months": cmp.Diff(len(first.Months), len(second.Months)), "whom to care for": cmp.Diff(len(first.Care), len(second.Care))} {
			if d != "" {
				t.Errorf("%s differ: %s", what, d)
			}
		}
	})
}
