package ledger

import (
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/rules"
)

// owed is the liability at the end of a day as the books show it.
func owed(t testing.TB, d *db.DB, day string) (sum int64) {
	t.Helper()
	booked := read(t, d, func(tx *db.Tx) ([]Booked, error) { return BookedOn(tx, 1, clock.MustDay("2026-"+day)) })
	for _, x := range booked {
		sum += x.Points
	}
	return sum
}

func TestPointsThatComeBackToLifeAreNeverInTheBooksTwice(t *testing.T) {
	for _, c := range []struct {
		what   string
		expiry rules.Expiry
		wait   rules.Pending
		heard  func(b *Book, p Posting)
	}{
		{"a late activity", rules.Expiry{Kind: rules.ExpirySliding, Months: 1}, rules.Pending{},
			func(b *Book, p Posting) { b.NoteActivity(p) }},
		{"a late event", rules.Expiry{Kind: rules.ExpiryMonths, Months: 6},
			rules.Pending{Kind: rules.PendingUntil, Event: "delivered", CancelAfterDays: 31},
			func(b *Book, p Posting) { must(b.Activate(p, "delivered"))(t) }},
	} {
		t.Run(c.what, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, d *db.DB) {
				p := cafe()
				p.Terms = rules.Terms{Expiry: c.expiry, Pending: c.wait}
				w := Want{Key: Key{ident.New(), "regular"}, Policy: p, Deep: true}
				award := ident.New()
				change(t, d, w, func(b *Book) { must(b.Award(by(on("10-01 10:00"), award), Grant{Points: 10, Origin: Sale}))(t) })
				change(t, d, w, func(b *Book) { b.Settle(jst("11-05 00:00")) })
				change(t, d, w, func(b *Book) { c.heard(b, by(heard("10-20 10:00", "11-10 10:00"), award)) })
				for day, want := range map[string]int64{"10-19": 10, "10-31": 10, "11-05": 0, "11-09": 0, "11-10": 10} {
					if got := owed(t, d, day); got != want {
						t.Errorf("%d points in the books of %s, want %d", got, day, want)
					}
				}
				if broken, _ := verify(t, d); len(broken) > 0 {
					t.Error(broken)
				}
			})
		})
	}
}

func TestALateEventForPointsThatAreDeadByNowRepaysNothing(t *testing.T) {
	p := cafe()
	p.Terms = rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryDays, Days: 5},
		Pending: rules.Pending{Kind: rules.PendingUntil, Event: "delivered", CancelAfterDays: 6}}
	b := NewBook(Key{ident.New(), "regular"}, p)
	award := ident.New()
	must(b.Award(by(on("11-01 10:00"), award), Grant{Points: 10, Origin: Sale}))(t)
	must(b.SpendAllowingDebt(on("11-20 10:00"), 4))(t)
	must(b.Activate(by(heard("11-03 10:00", "11-21 10:00"), award), "delivered"))(t) // alive to 11-08
	if r := b.At(jst("11-21 10:00")); r != (Balance{Debt: 4}) {
		t.Errorf("%+v, want 4 points of debt", r)
	}
	if l := b.lots[0]; b.State(l, jst("11-07 10:00")) == "voided" || b.State(l, jst("11-21 10:00")) != "expired" || l.Lost != 10 {
		t.Errorf("the lot is %s, %d lost", b.State(l, jst("11-21 10:00")), l.Lost)
	}
}

func TestPointsThatWaitForAnEventDieByTheClockOfTheirEarning(t *testing.T) {
	for _, cancel := range []int{0, 20} {
		p := cafe()
		p.Terms = rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryDays, Days: 10, Earned: true},
			Pending: rules.Pending{Kind: rules.PendingUntil, Event: "delivered", CancelAfterDays: cancel}}
		b := NewBook(Key{ident.New(), "regular"}, p)
		must(b.Award(by(on("11-01 10:00"), ident.New()), Grant{Points: 10, Origin: Sale}))(t)
		eve := jst("11-12 00:00") - 1
		b.Settle(eve)
		if r := b.At(eve); r.Pending != 10 || b.Balance != 10 {
			t.Errorf("on the last day: %+v", r)
		}
		b.Settle(eve + 1)
		if e := b.entries[len(b.entries)-1]; e.Kind != Expire || e.Occurred != eve+1 || b.Balance != 0 {
			t.Errorf("dead points are still in the account: %d; last line %s", b.Balance, e.Kind)
		}
	}
}
