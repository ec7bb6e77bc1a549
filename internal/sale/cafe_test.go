package sale

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/sign"
	"joren/internal/tier"
)

// shop is the café with everything a sale needs, on a clock the test sets.
type shop struct {
	*Sales
	t       *testing.T
	db      *db.DB
	lane    *lane.Lane
	members *member.Members
	now     clock.Instant
}

// cafes runs a test on both engines with the café's programme published.
func cafes(t *testing.T, template string, fn func(t *testing.T, s *shop)) {
	t.Helper()
	src, err := plan.Template(template)
	if err != nil {
		t.Fatal(err)
	}
	shops(t, src, fn)
}

// shops runs a test on both engines with a programme published.
func shops(t *testing.T, src []byte, fn func(t *testing.T, s *shop)) {
	t.Helper()
	s := &shop{now: clock.MustInstant("2026-04-01T09:00:00+09:00")}
	tick := func() clock.Instant { return s.now }
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s.now = clock.MustInstant("2026-04-01T09:00:00+09:00")
		s.t, s.db, s.members = t, d, member.New(sign.New())
		s.write(func(tx *db.Tx) error {
			_, err := programme.Publish(tx, src, programme.Order{})
			return err
		})
		s.lane = lane.New(d, s.members, &programme.Cache{})
		t.Cleanup(s.lane.Close)
		s.Sales = New(s.lane)
		fn(t, s)
	}, dbtest.WithClock(clock.Clock{Shop: tick, Wall: tick}))
}

func (s *shop) write(fn func(*db.Tx) error) {
	s.t.Helper()
	if err := s.db.Write(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) at(when string) { s.now = clock.MustInstant(when) }

// enrol makes a member with a card.
func (s *shop) enrol(card, joined string) ident.ID {
	s.t.Helper()
	var id ident.ID
	s.write(func(tx *db.Tx) error {
		made, err := s.members.Create(tx, []member.Newcomer{{Card: card, JoinedOn: clock.MustDay(joined)}})
		if err == nil {
			id, err = made[0].Member.ID, made[0].Err
		}
		return err
	})
	return id
}

const cafeSale = `{"source":"till-2","order_no":"8801","card":"2900000123458","store":"honten","channel":"shop",
 "occurred_at":"2026-11-15T10:12:40+09:00","currency":"JPY","prices":"tax_excluded",
 "lines":[{"no":1,"sku":"BEANS200","name":"ブレンド豆 200g","category":"beans","quantity":2,"amount":3200,"tax_rate":"0.08"},
          {"no":2,"sku":"CAKESET","name":"ケーキセット","category":"food","quantity":2,"amount":2400,"tax_rate":"0.10"},
          {"no":3,"sku":"DRIP","name":"ドリップ","category":"drink","tags":["own_cup"],"quantity":1,"amount":500,"tax_rate":"0.10"}],
 "discounts":[{"coupon":"H7K2-9QMD-4T","amount":300}],
 "tax":[{"rate":"0.08","amount":243},{"rate":"0.10","amount":275}],"shipping":0,
 "points_paid":{"points":600},"total":6318}`

func decoded(t *testing.T, body string) purchase.Input {
	t.Helper()
	in, err := purchase.Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return *in
}

// theRegular is the member of EXAMPLES §2 as she stands before her purchase:
// lots A 400 (until 30 November) and B 500 (until 31 March 2027), 19 visits,
// silver with 18,400 yen in the half-year, 60 points of this month's 150 on
// five-days.
func (s *shop) theRegular() ident.ID {
	id := s.enrol("2900000123458", "2026-04-01")
	s.at("2026-11-10T12:00:00+09:00")
	for _, lot := range []AdjustInput{
		{Points: 400, Reason: "opening", ExpiresOn: clock.MustDay("2026-11-30")},
		{Points: 500, Reason: "opening", ExpiresOn: clock.MustDay("2027-03-31")},
	} {
		lot.Member = ident.Member.Text(id)
		if _, err := s.Adjust(s.t.Context(), lot, By{Actor: "test"}); err != nil {
			s.t.Fatal(err)
		}
	}
	s.write(func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO purchase_stats (member_id, visits, orders, spend, first_on, last_on, last_at) VALUES ($1, 19, 19, 40000, '2026-04-02', '2026-11-10', $2)`, id, s.now); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO limit_counter (holder_id, limit_id, store, window_from, used) VALUES ($1, 'five-days.1', '', '2026-11-01', 60)`, id); err != nil {
			return err
		}
		p, err := (&programme.Cache{}).At(tx, s.now)
		if err != nil {
			return err
		}
		r := lane.TierRules([]*plan.Programme{p})
		if err := tier.Give(tx, r, []tier.Grant{{ID: ident.New(), Member: id, Opening: true, Level: "silver", From: clock.MustDay("2026-10-01"), Until: clock.MustDay("2027-03-31"), RecordedAt: s.now}}); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO tier_event (member_id, at, id, on_day, day, spend, points, orders, status) VALUES ($1, $2, $3, '2026-11-10', '2026-11-10', 18400, 0, 1, 0)`, id, s.now, ident.New())
		return err
	})
	return id
}

func TestTheCafePurchaseAndItsReturnsToTheLastPoint(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.theRegular()
		ctx := t.Context()
		check := func(what string, want int64) {
			t.Helper()
			if got := s.balance(id, "regular").Available; got != want {
				t.Errorf("%s: available %d, want %d", what, got, want)
			}
		}
		s.at("2026-11-15T10:05:00+09:00")
		check("before", 900)

		s.at("2026-11-15T10:10:00+09:00")
		hold, err := s.Hold(ctx, HoldInput{Member: ident.Member.Text(id), Points: 600, Type: "regular", TTLSeconds: 1800, Reference: "8801"}, By{Actor: "till-2"})
		if err != nil {
			t.Fatal(err)
		}
		if hold.Available != 300 || hold.ExpiresAt != clock.MustInstant("2026-11-15T01:40:00Z") || len(hold.Lots) != 2 {
			t.Errorf("hold: %+v", hold)
		}
		check("10:10, hold of 600 open", 300)

		s.at("2026-11-15T10:12:40+09:00")
		in := decoded(t, cafeSale)
		in.PointsPaid.Hold = hold.ID
		a, err := s.Record(ctx, in, By{Actor: "till-2"})
		if err != nil {
			t.Fatal(err)
		}
		wantAnswer(t, a)

		again, err := s.Record(ctx, in, By{Actor: "till-2"})
		if err != nil || !again.Duplicate {
			t.Fatalf("again: %+v, %v", again, err)
		}
		again.Duplicate = false
		if d := cmp.Diff(asJSON(t, a), asJSON(t, again)); d != "" {
			t.Errorf("the same again is answered otherwise:\n%s", d)
		}
		changed := in
		changed.Total++
		changed.Shipping++
		if _, err := s.Record(ctx, changed, By{}); !fault.Is(err, "purchase.changed") {
			t.Errorf("other content under the key: %v", err)
		}

		s.at("2026-11-18T15:01:10+09:00")
		r1in := purchase.ReturnInput{Source: "till-2", ReturnNo: "R-881", OrderNo: "8801", OccurredAt: s.now, Lines: []purchase.ReturnLine{{No: 1, Quantity: 1}}}
		preview, err := s.PreviewReturn(ctx, r1in)
		if err != nil {
			t.Fatal(err)
		}
		r1, err := s.Return(ctx, r1in, By{Actor: "till-2"})
		if err != nil {
			t.Fatal(err)
		}
		preview.ID = r1.ID
		if d := cmp.Diff(asJSON(t, preview), asJSON(t, r1)); d != "" {
			t.Errorf("the preview says otherwise:\n%s", d)
		}
		if r1.Value != 1643 || r1.CashRefund != 1487 || r1.PointsReturned.Points != 156 || r1.Clawback.Points != 192 ||
			r1.Clawback.AwardWas != 355 || r1.Clawback.AwardNow != 163 || r1.Tier.Metric != 22273 || r1.Tier.ToKeep != 1727 || r1.Tier.ToNext != 37727 {
			t.Errorf("first return: %s", asJSON(t, r1))
		}
		if got, want := *r1.Balance, (Balance{Available: 456, Pending: 163}); got != want {
			t.Errorf("balance %+v, want %+v", got, want)
		}
		check("11-18 15:02", 456)

		s.at("2026-11-22T00:00:00+09:00")
		check("the lot opens without any job", 619)

		s.at("2026-12-01T09:30:00+09:00")
		h2, err := s.Hold(ctx, HoldInput{Member: ident.Member.Text(id), Points: 500}, By{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.CommitHold(ctx, h2.ID, 0, By{}); err != nil {
			t.Fatal(err)
		}
		check("after the drip ticket", 119)

		s.at("2026-12-05T16:20:00+09:00")
		r2, err := s.Return(ctx, purchase.ReturnInput{Source: "till-2", ReturnNo: "R-902", OrderNo: "8801", OccurredAt: s.now}, By{Actor: "till-2"})
		if err != nil {
			t.Fatal(err)
		}
		if r2.PointsReturned.Points != 444 || r2.Clawback.Points != 163 || r2.CashRefund != 4231 || r2.Clawback.Debt != 0 || r2.Tier.Metric != 18400 {
			t.Errorf("second return: %s", asJSON(t, r2))
		}
		for at, want := range map[string]int64{"2026-12-05T16:21:00+09:00": 400, "2027-01-04T23:59:59+09:00": 400, "2027-01-05T00:00:00+09:00": 44, "2027-04-01T00:00:00+09:00": 0} {
			s.at(at)
			check(at, want)
		}
		s.sound()
	})
}

func wantAnswer(t *testing.T, a Answer) {
	t.Helper()
	var got []string
	for _, c := range a.Award.Components {
		b, _ := json.Marshal(c.Points)
		got = append(got, c.Rule+" "+string(b))
	}
	if d := cmp.Diff("base 104, five-days 90, silver-rank 52, beans 54, own-cup 5, tenth-visit 50", strings.Join(got, ", ")); d != "" {
		t.Errorf("components:\n%s", d)
	}
	if a.Award.Points != 355 || a.Award.Eligible != 5250 || a.Award.State != "pending" ||
		a.Award.ActivatesAt != clock.MustInstant("2026-11-21T15:00:00Z") || a.Award.ExpiresOn != clock.MustDay("2027-11-30") {
		t.Errorf("award: %s", asJSON(t, a.Award))
	}
	if got, want := *a.Balance, (Balance{Available: 300, Pending: 355}); got != want {
		t.Errorf("balance %+v, want %+v", got, want)
	}
	want := &Tier{Current: "silver", ValidUntil: clock.MustDay("2027-03-31"), GraceUntil: clock.MustDay("2027-04-30"), Metric: 23650, ToKeep: 350,
		Next: "gold", ToNext: 36350, IfNothingMore: "bronze", AtPace: &AtPace{Metric: 93571, Tier: "gold"}}
	if d := cmp.Diff(want, a.Tier); d != "" {
		t.Errorf("rank:\n%s", d)
	}
	if len(a.Awards) != 1 || a.Awards[0].Type != "stamp" || a.Awards[0].Points != 1 {
		t.Errorf("stamps: %s", asJSON(t, a.Awards))
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// balance reads an account as it stands now.
func (s *shop) balance(holder ident.ID, typ string) ledger.Balance {
	s.t.Helper()
	var b ledger.Balance
	err := s.db.Read(s.t.Context(), func(tx *db.Tx) error {
		p, err := (&programme.Cache{}).At(tx, tx.Now)
		if err != nil {
			return err
		}
		pp, _ := p.Policy(typ)
		books, err := ledger.Load(tx, []ledger.Want{{Key: ledger.Key{Holder: holder, Type: typ}, Policy: lane.Policy(p, pp, nil)}})
		if err == nil {
			b = books[0].At(tx.Now)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// sound proves the ledger.
func (s *shop) sound() {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(tx *db.Tx) error {
		_, err := ledger.Verify(tx, func(v ledger.Violation) { s.t.Errorf("%+v", v) })
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
