package console

import (
	"testing"
	"time"

	"joren/internal/db"
	"joren/internal/staff"
)

func TestALargeShopSeesTheLastCountAndIsCountedBehindTheReader(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Owner)
		o.write(func(tx *db.Tx) error {
			return storeFigures(tx, &numbers{Members: 98_765, Daily: make([]int64, 30), at: o.now()}, time.Second)
		})
		c.get("/").ok(200).says("98,765").silent("Counted at")
		o.wait(90 * time.Second)
		c.get("/").ok(200).says("98,765", "Counted at")
		o.wait(20 * time.Second) // more than a hundred times what counting took
		c.get("/").ok(200).says("98,765")
		o.console.figures.refresh.Wait()
		c.get("/").ok(200).silent("98,765")
	})
}

func TestHomeAnswersWhileTheFirstCountIsMade(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Owner)
		o.console.figures.patience = time.Millisecond
		o.console.figures.ready = make(chan struct{}) // a count under way
		c.get("/").ok(200).says("Counting. Open this page again in a moment.").lacks("a.tile")
	})
}

func TestACountOfAnotherShapeIsMadeAgain(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO console_figures (id, counted_at, took, figures) VALUES (1, 1, 1, '[]')`)
			return err
		})
		o.clerk(staff.Owner).get("/").ok(200).has("a.tile")
	})
}

func TestPointsOutstandingOnHomeAreThoseOfTheBooks(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		var n *numbers
		err := o.db.Read(t.Context(), func(tx *db.Tx) (err error) {
			s := &scene{}
			if s.timeline, err = o.programmes.Load(tx); err != nil {
				return err
			}
			s.now = tx.Now
			if err = s.programme(o.console, tx); err != nil {
				return err
			}
			s.today = s.zone.Day(tx.Now)
			n, err = o.console.countAll(tx, s)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var booked, journal int64
		err = o.db.Read(t.Context(), func(tx *db.Tx) (err error) {
			journal, err = db.One(tx, nil, db.Value[int64], `SELECT CAST(SUM(remaining) AS BIGINT) FROM ledger_lot WHERE type = 'regular'`)
			return err
		})
		if booked = n.Open; err != nil || booked != journal || booked == 0 {
			t.Errorf("%d in the books, %d in the lots: %v", booked, journal, err)
		}
	})
}
