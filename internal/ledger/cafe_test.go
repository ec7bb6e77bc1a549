package ledger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/rules"
)

// cafe is the policy of EXAMPLES §1.
func cafe() *Policy {
	return &Policy{
		Type: "regular", Value: 1, Zone: clock.Tokyo, FiscalStart: time.April,
		Terms: rules.Terms{
			Pending: rules.Pending{Kind: rules.PendingDays, Days: 7},
			Expiry:  rules.Expiry{Kind: rules.ExpiryMonths, Months: 12, Round: rules.RoundMonth},
		},
		Consume: []string{"promotional", "base"}, Returns: TakeDebt, RefundIfExpired: Grace, GraceDays: 30,
	}
}

// jst reads "11-15 10:12:40" of 2026, or with a year in front.
func jst(s string) clock.Instant {
	if len(strings.SplitN(s, " ", 2)[0]) == 5 {
		s = "2026-" + s
	}
	if strings.Count(s, ":") == 1 {
		s += ":00"
	}
	return clock.MustInstant(strings.Replace(s, " ", "T", 1) + "+09:00")
}

// on is a posting that happens and is recorded at one instant.
func on(s string) Posting { return Posting{Occurred: jst(s), Recorded: jst(s)} }

func by(p Posting, award ident.ID) Posting { p.Award = award; return p }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// cafeStory plays EXAMPLES §2 and §3; look is called after each step.
func cafeStory(t testing.TB, look func(b *Book, after string), dayTurn bool) *Book {
	b := NewBook(Key{ident.New(), "regular"}, cafe())
	b.LastSeq = 14
	now := rules.Terms{Expiry: b.Policy.Terms.Expiry}
	for _, s := range []struct {
		points int64
		until  string
	}{{400, "2026-11-30"}, {500, "2027-03-31"}} {
		must(b.Award(on("2026-10-01 12:00"), Grant{Points: s.points, Terms: &now, Origin: Migrated, ExpiresOn: clock.MustDay(s.until)}))(t)
	}
	turn := func(day string) {
		if dayTurn {
			b.Settle(jst(day + " 00:00:00"))
		}
	}
	look(b, "16")
	h := must(b.Reserve(on("11-15 10:10"), 600, 0, "8801"))(t)
	look(b, "hold")
	award := ident.New()
	spend := must(b.CommitHold(on("11-15 10:12:40"), h.ID, 600))(t)
	must(b.Award(by(on("11-15 10:12:40"), award), Grant{Points: 355, Origin: Sale}))(t)
	look(b, "18")
	turn("11-18")
	must(b.Refund(on("11-18 15:01:10"), spend.Seq, 156, b.Policy))(t)
	must(b.Clawback(by(on("11-18 15:01:10"), award), 192, TakeDebt))(t)
	look(b, "20")
	turn("11-22")
	turn("11-23")
	must(b.Spend(on("12-01 09:30"), 500))(t)
	look(b, "22")
	turn("12-02")
	must(b.Refund(on("12-05 16:20"), spend.Seq, 444, b.Policy))(t)
	must(b.Clawback(by(on("12-05 16:20"), award), 163, TakeDebt))(t)
	look(b, "24")
	turn("2027-01-05")
	turn("2027-04-01")
	return b
}

// name is A, B, C …; a grace lot carries its dead lot's letter.
func letter(b *Book, no int64) string {
	if l := b.Lot(no); l != nil && l.Parent > 0 {
		no = l.Parent
	}
	return string(rune('A' + no - 1))
}

func lines(b *Book, from, to int64) (out []string) {
	for _, e := range b.entries {
		if e.Seq < from || e.Seq > to {
			continue
		}
		var moved []string
		for _, x := range e.Pieces {
			moved = append(moved, fmt.Sprintf("%s %+d", letter(b, x.Lot), x.Points))
		}
		for _, l := range e.Born {
			moved = append(moved, fmt.Sprintf("%s %+d", letter(b, l.No), l.Gross))
		}
		at := clock.Tokyo.Local(e.Occurred).Format("01-02 15:04:05")
		out = append(out, fmt.Sprintf("%d|%s|%+d|%d|%s|%s", e.Seq, e.Kind, e.Points, e.Balance, strings.Join(moved, ", "), at))
	}
	return out
}

func TestTheCafeExampleToTheLastPoint(t *testing.T) {
	want := []string{
		"17|redeem|-600|300|A -400, B -200|11-15 10:12:40",
		"18|earn|+355|655|C +355|11-15 10:12:40",
		"19|redeem_refund|+156|811|B +156|11-18 15:01:10",
		"20|reverse|-192|619|C -192|11-18 15:01:10",
		"21|activate|+0|619|C +0|11-22 00:00:00",
		"22|redeem|-500|119|B -456, C -44|12-01 09:30:00",
		"23|redeem_refund|+444|563|B +44, A +400|12-05 16:20:00",
		"24|reverse|-163|400|C -119, A -44|12-05 16:20:00",
	}
	lots := map[string][]int64{"16": {400, 500, 0}, "18": {0, 300, 355}, "20": {0, 456, 163}, "22": {0, 0, 119}, "24": {356, 44, 0}}
	for _, dayTurn := range []bool{false, true} {
		b := cafeStory(t, func(b *Book, after string) {
			if after == "hold" {
				return
			}
			got := make([]int64, 3)
			for _, l := range b.lots {
				got[letter(b, l.No)[0]-'A'] += l.Remaining
			}
			if d := cmp.Diff(lots[after], got); d != "" {
				t.Errorf("lots after %s (day turn %v): %s", after, dayTurn, d)
			}
		}, dayTurn)
		if d := cmp.Diff(want, lines(b, 17, 24)); d != "" {
			t.Errorf("entries (day turn %v): %s", dayTurn, d)
		}
		expires := map[int64]string{1: "2026-11-30", 2: "2027-03-31", 3: "2027-11-30", 4: "2027-01-04"}
		for _, l := range b.lots {
			if got := b.ExpiresOn(l).String(); got != expires[l.No] {
				t.Errorf("lot %d expires on %s, want %s", l.No, got, expires[l.No])
			}
		}
	}
}

func TestTheCafeBalanceIsAFunctionOfTimeNotOfTheDayTurn(t *testing.T) {
	type view struct{ Available, Pending int64 }
	want := []struct {
		at   string
		want view
	}{
		{"11-15 10:05", view{900, 0}},
		{"11-15 10:10", view{300, 0}},
		{"11-15 10:13", view{300, 355}},
		{"11-18 15:02", view{456, 163}},
		{"11-22 00:00", view{619, 0}},
		{"12-01 09:31", view{119, 0}},
		{"12-05 16:21", view{400, 0}},
		{"2027-01-04 23:59:59", view{400, 0}},
		{"2027-01-05 00:00", view{44, 0}},
		{"2027-04-01 00:00", view{0, 0}},
	}
	for _, dayTurn := range []bool{false, true} {
		h := NewHistory(cafeStory(t, func(*Book, string) {}, dayTurn), nil)
		for _, w := range want {
			r := h.At(jst(w.at))
			if got := (view{r.Available, r.Pending}); got != w.want {
				t.Errorf("available(%s) with day turn %v: %+v, want %+v", w.at, dayTurn, got, w.want)
			}
		}
	}
}

func TestDebtIsRepaidByTheNextAwardWhenItIsRecorded(t *testing.T) {
	for _, pendingDays := range []int{0, 7} {
		b := NewBook(Key{ident.New(), "regular"}, cafe())
		b.Policy.Terms.Pending.Days = pendingDays
		award := ident.New()
		must(b.Award(by(on("11-01 10:00"), award), Grant{Points: 163, Origin: Sale}))(t)
		must(b.Spend(on("11-09 10:00"), 163))(t)
		e := must(b.Clawback(by(on("11-10 10:00"), award), 163, TakeDebt))(t)
		if got := e.Taken(); got.Debt != 163 || len(got.Lots) != 0 {
			t.Fatalf("taken %+v, want debt 163", got)
		}
		if r := b.At(jst("11-10 10:00")); r.Debt != 163 || r.Available != 0 || b.Balance != -163 {
			t.Fatalf("after the return: %+v, balance %d", r, b.Balance)
		}
		must(b.Award(on("11-11 10:00"), Grant{Points: 200, Origin: Sale}))(t)
		l := b.lots[len(b.lots)-1]
		if l.Gross != 200 || l.Net != 37 || b.Debt != 0 {
			t.Errorf("the next lot is gross %d, net %d, debt %d; want 200, 37, 0", l.Gross, l.Net, b.Debt)
		}
	}
}
