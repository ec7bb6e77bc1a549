package sale

import (
	"fmt"
	"sync"
	"testing"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/plan"
	"joren/internal/purchase"
)

// claiming is the café's programme with 14 days to claim a receipt.
func claiming(t *testing.T, fn func(t *testing.T, s *shop)) {
	t.Helper()
	src, err := plan.Template("cafe")
	if err != nil {
		t.Fatal(err)
	}
	shops(t, append([]byte("claim_days: 14\n"), src...), fn)
}

// named is a newer state of a guest's order that names the member.
func named(yen, revision int64) purchase.Input {
	in := coffee("1", card, "2026-05-11T10:00:00+09:00", yen)
	in.Revision = revision
	return in
}

func guests(yen, revision int64) purchase.Input {
	in := named(yen, revision)
	in.Card = ""
	return in
}

func TestANewerStateThatNamesTheMemberClaimsAGuestsOrder(t *testing.T) {
	claiming(t, func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T12:00:00+09:00")
		s.buys(guests(1100, 1))
		s.at("2026-05-25T12:00:00+09:00") // the last of 14 days
		a := s.buys(named(2200, 2))
		// 2,000 yen without tax: 20 points, and 100 for the first purchase.
		if !a.Revised || a.Member != ident.Member.Text(id) || a.Award == nil || a.Award.Points != 120 || a.Booked != 120 || len(a.Flags) != 0 {
			t.Fatalf("%s", asJSON(t, a))
		}
		again := s.buys(named(2200, 2))
		if !again.Duplicate || again.Award == nil || again.Award.Points != 120 {
			t.Errorf("the same again: %s", asJSON(t, again))
		}
		if b := s.balance(id, "regular"); b.Available+b.Pending != 120 {
			t.Errorf("she has %+v", b)
		}
		if _, err := s.Claim(t.Context(), ClaimInput{Member: ident.Member.Text(id), OrderNo: "1", On: clock.MustDay("2026-05-11"), Total: 2200}, By{}); !fault.Is(err, "purchase.claimed") {
			t.Errorf("claimed once more: %v", err)
		}
		if a := s.buys(named(1100, 3)); a.Award.Points != 110 || a.Booked != -10 {
			t.Errorf("a smaller state: %s", asJSON(t, a))
		}
		s.returns("r1", 0)
		if b := s.balance(id, "regular"); b.Available+b.Pending != 0 || b.Debt != 0 {
			t.Errorf("all came back: %+v", b)
		}
		s.sound()
	})
}

// returns takes back some pieces of order 1, all with 0.
func (s *shop) returns(no string, pieces int64) {
	s.t.Helper()
	in := purchase.ReturnInput{Source: "till", ReturnNo: no, OrderNo: "1", OccurredAt: s.now}
	if pieces > 0 {
		in.Lines = []purchase.ReturnLine{{No: 1, Quantity: pieces}}
	}
	if _, err := s.Return(s.t.Context(), in, By{Actor: "till"}); err != nil {
		s.t.Fatal(err)
	}
}

func TestOfAGuestsOrderOnlyWhatIsKeptIsClaimed(t *testing.T) {
	claiming(t, func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T12:00:00+09:00")
		in := guests(3300, 1)
		in.Lines[0].Quantity = 3
		s.buys(in)
		s.returns("r1", 1)
		in = named(3300, 2)
		in.Lines[0].Quantity = 3
		if a := s.buys(in); a.Award == nil || a.Award.Points != 120 {
			t.Errorf("two of three pieces: %s", asJSON(t, a))
		}
		s.returns("r2", 2)
		if b := s.balance(id, "regular"); b.Available+b.Pending != 0 || b.Debt != 0 {
			t.Errorf("all came back: %+v", b)
		}
		s.sound()
	})
}

func TestAGuestsOrderThatCannotBeClaimedSaysWhy(t *testing.T) {
	claiming(t, func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T12:00:00+09:00")
		s.buys(guests(1100, 1))
		s.at("2026-05-26T00:00:00+09:00") // after the last day
		a := s.buys(named(2200, 2))
		if !a.Revised || a.Member != "" || a.Award != nil || len(a.Flags) != 1 || a.Flags[0].Code != "purchase.claim_late" {
			t.Errorf("%s", asJSON(t, a))
		}
		if until, _ := a.Flags[0].Args.Get("until"); until.Text != "2026-05-25" {
			t.Errorf("until %q", until.Text)
		}
		paid := named(2200, 3)
		paid.PointsPaid = &purchase.PointsPaid{Points: 100}
		if _, err := s.Record(t.Context(), paid, By{Actor: "till"}); !fault.Is(err, "purchase.guest_points") {
			t.Errorf("a guest paid with points: %v", err)
		}
		if b := s.balance(id, "regular"); b.Available+b.Pending+b.Debt != 0 {
			t.Errorf("she has %+v", b)
		}
		s.sound()
	})
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		s.enrol(card, "2026-04-01")
		s.at("2026-05-11T12:00:00+09:00")
		s.buys(guests(1100, 1))
		if a := s.buys(named(1100, 2)); a.Award != nil || len(a.Flags) != 1 || a.Flags[0].Code != "purchase.claim_off" {
			t.Errorf("the café gives no days to claim: %s", asJSON(t, a))
		}
		s.sound()
	})
}

// One order, claimed at the desk by one member and named by its source for
// another at the same time: one of them has it.
func TestAnOrderIsClaimedOnce(t *testing.T) {
	claiming(t, func(t *testing.T, s *shop) {
		a, b := s.enrol(card, "2026-04-01"), s.enrol("2900000999999", "2026-04-01")
		s.at("2026-05-11T12:00:00+09:00")
		given := int64(0)
		for i := range 40 {
			in := guests(1100, 1)
			in.OrderNo = fmt.Sprint("n", i)
			s.buys(in)
			in.Card, in.Revision = card, 2
			var wg sync.WaitGroup
			var claimed, named error
			var x, y Answer
			wg.Go(func() {
				x, claimed = s.Claim(t.Context(), ClaimInput{Member: ident.Member.Text(b), OrderNo: in.OrderNo, On: clock.MustDay("2026-05-11"), Total: 1100}, By{})
			})
			wg.Go(func() { y, named = s.Record(t.Context(), in, By{Actor: "till"}) })
			wg.Wait()
			if (claimed == nil) == (named == nil) || claimed != nil && !fault.Is(claimed, "purchase.claimed") || named != nil && !fault.Is(named, "purchase.other_member") {
				t.Fatalf("claimed: %v; named: %v", claimed, named)
			}
			for _, one := range []Answer{x, y} {
				if one.Award != nil {
					given += one.Award.Points
				}
			}
		}
		x, y := s.balance(a, "regular"), s.balance(b, "regular")
		if sum := x.Available + x.Pending + y.Available + y.Pending; sum != given || given < 400 {
			t.Errorf("%+v and %+v, were given %d", x, y, given)
		}
		s.sound()
	})
}

func TestPointsArePaidWithAClaimedOrder(t *testing.T) {
	claiming(t, func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T12:00:00+09:00")
		if _, err := s.Adjust(t.Context(), AdjustInput{Member: ident.Member.Text(id), Points: 500, Reason: "opening"}, By{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		s.buys(guests(1100, 1))
		in := named(1100, 2)
		in.PointsPaid = &purchase.PointsPaid{Points: 300}
		a := s.buys(in)
		if a.Paid == nil || a.Paid.Points != 300 || a.Award == nil {
			t.Fatalf("%s", asJSON(t, a))
		}
		if b := s.balance(id, "regular"); b.Available+b.Pending != 200+a.Award.Points {
			t.Errorf("she has %+v, was given %d", b, a.Award.Points)
		}
		s.returns("r1", 0)
		if b := s.balance(id, "regular"); b.Available+b.Pending != 500 {
			t.Errorf("all came back: %+v", b)
		}
		s.sound()
	})
}
