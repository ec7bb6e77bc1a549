package purchase

import (
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

func TestPlacesOfAListSurviveALinkAndNonsenseDoesNot(t *testing.T) {
	p := Place{clock.MustDay("2026-11-22"), clock.MustInstant("2026-11-22T01:00:00Z"), ident.New()}
	if got, ok := ParsePlace(p.String()); !ok || got != p {
		t.Errorf("%v became %v", p, got)
	}
	for _, bad := range []string{"x", "2026-11-22", "2026-11-22.", ".0192", "2026-13-01.0." + p.ID.String(), "2026-11-22." + p.ID.String(), "2026-11-22.!." + p.ID.String()} {
		if got, ok := ParsePlace(bad); ok || got != (Place{}) {
			t.Errorf("%q became %v", bad, got)
		}
	}
	if _, ok := ParsePlace(""); !ok || (Place{}).String() != "" {
		t.Error("the beginning is no place")
	}
}

// written makes bare purchases, which is all that lists look at.
func written(t *testing.T, tx *db.Tx, days ...string) (list []*Purchase) {
	t.Helper()
	for i, d := range days {
		p := &Purchase{ID: ident.New(), Source: "till", OrderNo: string(rune('A' + i)), Content: make([]byte, 32), Store: "honten", Day: clock.MustDay(d), OccurredAt: clock.Tokyo.Start(clock.MustDay(d)) + clock.Instant(i),
			RecordedAt: tx.Now, Total: 100, Value: 100, Eligible: 100, EligibleKept: 100, Kept: true}
		p.Member = ident.New()
		if p.Guest = i%2 == 1; p.Guest {
			p.Member = p.ID
		}
		if i == 2 {
			p.Judged.Answer = []byte(`{"id":"x","flags":[{"code":"points.short"}]}`)
		}
		list = append(list, p)
	}
	if err := Save(tx, list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestListsOfPurchasesGoBothWaysAndFilter(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			all := written(t, tx, "2026-11-01", "2026-11-01", "2026-11-02", "2026-11-03", "2026-11-05")
			names := func(f Filter, at Place, back bool, n int) string {
				t.Helper()
				list, err := List(tx, f, at, back, n)
				if err != nil {
					t.Fatal(err)
				}
				s := ""
				for _, p := range list {
					s += p.OrderNo
				}
				return s
			}
			for _, c := range []struct {
				f    Filter
				at   Place
				back bool
				n    int
				want string
			}{
				{Filter{}, Place{}, false, 9, "EDCBA"}, {Filter{}, Place{}, false, 2, "ED"}, {Filter{}, PlaceOf(all[3]), false, 2, "CB"},
				{Filter{}, PlaceOf(all[1]), true, 2, "DC"}, {Filter{}, PlaceOf(all[4]), true, 2, ""},
				{Filter{From: clock.MustDay("2026-11-02"), To: clock.MustDay("2026-11-03")}, Place{}, false, 9, "DC"},
				{Filter{Guests: true}, Place{}, false, 9, "DB"}, {Filter{Flagged: true}, Place{}, false, 9, "C"}, {Filter{OrderNo: "A"}, Place{}, false, 9, "A"},
				{Filter{Store: "ekimae"}, Place{}, false, 9, ""}, {Filter{Member: all[4].Member}, Place{}, false, 9, "E"},
			} {
				if got := names(c.f, c.at, c.back, c.n); got != c.want {
					t.Errorf("%+v after %v (back %v): %s, want %s", c.f, c.at, c.back, got, c.want)
				}
			}
			// What an import recorded earlier may have happened later on that day.
			move := func(day clock.Day, at clock.Instant) {
				t.Helper()
				if _, err := tx.Exec(`UPDATE purchase_purchase SET day = $1, occurred_at = $2 WHERE id = $3`, day, int64(at), all[3].ID); err != nil {
					t.Fatal(err)
				}
			}
			move(all[4].Day, all[4].OccurredAt+1)
			if got := names(Filter{}, Place{}, false, 3) + " " + names(Filter{}, PlaceOf(all[4]), false, 1) + " " + names(Filter{}, PlaceOf(all[4]), true, 2); got != "DEC C D" {
				t.Errorf("within a day: %s", got)
			}
			move(all[3].Day, all[3].OccurredAt)
			floor, more, err := Reach(tx, Filter{Store: "ekimae"}, Place{}, 3)
			if err != nil || !more || floor != PlaceOf(all[1]) {
				t.Errorf("three from the newest reach %v (%v): %v", floor, more, err)
			}
			if got := names(Filter{Guests: true, Floor: floor}, Place{}, false, 9); got != "DB" {
				t.Errorf("down to the floor: %s", got)
			}
			if _, more, err := Reach(tx, Filter{}, floor, 3); more || err != nil {
				t.Errorf("one is left behind the floor: %v, %v", more, err)
			}
			if n, err := Count(tx, Filter{}, 3); err != nil || n != 3 {
				t.Errorf("counted %d of at most 3: %v", n, err)
			}
			days, err := PerDay(tx, clock.MustDay("2026-11-01"), clock.MustDay("2026-11-03"))
			if err != nil || len(days) != 3 || days[0] != (DayTotal{clock.MustDay("2026-11-01"), 2, 1, 200}) {
				t.Errorf("days %+v, %v", days, err)
			}
			buyers, again, err := Repeaters(tx)
			if err != nil || buyers != 3 || again != 0 {
				t.Errorf("%d buyers, %d came again: %v", buyers, again, err)
			}
			sums, err := Summaries(tx, []ident.ID{all[0].Member, all[0].Member, ident.New()})
			if err != nil || len(sums) != 1 || sums[all[0].Member].Spend != 100 || sums[all[0].Member].LastOn != clock.MustDay("2026-11-01") {
				t.Errorf("sums %+v, %v", sums, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
