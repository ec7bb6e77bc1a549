package ledger

import (
	"fmt"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/rules"
)

func TestPlacesOfTheJournalSurviveALinkAndNonsenseDoesNot(t *testing.T) {
	p := Place{clock.MustDay("2026-11-22"), jst("11-22 10:00"), ident.New(), "regular.x", 7}
	if got, ok := ParsePlace(p.String()); !ok || got != p {
		t.Errorf("%v became %v", p, got)
	}
	for _, bad := range []string{"x", "2026-11-22.1.2", "2026-13-22.1." + p.Holder.String() + ".1.x", "2026-11-22.1.zz.1.x", "2026-11-22.1." + p.Holder.String() + ".-1.x"} {
		if got, ok := ParsePlace(bad); ok || got != (Place{}) {
			t.Errorf("%q became %v", bad, got)
		}
	}
	if _, ok := ParsePlace(""); !ok || (Place{}).String() != "" {
		t.Error("the beginning is no place")
	}
}

// journal books a small history of three holders.
func journal(t *testing.T, d *db.DB) (holders []ident.ID) {
	for i := range 3 {
		policy := cafe()
		policy.Terms = rules.Terms{}
		w := Want{Key: Key{ident.New(), "regular"}, Policy: policy}
		holders = append(holders, w.Holder)
		for day := range 4 {
			change(t, d, w, func(b *Book) {
				p := on(fmt.Sprintf("11-%02d 10:%02d", 1+day, i))
				p.Store = []string{"honten", "ekimae"}[i%2]
				if day == 2 {
					must(b.Spend(p, 3))(t)
					return
				}
				must(b.Award(p, Grant{Points: int64(10 + i), Origin: Migrated}))(t)
			})
		}
	}
	return holders
}

func TestTheJournalIsReadByItsBooksBothWays(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		holders := journal(t, d)
		list := func(f Filter, at Place, back bool, n int) []*Line {
			t.Helper()
			return read(t, d, func(tx *db.Tx) ([]*Line, error) { return List(tx, f, at, back, n) })
		}
		says := func(ls []*Line) (s string) {
			for _, l := range ls {
				s += fmt.Sprintf("%s:%d ", l.BookOn.String()[8:], l.Points)
			}
			return s
		}
		all := list(Filter{}, Place{}, false, 99)
		if got, want := says(all), "04:12 04:11 04:10 03:-3 03:-3 03:-3 02:12 02:11 02:10 01:12 01:11 01:10 "; got != want {
			t.Fatalf("got %s\nwant %s", got, want)
		}
		for i := range all {
			if got := says(list(Filter{}, all[i].Place(), false, 2)); got != says(all[i+1:min(i+3, len(all))]) {
				t.Errorf("after %d: %s", i, got)
			}
			if got := says(list(Filter{}, all[i].Place(), true, 2)); got != says(all[max(i-2, 0):i]) {
				t.Errorf("before %d: %s", i, got)
			}
		}
		day := clock.MustDay
		for _, c := range []struct {
			f    Filter
			want string
		}{
			{Filter{Contra: Redeemed}, "03:-3 03:-3 03:-3 "},
			{Filter{Contra: Issued, From: day("2026-11-02"), To: day("2026-11-03")}, "02:12 02:11 02:10 "},
			{Filter{Holder: holders[1]}, "04:11 03:-3 02:11 01:11 "},
			{Filter{Holder: holders[1], Contra: Redeemed}, "03:-3 "},
			{Filter{Store: "ekimae", From: day("2026-11-03")}, "04:11 03:-3 "},
			{Filter{Type: "stamp"}, ""},
		} {
			if got := says(list(c.f, Place{}, false, 99)); got != c.want {
				t.Errorf("%+v: %s, want %s", c.f, got, c.want)
			}
		}
		if got := says(read(t, d, func(tx *db.Tx) ([]*Line, error) { return Lately(tx, holders[0], all[5].Occurred, 2) })); got != "02:10 01:10 " {
			t.Errorf("lately: %s", got)
		}
	})
}

func TestARareFilterLooksAtABoundedPartOfTheJournal(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		journal(t, d)
		type reach struct {
			floor Place
			more  bool
		}
		within := func(f Filter, n int) (r reach) {
			return read(t, d, func(tx *db.Tx) (r reach, err error) { r.floor, r.more, err = Within(tx, f, Place{}, n); return r, err })
		}
		if r := within(Filter{Store: "ekimae"}, 4); !r.more || r.floor.On != clock.MustDay("2026-11-02") {
			t.Errorf("%+v, want the fifth of the nine issued", r)
		}
		if r := within(Filter{Store: "ekimae"}, 9); r.more {
			t.Errorf("%+v, want all of it", r)
		}
		f := Filter{Store: "ekimae", Floor: within(Filter{}, 4).floor}
		ls := read(t, d, func(tx *db.Tx) ([]*Line, error) { return List(tx, f, Place{}, false, 99) })
		rest := read(t, d, func(tx *db.Tx) ([]*Line, error) {
			return List(tx, Filter{Store: "ekimae"}, f.Floor, false, 99)
		})
		if len(ls)+len(rest) != 4 || len(ls) < 2 {
			t.Errorf("%d lines down to the floor and %d below it, want 4 in all", len(ls), len(rest))
		}
	})
}

func TestTheSumsOfTheDaysAreThoseOfTheJournal(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		holders := journal(t, d)
		if _, err := dbFold(d, t, "2026-11-02"); err != nil {
			t.Fatal(err)
		}
		from, to := clock.MustDay("2026-11-02"), clock.MustDay("2026-11-03")
		flows := read(t, d, func(tx *db.Tx) (map[Contra]int64, error) { return Flows(tx, "regular", from, to) })
		if flows[Issued] != 33 || flows[Redeemed] != -9 || len(flows) != 2 {
			t.Errorf("%v", flows)
		}
		hers := read(t, d, func(tx *db.Tx) (map[Contra]int64, error) { return FlowsOf(tx, holders[2], "regular", from, to) })
		if hers[Issued] != 12 || hers[Redeemed] != -3 {
			t.Errorf("%v", hers)
		}
		var sum int64
		for _, x := range read(t, d, Unposted) {
			sum += x.Points
		}
		if sum != 33-9 { // of the 3rd and 4th
			t.Errorf("%d are not folded", sum)
		}
	})
}

func dbFold(d *db.DB, t *testing.T, through string) (list []Booked, err error) {
	err = d.Write(t.Context(), func(tx *db.Tx) error { list, err = Fold(tx, clock.MustDay(through)); return err })
	return list, err
}
