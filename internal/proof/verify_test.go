package proof

import (
	"context"
	"errors"
	"strings"
	"testing"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/i18n"
	"joren/internal/idem"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/limit"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/sign"
	"joren/internal/tier"
)

var noon = clock.MustInstant("2026-11-15T12:00:00+09:00")

func fixed() dbtest.Option {
	now := func() clock.Instant { return noon }
	return dbtest.WithClock(clock.Clock{Shop: now, Wall: now})
}

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// shop is a small shop with one of everything the laws speak of: a member with
// a purchase, its award, its counter and her rank; a spend, an open hold, a
// transfer; a guest's purchase; events, deeds and an answered request.
type shop struct {
	ann, bob, purchase ident.ID
	halfway            bool // the transfer is not credited
}

func openShop(t testing.TB, d *db.DB, set ...func(*shop)) (s shop) {
	t.Helper()
	for _, f := range set {
		f(&s)
	}
	src, err := plan.Template("cafe")
	if err != nil {
		t.Fatal(err)
	}
	members := member.New(sign.New())
	write(t, d, func(tx *db.Tx) error {
		if _, err := programme.Publish(tx, src, programme.Order{}); err != nil {
			return err
		}
		made, err := members.Create(tx, []member.Newcomer{{Card: "2900000123458", Person: member.Person{Name: "山田 花子"}, JoinedOn: clock.MustDay("2026-04-01")}, {JoinedOn: clock.MustDay("2026-04-01")}})
		if err != nil {
			return err
		}
		s.ann, s.bob = made[0].Member.ID, made[1].Member.ID
		return nil
	})
	write(t, d, func(tx *db.Tx) error { return s.trade(tx) })
	return s
}

func (s *shop) trade(tx *db.Tx) error {
	p, err := (&programme.Cache{}).At(tx, noon)
	if err != nil {
		return err
	}
	s.purchase = ident.New()
	if err := s.buy(tx, p, s.purchase, s.ann, "8801"); err != nil {
		return err
	}
	if err := s.buy(tx, p, ident.New(), ident.ID{}, "8802"); err != nil {
		return err
	}
	if err := s.points(tx, p); err != nil {
		return err
	}
	// A birthday's gift, as the day turn notes it.
	gift := []rules.Count{{Key: rules.LimitKey{Limit: "birthday.1", Member: true, From: clock.MustDay("2026-01-01"), Cap: 1}, Type: "regular", Delta: 1}}
	if err := limit.Note(tx, s.ann, ident.New(), gift); err != nil {
		return err
	}
	if err := limit.Save(tx, []limit.Add{{Member: s.ann, Counts: gift}}); err != nil {
		return err
	}
	if err := audit.Append(tx, audit.Entry{Actor: audit.System, Action: "shop.opened"}, audit.Entry{Actor: audit.System, Action: "points.adjusted"}); err != nil {
		return err
	}
	key := idem.Key{Scope: ident.New(), Name: "till-2-8801"}
	if _, err := idem.Save(tx, []idem.Record{{Key: key, Status: 201, Body: []byte(`{}`)}}); err != nil {
		return err
	}
	return outbox.Append(tx, outbox.Event{Kind: "a.v1"}, outbox.Event{Kind: "b.v1"}, outbox.Event{Kind: "c.v1"})
}

// buy records a purchase of 5,000 yen that gave 50 points, all of them counted
// by a limit.
func (s *shop) buy(tx *db.Tx, p *plan.Programme, id, who ident.ID, no string) error {
	in, err := purchase.Decode([]byte(`{"source":"till-2","order_no":"` + no + `","card":"x","store":"honten","channel":"shop","occurred_at":"2026-11-15T10:12:40+09:00",
		"currency":"JPY","prices":"tax_included","lines":[{"no":1,"sku":"A","name":"\"豆\" 200g\n","category":"beans","quantity":2,"amount":5000,"tax_rate":"0.08"}],"total":5000}`))
	if err != nil {
		return err
	}
	priced, err := purchase.Price(in, purchase.RatesOf("JPY"), purchase.Options{Day: clock.MustDay("2026-11-15")})
	if err != nil {
		return err
	}
	r := purchase.New(id, who, in, priced, clock.MustDay("2026-11-15"), tx.Now, 1)
	if !who.IsZero() {
		counts := []rules.Count{{Key: rules.LimitKey{Limit: "five-days.1", Member: true, From: clock.MustDay("2026-11-01"), Cap: 150}, Type: "regular", Delta: 20}}
		r.Judged = purchase.Judged{Version: 1, Awards: []rules.Award{{Type: "regular", Points: 50, Components: []rules.Component{{Rule: "base", Points: 30}, {Rule: "five-days", Points: 20}}}}, Counts: counts}
		if err := limit.Save(tx, []limit.Add{{Member: who, Counts: counts}}); err != nil {
			return err
		}
	}
	if err := purchase.Save(tx, []*purchase.Purchase{r}); err != nil || who.IsZero() {
		return err
	}
	ask := &rules.Ask{Member: who, At: in.OccurredAt, Day: r.Day, Facts: &rules.Facts{}}
	ask.Facts.Member.JoinedOn = clock.MustDay("2026-04-01")
	tiers := lane.TierRules([]*plan.Programme{p})
	cards, err := tier.FillFacts(tx, tiers, []*rules.Ask{ask})
	if err != nil {
		return err
	}
	cards[0].Add(id, tier.Event{At: in.OccurredAt, On: r.Day, Day: r.Day, Delta: tier.Amounts{tier.NetSpend: 35000, tier.Orders: 1}})
	_, err = tier.Save(tx, tiers, cards)
	return err
}

func (s *shop) points(tx *db.Tx, p *plan.Programme) error {
	pp, _ := p.Policy("regular")
	policy := lane.Policy(p, pp, nil)
	policy.Terms.Pending = rules.Pending{}
	books, err := ledger.Load(tx, []ledger.Want{{Key: ledger.Key{Holder: s.ann, Type: "regular"}, Policy: policy}, {Key: ledger.Key{Holder: s.bob, Type: "regular"}, Policy: policy}})
	if err != nil {
		return err
	}
	ann, bob := books[0], books[1]
	at := func(h string) ledger.Posting {
		i := clock.MustInstant("2026-11-15T" + h + ":00+09:00")
		return ledger.Posting{Occurred: i, Recorded: i, Actor: "test", Reason: "test", Store: "honten"}
	}
	first := at("10:12")
	first.Award, first.Purchase = s.purchase, s.purchase
	var parcel ledger.Parcel
	for _, step := range []func() error{
		func() error { _, err := ann.Award(first, ledger.Grant{Points: 600, Origin: ledger.Sale}); return err },
		func() error { _, err := ann.Spend(at("10:20"), 100); return err },
		func() error { _, err := ann.Reserve(at("11:00"), 30, 0, "x"); return err },
		func() (err error) { parcel, err = ann.TransferOut(at("11:10"), 40); return err },
		func() error {
			if s.halfway {
				return nil
			}
			_, err := bob.TransferIn(at("11:10"), parcel)
			return err
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	_, err = ledger.Save(tx, books)
	return err
}

func verified(t testing.TB, d *db.DB) Report {
	t.Helper()
	r, err := Verify(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestASoundShopHoldsAllLawsAndSaysHowMuchItLookedAt(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if r := verified(t, d); !r.Holds() {
			t.Fatalf("an empty database:\n%s", r.Text(i18n.EN))
		}
		openShop(t, d)
		r := verified(t, d)
		if !r.Holds() || r.Exit() != 0 {
			t.Fatalf("exit %d\n%s", r.Exit(), r.Text(i18n.EN))
		}
		for code, want := range map[string]int64{"ledger.zero": 3, "ledger.balance": 2, "ledger.remaining": 2, "ledger.allocations": 2, "ledger.holds": 1, "ledger.chain": 4,
			"ledger.numbers": 4, "ledger.months": 1, "limit.counters": 2, "award.components": 1, "purchase.statistics": 1, "purchase.sold": 2, "tier.history": 1, "audit.chain": 2,
			"outbox.gapless": 3, "once.only": 3, "day.months": 0, "liability.months": 0} {
			if l, ok := r.Law(code); !ok || l.Seen != want {
				t.Errorf("%s looked at %d, want %d", code, l.Seen, want)
			}
		}
		if len(r.Laws) != 18 {
			t.Errorf("%d laws", len(r.Laws))
		}
	})
}

func TestEachPlantedCorruptionIsFoundByItsLaw(t *testing.T) {
	cases := []struct{ what, law, sql string }{
		{"one side of a transfer is gone", "ledger.zero", `DELETE FROM ledger_entry WHERE kind = 'transfer_in'`},
		{"the balance was written over", "ledger.balance", `UPDATE ledger_account SET balance = balance + 1 WHERE holder_id = $1`},
		{"a lot has less than its pieces say", "ledger.remaining", `UPDATE ledger_lot SET remaining = remaining - 1 WHERE holder_id = $1`},
		{"an allocation is one point short", "ledger.allocations", `UPDATE ledger_allocation SET points = points + 1 WHERE holder_id = $1 AND seq = 2`},
		{"a hold is larger than what is left", "ledger.holds", `UPDATE ledger_hold SET points = 5000, lots = '[{"lot":1,"points":5000}]' WHERE holder_id = $1`},
		{"an old line was touched", "ledger.chain", `UPDATE ledger_entry SET reason = 'forged' WHERE holder_id = $1 AND seq = 1`},
		{"a line is missing in the middle", "ledger.numbers", `DELETE FROM ledger_entry WHERE holder_id = $1 AND seq = 2`},
		{"a month does not lead to its closing", "ledger.months", `UPDATE ledger_entry SET points = points + 7 WHERE holder_id = $1 AND seq = 1`},
		{"a counter was reset", "limit.counters", `UPDATE limit_counter SET used = 0 WHERE holder_id = $1`},
		{"a counter is gone", "limit.counters", `DELETE FROM limit_counter WHERE holder_id = $1`},
		{"a birthday's counter was reset", "limit.counters", `UPDATE limit_counter SET used = 0 WHERE holder_id = $1 AND limit_id = 'birthday.1'`},
		{"what a birthday counts is gone", "limit.counters", `UPDATE limit_award SET counts = '[]' WHERE member_id = $1`},
		{"a counter nobody counts", "limit.counters", `INSERT INTO limit_counter (holder_id, limit_id, store, window_from, used) VALUES ($1, 'five-days.1', '', '2026-10-01', 5)`},
		{"a component was changed", "award.components", `UPDATE purchase_purchase SET judged = REPLACE(judged, '"points":30', '"points":31') WHERE member_id = $1`},
		{"a judgement is no JSON", "award.components", `UPDATE purchase_purchase SET judged = '{' WHERE member_id = $1`},
		{"a member's spend was written over", "purchase.statistics", `UPDATE purchase_stats SET spend = spend + 1 WHERE member_id = $1`},
		{"a member's last day was written over", "purchase.statistics", `UPDATE purchase_stats SET last_on = '2026-11-14' WHERE member_id = $1`},
		{"statistics are gone", "purchase.statistics", `DELETE FROM purchase_stats WHERE member_id = $1`},
		{"statistics of nothing", "purchase.statistics", `UPDATE purchase_purchase SET kept = CAST(0 AS BIGINT) <> 0 WHERE member_id = $1`},
		{"what is measured of a purchase is gone", "purchase.sold", `DELETE FROM purchase_sold WHERE member_id = $1`},
		{"what is measured is of another purchase", "purchase.sold", `UPDATE purchase_sold SET sold = (SELECT o.sold FROM purchase_sold o WHERE o.member_id <> $1) WHERE member_id = $1`},
		{"what is measured is cut short", "purchase.sold", `UPDATE purchase_sold SET sold = SUBSTR(sold, 1, 40) WHERE member_id = $1`},
		{"what is measured is of no purchase", "purchase.sold", `DELETE FROM purchase_purchase WHERE member_id = $1`},
		{"lines were written over", "purchase.sold", `UPDATE purchase_purchase SET lines = REPLACE(lines, '"val":', '"val":1') WHERE member_id = $1`},
		{"a rank was given behind the rules", "tier.history", `UPDATE tier_state SET level = 'gold' WHERE member_id = $1`},
		{"the state of a rank was cut short", "tier.history", `UPDATE tier_state SET state = SUBSTR(state, 1, 5) WHERE member_id = $1`},
		{"what the rank came from is gone", "tier.history", `DELETE FROM tier_event WHERE member_id = $1`},
		{"a deed was rewritten", "audit.chain", `UPDATE audit_entry SET reason = 'nothing' WHERE number = 1`},
		{"the last deed was cut off", "audit.chain", `DELETE FROM audit_entry WHERE number = 2`},
		{"an event was lost", "outbox.gapless", `DELETE FROM outbox_event WHERE number = 2`},
		{"the last event was lost", "outbox.gapless", `DELETE FROM outbox_event WHERE number = 3`},
		{"a closed month does not add up", "day.months", `INSERT INTO day_liability (month, type, opening, issued, redeemed, expired, reversed, adjusted, transferred, closing, closed_at)
			VALUES ('2026-11', 'regular', 0, 600, -100, 0, 0, 0, 0, 501, 1)`},
		{"a closed month is not what the books say", "day.months", `INSERT INTO day_liability (month, type, opening, issued, redeemed, expired, reversed, adjusted, transferred, closing, closed_at)
			VALUES ('2026-11', 'regular', 0, 700, -100, 0, 0, 0, 0, 600, 1)`},
		{"a settled month is not what the closed one says", "liability.months", `INSERT INTO liability_month (month, settled_at) VALUES ('2026-11', 1);
			INSERT INTO day_liability (month, type, opening, issued, redeemed, expired, reversed, adjusted, transferred, closing, closed_at) VALUES ('2026-11', 'regular', 0, 600, -100, 0, 0, 0, 0, 500, 1);
			INSERT INTO liability_move (month, type, origin, cohort, contra, priced, points, times) VALUES ('2026-11', 'regular', 'sale', '2026-11', 'issued', TRUE, 599, 1)`},
		{"a cohort does not add up", "liability.months", `INSERT INTO liability_month (month, settled_at) VALUES ('2026-11', 1);
			INSERT INTO liability_worth (month, type, origin, cohort, put_off, expected, opening, added, spent, cancelled, released, closing, on_use) VALUES ('2026-11', 'regular', 'sale', '2026-11', 9, 9, 0, 9, 0, 0, 0, 8, 0)`},
		{"a cohort opens with another figure", "liability.months", `INSERT INTO liability_month (month, settled_at) VALUES ('2026-10', 1), ('2026-11', 1);
			INSERT INTO liability_worth (month, type, origin, cohort, put_off, expected, opening, added, spent, cancelled, released, closing, on_use) VALUES
			('2026-10', 'regular', 'sale', '2026-10', 9, 9, 0, 9, 0, 0, 0, 9, 0), ('2026-11', 'regular', 'sale', '2026-10', 9, 9, 8, 0, 0, 0, 0, 8, 0)`},
		{"a cohort that was carried is gone", "liability.months", `INSERT INTO liability_month (month, settled_at) VALUES ('2026-10', 1), ('2026-11', 1);
			INSERT INTO liability_worth (month, type, origin, cohort, put_off, expected, opening, added, spent, cancelled, released, closing, on_use) VALUES
			('2026-10', 'regular', 'sale', '2026-10', 9, 9, 0, 9, 0, 0, 0, 9, 0)`},
		{"the sums of a day were written over", "ledger.months", `UPDATE ledger_booking SET points = points + 1 WHERE contra = 'issued'`},
		{"a purchase lost its key", "once.only", `DELETE FROM purchase_key WHERE order_no = '8801'`},
		{"a key lost its purchase", "once.only", `DELETE FROM purchase_purchase WHERE order_no = '8802'`},
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := openShop(t, d)
		undo := errors.New("undo")
		for _, c := range cases {
			var args []any
			if strings.Contains(c.sql, "$1") {
				args = append(args, s.ann)
			}
			var r Report
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				n, err := tx.Exec(c.sql, args...)
				if err != nil {
					return err
				}
				if n == 0 {
					t.Errorf("%s: touched no row", c.what)
				}
				if r, err = inspect(tx); err != nil {
					return err
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Errorf("%s: %v", c.what, err)
				continue
			}
			l, _ := r.Law(c.law)
			if l.Broken == 0 || r.Exit() != 1 {
				t.Errorf("%s: %s was not found broken:\n%s", c.what, c.law, r.Text(i18n.EN))
			}
			for _, lang := range []i18n.Lang{i18n.EN, i18n.JA} {
				if s := r.Text(lang); strings.ContainsAny(s, "{}[]") {
					t.Errorf("%s: the report has holes:\n%s", c.what, s)
				}
			}
		}
		if r := verified(t, d); !r.Holds() {
			t.Errorf("the corruption stayed:\n%s", r.Text(i18n.EN))
		}
	})
}

func TestATransferThatIsHalfDoneIsNoViolation(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := openShop(t, d, func(s *shop) { s.halfway = true })
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO activity_transfer (transfer_id, from_id, to_id, type, points, parcel, started_at)
				SELECT transfer_id, $1, $2, 'regular', 40, '{}', 1 FROM ledger_entry WHERE kind = 'transfer_out'`, s.ann, s.bob)
			return err
		})
		if r := verified(t, d); !r.Holds() {
			t.Errorf("under way, and found broken:\n%s", r.Text(i18n.EN))
		}
		write(t, d, func(tx *db.Tx) error { _, err := tx.Exec(`UPDATE activity_transfer SET finished_at = 2`); return err })
		if l, _ := verified(t, d).Law("ledger.zero"); l.Broken != 1 {
			t.Error("said to be finished, credited nowhere, and not found")
		}
	})
}

// The figures of EXAMPLES §6.
func TestTheReportReadsAsWorkedByHand(t *testing.T) {
	holder, err := ident.Member.Parse("mem_01920000000070008000000000000001")
	if err != nil {
		t.Fatal(err)
	}
	r := Report{Laws: []Law{
		{No: 1, Code: "ledger.zero", Unit: "transfers", Seen: 12345},
		{No: 2, Code: "ledger.balance", Unit: "accounts", Seen: 1},
		{No: 3, Code: "ledger.remaining", Unit: "lots", Seen: 45},
		{No: 4, Code: "ledger.allocations", Unit: "debits", Seen: 9},
	}}
	r.Laws[3].report(placed(ledger.Violation{Law: ledger.PiecesMakeEntries, Key: ledger.Key{Holder: holder, Type: "regular"}, Seq: 22, What: "entry.allocations", Want: -500, Got: -499}, nil))
	want := ` 1 transfers sum to zero                 12,345 transfers  ok
 2 balance = entries = open lots − debt       1 account    ok
 3 0 ≤ remaining ≤ credit                    45 lots       ok
 4 allocations = debit                        9 debits     BROKEN
   entry 22 of acc_01920000000070008000000000000001 regular (mem_01920000000070008000000000000001): debit 500, allocations 499
verify: law 4 broken, 1 case. Exit 1. Nothing was changed.
`
	if got := r.Text(i18n.EN); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	r.Laws[3].Broken, r.Laws[3].Found = 0, nil
	if got := r.Text(i18n.EN); !strings.HasSuffix(got, "\nverify: all laws hold.\n") {
		t.Error(got)
	}
	if got := r.Text(i18n.JA); !strings.Contains(got, " 3 0 ≦ 残り ≦ 付与") || !strings.HasSuffix(got, "verify: すべての法則が成り立っています。\n") {
		t.Error(got)
	}
}
