package feed

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/db"
	"joren/internal/intake"
)

const nightHead = "order_no,occurred_at,status,member_id,item,quantity,amount,total,refunded\n"

// night is the export of all orders as a shop shows them on the given night,
// newest first: some change, some are cancelled, some are refunded in part.
func night(n int) string {
	var b strings.Builder
	b.WriteString(nightHead)
	for i := 200 + 20*n; i > 0; i-- {
		amount, status, refunded := 1000+i*7, "done", ""
		switch {
		case n > 0 && i%13 == 0:
			amount += 300 * n // the shop corrected it
		case n > 0 && i%17 == 0:
			status = "cancelled"
		case n > 0 && i%19 == 0:
			refunded = fmt.Sprint(200 * n)
		}
		fmt.Fprintf(&b, "%d,2026-11-%02d %02d:%02d,%s,m%d,beans,1,%d,%d,%s\n", i, 1+i/40, 9+i%10, i%60, status, i%15, amount, amount, refunded)
	}
	return b.String()
}

// dying is a sink that dies after it has recorded its n-th batch, before the
// import could note it.
type dying struct {
	*Feed
	left int
}

var errDied = errors.New("the machine went down")

func (d *dying) Write(ctx context.Context, items []intake.Item) ([]intake.Outcome, error) {
	out, err := d.Feed.Write(ctx, items)
	if d.left--; d.left == 0 {
		return nil, errDied
	}
	return out, err
}

// books is what the nights came to: each member's points and each order's
// revision.
func (s *shop) books() (out []string) {
	s.Helper()
	var numbers []string
	for i := range 15 {
		numbers = append(numbers, fmt.Sprintf("m%d", i))
	}
	for i, n := range s.points(s.byNumber("file", numbers...)...) {
		out = append(out, fmt.Sprintf("%s %d", numbers[i], n))
	}
	err := s.db.Read(s.Context(), func(tx *db.Tx) error {
		for _, q := range []string{`SELECT COUNT(*) FROM purchase_purchase`, `SELECT COUNT(*) FROM purchase_return`, `SELECT COALESCE(SUM(revision), 0) FROM intake_seen`} {
			n, err := db.Query(tx, db.Value[int64], q)
			if err != nil {
				return err
			}
			out = append(out, fmt.Sprint(n[0]))
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

func TestNightlyExportsWithChangesComeToTheSameHoweverOftenTheyDie(t *testing.T) {
	want := map[db.Engine][]string{}
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		for n := range 3 {
			s.take(text("night.csv", night(n)), false)
		}
		want[s.db.Engine()] = s.books()
		again := s.take(text("night.csv", night(2)), false).Would
		if again.Purchases+again.Returns+again.Revised+again.Refused != 0 || again.AlreadyKnown == 0 {
			t.Errorf("the same night again: %+v", again)
		}
		if d := cmp.Diff(want[s.db.Engine()], s.books()); d != "" {
			t.Error(d)
		}
	})
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		for n := range 3 {
			for after := 1; ; after++ { // dies after its first batch, goes on, dies after its second, …
				r := s.runner(false)
				r.BatchMax = 50
				r.Sink = &dying{s.fresh(), after}
				rep, err := r.Run(t.Context(), text("night.csv", night(n)))
				if err == nil {
					if rep.Would.Refused != 0 {
						t.Errorf("night %d: %+v", n, rep.Problems)
					}
					break
				}
				if !errors.Is(err, errDied) {
					t.Fatal(err)
				}
				if after > 20 {
					t.Fatal("it never ends")
				}
			}
		}
		if d := cmp.Diff(want[s.db.Engine()], s.books()); d != "" {
			t.Errorf("after dying in each night (-undisturbed +died):\n%s", d)
		}
	})
}
