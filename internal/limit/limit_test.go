package limit

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/rules"
)

var november = clock.MustDay("2026-11-01")

func budget(cap int64) rules.LimitKey {
	return rules.LimitKey{Limit: "autumn", From: clock.MustDay("2026-10-01"), Cap: cap}
}

func own(cap int64) rules.LimitKey {
	return rules.LimitKey{Limit: "five-days:0", Member: true, From: november, Cap: cap}
}

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func used(tx *db.Tx, m ident.ID, keys ...rules.LimitKey) (map[string]int64, error) {
	a := &rules.Ask{Member: m, Facts: &rules.Facts{}}
	err := FillFacts(tx, []*rules.Ask{a}, [][]rules.LimitKey{keys})
	return a.Facts.Used, err
}

func TestABudgetOfAHundredGivesAHundredUnderAnyConcurrency(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var given atomic.Int64
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				m, gave := ident.New(), int64(0)
				judge := func(tx *db.Tx) error {
					gave = 0
					k := budget(100)
					u, err := used(tx, m, k)
					if err != nil || u["autumn"] >= 100 {
						return err
					}
					gave = 1
					return SaveShared(tx, []Add{{m, []rules.Count{{Key: k, Delta: 1}}}})
				}
				err := d.Write(context.Background(), judge)
				for Overshot(err) { // others used up what it saw
					err = d.Write(context.Background(), judge)
				}
				if err != nil {
					t.Error(err)
					return
				}
				given.Add(gave)
			})
		}
		wg.Wait()
		if given.Load() != 100 {
			t.Errorf("%d given of 100", given.Load())
		}
		write(t, d, func(tx *db.Tx) error {
			list, err := Of(tx, "autumn")
			if diff := cmp.Diff([]Usage{{Limit: "autumn", From: "2026-10-01", Used: 100}}, list); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}

func TestACapHoldsAndTheLoserIsTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var given, refused atomic.Int64
		var wg sync.WaitGroup
		m := ident.New()
		for range 200 {
			wg.Go(func() {
				err := d.Write(context.Background(), func(tx *db.Tx) error {
					return Save(tx, []Add{{m, []rules.Count{{Key: own(100), Delta: 1}}}})
				})
				switch {
				case err == nil:
					given.Add(1)
				case Overshot(err):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		write(t, d, func(tx *db.Tx) error {
			u, err := used(tx, m, own(100))
			if u["five-days:0"] != given.Load() || given.Load() > 100 || given.Load()+refused.Load() != 200 {
				t.Errorf("counter %d, given %d, refused %d", u["five-days:0"], given.Load(), refused.Load())
			}
			return err
		})
	})
}

func TestCountersArePerMemberStoreAndWindow(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a, b := ident.New(), ident.New()
		december := own(150)
		december.From = clock.MustDay("2026-12-01")
		shop := rules.LimitKey{Limit: "shop", Store: "honten", Cap: 1000}
		write(t, d, func(tx *db.Tx) error {
			adds := []Add{{a, []rules.Count{{Key: own(150), Delta: 60}, {Key: shop, Delta: 5}}}, {b, []rules.Count{{Key: own(150), Delta: 7}, {Key: shop, Delta: 6}}}}
			if err := Save(tx, adds); err != nil {
				return err
			}
			return SaveShared(tx, adds)
		})
		write(t, d, func(tx *db.Tx) error {
			elsewhere := shop
			elsewhere.Store = "ekimae"
			for _, c := range []struct {
				m    ident.ID
				k    rules.LimitKey
				want int64
			}{{a, own(150), 60}, {b, own(150), 7}, {a, december, 0}, {a, shop, 11}, {b, elsewhere, 0}} {
				u, err := used(tx, c.m, c.k)
				if err != nil || u[c.k.Limit] != c.want {
					t.Errorf("%+v: %d, want %d, %v", c.k, u[c.k.Limit], c.want, err)
				}
			}
			mine, err := OfMember(tx, a)
			if len(mine) != 1 || mine[0].Used != 60 {
				t.Errorf("%+v", mine)
			}
			return err
		})
	})
}

// EXAMPLES §3: the five-days counter 60 → 150 → 98 → 60.
func TestAReturnGivesBackToTheCounter(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := ident.New()
		count := func(n int64) []rules.Count {
			if n == 0 {
				return nil
			}
			return []rules.Count{{Key: own(150), Type: "regular", Delta: n}}
		}
		save := func(c []rules.Count) { write(t, d, func(tx *db.Tx) error { return Save(tx, []Add{{m, c}}) }) }
		expect := func(want int64) {
			t.Helper()
			write(t, d, func(tx *db.Tx) error {
				u, err := used(tx, m, own(150))
				if u["five-days:0"] != want {
					t.Errorf("counter %d, want %d", u["five-days:0"], want)
				}
				return err
			})
		}
		save(count(60))
		save(count(90))
		expect(150)
		back, left := GiveBack(count(90), count(38))
		save(back)
		expect(98)
		back, left = GiveBack(left, count(45)) // judged higher again: not counted again
		if back != nil || left[0].Delta != 38 {
			t.Errorf("%+v %+v", back, left)
		}
		back, left = GiveBack(left, nil)
		save(back)
		expect(60)
		if left != nil {
			t.Errorf("%+v", left)
		}
		write(t, d, func(tx *db.Tx) error {
			wrong, err := Audit(tx, func(f func(Add)) error { f(Add{m, count(60)}); return nil })
			if len(wrong) != 0 {
				t.Errorf("%+v", wrong)
			}
			wrong, err2 := Audit(tx, func(f func(Add)) error { f(Add{m, count(59)}); f(Add{ident.New(), count(3)}); return nil })
			if len(wrong) != 2 || wrong[0].Used != 60 || wrong[0].Should != 59 {
				t.Errorf("%+v %v", wrong, err2)
			}
			return err
		})
	})
}

func TestGivingBackInStepsEndsAtTheSmallestJudgement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Int64Range(1, 1000).Draw(t, "start")
		has := []rules.Count{{Key: own(1000), Delta: start}}
		counter, least := start, start
		for _, n := range rapid.SliceOf(rapid.Int64Range(0, 1200)).Draw(t, "judged") {
			var back []rules.Count
			back, has = GiveBack(has, []rules.Count{{Key: own(500), Delta: n}})
			for _, c := range back {
				counter += c.Delta
			}
			least = min(least, n)
			if counter != least {
				t.Fatalf("counter %d, least judgement %d", counter, least)
			}
		}
	})
}
