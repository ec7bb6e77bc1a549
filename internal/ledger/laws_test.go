package ledger

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/rules"
)

// wallet is an account with some lots of random size and life.
func wallet(t *rapid.T) *Book {
	b := NewBook(Key{ident.New(), "regular"}, cafe())
	for i := range rapid.IntRange(1, 5).Draw(t, "lots") {
		terms := rules.Terms{Class: rapid.SampledFrom([]string{"", "promotional"}).Draw(t, "class"),
			Expiry: rules.Expiry{Kind: rules.ExpiryDays, Days: rapid.IntRange(1, 60).Draw(t, "days")}}
		p := on("11-01 10:00")
		p.Award = ident.New()
		p.Occurred = p.Occurred.Add(-time.Duration(i) * time.Hour)
		if _, err := b.Award(p, Grant{Points: rapid.Int64Range(1, 1000).Draw(t, "points"), Terms: &terms}); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func remaining(b *Book) (xs []int64) {
	for _, l := range b.lots {
		xs = append(xs, l.Remaining)
	}
	return append(xs, b.Balance, b.Debt)
}

func TestSpendingXAndRefundingYLeavesTheStateOfSpendingXMinusY(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := wallet(t)
		c := b.Clone()
		have := b.At(jst("11-01 10:00")).Available
		x := rapid.Int64Range(1, have).Draw(t, "x")
		left := x
		e, err := b.Spend(on("11-01 11:00"), x)
		for err == nil && left > 0 && rapid.Bool().Draw(t, "more") {
			y := rapid.Int64Range(1, left).Draw(t, "y")
			left -= y
			_, err = b.Refund(on("11-01 12:00"), e.Seq, y, b.Policy)
		}
		if err == nil && left > 0 {
			_, err = c.Spend(on("11-01 11:00"), left)
		}
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(remaining(c), remaining(b)); d != "" {
			t.Fatalf("spend %d, refund %d: %s", x, x-left, d)
		}
	})
}

func TestSplittingAClawbackTakesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := wallet(t)
		if n := b.At(jst("11-01 10:00")).Available; rapid.Bool().Draw(t, "spend") {
			if _, err := b.SpendAllowingDebt(on("11-01 11:00"), rapid.Int64Range(1, 2*n).Draw(t, "spent")); err != nil {
				t.Fatal(err)
			}
		}
		l := rapid.SampledFrom(b.lots).Draw(t, "lot")
		n := rapid.Int64Range(1, l.Gross).Draw(t, "n")
		returns := rapid.SampledFrom([]Returns{TakeDebt, OnlyPending, WithinBalance, Report}).Draw(t, "returns")
		at := by(Posting{Occurred: jst("11-02 10:00"), Recorded: jst("11-02 10:00").Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "later")) * 24 * time.Hour)}, l.Award)
		c := b.Clone()
		sum := func(b *Book, parts ...int64) map[Source]int64 {
			got := map[Source]int64{}
			for _, n := range parts {
				e, err := b.Clawback(at, n, returns)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range e.Pieces {
					got[x.Source] += x.Points
				}
			}
			return got
		}
		var parts []int64
		for left := n; left > 0; {
			x := rapid.Int64Range(1, left).Draw(t, "part")
			parts = append(parts, x)
			left -= x
		}
		if d := cmp.Diff(sum(b, n), sum(c, parts...)); d != "" {
			t.Fatalf("%d in parts %v: %s", n, parts, d)
		}
		if d := cmp.Diff(remaining(b), remaining(c)); d != "" {
			t.Fatal(d)
		}
	})
}

func TestEveryExpiryPolicyLivesToItsLastInstant(t *testing.T) {
	for _, c := range []struct {
		what  string
		terms rules.Terms
		on    string // earned
		last  string // day of death's eve
	}{
		{"60 days", rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryDays, Days: 60}}, "2026-11-22", "2027-01-21"},
		{"12 months on the same day", rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryMonths, Months: 12}}, "2028-02-29", "2029-02-28"},
		{"12 months, the day before", rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryMonths, Months: 12, DayBefore: true}}, "2026-11-22", "2027-11-21"},
		{"to the month's end", rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryMonths, Months: 12, Round: rules.RoundMonth}}, "2026-11-01", "2027-11-30"},
		{"to the quarter's end", rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryMonths, Months: 6, Round: rules.RoundQuarter}}, "2026-11-22", "2027-06-30"},
		{"to the half's end", rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryMonths, Months: 6, Round: rules.RoundHalf}}, "2026-11-22", "2027-09-30"},
		{"to the fiscal year's end", rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryMonths, Months: 12, Round: rules.RoundFiscalYear}}, "2026-11-22", "2028-03-31"},
		{"fixed dates", rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryFixed, MinDays: 90, Dates: []clock.MonthDay{{Month: 3, Day: 31}, {Month: 9, Day: 30}}}}, "2026-09-30", "2027-03-31"},
		{"sliding without activity", rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpirySliding, Months: 6}}, "2026-11-22", "2027-05-22"},
		{"clock from activation", rules.Terms{Pending: rules.Pending{Kind: rules.PendingDays, Days: 7}, Expiry: rules.Expiry{Kind: rules.ExpiryDays, Days: 10}}, "2026-11-22", "2026-12-09"},
		{"clock from earning", rules.Terms{Pending: rules.Pending{Kind: rules.PendingDays, Days: 7}, Expiry: rules.Expiry{Kind: rules.ExpiryDays, Days: 10, Earned: true}}, "2026-11-22", "2026-12-02"},
	} {
		b := NewBook(Key{ident.New(), "regular"}, cafe())
		must(b.Award(on(c.on+" 10:00"), Grant{Points: 7, Terms: &c.terms}))(t)
		eve := jst(c.last + " 23:59:59").Add(999999 * time.Microsecond)
		for _, dayTurn := range []bool{false, true} {
			if got := b.At(eve).Available; got != 7 {
				t.Errorf("%s: %d points on the eve (day turn %v)", c.what, got, dayTurn)
			}
			if got := b.At(eve + 1).Available; got != 0 {
				t.Errorf("%s: %d points after death (day turn %v)", c.what, got, dayTurn)
			}
			b.Settle(eve)
		}
		if b.At(eve).Next != (Expiring{7, clock.MustDay(c.last)}) {
			t.Errorf("%s: next expiry %+v", c.what, b.At(eve).Next)
		}
		b.Settle(eve + 1)
		if b.Balance != 0 || b.entries[len(b.entries)-1].Kind != Expire {
			t.Errorf("%s: balance %d after the day turn", c.what, b.Balance)
		}
	}
}

func TestEachReturnPolicyMeetsTheRestInItsWay(t *testing.T) {
	for _, c := range []struct {
		returns                             Returns
		other, debt, forgiven, short, leave int64
	}{
		{OnlyPending, 0, 0, 100, 0, 30}, {WithinBalance, 30, 0, 70, 0, 0}, {TakeDebt, 30, 70, 0, 0, -70}, {Report, 30, 0, 0, 70, 0},
	} {
		b := NewBook(Key{ident.New(), "regular"}, cafe())
		b.Policy.Terms.Pending.Days = 0
		award := ident.New()
		must(b.Award(by(on("11-01 10:00"), award), Grant{Points: 100}))(t)
		must(b.Spend(on("11-02 10:00"), 100))(t)
		must(b.Award(on("11-03 10:00"), Grant{Points: 30}))(t)
		got := must(b.Clawback(by(on("11-04 10:00"), award), 100, c.returns))(t).Taken()
		other := int64(0)
		for _, x := range got.Lots {
			other += x.Points
		}
		if other != c.other || got.Debt != c.debt || got.Forgiven != c.forgiven || got.Shortfall != c.short || b.Balance != c.leave {
			t.Errorf("%s: %+v, balance %d", c.returns, got, b.Balance)
		}
		must(b.GiveBack(by(on("11-05 10:00"), award), 100))(t)
		if b.Balance != 30 || b.Debt != 0 {
			t.Errorf("%s: after giving all back: balance %d, debt %d", c.returns, b.Balance, b.Debt)
		}
	}
}

func TestKinderTermsMoveLotsAliveWhenTheyComeIntoForceEvenIfNobodyLooked(t *testing.T) {
	for _, dayTurn := range []bool{false, true} {
		p := cafe()
		b := NewBook(Key{ident.New(), "regular"}, p)
		short := rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryDays, Days: 10}}
		promo := short
		promo.Class = "promotional"
		must(b.Award(on("10-01 10:00"), Grant{Points: 1, Terms: &short}))(t)    // dead on 10-12
		must(b.Award(on("10-20 10:00"), Grant{Points: 10, Terms: &short}))(t)   // alive at 10-25
		must(b.Award(on("10-20 10:00"), Grant{Points: 100, Terms: &promo}))(t)  // another class
		must(b.Award(on("10-26 10:00"), Grant{Points: 1000, Terms: &short}))(t) // born later
		p.Better = []Better{{From: jst("10-25 00:00"), Expiry: rules.Expiry{Kind: rules.ExpiryDays, Days: 30}}}
		if dayTurn {
			b.Settle(jst("10-27 00:00"))
		}
		for at, want := range map[string]int64{"10-27 10:00": 1110, "11-01 10:00": 1010, "11-10 10:00": 10, "11-19 23:59": 10, "11-20 00:00": 0} {
			if got := b.At(jst(at)).Available; got != want {
				t.Errorf("at %s (day turn %v): %d, want %d", at, dayTurn, got, want)
			}
		}
		b.Settle(jst("12-01 00:00"))
		if b.Balance != 0 {
			t.Errorf("balance %d in December", b.Balance)
		}
	}
}

func TestAMergeAddsDebtsRepaysThemAndCanBeUndone(t *testing.T) {
	p := cafe()
	p.Terms.Pending.Days = 0
	ann, bob := NewBook(Key{ident.New(), "regular"}, p), NewBook(Key{ident.New(), "regular"}, p)
	award := ident.New()
	must(ann.Award(by(on("11-01 10:00"), award), Grant{Points: 100, ExpiresOn: clock.MustDay("2026-12-24"), Origin: Sale}))(t)
	must(bob.SpendAllowingDebt(on("11-01 10:00"), 30))(t)
	must(bob.Award(on("11-01 11:00"), Grant{Points: 10}))(t)
	must(ann.SpendAllowingDebt(on("11-01 12:00"), 25))(t)
	merge := on("11-02 10:00")
	merge.Transfer = ident.New()
	parcel := must(ann.MoveAll(merge))(t)
	must(bob.TransferIn(merge, parcel))(t)
	if r := bob.At(jst("11-02 10:00")); r.Available != 55 || r.Debt != 0 || ann.Balance != 0 {
		t.Fatalf("75 points come, 20 of debt are repaid: %+v; left behind %d", r, ann.Balance)
	}
	if r := bob.At(jst("11-02 10:00")); r.Next.On != clock.MustDay("2026-12-24") {
		t.Errorf("the lots keep their expiry, got %s", r.Next.On)
	}
	if got := ann.entries[len(ann.entries)-1].Points + bob.entries[len(bob.entries)-1].Points; got != 0 {
		t.Errorf("the two sides differ by %d", got)
	}
	must(bob.Spend(on("11-03 10:00"), 15))(t)
	undo := on("11-04 10:00")
	undo.Transfer = ident.New()
	back := must(bob.MoveBack(undo, merge.Transfer))(t)
	must(ann.TransferIn(undo, back))(t)
	if ann.Balance != 40 || bob.Balance != 0 {
		t.Errorf("what was spent stays spent: ann %d, bob %d; want 40, 0", ann.Balance, bob.Balance)
	}
	taken := must(ann.Clawback(by(on("11-05 10:00"), award), 50, WithinBalance))(t).Taken()
	if len(taken.Lots) != 2 || taken.Lots[0].Source != Active || taken.Lots[0].Points != 40 || taken.Lots[1].Source != DebtRepaid || taken.Lots[1].Points != 10 {
		t.Errorf("a return still finds its award, what it left and the debt it repaid: %+v", taken)
	}
}

func TestAHeldLotThatDiesStaysUsableForItsHoldOnly(t *testing.T) {
	b := NewBook(Key{ident.New(), "regular"}, cafe())
	must(b.Adjust(on("11-01 10:00"), 10, Grant{ExpiresOn: clock.MustDay("2026-11-05")}))(t)
	h := must(b.Reserve(on("11-05 23:50"), 6, 30*time.Minute, ""))(t)
	if r := b.At(jst("11-06 00:10")); r.Available != 0 || r.Held != 0 {
		t.Errorf("held counts on live lots only: %+v", r)
	}
	if _, err := b.Spend(on("11-06 00:10"), 1); err == nil {
		t.Error("nobody else may spend it")
	}
	must(b.CommitHold(on("11-06 00:19"), h.ID, 4))(t)
	var got []int64
	for _, e := range b.entries {
		got = append(got, e.Points)
	}
	if d := cmp.Diff([]int64{10, -4, -4, -2}, got); d != "" {
		t.Errorf("10 given, 4 free die, 4 of the hold are spent, 2 freed ones die at once: %s", d)
	}
	if _, err := b.CommitHold(on("11-06 00:20"), h.ID, 1); err == nil || err.Error() != "hold.closed" {
		t.Errorf("commit after commit: %v", err)
	}
}

func TestACommitAtTheVeryEndOfAHoldIsTooLate(t *testing.T) {
	b := NewBook(Key{ident.New(), "regular"}, cafe())
	must(b.Adjust(on("11-01 10:00"), 10, Grant{}))(t)
	h := must(b.Reserve(on("11-01 10:00"), 6, time.Minute, ""))(t)
	c := b.Clone()
	must(c.CommitHold(Posting{Occurred: h.ExpiresAt - 1, Recorded: h.ExpiresAt - 1}, h.ID, 6))(t)
	_, err := b.CommitHold(Posting{Occurred: h.ExpiresAt, Recorded: h.ExpiresAt}, h.ID, 6)
	if err == nil || b.At(h.ExpiresAt).Available != 10 {
		t.Errorf("%v, available %d", err, b.At(h.ExpiresAt).Available)
	}
}

func TestHugeNumbersAreRefusedNotWrapped(t *testing.T) {
	const most = 1<<63 - 1
	b := NewBook(Key{ident.New(), "regular"}, cafe())
	must(b.Adjust(on("11-01 10:00"), most/2, Grant{}))(t)
	before := b.Head
	for _, f := range []func() error{
		func() error { _, err := b.Award(on("11-01 10:00"), Grant{Points: most}); return err },
		func() error {
			_, err := b.Award(on("11-01 10:00"), Grant{Points: most / 2}, Grant{Points: most / 2})
			return err
		},
		func() error { _, err := b.SpendAllowingDebt(on("11-01 10:00"), most); return err },
		func() error { _, err := b.Award(on("11-01 10:00"), Grant{Points: 0}); return err },
		func() error { _, err := b.Spend(on("11-01 10:00"), -5); return err },
		func() error { _, err := b.Adjust(on("11-01 10:00"), -most-1, Grant{}); return err },
	} {
		if f() == nil {
			t.Error("accepted")
		}
	}
	if d := cmp.Diff(before, b.Head); d != "" {
		t.Errorf("a refusal changed the account: %s", d)
	}
}
