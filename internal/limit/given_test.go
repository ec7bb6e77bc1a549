package limit

import (
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/rules"
)

func TestAOnceRuleIsRememberedUntilAFullReturn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		she, award := ident.New(), ident.New()
		ask := func(tx *db.Tx) rules.Facts {
			var f rules.Facts
			a := &rules.Ask{Member: she, Needs: rules.Needs{Once: []string{"first", "birthday"}}, Facts: &f}
			if err := FillGiven(tx, []*rules.Ask{a}); err != nil {
				t.Fatal(err)
			}
			return f
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if f := ask(tx); len(f.Given) != 0 {
				t.Errorf("given before anything: %v", f.Given)
			}
			for range 2 { // the same gift twice is one
				if err := Give(tx, []Gift{{she, "first", award, clock.MustDay("2026-11-15")}}); err != nil {
					return err
				}
			}
			if f := ask(tx); f.Given["first"] != clock.MustDay("2026-11-15") || len(f.Given) != 1 {
				t.Errorf("given: %v", f.Given)
			}
			if err := TakeBack(tx, she, award); err != nil {
				return err
			}
			if f := ask(tx); len(f.Given) != 0 {
				t.Errorf("after the return: %v", f.Given)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
