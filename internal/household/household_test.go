package household

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
)

var fixed = dbtest.WithClock(clock.Fixed(clock.MustInstant("2026-11-22T00:00:00Z")))

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestPointsBelongToTheHouseholdWhileAMemberBelongsToIt(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		mother, son, other := ident.New(), ident.New(), ident.New()
		var h Household
		write(t, d, func(tx *db.Tx) (err error) {
			if h, err = Open(tx, mother, true); err != nil {
				return err
			}
			h, err = Join(tx, h.ID, son, Most)
			return err
		})
		holders := func() (got map[ident.ID]ident.ID) {
			write(t, d, func(tx *db.Tx) (err error) { got, err = Holders(tx, []ident.ID{son, mother, other, son}); return err })
			return got
		}
		if diff := cmp.Diff(map[ident.ID]ident.ID{mother: h.ID, son: h.ID, other: other}, holders()); diff != "" {
			t.Error(diff)
		}
		write(t, d, func(tx *db.Tx) error { _, err := Leave(tx, son); return err })
		if diff := cmp.Diff(map[ident.ID]ident.ID{mother: h.ID, son: son, other: other}, holders()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAHouseholdHasItsRules(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ids := make([]ident.ID, Most+1)
		for i := range ids {
			ids[i] = ident.New()
		}
		write(t, d, func(tx *db.Tx) error {
			h, err := Open(tx, ids[0], true)
			if err != nil {
				return err
			}
			_, err = Open(tx, ids[0], true)
			refused(t, err, "household.elsewhere")
			for _, id := range ids[1:Most] {
				if _, err := Join(tx, h.ID, id, Most); err != nil {
					return err
				}
			}
			_, err = Join(tx, h.ID, ids[Most], Most)
			refused(t, err, "household.full")
			_, err = Join(tx, h.ID, ids[1], Most)
			refused(t, err, "household.already")
			two, err := Open(tx, ids[Most], true)
			if err != nil {
				return err
			}
			_, err = Join(tx, two.ID, ids[1], Most)
			refused(t, err, "household.elsewhere")
			_, err = Join(tx, ident.New(), ids[1], Most)
			refused(t, err, "household.unknown")
			h, err = Leave(tx, ids[0])
			if err != nil || len(h.Members) != Most-1 || !h.Members[0].Head || h.Members[0].Member != ids[1] {
				t.Errorf("after the head left: %+v, %v", h, err)
			}
			_, err = Leave(tx, ids[0])
			refused(t, err, "household.not_in_it")
			if _, err = Leave(tx, ids[Most]); err != nil {
				return err
			}
			_, err = Join(tx, two.ID, ids[0], Most)
			refused(t, err, "household.closed")
			// She may come back, even within the same instant.
			h, err = Join(tx, h.ID, ids[0], Most)
			if err != nil || len(h.Members) != Most || h.Members[Most-1].Member != ids[0] || h.Members[Most-1].Head {
				t.Errorf("back again: %+v, %v", h, err)
			}
			return nil
		})
	}, fixed)
}

// Whatever people do, an open household has exactly one head, and nobody sits
// in two.
func TestEveryOpenHouseholdHasOneHead(t *testing.T) {
	d := dbtest.SQLite(t)
	rapid.Check(t, func(t *rapid.T) {
		people := make([]ident.ID, 8)
		for i := range people {
			people[i] = ident.New()
		}
		var houses []ident.ID
		who := rapid.SampledFrom(people)
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			for range rapid.IntRange(1, 30).Draw(t, "steps") {
				switch rapid.IntRange(0, 3).Draw(t, "do") {
				case 0:
					if h, err := Open(tx, who.Draw(t, "head"), true); err == nil {
						houses = append(houses, h.ID)
					}
				case 1, 2:
					if len(houses) > 0 {
						_, _ = Join(tx, rapid.SampledFrom(houses).Draw(t, "house"), who.Draw(t, "joins"), Most)
					}
				case 3:
					_, _ = Leave(tx, who.Draw(t, "leaves"))
				}
			}
			seen := map[ident.ID]bool{}
			for _, id := range houses {
				h, err := Get(tx, id)
				if err != nil {
					return err
				}
				heads := 0
				for _, s := range h.Members {
					if seen[s.Member] {
						t.Fatalf("%s sits twice", s.Member)
					}
					seen[s.Member] = true
					if s.Head {
						heads++
					}
				}
				if want := min(1, len(h.Members)); heads != want || len(h.Members) > Most {
					t.Fatalf("%d heads of %d members", heads, len(h.Members))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
