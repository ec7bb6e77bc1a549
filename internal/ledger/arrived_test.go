package ledger

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/ident"
)

func TestALotThatCameByTransferKeepsTheActivityThatSavedIt(t *testing.T) {
	ann, bob := NewBook(Key{ident.New(), "regular"}, sliding()), NewBook(Key{ident.New(), "regular"}, sliding())
	must(ann.Award(on("09-15 10:00"), Grant{Points: 10, Origin: Sale}))(t) // lives to 10-15
	bob.NoteActivity(on("10-05 10:00"))
	parcel := must(ann.TransferOut(on("10-10 10:00"), 10))(t)
	must(bob.TransferIn(on("10-10 10:00"), parcel))(t)
	bob.NoteActivity(on("10-12 10:00")) // to 11-12
	for _, day := range []string{"10-18", "10-20", "10-25", "10-30"} {
		bob.NoteActivity(on(day + " 10:00"))
		if got := bob.At(jst(day + " 11:00")).Available; got != 10 {
			t.Errorf("%s: %d points left of 10", day, got)
		}
	}
	if got := bob.At(jst("11-30 23:59")).Available; got != 10 {
		t.Errorf("%d points a month after the last activity", got)
	}
	if got := bob.At(jst("12-01 00:00")).Available; got != 0 {
		t.Errorf("%d points after that", got)
	}
}

func TestAnActivityBeforeALotArrivedDoesNotMoveIt(t *testing.T) {
	ann, bob := NewBook(Key{ident.New(), "regular"}, sliding()), NewBook(Key{ident.New(), "regular"}, sliding())
	must(ann.Award(on("09-15 10:00"), Grant{Points: 10, Origin: Sale}))(t) // lives to 10-15
	bob.NoteActivity(on("10-05 10:00"))
	parcel := must(ann.TransferOut(on("10-10 10:00"), 10))(t)
	must(bob.TransferIn(on("10-10 10:00"), parcel))(t)
	if got := bob.At(jst("10-16 00:00")).Available; got != 0 {
		t.Errorf("%d points live by an activity that did not find them", got)
	}
}

func TestKeepingTwoDaysOfAMonthMovesLivesLikeKeepingAll(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := sliding()
		p.Terms.Expiry.DayBefore = rapid.Bool().Draw(rt, "the day before")
		ann, bob := NewBook(Key{ident.New(), "regular"}, p), NewBook(Key{ident.New(), "regular"}, p)
		var all []clock.Day // of bob, as they are heard of
		from := map[int64]clock.Day{}
		day := clock.MustDay("2026-10-01")
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			day += clock.Day(rapid.IntRange(0, 6).Draw(rt, "days"))
			now := Posting{Occurred: p.Zone.Start(day) + 1, Recorded: p.Zone.Start(day) + 1}
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0:
				old := now
				old.Occurred = p.Zone.Start(day-clock.Day(rapid.IntRange(0, 27).Draw(rt, "old"))) + 1
				must(ann.Award(old, Grant{Points: 1}))(t)
				must(bob.TransferIn(now, must(ann.TransferOut(now, 1))(t)))(t)
				if len(all) > 0 {
					from[bob.LastLot] = slices.Max(all) + 1
				}
			case 1:
				must(bob.Award(now, Grant{Points: 1}))(t)
			default:
				now.Occurred = p.Zone.Start(day-clock.Day(rapid.SampledFrom([]int{0, 0, 3, 11, 25}).Draw(rt, "late"))) + 1
				bob.NoteActivity(now)
				all = append(all, p.Zone.Day(now.Occurred))
			}
			days := slices.Sorted(slices.Values(all))
			for _, l := range bob.lots {
				last := l.Life.Last
				for _, d := range days {
					if d >= from[l.No] && d <= last {
						last = max(last, p.Terms.Expiry.LastDay(d, p.FiscalStart))
					}
				}
				if got := bob.ExpiresOn(l); got != last {
					rt.Fatalf("lot %d lives to %s, want %s: days %v, kept %v", l.No, got, last, days, bob.Activity)
				}
			}
		}
	})
}
