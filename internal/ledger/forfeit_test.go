package ledger

import (
	"testing"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/rules"
)

// leaves is the posting with which points end because their holder leaves.
func leaves(at string) Posting {
	p := on(at)
	p.Reason = "member.withdrawn"
	return p
}

func TestPointsThatAreForfeitedAreBookedAsExpired(t *testing.T) {
	b := NewBook(Key{ident.New(), "regular"}, cafe())
	must(b.Award(by(on("09-01 10:00"), ident.New()), Grant{Points: 30, Origin: Sale}))(t) // usable
	must(b.Award(by(on("09-20 10:00"), ident.New()), Grant{Points: 12, Origin: Gift}))(t) // pending
	if n := b.Forfeit(leaves("09-21 10:00")); n != 42 {
		t.Errorf("forfeited %d", n)
	}
	e := b.entries[len(b.entries)-1]
	if e.Kind != Expire || e.Contra != Expired || e.Points != -42 || e.Balance != 0 || e.Reason != "member.withdrawn" {
		t.Errorf("%+v", e)
	}
	got := map[Origin]int64{}
	for _, x := range bookings([]*Book{b}) {
		if x.Contra == Expired {
			got[x.Origin] += x.Points
		}
	}
	if got[Sale] != -30 || got[Gift] != -12 {
		t.Errorf("by origin: %v", got)
	}
	h := NewHistory(b, nil)
	if was := h.At(jst("09-21 09:59")); was.Available != 30 || was.Pending != 12 {
		t.Errorf("before she left: %+v", was)
	}
	for _, at := range []string{"09-21 10:00", "09-27 10:00", "12-01 10:00"} {
		if is, was := b.At(jst(at)), h.At(jst(at)); is != (Balance{}) || was != (Balance{}) {
			t.Errorf("at %s: %+v, by the history %+v", at, is, was)
		}
	}
}

func TestForfeitedPointsAreNotRevivedByALateActivity(t *testing.T) {
	b := NewBook(Key{ident.New(), "regular"}, sliding())
	must(b.Award(on("09-10 10:00"), Grant{Points: 30, Origin: Sale}))(t) // lives to 10-10
	b.Forfeit(leaves("09-20 10:00"))
	// She came back, and a till that was offline tells what she bought since.
	b.NoteActivity(heard("09-25 10:00", "09-26 10:00"))
	if r := b.At(jst("09-26 10:00")); r != (Balance{}) || b.Balance != 0 {
		t.Errorf("what ended when she left is back: %+v", r)
	}
	// What the till tells of the days before she left changes nothing either.
	b.NoteActivity(heard("09-15 10:00", "09-27 10:00"))
	if r := b.At(jst("09-27 10:00")); r != (Balance{}) || b.Balance != 0 {
		t.Errorf("what ended when she left is back: %+v", r)
	}
}

func TestForfeitedPointsDoNotComeWithTheParcel(t *testing.T) {
	for _, cancel := range []int{0, 30} {
		b := NewBook(Key{ident.New(), "regular"}, cafe())
		award := ident.New()
		waits := rules.Terms{Pending: rules.Pending{Kind: rules.PendingUntil, Event: "delivered", CancelAfterDays: cancel}, Expiry: b.Policy.Terms.Expiry}
		must(b.Award(by(on("09-10 10:00"), award), Grant{Points: 30, Origin: Sale, Terms: &waits}))(t)
		b.Forfeit(leaves("09-20 10:00"))
		e, err := b.Activate(by(on("09-22 10:00"), award), "delivered")
		if r := b.At(jst("09-22 10:00")); e != nil || err != nil || r != (Balance{}) || b.Balance != 0 {
			t.Errorf("cancelled after %d days: delivered after she left: %+v %v: %+v", cancel, e, err, r)
		}
		b.Settle(jst("11-22 00:00"))
		if b.Balance != 0 {
			t.Errorf("balance %d", b.Balance)
		}
	}
}

func TestPointsGivenBackToAForfeitedLotEndAtOnce(t *testing.T) {
	b := NewBook(Key{ident.New(), "regular"}, cafe())
	award := ident.New()
	must(b.Award(by(on("09-01 10:00"), award), Grant{Points: 30, Origin: Sale}))(t)
	must(b.Clawback(by(on("09-10 10:00"), award), 10, TakeDebt))(t) // from the lot itself
	b.Forfeit(leaves("09-20 10:00"))
	lost := must(b.Clawback(by(on("09-21 10:00"), award), 5, TakeDebt))(t).Taken()
	if len(lost.Lots) != 1 || lost.Lots[0].Source != Lost || lost.Debt != 0 {
		t.Errorf("a return after leaving takes what is lost already: %+v", lost)
	}
	must(b.GiveBack(by(on("09-22 10:00"), award), 15))(t)
	if r := b.At(jst("09-22 10:00")); r != (Balance{}) || b.Balance != 0 {
		t.Errorf("points are back on what she gave up: %+v, balance %d", r, b.Balance)
	}
}

func TestWhatIsHeldWhenPointsAreForfeitedIsForItsHoldOnly(t *testing.T) {
	for _, commit := range []bool{false, true} {
		b := NewBook(Key{ident.New(), "regular"}, cafe())
		must(b.Award(on("09-01 10:00"), Grant{Points: 30, Origin: Sale}))(t)
		h := must(b.Reserve(on("09-20 10:00"), 30, 0, ""))(t)
		if n := b.Forfeit(leaves("09-20 10:05")); n != 0 {
			t.Errorf("forfeited %d of what is held", n)
		}
		if commit {
			must(b.CommitHold(on("09-20 10:10"), h.ID, 10))(t)
		}
		b.Settle(jst("09-20 11:00"))
		if r := b.At(jst("09-20 11:00")); b.Balance != 0 || r != (Balance{}) {
			t.Errorf("committed %v: %+v, balance %d", commit, r, b.Balance)
		}
	}
}

func TestKinderTermsDoNotReachWhatWasForfeited(t *testing.T) {
	p := cafe()
	p.Better = []Better{{From: jst("09-15 00:00"), Expiry: rules.Expiry{Kind: rules.ExpiryMonths, Months: 36}}}
	b := NewBook(Key{ident.New(), "regular"}, p)
	must(b.Award(on("09-01 10:00"), Grant{Points: 30, Origin: Sale}))(t)
	b.Forfeit(leaves("09-20 10:00"))
	b.Settle(jst("12-20 10:00"))
	l := b.lots[0]
	if b.Balance != 0 || b.State(l, jst("12-20 10:00")) != "expired" || b.ExpiresOn(l) != clock.MustDay("2026-09-20") {
		t.Errorf("balance %d, %s, ends %s", b.Balance, b.State(l, jst("12-20 10:00")), b.ExpiresOn(l))
	}
}
