package sale

import (
	"fmt"
	"sync"
	"testing"

	"joren/internal/activity"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/purchase"
)

// coffee is a purchase of one line at 10 %, prices with tax.
func coffee(no, card, when string, yen int64) purchase.Input {
	rate, _ := purchase.ParseRate("0.10")
	return purchase.Input{Source: "till", OrderNo: no, Card: card, Store: "honten", Channel: "shop", OccurredAt: clock.MustInstant(when), Currency: "JPY",
		Prices: purchase.TaxIncluded, Lines: []purchase.Line{{No: 1, SKU: "C", Category: "drink", Quantity: 1, Amount: yen, TaxRate: rate}}, Total: yen}
}

const card = "2900000123458"

func (s *shop) buys(in purchase.Input) Answer {
	s.t.Helper()
	a, err := s.Record(s.t.Context(), in, By{Actor: "till"})
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func TestAGuestEarnsNothingUntilTheReceiptIsClaimed(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T10:00:00+09:00")
		in := coffee("1", "", "2026-05-11T10:00:00+09:00", 1100)
		a := s.buys(in)
		if a.Award != nil || a.Member != "" {
			t.Fatalf("a guest was given %s", asJSON(t, a))
		}
		_, err := s.Claim(t.Context(), ClaimInput{Member: ident.Member.Text(id), OrderNo: "1", On: clock.MustDay("2026-05-11"), Total: 1100}, By{})
		if !fault.Is(err, "purchase.claim_off") {
			t.Errorf("the café gives no days to claim: %v", err)
		}
		s.sound()
	})
}

func TestAReturnBeforeItsPurchaseWaitsForIt(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T12:00:00+09:00")
		r, err := s.Return(t.Context(), purchase.ReturnInput{Source: "till", ReturnNo: "r1", OrderNo: "1", OccurredAt: s.now}, By{})
		if err != nil || r.State != "parked" {
			t.Fatalf("%+v, %v", r, err)
		}
		a := s.buys(coffee("1", card, "2026-05-11T10:00:00+09:00", 1100))
		if a.Award.Points == 0 {
			t.Fatal("nothing was earned")
		}
		if b := s.balance(id, "regular"); b.Available+b.Pending != 0 {
			t.Errorf("after the return that waited: %+v", b)
		}
		s.sound()
	})
}

func TestASaleWithMissingPointsStandsAndBecomesDebt(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T10:00:00+09:00")
		in := coffee("1", card, "2026-05-11T10:00:00+09:00", 1100)
		in.PointsPaid = &purchase.PointsPaid{Points: 200}
		if _, err := s.Preview(t.Context(), in); !fault.Is(err, "points.insufficient") {
			t.Errorf("the preview: %v", err)
		}
		a := s.buys(in)
		if a.Paid.Debt != 200 || len(a.Flags) == 0 || a.Flags[0].Code != "points.short" {
			t.Errorf("%s", asJSON(t, a))
		}
		if b := s.balance(id, "regular"); b.Debt != 200-a.Award.RepaidDebt {
			t.Errorf("debt %d, repaid %d", b.Debt, a.Award.RepaidDebt)
		}
		s.sound()
	})
}

func TestAnOrderThatChangesIsPostedBothWays(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T10:00:00+09:00")
		in := coffee("1", card, "2026-05-11T10:00:00+09:00", 1100)
		in.Revision = 1
		first := s.buys(in)
		for i, yen := range []int64{2200, 550} {
			in = coffee("1", card, "2026-05-11T10:00:00+09:00", yen)
			in.Revision = int64(i) + 2
			if a := s.buys(in); !a.Revised {
				t.Errorf("%d yen: not a revision: %s", yen, asJSON(t, a))
			}
		}
		b := s.balance(id, "regular")
		// 550 yen with tax are 500 eligible: 5 points, and 100 for the first purchase.
		if got := b.Available + b.Pending - b.Debt; got != 105 {
			t.Errorf("after both revisions %d points, first gave %d", got, first.Award.Points)
		}
		old := coffee("1", card, "2026-05-11T10:00:00+09:00", 9900)
		old.Revision = 1
		if a, err := s.Record(t.Context(), old, By{}); err != nil || !a.Duplicate {
			t.Errorf("an older state: %+v, %v", a, err)
		}
		s.sound()
	})
}

func TestWhatCannotBeIsRefusedAndLeavesNothing(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		s.enrol(card, "2026-05-01")
		s.at("2026-05-11T10:00:00+09:00")
		for code, in := range map[string]purchase.Input{
			"time.future":             coffee("f", card, "2026-05-11T10:05:00.000001+09:00", 100),
			"purchase.before_joining": coffee("b", card, "2026-04-30T10:00:00+09:00", 100),
			"member.unknown":          coffee("u", "2999999999990", "2026-05-11T10:00:00+09:00", 100),
			"programme.none_in_force": coffee("n", card, "2026-03-31T10:00:00+09:00", 100),
			"purchase.total_mismatch": func() purchase.Input {
				in := coffee("t", card, "2026-05-11T10:00:00+09:00", 100)
				in.Total++
				return in
			}(),
			"purchase.currency": func() purchase.Input {
				in := coffee("c", card, "2026-05-11T10:00:00+09:00", 100)
				in.Currency = "USD"
				return in
			}(),
			"purchase.points_exceed_total": func() purchase.Input {
				in := coffee("p", card, "2026-05-11T10:00:00+09:00", 100)
				in.PointsPaid = &purchase.PointsPaid{Points: 101}
				return in
			}(),
		} {
			if _, err := s.Record(t.Context(), in, By{}); !fault.Is(err, code) {
				t.Errorf("want %s, got %v", code, err)
			}
		}
		if _, err := s.Record(t.Context(), coffee("ok", card, "2026-05-11T10:05:00+09:00", 100), By{}); err != nil {
			t.Errorf("exactly five minutes ahead passes: %v", err)
		}
		err := s.db.Read(t.Context(), func(tx *db.Tx) error {
			n, err := db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM purchase_key`)
			if n != 1 {
				t.Errorf("%d keys stored, want that of the one good purchase", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s.sound()
	})
}

func TestAnAnsweredSurveyEarnsOnceAMonth(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T10:00:00+09:00")
		answer := func(no, when string) EventAnswer {
			t.Helper()
			a, err := s.Event(t.Context(), activity.Input{Source: "web", EventNo: no, Kind: "survey.completed", Card: card, OccurredAt: clock.MustInstant(when)}, By{})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := answer("1", "2026-05-10T10:00:00+09:00"); a.Award == nil || a.Award.Points != 20 {
			t.Errorf("first answer: %s", asJSON(t, a))
		}
		if a := answer("1", "2026-05-10T10:00:00+09:00"); !a.Duplicate || a.Award.Points != 20 {
			t.Errorf("the same again: %s", asJSON(t, a))
		}
		if a := answer("2", "2026-05-11T09:00:00+09:00"); a.Award != nil && a.Award.Points != 0 {
			t.Errorf("second in May: %s", asJSON(t, a))
		}
		if b := s.balance(id, "regular"); b.Pending+b.Available != 20 {
			t.Errorf("%+v", b)
		}
		_, err := s.Event(t.Context(), activity.Input{Source: "web", EventNo: "9", Kind: "nonsense", Card: card, OccurredAt: s.now}, By{})
		if !fault.Is(err, "event.unknown_kind") {
			t.Errorf("unknown kind: %v", err)
		}
		s.sound()
	})
}

func TestPointsTravelWithTheirExpiry(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		a, b := s.enrol(card, "2026-04-01"), s.enrol("2900000000001", "2026-04-01")
		s.at("2026-05-11T10:00:00+09:00")
		if _, err := s.Adjust(t.Context(), AdjustInput{Member: ident.Member.Text(a), Points: 300, Reason: "goodwill", ExpiresOn: clock.MustDay("2026-06-30")}, By{}); err != nil {
			t.Fatal(err)
		}
		in := TransferInput{From: ident.Member.Text(a), To: ident.Member.Text(b), Points: 120}
		if _, err := s.Transfer(t.Context(), in, By{}); err != nil {
			t.Fatal(err)
		}
		if x, y := s.balance(a, "regular"), s.balance(b, "regular"); x.Available != 180 || y.Available != 120 || y.Next.On != clock.MustDay("2026-06-30") {
			t.Errorf("giver %+v, taker %+v", x, y)
		}
		in.Points = 181
		if _, err := s.Transfer(t.Context(), in, By{}); !fault.Is(err, "points.insufficient") {
			t.Errorf("more than she has: %v", err)
		}
		s.sound()
	})
}

func TestABudgetIsNeverOvershotByManyAtOnce(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		s.at("2026-10-05T10:00:00+09:00")
		cards := make([]string, 40)
		for i := range cards {
			cards[i] = fmt.Sprintf("C%04d", i)
			s.enrol(cards[i], "2026-04-01")
		}
		s.write(func(tx *db.Tx) error { // 500,000 points for the autumn; 150 are left
			_, err := tx.Exec(`INSERT INTO limit_counter (holder_id, limit_id, store, window_from, used) VALUES ($1, 'autumn-budget', '', '2026-10-01', 499850)`, ident.ID{15: 1})
			return err
		})
		var wg sync.WaitGroup
		var mu sync.Mutex
		given := int64(0)
		for i, c := range cards {
			wg.Go(func() {
				a, err := s.Record(t.Context(), coffee(fmt.Sprint(i), c, "2026-10-05T10:00:00+09:00", 1100), By{})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				given += a.Award.Points
				mu.Unlock()
			})
		}
		wg.Wait()
		if given != 150 {
			t.Errorf("%d points given out of 150", given)
		}
		s.sound()
	})
}

func TestALatePurchaseKeepsSlidingStampsAlive(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-04-10T10:00:00+09:00")
		s.buys(coffee("1", card, "2026-04-10T10:00:00+09:00", 1100))
		s.at("2026-10-11T10:00:00+09:00") // six months later the stamp is dead …
		if b := s.balance(id, "stamp"); b.Available != 0 {
			t.Fatalf("stamps: %+v", b)
		}
		s.buys(coffee("2", card, "2026-09-01T10:00:00+09:00", 1100)) // … but she was there in September
		if b := s.balance(id, "stamp"); b.Available != 2 || b.Next.On != clock.MustDay("2027-03-01") {
			t.Errorf("stamps: %+v", b)
		}
		s.sound()
	})
}

func TestAReturnIsNotOfADayBeforeItsPurchase(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-12T10:00:00+09:00")
		back := func(no, order, when string) (ReturnAnswer, error) {
			in := purchase.ReturnInput{Source: "till", ReturnNo: no, OrderNo: order, OccurredAt: clock.MustInstant(when), Lines: []purchase.ReturnLine{{No: 1, Amount: 100}}}
			seen, early := s.PreviewReturn(t.Context(), in)
			a, err := s.Return(t.Context(), in, By{Actor: "till"})
			if (early == nil) != (err == nil) || seen.Value != a.Value {
				t.Errorf("%s: the preview says %v, recording %v", no, early, err)
			}
			return a, err
		}
		// A return that came first, dated the day before, stays for a person.
		if a, err := back("r0", "1", "2026-05-10T20:00:00+09:00"); err != nil || a.State != "parked" {
			t.Fatalf("%+v %v", a, err)
		}
		award := s.buys(coffee("1", card, "2026-05-11T10:00:00+09:00", 1100)).Award.Points
		if b := s.balance(id, "regular"); b.Pending+b.Available != award {
			t.Errorf("a return from before was applied: %+v of %d", b, award)
		}
		if n := s.parked(); n != 1 {
			t.Errorf("%d returns are parked", n)
		}
		for when, ok := range map[string]bool{
			"2026-05-10T23:59:59+09:00": false, // the evening before
			"2026-05-10T09:00:00-05:00": false, // 23:00 of the day before in the shop
			"2026-05-10T15:00:00Z":      true,  // the day of the purchase as a date alone: its first instant in Tokyo
			"2026-05-11T09:00:00+09:00": true,  // an hour before, by another till's clock
			"2026-05-11T10:00:00+09:00": true,  // an exchange, at once
			"2026-05-10T20:30:00-05:00": true,  // 10:30 in the shop
		} {
			_, err := back(when, "1", when)
			if ok && err != nil || !ok && !fault.Is(err, "return.before_purchase") {
				t.Errorf("%s: %v", when, err)
			}
		}
		s.sound()
	})
}

// parked counts the returns that wait.
func (s *shop) parked() (n int64) {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM purchase_parked`)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// A newer state that names another member takes nothing of hers and gives her
// nothing.
func TestANewerStateDoesNotMoveAnOrderToAnotherMember(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		owner, other := s.enrol(card, "2026-04-01"), s.enrol("2900000999999", "2026-04-01")
		s.at("2026-05-11T12:00:00+09:00")
		in := coffee("1", card, "2026-05-11T10:00:00+09:00", 11000)
		in.Revision = 1
		s.buys(in)
		s.buys(coffee("2", "2900000999999", "2026-05-11T11:00:00+09:00", 5500))
		hers, his := s.balance(owner, "regular"), s.balance(other, "regular")
		for i, yen := range []int64{22000, 1100} {
			in = coffee("1", "2900000999999", "2026-05-11T10:00:00+09:00", yen)
			in.Revision = int64(i) + 2
			if _, err := s.Record(t.Context(), in, By{Actor: "till"}); !fault.Is(err, "purchase.other_member") {
				t.Errorf("%d yen: %v", yen, err)
			}
		}
		if a, b := s.balance(owner, "regular"), s.balance(other, "regular"); a != hers || b != his {
			t.Errorf("balances moved: %+v, %+v; before %+v, %+v", a, b, hers, his)
		}
		in = coffee("1", card, "2026-05-11T10:00:00+09:00", 1100)
		in.Revision = 2
		if a := s.buys(in); !a.Revised {
			t.Error("her own newer state was not taken")
		}
		s.sound()
	})
}

// An order of which more came back than its newer state has: it can still be
// changed and returned.
func TestAnOrderThatShrinksBelowWhatCameBackGoesOn(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T12:00:00+09:00")
		state := func(revision, pieces int64) (Answer, error) {
			in := coffee("1", card, "2026-05-11T10:00:00+09:00", 1100*pieces)
			in.Lines[0].Quantity, in.Revision = pieces, revision
			return s.Record(t.Context(), in, By{Actor: "till"})
		}
		back := func(no string, pieces int64) error {
			_, err := s.Return(t.Context(), purchase.ReturnInput{Source: "till", ReturnNo: no, OrderNo: "1", OccurredAt: s.now,
				Lines: []purchase.ReturnLine{{No: 1, Quantity: pieces}}}, By{Actor: "till"})
			return err
		}
		if _, err := state(1, 5); err != nil {
			t.Fatal(err)
		}
		if err := back("r1", 3); err != nil {
			t.Fatal(err)
		}
		for i, pieces := range []int64{2, 1, 6} {
			if a, err := state(int64(i)+2, pieces); err != nil || !a.Revised {
				t.Fatalf("%d pieces: %v", pieces, err)
			}
			if pieces < 3 {
				if err := back(fmt.Sprint("early", i), 1); !fault.Is(err, "return.nothing_left") {
					t.Errorf("%d pieces, three came back: %v", pieces, err)
				}
			}
		}
		if err := back("r2", 3); err != nil {
			t.Errorf("three of six are hers: %v", err)
		}
		if b := s.balance(id, "regular"); b.Pending+b.Available != 0 || b.Debt != 0 {
			t.Errorf("all came back: %+v", b)
		}
		s.sound()
	})
}
