package purchase

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/rules"
)

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

var cafeMember = ident.New()

func cafePurchase(t testing.TB) *Purchase {
	in := mustDecode(t, cafe)
	p := New(ident.New(), cafeMember, in, mustPrice(t, in, cafeDay), cafeDay.Day, 5, 1)
	p.Judged = Judged{Version: 3, Facts: json.RawMessage(`{"tier":"silver"}`),
		Awards: []rules.Award{{Type: "regular", Points: 355, Components: []rules.Component{{Rule: "base", Points: 355, Code: "earn.step", Args: rules.Args{rules.Num("per", 100)}}}}},
		Counts: []rules.Count{{Key: rules.LimitKey{Limit: "five-days:0", Member: true, From: clock.MustDay("2026-11-01"), Cap: 150}, Type: "regular", Delta: 90}}}
	return p
}

func TestAPurchaseIsReadBackAsItWasWritten(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := cafePurchase(t)
		write(t, d, func(tx *db.Tx) error { return Save(tx, []*Purchase{p}) })
		write(t, d, func(tx *db.Tx) error {
			got, err := Get(tx, p.ID)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(p, got); diff != "" {
				t.Error(diff)
			}
			all, err := Load(tx, []Ref{{p.Member, p.ID}, {p.Member, ident.New()}})
			if err != nil || len(all) != 1 {
				t.Errorf("%d purchases, %v", len(all), err)
			}
			if diff := cmp.Diff(p, all[p.ID]); diff != "" {
				t.Error(diff)
			}
			known, err := Keys(tx, []Key{PurchaseKey("till-2", "8801"), PurchaseKey("till-2", "8802")})
			if err != nil || !known[0].Found || known[0].Purchase != p.ID || known[0].Member != p.Member || known[1].Found {
				t.Errorf("%+v, %v", known, err)
			}
			in := mustDecode(t, cafe)
			if r, err := Repeated(&known[0], in); r != Duplicate || err != nil {
				t.Errorf("the same again: %v, %v", r, err)
			}
			in.Lines[0].Name = "ブレンド"
			if _, err := Repeated(&known[0], in); !fault.Is(err, "purchase.changed") {
				t.Errorf("other content: %v", err)
			}
			in.Revision = 1
			if r, err := Repeated(&known[0], in); r != Revision || err != nil {
				t.Errorf("a newer state: %v, %v", r, err)
			}
			_, err = Get(tx, ident.New())
			if !fault.Is(err, "purchase.unknown") {
				t.Error(err)
			}
			return nil
		})
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			again := cafePurchase(t)
			return Save(tx, []*Purchase{again})
		})
		if !fault.Is(err, "purchase.key_taken") {
			t.Errorf("the key is unique over all members: %v", err)
		}
	})
}

func TestReturnsAreKeptWithTheirPurchase(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := cafePurchase(t)
		write(t, d, func(tx *db.Tx) error { return Save(tx, []*Purchase{p}) })
		give := func(no string, lines []ReturnLine, demanded int64) *Plan {
			var plan *Plan
			write(t, d, func(tx *db.Tx) error {
				have, err := Get(tx, p.ID)
				if err != nil {
					return err
				}
				if plan, err = Returned(have.Bought(), have.Slips(), lines); err != nil {
					return err
				}
				r := Return{ID: ident.New(), Source: "till-2", ReturnNo: no, OccurredAt: 9, RecordedAt: 9, Day: cafeDay.Day + 3, Demanded: map[string]int64{"regular": demanded}}
				return SaveReturns(tx, []*Taken{{Purchase: have, Return: r, Plan: plan, Content: make([]byte, 32)}})
			})
			return plan
		}
		stats := func() (s rules.Stats) {
			write(t, d, func(tx *db.Tx) error {
				a := &rules.Ask{Member: p.Member, At: clock.MustInstant("2026-12-31T00:00:00Z"), Day: clock.MustDay("2026-12-31"), Facts: &rules.Facts{}}
				err := FillFacts(tx, []*rules.Ask{a})
				s = a.Facts.Stats
				return err
			})
			return s
		}
		if plan := give("R-881", []ReturnLine{{No: 1, Quantity: 1}}, 192); plan.PointsBack != 156 {
			t.Errorf("%+v", plan)
		}
		if s := stats(); s.Visits != 1 || s.Spend != 3873 || s.VisitNo != 2 {
			t.Errorf("%+v", s)
		}
		if plan := give("R-902", nil, 163); plan.PointsBack != 444 || plan.Cash != 4231 || !plan.Whole {
			t.Errorf("%+v", plan)
		}
		if s := stats(); s.Visits != 0 || s.Orders != 0 || s.Spend != 0 || s.LastOn != 0 || s.VisitNo != 1 || s.SinceLast != -1 {
			t.Errorf("a fully returned purchase is no visit: %+v", s)
		}
		write(t, d, func(tx *db.Tx) error {
			have, err := Get(tx, p.ID)
			if err == nil && (have.Kept || have.Demanded()["regular"] != 355 || have.Lines[0].Returned != 2) {
				t.Errorf("%+v", have)
			}
			return err
		})
	})
}

func simple(member ident.ID, no string, at string, yen int64, sku string) *Purchase {
	in := &Input{Source: "t", OrderNo: no, OccurredAt: clock.MustInstant(at), Store: "honten", Total: yen, Lines: []Line{{Quantity: 1, Amount: yen, SKU: sku, TaxRate: NewRate(0)}}}
	in.Complete()
	p, err := Price(in, nil, Options{})
	if err != nil {
		panic(err)
	}
	return New(ident.New(), member, in, p, clock.Tokyo.Day(in.OccurredAt), in.OccurredAt, 1)
}

func TestStatisticsAreAsOfTheOccasionAlsoForALateOne(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m, other := ident.New(), ident.New()
		save := func(ps ...*Purchase) { write(t, d, func(tx *db.Tx) error { return Save(tx, ps) }) }
		save(simple(m, "1", "2026-11-01T01:00:00Z", 100, "A"), simple(other, "x", "2026-11-01T01:00:00Z", 7, "A"))
		save(simple(m, "2", "2026-11-01T02:00:00Z", 200, "B")) // the same day
		save(simple(m, "3", "2026-11-11T01:00:00Z", 400, "A"))
		save(simple(m, "4", "2026-11-06T01:00:00Z", 800, "A"))                                                     // late
		save(simple(m, "5", "2026-11-21T01:00:00Z", 1600, "C"), simple(m, "6", "2026-11-21T02:00:00Z", 3200, "A")) // twice in one call
		save(simple(ident.ID{}, "7", "2026-11-22T01:00:00Z", 9999, "A"))                                           // a guest
		for _, c := range []struct {
			what, at string
			want     rules.Stats
			a        rules.ProductStats
		}{
			{"after all", "2026-11-25T00:00:00Z", rules.Stats{VisitNo: 5, Visits: 4, Orders: 6, Spend: 6300, FirstOn: clock.MustDay("2026-11-01"), LastOn: clock.MustDay("2026-11-21"), SinceLast: 4, AvgInterval: 6},
				rules.ProductStats{Count: 4, Last: clock.MustDay("2026-11-21"), Interval: 6}},
			{"a late one between", "2026-11-08T00:00:00Z", rules.Stats{VisitNo: 3, Visits: 2, Orders: 3, Spend: 1100, FirstOn: clock.MustDay("2026-11-01"), LastOn: clock.MustDay("2026-11-06"), SinceLast: 2, AvgInterval: 5},
				rules.ProductStats{Count: 2, Last: clock.MustDay("2026-11-06"), Interval: 5}},
			{"a later purchase of a day has no visit number", "2026-11-21T03:00:00Z", rules.Stats{VisitNo: 0, Visits: 4, Orders: 6, Spend: 6300, FirstOn: clock.MustDay("2026-11-01"), LastOn: clock.MustDay("2026-11-21"), AvgInterval: 6},
				rules.ProductStats{Count: 4, Last: clock.MustDay("2026-11-21"), Interval: 6}},
			{"before all", "2026-10-08T00:00:00Z", rules.Stats{VisitNo: 1, SinceLast: -1, AvgInterval: -1}, rules.ProductStats{Interval: -1}},
		} {
			write(t, d, func(tx *db.Tx) error {
				at := clock.MustInstant(c.at)
				a := &rules.Ask{Member: m, At: at, Day: clock.Tokyo.Day(at), SKUs: []string{"A"}, Needs: rules.Needs{Stats: true, Products: true}, Facts: &rules.Facts{}}
				stranger := &rules.Ask{Member: ident.New(), At: at, Day: clock.Tokyo.Day(at), Facts: &rules.Facts{}}
				if err := FillFacts(tx, []*rules.Ask{stranger, a}); err != nil {
					return err
				}
				if diff := cmp.Diff(c.want, a.Facts.Stats); diff != "" {
					t.Errorf("%s: %s", c.what, diff)
				}
				if diff := cmp.Diff(c.a, a.Facts.Products["A"]); diff != "" {
					t.Errorf("%s: %s", c.what, diff)
				}
				if diff := cmp.Diff(rules.Stats{VisitNo: 1, SinceLast: -1, AvgInterval: -1}, stranger.Facts.Stats); diff != "" {
					t.Errorf("a stranger: %s", diff)
				}
				return nil
			})
		}
		write(t, d, func(tx *db.Tx) error {
			first, err := ByMember(tx, m, Cursor{}, 4)
			if err != nil {
				return err
			}
			rest, err := ByMember(tx, m, Next(first, 4), 4)
			if len(first) != 4 || len(rest) != 2 || first[0].OrderNo != "6" || rest[1].OrderNo != "1" || Next(rest, 4) != (Cursor{}) {
				t.Errorf("%d and %d purchases", len(first), len(rest))
			}
			day, err2 := ByDay(tx, clock.MustDay("2026-11-21"), "honten", ident.ID{}, 10)
			none, err3 := ByDay(tx, clock.MustDay("2026-11-21"), "other", ident.ID{}, 10)
			if len(day) != 2 || len(none) != 0 || err2 != nil || err3 != nil {
				t.Errorf("%d, %d of the day; %v %v", len(day), len(none), err2, err3)
			}
			return err
		})
	})
}

func TestAReceiptIsClaimedOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		guest := simple(ident.ID{}, "R1", "2026-11-01T01:00:00Z", 500, "A")
		write(t, d, func(tx *db.Tx) error { return Save(tx, []*Purchase{guest}) })
		on, m := clock.MustDay("2026-11-01"), ident.New()
		find := func() (p *Purchase) {
			write(t, d, func(tx *db.Tx) (err error) { p, err = Receipt(tx, "R1", on); return err })
			return p
		}
		p := find()
		for code, err := range map[string]error{
			"purchase.claim_off":      Claim(p, on, 500, on, 0),
			"purchase.claim_mismatch": Claim(p, on, 501, on, 30),
			"purchase.claim_late":     Claim(p, on, 500, on+31, 30),
		} {
			if !fault.Is(err, code) {
				t.Errorf("%v, want %s", err, code)
			}
		}
		if err := Claim(p, on, 500, on+30, 30); err != nil {
			t.Error(err)
		}
		write(t, d, func(tx *db.Tx) error { return Give(tx, p, m) })
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return Give(tx, guest, ident.New()) }); !fault.Is(err, "purchase.claimed") {
			t.Errorf("a second member at the same moment: %v", err)
		}
		now := find()
		if now.Member != m || len(now.Lines) != 1 {
			t.Errorf("%+v", now)
		}
		if err := Claim(now, on, 500, on, 30); !fault.Is(err, "purchase.claimed") {
			t.Error(err)
		}
	})
}

func TestAReturnWaitsForItsPurchase(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		in := &ReturnInput{Source: "t", ReturnNo: "R", OrderNo: "9", OccurredAt: 5, Lines: []ReturnLine{{No: 1, Quantity: 1}}}
		for range 2 {
			write(t, d, func(tx *db.Tx) error { return Park(tx, in, 7) })
		}
		other := *in
		other.Lines = nil
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return Park(tx, &other, 8) }); !fault.Is(err, "purchase.changed") {
			t.Error(err)
		}
		write(t, d, func(tx *db.Tx) error {
			list, err := Unpark(tx, []Key{PurchaseKey("t", "8"), PurchaseKey("t", "9")})
			if err != nil || len(list) != 1 || cmp.Diff(*in, list[0].Input) != "" {
				t.Errorf("%+v %v", list, err)
			}
			list, err = Unpark(tx, []Key{PurchaseKey("t", "9")})
			if len(list) != 0 {
				t.Error("taken out twice")
			}
			return err
		})
	})
}

func TestANewerStateReplacesTheOrderAndKeepsTheOldOne(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := cafePurchase(t)
		write(t, d, func(tx *db.Tx) error { return Save(tx, []*Purchase{p}) })
		in := mustDecode(t, cafe)
		in.Revision, in.Tax, in.PointsPaid, in.Lines[1].Quantity, in.Lines[1].Amount, in.Total = 2, nil, nil, 1, 1200, 5000
		_, err := Price(in, RatesOf("JPY"), cafeDay)
		in.Total = fault.Of(err).Args["expected"].(int64)
		next := New(p.ID, p.Member, in, mustPrice(t, in, cafeDay), p.Day, 8, 1)
		diff := Revise(p, next)
		if diff.Eligible != next.Eligible-p.Eligible || diff.Value != next.Value-p.Value || diff.PointsPaid != -600 {
			t.Errorf("%+v", diff)
		}
		diff.Award(p, []rules.Award{{Type: "regular", Points: 300}})
		if diff.Points["regular"] != -55 {
			t.Errorf("%+v", diff.Points)
		}
		write(t, d, func(tx *db.Tx) error { return Replace(tx, p, next, diff) })
		write(t, d, func(tx *db.Tx) error {
			got, err := Get(tx, p.ID)
			if err != nil {
				return err
			}
			if d := cmp.Diff(next, got); d != "" {
				t.Error(d)
			}
			n, err := db.One(tx, nil, db.Value[int64], "SELECT COUNT(*) FROM purchase_revision")
			if n != 1 {
				t.Errorf("%d old states kept", n)
			}
			return err
		})
		in.Status = Cancelled
		gone := New(p.ID, p.Member, in, mustPrice(t, in, cafeDay), p.Day, 9, 1)
		if diff := Revise(next, gone); !diff.Void || diff.Value != -next.Value || diff.Eligible != -next.Eligible || diff.Kept != nil {
			t.Errorf("a cancelled order leaves nothing: %+v", diff)
		}
	})
}

// Merged, revised, merged further and taken apart again: her purchase comes
// back to her, and what is measured of it with it.
func TestWhoseAPurchaseFirstWasOutlivesANewerState(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := cafePurchase(t)
		her, kept := p.Member, ident.New()
		other := simple(kept, "other", "2026-11-15T10:00:00+09:00", 900, "B")
		write(t, d, func(tx *db.Tx) error { return Save(tx, []*Purchase{p, other}) })
		move := func(from, to ident.ID) {
			write(t, d, func(tx *db.Tx) error {
				_, err := Move(tx, []ident.ID{her}, from, to)
				return err
			})
		}
		sold := func(of ident.ID, want int64) {
			t.Helper()
			write(t, d, func(tx *db.Tx) error {
				value := int64(0)
				if err := EachSoldTo(tx, []ident.ID{of}, func(s *Sold) error { value += s.Value; return nil }); err != nil {
					return err
				}
				if value != want {
					t.Errorf("measured %d, want %d", value, want)
				}
				_, err := CheckSold(tx, func(_, _ ident.ID, what string) { t.Error(what) })
				return err
			})
		}
		move(her, kept)
		in := mustDecode(t, cafe)
		in.Revision, in.Staff = 2, "stf_2"
		var next *Purchase
		write(t, d, func(tx *db.Tx) error {
			old, err := Get(tx, p.ID)
			if err != nil {
				return err
			}
			next = New(p.ID, kept, in, mustPrice(t, in, cafeDay), p.Day, 8, 1)
			return Replace(tx, old, next, Revise(old, next))
		})
		sold(kept, next.Value+other.Value)
		write(t, d, func(tx *db.Tx) error {
			first, err := First(tx, next)
			if first != her {
				t.Errorf("first %v, want %v", first, her)
			}
			return err
		})
		move(kept, her)
		sold(her, next.Value)
		sold(kept, other.Value)
	})
}

func BenchmarkSave512OneLinePurchases(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		n := 0
		for b.Loop() {
			list := make([]*Purchase, 512)
			for i := range list {
				n++
				list[i] = simple(ident.New(), fmt.Sprint(n), "2026-11-01T01:00:00Z", 500, "A")
			}
			write(b, d, func(tx *db.Tx) error { return Save(tx, list) })
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/purchase")
	})
}

func BenchmarkImport20LinePurchases(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		n, members := 0, make([]ident.ID, 4000)
		for i := range members {
			members[i] = ident.New()
		}
		for b.Loop() {
			list := make([]*Purchase, 256)
			for i := range list {
				n++
				in := &Input{Source: "t", OrderNo: fmt.Sprint(n), OccurredAt: clock.Instant(n) * 1e9, Total: 2000}
				for k := range 20 {
					in.Lines = append(in.Lines, Line{Quantity: 1, Amount: 100, SKU: fmt.Sprint(n*7%4000 + k), Name: "WHITE HANGING HEART T-LIGHT HOLDER", TaxRate: NewRate(0)})
				}
				in.Complete()
				p, err := Price(in, nil, Options{})
				if err != nil {
					b.Fatal(err)
				}
				list[i] = New(ident.New(), members[n%4000], in, p, clock.Tokyo.Day(in.OccurredAt), in.OccurredAt, 1)
			}
			write(b, d, func(tx *db.Tx) error { return Save(tx, list) })
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(20*n), "ns/line")
	})
}
