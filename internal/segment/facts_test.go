package segment

import (
	"slices"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/rules"
)

// Without an ask that needs segments no statement is sent: with no
// transaction at hand one would fail.
func TestWhoAsksForNoSegmentsPaysForNone(t *testing.T) {
	if err := FillFacts(nil, []*rules.Ask{{Member: ident.New(), Facts: &rules.Facts{}}, {Needs: rules.Needs{Segments: true}, Facts: &rules.Facts{}}}); err != nil {
		t.Error(err)
	}
}

func TestFactsHoldTheSegmentsOfTheTimeAsked(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		who, other := ident.New(), ident.New()
		var now clock.Instant
		write := func(fn func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Write(t.Context(), func(tx *db.Tx) error { now = tx.Now; return fn(tx) }); err != nil {
				t.Fatal(err)
			}
		}
		write(func(tx *db.Tx) error {
			for _, id := range []string{"a", "b"} {
				if _, err := Create(tx, seg(id, Definition{When: "stats.visits > 0"})); err != nil {
					return err
				}
			}
			n, err := Save(tx, []Placed{{Member: who, In: []string{"a", "b"}, Due: today}, {Member: other, In: []string{"b"}}})
			if n != 3 {
				t.Errorf("%d moves", n)
			}
			return err
		})
		ask := func(m ident.ID, at clock.Instant, needs bool) []string {
			a := &rules.Ask{Member: m, At: at, Needs: rules.Needs{Segments: needs}, Facts: &rules.Facts{}}
			if err := d.Read(t.Context(), func(tx *db.Tx) error { return FillFacts(tx, []*rules.Ask{a}) }); err != nil {
				t.Fatal(err)
			}
			slices.Sort(a.Facts.Member.Segments)
			return a.Facts.Member.Segments
		}
		if got := ask(who, now, true); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("%v", got)
		}
		if got := ask(who, now-1, true); len(got) != 0 {
			t.Errorf("before she was in any: %v", got)
		}
		if got := ask(who, now, false); len(got) != 0 {
			t.Errorf("nobody asked: %v", got)
		}
		write(func(tx *db.Tx) error {
			due, err := Due(tx, today, 10)
			if err != nil || !slices.Equal(due, []ident.ID{who}) {
				t.Errorf("due %v, %v", due, err)
			}
			n, err := Save(tx, []Placed{{Member: who, In: []string{"b"}}})
			if n != 1 {
				t.Errorf("%d moves", n)
			}
			x, _ := Get(tx, "a")
			y, _ := Get(tx, "b")
			if x.Members != 0 || y.Members != 2 {
				t.Errorf("%d and %d members", x.Members, y.Members)
			}
			if due, _ := Due(tx, today, 10); len(due) != 0 {
				t.Errorf("still due: %v", due)
			}
			return err
		})
		if got := ask(who, now, true); !slices.Equal(got, []string{"b"}) {
			t.Errorf("%v", got)
		}
	})
}
