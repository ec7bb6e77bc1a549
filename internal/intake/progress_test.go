package intake

import (
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
)

// told runs an import by a clock that goes on a tenth of a second with every
// look at it, and gives what was shown meanwhile.
func told(t *testing.T, d *db.DB, src Source) (list []Progress) {
	t.Helper()
	at := clock.MustInstant("2026-11-22T00:00:00Z")
	r := runner(d, newBooks())
	r.Wall = func() clock.Instant { at = at.Add(100 * time.Millisecond); return at }
	r.Progress = func(p Progress) { list = append(list, p) }
	r.BatchMax = 50
	if _, err := r.Run(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestProgressIsRightAtTheEndHoweverSmallTheFile(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for name, c := range map[string]struct {
			src             Source
			rows, documents int
		}{
			"one order":   {textSource("a.csv", ordersHead+"1,2026-03-01 10:00,done,a,x,1,5,0,5,\n"), 1, 1},
			"with errors": {textSource("b.csv", ordersHead+"7,2026-03-01 10:00,done,a,x,1,5,0,5,\n8,2026-03-01 10:00,done,a,x,1,5,0,6,\n"), 2, 2},
			"members":     {textSource("m.csv", "member_id,name,joined_on,phone\nA,x,2024-01-01,\nB,y,2024-01-01,\n"), 2, 2},
			"many":        {textSource("c.csv", orders(1000)), 2000, 1000},
		} {
			list := told(t, d, c.src)
			end := list[len(list)-1]
			if end.Phase != "done" || end.Rows != c.rows || end.Documents != c.documents || end.Bytes != c.src.Size || end.Remaining != 0 {
				t.Errorf("%s: %+v", name, end)
			}
			if want := float64(c.rows) / end.Elapsed.Seconds(); end.Rate != want || want == 0 {
				t.Errorf("%s: %g rows a second, want %g", name, end.Rate, want)
			}
			for i, p := range list {
				if i > 0 && (p.Rows < list[i-1].Rows || p.Documents < list[i-1].Documents || p.Elapsed < list[i-1].Elapsed) || p.Remaining < -1 || p.Rows == 0 {
					t.Errorf("%s: %d. %+v after %+v", name, i, p, list[max(i-1, 0)])
				}
			}
		}
	})
}

func TestTheTimeLeftComesTrue(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		list := told(t, d, textSource("c.csv", orders(1000)))
		total, seen := list[len(list)-1].Elapsed, 0
		for _, p := range list {
			if p.Phase != "recording" || p.Remaining < 0 || p.Elapsed < total/2 {
				continue
			}
			seen++
			if guess := p.Elapsed + p.Remaining; guess < total*7/10 || guess > total*13/10 {
				t.Errorf("at %v of %v: %v left", p.Elapsed, total, p.Remaining)
			}
		}
		if seen < 3 {
			t.Errorf("told %d times in the second half", seen)
		}
	})
}
