package jobs_test

import (
	"testing"
	"time"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/jobs"
)

func TestAJobIsFoundByItsUniqueKeyWhileUnfinishedAndAfter(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		first := enqueue(t, d, "import", jobs.Options{Unique: "import:abc"})
		look := func(fn func(tx *db.Tx, key string) (jobs.Info, bool, error)) (id ident.ID) {
			write(t, d, func(tx *db.Tx) error {
				i, found, err := fn(tx, "import:abc")
				if found {
					id = i.ID
				}
				return err
			})
			return id
		}
		if look(jobs.Unfinished) != first || look(jobs.Latest) != first {
			t.Error("a waiting job is not found")
		}
		write(t, d, func(tx *db.Tx) error { return jobs.Cancel(tx, first) })
		if !look(jobs.Unfinished).IsZero() || look(jobs.Latest) != first {
			t.Error("a cancelled job is unfinished, or forgotten")
		}
		second := enqueue(t, d, "import", jobs.Options{Unique: "import:abc"})
		if look(jobs.Unfinished) != second || look(jobs.Latest) != second {
			t.Error("the newer job is not found")
		}
		write(t, d, func(tx *db.Tx) error {
			n, err := jobs.Counts(tx)
			if n[jobs.Waiting] != 1 || n[jobs.Cancelled] != 1 || n[jobs.Done] != 0 {
				t.Errorf("counts %v", n)
			}
			return err
		})
		write(t, d, func(tx *db.Tx) error {
			all, err := jobs.Before(tx, ident.ID{}, 10, "")
			older, err2 := jobs.Before(tx, second, 10, "")
			if len(all) != 2 || len(older) != 1 || older[0].ID != first || err2 != nil {
				t.Errorf("all %d, older %d", len(all), len(older))
			}
			return err
		})
		write(t, d, func(tx *db.Tx) error {
			if _, err := tx.Exec(`UPDATE jobs_job SET state = 'done', finished_at = created_at WHERE id = $1`, first); err != nil {
				return err
			}
			all, err := jobs.Before(tx, ident.ID{}, 10, "import")
			older, err2 := jobs.Before(tx, second, 10, "import")
			if len(all) != 1 || all[0].ID != second || len(older) != 0 || err2 != nil {
				t.Errorf("without what went well: %d and %d", len(all), len(older))
			}
			return err
		})
	})
}

func TestWhatComesAgainIsListedWithItsTimes(t *testing.T) {
	step, c := manual()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := jobs.NewRunner(d)
		r.Every("day", jobs.Interval(time.Hour), "turn", nil)
		list := func() (out []jobs.Schedule) {
			runDue(t, r)
			write(t, d, func(tx *db.Tx) (err error) { out, err = jobs.Schedules(tx); return err })
			return out
		}
		if s := list(); len(s) != 1 || s[0].Name != "day" || s[0].LastAt != 0 || s[0].NextAt != c.Wall().Add(time.Hour) {
			t.Errorf("new: %+v", s)
		}
		step(2 * time.Hour)
		if s := list(); s[0].LastAt != c.Wall() || s[0].NextAt != c.Wall().Add(time.Hour) {
			t.Errorf("after two hours: %+v", s)
		}
	}, dbtest.WithClock(c))
}
