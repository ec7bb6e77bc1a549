package day

import (
	"bytes"
	"context"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/programme"
	"joren/internal/purchase"
)

func TestTheTurnIsDueWhenTheShopsDayChangesAndEveryHour(t *testing.T) {
	s := newShop(t, db.SQLite)
	s.at("2026-01-10 23:30")
	s.ahead = 5000 * time.Hour // a demo's story stands in the past
	if _, err := s.Today(t.Context()); err != nil {
		t.Fatal(err)
	}
	wall := s.db.Clock().Wall()
	if got := s.nextTurn(wall).Sub(wall); got != 30*time.Minute {
		t.Errorf("half an hour before midnight the next turn is in %s", got)
	}
	s.at("2026-01-10 12:00")
	if got := s.nextTurn(wall).Sub(wall); got != time.Hour {
		t.Errorf("at noon the next turn is in %s", got)
	}
}

func TestTheSchedulerTurnsTheDayByTheShopsClockAndSweeps(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "1990-01-15")
		s.at("2026-01-05 12:00")
		s.turnInto("2026-01-05")
		swept := 0
		r := s.runner(func(*db.Tx) (int64, error) { swept++; return int64(2 - swept), nil })
		run := func() {
			t.Helper()
			if _, err := r.RunDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		run() // notes the first times
		s.at("2026-01-12 00:00")
		run()
		if d := look(s, Finished); d != clock.MustDay("2026-01-12") {
			t.Errorf("turned into %s", d)
		}
		if got := s.available(m, "regular", "2026-01-12 00:00"); got != 300 {
			t.Errorf("her birthday gift: %d", got)
		}
		if swept != 2 {
			t.Errorf("swept %d times, want until nothing was left", swept)
		}
	})
}

func TestWithoutAProgrammeThereIsNothingToTurn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := &shop{t: t, db: d}
		if err := s.turner().Through(t.Context(), clock.MustDay("2026-01-01")); err != nil {
			t.Error(err)
		}
		if _, err := s.turner().Today(t.Context()); !fault.Is(err, "programme.none_in_force") {
			t.Errorf("today: %v", err)
		}
	})
}

func TestARankThatRisesAtTheTurnIsGivenForAtOnce(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		s.at("2026-02-01 00:00")
		s.write(func(tx *db.Tx) error {
			next := bytes.Replace(yearDocument, []byte("  downgrade:"), []byte("  upgrade: next_period\n  downgrade:"), 1)
			next = bytes.Replace(next, []byte("effective_from: 2026-01-01"), []byte("effective_from: 2026-02-02"), 1)
			_, err := programme.Publish(tx, next, programme.Order{ShortNotice: true})
			return err
		})
		m := s.enrol("2026-02-01", "")
		s.turnInto("2026-02-10")
		s.at("2026-02-10 12:00")
		s.buys(m, 40000)
		s.turnInto("2026-03-31")
		if n := s.gifts("rank.up"); n != 0 {
			t.Errorf("within the period: %d gifts", n)
		}
		s.turnInto("2026-04-01")
		if n, got := s.gifts("rank.up"), s.rank(m); n != 1 || got != "silver" {
			t.Errorf("at its end: %s, %d gifts", got, n)
		}
		s.sound()
	})
}

func TestAReturnThatWaitsForAKnownPurchaseIsAppliedByTheTurn(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		var applied []string
		s.Return = func(_ context.Context, in purchase.ReturnInput) error {
			applied = append(applied, in.ReturnNo)
			if in.ReturnNo == "r3" {
				return fault.New(fault.Invalid, "return.exceeds_purchase")
			}
			return nil
		}
		s.at("2026-01-05 12:00")
		s.write(func(tx *db.Tx) error {
			for _, x := range [][2]string{{"1", "r1"}, {"2", "r2"}, {"3", "r3"}} {
				if err := purchase.Park(tx, &purchase.ReturnInput{Source: "till", OrderNo: x[0], ReturnNo: x[1], OccurredAt: s.now}, s.now); err != nil {
					return err
				}
			}
			for _, order := range []string{"1", "3"} {
				k := purchase.PurchaseKey("till", order)
				k.Member, k.Purchase = ident.New(), ident.New()
				if err := purchase.TakeKeys(tx, purchase.Known{Key: k, Content: purchase.ContentOf(nil)}); err != nil {
					return err
				}
			}
			return nil
		})
		s.turnInto("2026-01-06")
		if len(applied) != 2 || applied[0] != "r1" || applied[1] != "r3" {
			t.Errorf("applied %v", applied)
		}
		left := look(s, func(tx *db.Tx) ([]purchase.Parked, error) { return purchase.ParkedList(tx, 10) })
		if len(left) != 2 || left[0].Input.ReturnNo != "r2" || left[1].Input.ReturnNo != "r3" {
			t.Errorf("%d wait still", len(left))
		}
	})
}

// An import passes days one by one; most of them have nothing due.
func BenchmarkAnEmptyDay(b *testing.B) {
	s := newShop(b, db.SQLite)
	s.at("2026-01-05 12:00")
	for range 500 {
		s.buys(s.enrol("2026-01-01", ""), 10000)
	}
	s.turnInto("2026-01-06")
	s.turnInto("2027-01-20") // all their points are dead by then
	d := clock.MustDay("2027-01-20")
	s.at("2999-01-01 00:00")
	for b.Loop() {
		d++
		if err := s.Through(context.Background(), d); err != nil {
			b.Fatal(err)
		}
	}
}
