package day

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ledger"
)

// Open is the points of a type that are open at the end of a day by the origin
// of their lots; origin "debt" is what members owe, negative. Their sum is the
// balance of all accounts.
type Open struct {
	Type   string
	Origin ledger.Origin
	Points int64
}

// OpenOn is what was open at the end of day d, as known when the days up to
// it were turned: something booked late for a day before counts from the turn
// that saw it.
func OpenOn(tx *db.Tx, d clock.Day) ([]Open, error) {
	return db.Query(tx, func(r db.Row) (o Open, err error) {
		err = r.Scan(&o.Type, (*string)(&o.Origin), &o.Points)
		return o, err
	}, `SELECT type, origin, points FROM day_open
		WHERE day = (SELECT MAX(day) FROM day_open WHERE day <= $1) AND points <> 0 ORDER BY type, origin`, d)
}

// OpenNow is what is open by all that is booked, turned or not: the newest
// snapshot and what no turn has taken yet.
func OpenNow(tx *db.Tx) ([]Open, error) {
	open, err := OpenOn(tx, clock.Date(9999, 12, 31))
	if err != nil {
		return nil, err
	}
	booked, err := ledger.Unposted(tx)
	return add(open, booked), err
}

var putOpen = db.NewBulk("d text, t text, o text, p bigint", `
	INSERT INTO day_open (day, type, origin, points) SELECT u.d, u.t, u.o, u.p FROM u WHERE TRUE
	ON CONFLICT (day, type, origin) DO UPDATE SET points = excluded.points`)

// snapshot writes the open points at the end of day d: those of the day before
// and what was booked since, up to d. A day with nothing booked writes nothing.
func snapshot(tx *db.Tx, d clock.Day) error {
	booked, err := ledger.Fold(tx, d)
	if err != nil || len(booked) == 0 {
		return err
	}
	open, err := OpenOn(tx, d)
	if err != nil {
		return err
	}
	return putSnapshot(tx, d, add(open, booked))
}

// add adds bookings to open points.
func add(open []Open, booked []ledger.Booked) []Open {
	at := map[Open]int{}
	for i, o := range open {
		at[Open{o.Type, o.Origin, 0}] = i
	}
	for _, b := range booked {
		k := Open{b.Type, b.Origin, 0}
		i, known := at[k]
		if !known {
			i = len(open)
			at[k] = i
			open = append(open, k)
		}
		open[i].Points += b.Points
	}
	return open
}

func putSnapshot(tx *db.Tx, d clock.Day, open []Open) error {
	n := len(open)
	types, origins, points := make([]string, n), make([]string, n), make([]int64, n)
	for i, o := range open {
		types[i], origins[i], points[i] = o.Type, string(o.Origin), o.Points
	}
	_, err := tx.Bulk(putOpen, d, types, origins, points)
	return err
}
