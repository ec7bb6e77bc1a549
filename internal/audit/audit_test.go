package audit

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var ctx = context.Background()

func add(t *testing.T, d *db.DB, es ...Entry) {
	t.Helper()
	must(t, d.Write(ctx, func(tx *db.Tx) error { return Append(tx, es...) }))
}

func verify(t *testing.T, d *db.DB) (n int64, broken []Broken) {
	t.Helper()
	must(t, d.Read(ctx, func(tx *db.Tx) (err error) { n, broken, err = Verify(tx); return err }))
	return n, broken
}

func list(t *testing.T, d *db.DB, f Filter) (actions string) {
	t.Helper()
	must(t, d.Read(ctx, func(tx *db.Tx) error {
		es, err := List(tx, f)
		for _, e := range es {
			actions += e.Action + " "
		}
		return err
	}))
	return strings.TrimSpace(actions)
}

func deed(action string, who, what ident.ID) Entry {
	return Entry{Actor: Staff, ActorID: who, Action: action, Subject: "member", SubjectID: what, Before: Values{"points": 10}, After: Values{"points": 9007199254740993},
		Reason: "誤入力の訂正", Source: "console", RequestID: "req_1"}
}

func TestWhatWasDoneIsListedByWhoWhatAndWhen(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a, b, m := ident.New(), ident.New(), ident.New()
		add(t, d, deed("points.adjusted", a, m), deed("member.edited", b, m))
		add(t, d, deed("points.approved", a, ident.New()))
		for _, c := range []struct {
			name string
			f    Filter
			want string
		}{
			{"all", Filter{}, "points.approved member.edited points.adjusted"},
			{"by actor", Filter{ActorID: a}, "points.approved points.adjusted"},
			{"by subject", Filter{SubjectID: m}, "member.edited points.adjusted"},
			{"by area", Filter{Action: "points."}, "points.approved points.adjusted"},
			{"by code", Filter{Action: "member.edited"}, "member.edited"},
			{"second page", Filter{Before: 3, Limit: 1}, "member.edited"},
			{"before anything", Filter{To: 1}, ""},
		} {
			if got := list(t, d, c.f); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	})
}

func TestAnEntryKeepsEveryFigureExactly(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		add(t, d, deed("points.adjusted", ident.New(), ident.New()))
		must(t, d.Read(ctx, func(tx *db.Tx) error {
			es, err := List(tx, Filter{})
			if err != nil {
				return err
			}
			e := es[0]
			if diff := cmp.Diff("9007199254740993", cmpString(e.After["points"])); diff != "" || e.Reason != "誤入力の訂正" || e.Number != 1 || e.RequestID != "req_1" {
				t.Errorf("%s %+v", diff, e)
			}
			return nil
		}))
	})
}

func cmpString(v any) string {
	s, ok := v.(interface{ String() string })
	if !ok {
		return "not a number"
	}
	return s.String()
}

func TestAnyChangeRemovalOrInsertionBreaksTheChain(t *testing.T) {
	for name, c := range map[string]struct{ tamper, code string }{
		"changed":                {`UPDATE audit_entry SET reason = 'x' WHERE number = 2`, "audit.changed"},
		"actor changed":          {`UPDATE audit_entry SET actor = 'system' WHERE number = 2`, "audit.changed"},
		"removed":                {`DELETE FROM audit_entry WHERE number = 2`, "audit.missing"},
		"cut off at the end":     {`DELETE FROM audit_entry WHERE number = 3`, "audit.head"},
		"swapped":                {`UPDATE audit_entry SET after = (SELECT after FROM audit_entry e WHERE e.number = 1), action = 'points.approved' WHERE number = 3`, "audit.changed"},
		"everything removed":     {`DELETE FROM audit_entry`, "audit.head"},
		"first renumbered away":  {`UPDATE audit_entry SET number = 9 WHERE number = 1`, "audit.missing"},
		"head hash set to other": {`UPDATE audit_head SET hash = NULL`, "audit.head"},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, d *db.DB) {
				who := ident.New()
				add(t, d, deed("points.adjusted", who, who), deed("member.edited", who, who), deed("points.adjusted", who, who))
				if n, broken := verify(t, d); n != 3 || broken != nil {
					t.Fatalf("%d entries, broken %v before anything was changed", n, broken)
				}
				must(t, d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(c.tamper); return err }))
				_, broken := verify(t, d)
				for _, b := range broken {
					if b.Code == c.code {
						return
					}
				}
				t.Errorf("%v, want %s", broken, c.code)
			})
		})
	}
}

func TestManyAtOnceKeepOneChain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 5 {
					add(t, d, deed("points.adjusted", ident.New(), ident.New()))
				}
			})
		}
		wg.Wait()
		if n, broken := verify(t, d); n != 40 || broken != nil {
			t.Errorf("%d entries, broken %v", n, broken)
		}
	})
}

func TestARolledBackDeedLeavesNoGap(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		add(t, d, deed("a.b", ident.New(), ident.New()))
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := Append(tx, deed("c.d", ident.New(), ident.New())); err != nil {
				return err
			}
			return context.Canceled
		})
		if err == nil {
			t.Fatal("the story succeeded")
		}
		add(t, d, deed("e.f", ident.New(), ident.New()))
		if n, broken := verify(t, d); n != 2 || broken != nil {
			t.Errorf("%d entries, broken %v", n, broken)
		}
	})
}
