package ledger

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/rules"
)

// sliding is the cafe's policy with points that live a month from the last
// activity on.
func sliding() *Policy {
	p := cafe()
	p.Terms = rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpirySliding, Months: 1}}
	return p
}

// heard is a posting of what happened at one instant and is recorded at another.
func heard(occurred, recorded string) Posting {
	return Posting{Occurred: jst(occurred), Recorded: jst(recorded)}
}

func TestALateActivityRevivesPointsGivenBackToALotThatDiedAgainWhileEmpty(t *testing.T) {
	for _, dayTurn := range []bool{false, true} {
		b := NewBook(Key{ident.New(), "regular"}, sliding())
		turn := func(at string) {
			if dayTurn {
				b.Settle(jst(at))
			}
		}
		award := ident.New()
		must(b.Award(by(on("09-10 10:00"), award), Grant{Points: 3, Origin: Sale}))(t) // lives to 10-10
		turn("10-11 00:00")
		taken := must(b.Clawback(by(on("11-01 10:00"), award), 3, TakeDebt))(t).Taken()
		if d := cmp.Diff([]Piece{{Lot: 1, Points: 3, Source: Lost}}, taken.Lots, ignore...); d != "" {
			t.Errorf("the points died unspent and count as taken: %s", d)
		}
		b.NoteActivity(heard("10-05 10:00", "11-02 10:00")) // lives to 11-05, without points
		turn("11-06 00:00")
		must(b.GiveBack(by(on("12-01 10:00"), award), 1))(t)
		if r := b.At(jst("12-01 10:00")); r != (Balance{}) {
			t.Errorf("the point is un-counted, the lot is dead: %+v", r)
		}
		b.NoteActivity(heard("11-05 10:00", "12-02 10:00")) // lives to 12-05
		if r, want := b.At(jst("12-02 10:00")), (Balance{Available: 1, Next: Expiring{1, clock.MustDay("2026-12-05")}}); r != want {
			t.Errorf("day turn %v: the lot was alive on 11-05, and with it the point given back: %+v, want %+v", dayTurn, r, want)
		}
		if e := b.entries[len(b.entries)-1]; e.Kind != Expire || e.Points != 1 {
			t.Errorf("the expiry is reversed by an opposite line, got %s of %d", e.Kind, e.Points)
		}
		b.Settle(jst("12-06 00:00"))
		if l := b.lots[0]; b.Balance != 0 || l.Lost != 3 || l.LostClaimed != 2 {
			t.Errorf("it dies like any other: balance %d, lost %d, of it claimed %d", b.Balance, l.Lost, l.LostClaimed)
		}
	}
}
