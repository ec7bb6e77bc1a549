package day

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
)

// late books points that were earned at an instant long gone.
func (s *shop) late(m ident.ID, when string, points int64) {
	s.t.Helper()
	s.do(m, func(d *lane.Desk) error { d.Want.Accounts = true; return nil }, func(d *lane.Desk) error {
		b, err := d.Book("")
		if err == nil {
			_, err = b.Award(ledger.Posting{Occurred: jst(when), Recorded: d.Now, Actor: "till"}, ledger.Grant{Points: points, Origin: ledger.Sale})
		}
		return err
	})
}

func (s *shop) months(month string) []Month {
	s.t.Helper()
	return look(s, func(tx *db.Tx) ([]Month, error) { return Months(tx, month) })
}

var noInstant = cmpopts.IgnoreFields(Month{}, "ClosedAt")

func TestMonthsCloseInOrderOnceAndOnlyWhenTheyAreOver(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "")
		s.at("2026-01-20 12:00")
		s.buys(m, 10000)
		refused := func(month, code string) {
			t.Helper()
			if _, err := s.CloseMonth(t.Context(), month); !fault.Is(err, code) {
				t.Errorf("%s: %v, want %s", month, err, code)
			}
		}
		refused("2026-1", "day.month_invalid")
		refused("2026-01", "day.month_not_over")
		s.at("2026-02-01 00:04")
		refused("2026-01", "day.month_not_over")
		s.at("2026-03-02 12:00")
		refused("2026-02", "day.month_out_of_order")
		for _, month := range []string{"2026-01", "2026-02"} {
			if _, err := s.CloseMonth(t.Context(), month); err != nil {
				t.Fatal(err)
			}
			refused(month, "day.month_closed")
		}
		want := []Month{
			{Month: "2026-01", Type: "regular", Issued: 100, Closing: 100}, {Month: "2026-01", Type: "stamp", Issued: 1, Closing: 1},
			{Month: "2026-02", Type: "regular", Opening: 100, Closing: 100}, {Month: "2026-02", Type: "stamp", Opening: 1, Closing: 1},
		}
		if diff := cmp.Diff(want, s.months(""), noInstant); diff != "" {
			t.Error(diff)
		}
		s.sound()
	})
}

func TestWhatComesLateIsBookedInTheFirstOpenMonthAndKeepsItsInstant(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "")
		s.at("2026-01-20 12:00")
		s.buys(m, 10000)
		s.at("2026-03-02 12:00")
		s.late(m, "2026-01-25 12:00", 7) // January is open still
		if _, err := s.CloseMonth(t.Context(), "2026-01"); err != nil {
			t.Fatal(err)
		}
		s.late(m, "2026-01-26 12:00", 11) // it is closed: February
		s.late(m, "2026-02-10 12:00", 13) // February is open
		if _, err := s.CloseMonth(t.Context(), "2026-02"); err != nil {
			t.Fatal(err)
		}
		s.late(m, "2026-01-26 12:00", 17) // both are closed: March
		type row struct {
			Points int64
			At     clock.Instant
			On     string
		}
		got := look(s, func(tx *db.Tx) ([]row, error) {
			return db.Query(tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.Points, &x.At, &x.On) },
				`SELECT points, occurred_at, book_on FROM ledger_entry WHERE kind = 'earn' AND type = 'regular' ORDER BY seq`)
		})
		want := []row{{100, jst("2026-01-20 12:00"), "2026-01-20"}, {7, jst("2026-01-25 12:00"), "2026-01-25"}, {11, jst("2026-01-26 12:00"), "2026-02-01"},
			{13, jst("2026-02-10 12:00"), "2026-02-10"}, {17, jst("2026-01-26 12:00"), "2026-03-01"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		months := []Month{{Month: "2026-01", Type: "regular", Issued: 107, Closing: 107}, {Month: "2026-02", Type: "regular", Opening: 107, Issued: 24, Closing: 131}}
		for _, x := range months {
			if diff := cmp.Diff(x, s.months(x.Month)[0], noInstant); diff != "" {
				t.Error(diff)
			}
		}
		s.sound()
	})
}

func TestMonthsOfEveryKindOfMovementAddUpAndFollowEachOther(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		spring(s)
		s.at("2026-11-01 00:05")
		for _, month := range []string{"2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"} {
			if _, err := s.CloseMonth(t.Context(), month); err != nil {
				t.Fatal(month, err)
			}
		}
		var sum Month
		for _, m := range s.months("") {
			sum.Issued += m.Issued
			sum.Redeemed += m.Redeemed
			sum.Expired += m.Expired
			sum.Adjusted += m.Adjusted
		}
		if sum.Issued <= 0 || sum.Redeemed >= 0 || sum.Expired >= 0 || sum.Adjusted <= 0 {
			t.Errorf("the story lacks a movement: %+v", sum)
		}
		s.sound()
	})
}

func TestVerifyFindsAClosedMonthThatWasTouched(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "")
		s.at("2026-01-20 12:00")
		s.buys(m, 10000)
		s.at("2026-03-02 12:00")
		for _, month := range []string{"2026-01", "2026-02"} {
			if _, err := s.CloseMonth(t.Context(), month); err != nil {
				t.Fatal(err)
			}
		}
		for what, q := range map[string]string{
			"the closing was written over":       `UPDATE day_liability SET closing = closing + 1 WHERE month = '2026-01'`,
			"the opening was written over":       `UPDATE day_liability SET opening = opening + 1, closing = closing + 1 WHERE month = '2026-02'`,
			"a movement was moved":               `UPDATE day_liability SET issued = issued - 1, expired = expired + 1 WHERE month = '2026-01'`,
			"a month is gone":                    `DELETE FROM day_liability WHERE month = '2026-01'`,
			"a month was closed behind the book": `UPDATE ledger_books SET closed_on = '2026-01-31'`,
			"an entry changed its month":         `UPDATE ledger_entry SET book_on = '2026-02-20'`,
			"a day's sum was written over":       `UPDATE ledger_booked SET points = points + 1`,
			"a day's sum is gone":                `DELETE FROM ledger_booked`,
		} {
			found := 0
			undo := fault.New(fault.Conflict, "test.undo")
			err := s.db.Write(t.Context(), func(tx *db.Tx) error {
				if n, err := tx.Exec(q); err != nil || n == 0 {
					t.Errorf("%s: %d rows, %v", what, n, err)
				}
				if err := Verify(tx, func(Violation) { found++ }); err != nil {
					return err
				}
				if _, err := ledger.Verify(tx, func(ledger.Violation) { found++ }); err != nil {
					return err
				}
				return undo
			})
			if !fault.Is(err, "test.undo") || found == 0 {
				t.Errorf("%s: found %d, %v", what, found, err)
			}
		}
		s.sound()
	})
}

func TestAMonthClosesWhileLateRowsAreStillComing(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		s.at("2026-01-20 12:00")
		var members []ident.ID
		for range 8 {
			members = append(members, s.enrol("2026-01-01", ""))
		}
		s.buys(members[0], 10000)
		s.at("2026-03-02 12:00")
		other := s.turner()
		var wg sync.WaitGroup
		for i, m := range members {
			wg.Go(func() {
				n := &shop{Turner: s.Turner, t: t, db: s.db}
				if i%2 == 1 {
					n.Turner = other
				}
				for range 20 {
					n.late(m, "2026-01-25 12:00", 3)
				}
			})
		}
		wg.Go(func() {
			if _, err := s.CloseMonth(t.Context(), "2026-01"); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if _, err := s.CloseMonth(t.Context(), "2026-02"); err != nil {
			t.Fatal(err)
		}
		if m := s.months("2026-02")[0]; m.Closing != 100+8*20*3 {
			t.Errorf("closing %d", m.Closing)
		}
		s.sound()
	})
}

func TestTheLiabilityOfADayIsTheBalanceOfAllAccountsByOrigin(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		a, b := s.enrol("2026-01-01", "1990-02-04"), s.enrol("2026-01-01", "")
		s.turnInto("2026-01-10")
		s.at("2026-01-10 12:00")
		s.buys(a, 10000)
		s.spends(b, 30)
		s.turnInto("2026-03-01")
		for day, want := range map[string][]Open{
			"2026-01-09": nil,
			"2026-01-10": {{"regular", ledger.Owed, -30}, {"regular", ledger.Sale, 100}, {"stamp", ledger.Sale, 1}},
			"2026-01-25": {{"regular", ledger.Owed, -30}, {"regular", ledger.Sale, 100}, {"stamp", ledger.Sale, 1}},
			"2026-02-01": {{"regular", ledger.Owed, -30}, {"regular", ledger.Gift, 300}, {"regular", ledger.Sale, 100}, {"stamp", ledger.Sale, 1}},
		} {
			got := look(s, func(tx *db.Tx) ([]Open, error) { return OpenOn(tx, clock.MustDay(day)) })
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: %s", day, diff)
			}
		}
		s.sound()
	})
}
