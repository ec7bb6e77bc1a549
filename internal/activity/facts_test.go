package activity

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/rules"
)

func TestFactsCountEventsByKindAsOfAnInstant(t *testing.T) {
	if err := FillFacts(nil, []*rules.Ask{{Member: ident.New(), Facts: &rules.Facts{}}}); err != nil {
		t.Error(err) // who names no kind sends no statement
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		who, other := ident.New(), ident.New()
		at := func(day int) clock.Instant {
			return clock.Tokyo.Start(clock.MustDay("2026-04-01") + clock.Day(day))
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for i, e := range []struct {
				who  ident.ID
				kind string
				day  int
			}{{who, "review", 1}, {who, "review", 1}, {who, "review", 11}, {who, "visit", 3}, {other, "review", 2}} {
				x := Event{ID: ident.New(), Member: e.who, Source: "app", EventNo: fmt.Sprint(i), Kind: e.kind, OccurredAt: at(e.day).Add(1000 * 1000), RecordedAt: tx.Now,
					Day: clock.MustDay("2026-04-01") + clock.Day(e.day), Fields: []byte("{}"), Judged: []byte("{}")}
				if err := Save(tx, x); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		needs := rules.Needs{EventKinds: []string{"review", "cart"}}
		late, early := &rules.Ask{Member: who, At: at(30), Needs: needs, Facts: &rules.Facts{}}, &rules.Ask{Member: who, At: at(5), Needs: needs, Facts: &rules.Facts{}}
		none := &rules.Ask{Member: ident.New(), At: at(30), Needs: needs, Facts: &rules.Facts{}}
		if err := d.Read(t.Context(), func(tx *db.Tx) error { return FillFacts(tx, []*rules.Ask{late, early, none}) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]rules.ProductStats{"review": {Count: 3, Last: clock.MustDay("2026-04-12"), Interval: 10}}, late.Facts.Events); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]rules.ProductStats{"review": {Count: 2, Last: clock.MustDay("2026-04-02"), Interval: -1}}, early.Facts.Events); diff != "" {
			t.Error(diff)
		}
		if len(none.Facts.Events) != 0 {
			t.Errorf("a stranger has %v", none.Facts.Events)
		}
	})
}
