package ledger

import (
	"cmp"
	"slices"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Owed is the origin under which bookings show what is owed to the programme:
// the debt, beside the origins of lots.
const Owed Origin = "debt"

// Booked is what members' accounts of a type moved on a day of accounting,
// against one of the programme's accounts, by the origin of the lots. Summed
// over everything up to a day it is the liability: open points by origin, and
// what is owed as the negative part.
type Booked struct {
	On     clock.Day
	Type   string
	Contra Contra
	Origin Origin
	Points int64 // signed: what the accounts gained
}

// bookOn gives the entries of books their day of accounting: the business day
// on which it happened, or the first day of the first open month. Only what
// happened before this month can be late; it then locks the row of the books,
// so that a month cannot be closed between the look and the commit.
func bookOn(tx *db.Tx, books []*Book) error {
	late := false
	var zone clock.Zone
	var month clock.Day
	for _, b := range books {
		if b.Policy.Zone != zone {
			zone = b.Policy.Zone
			month = zone.Day(tx.Now).StartOfMonth()
		}
		for _, e := range b.entries {
			e.BookOn = zone.Day(e.Occurred)
			late = late || e.BookOn < month
		}
	}
	if !late {
		return nil
	}
	closed, err := db.One(tx, fault.New(fault.Internal, "ledger.no_books"), db.Value[clock.Day],
		`UPDATE ledger_books SET closed_on = closed_on WHERE id = 1 RETURNING closed_on`)
	for _, b := range books {
		for _, e := range b.entries {
			if e.BookOn <= closed {
				e.BookOn = closed + 1
			}
		}
	}
	return err
}

// bookings sums what the entries of books moved.
func bookings(books []*Book) []Booked {
	sums := map[Booked]int64{}
	for _, b := range books {
		for _, e := range b.entries {
			e.moves(b.lotOrigin, func(o Origin, points int64) {
				if points != 0 {
					sums[Booked{e.BookOn, b.Type, e.Contra, o, 0}] += points
				}
			})
		}
	}
	return sorted(sums)
}

func (b *Book) lotOrigin(no int64) Origin { return b.mustLot(no).Origin }

// moves tells what an entry moved on lots of which origin, and on the debt.
func (e *Entry) moves(origin func(lot int64) Origin, fn func(Origin, int64)) {
	for _, x := range e.Pieces {
		switch {
		case x.Source.onLot():
			fn(origin(x.Lot), x.Points)
		case x.Source.onDebt():
			fn(Owed, x.Points)
		}
	}
	for _, l := range e.Born {
		fn(l.Origin, l.Net)
		fn(Owed, l.Gross-l.Net)
	}
}

func sorted(sums map[Booked]int64) []Booked {
	out := make([]Booked, 0, len(sums))
	for k, n := range sums {
		if n != 0 {
			k.Points = n
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(x, y Booked) int {
		return cmp.Or(cmp.Compare(x.On, y.On), cmp.Compare(x.Type, y.Type), cmp.Compare(x.Contra, y.Contra), cmp.Compare(x.Origin, y.Origin))
	})
	return out
}

var insertBookings = db.NewBulk("id uuid, d text, t text, c text, o text, p bigint",
	`INSERT INTO ledger_booking (id, book_on, type, contra, origin, points) SELECT u.id, u.d, u.t, u.c, u.o, u.p FROM u`)

var addBooked = db.NewBulk("d text, t text, c text, o text, p bigint", `
	INSERT INTO ledger_booked (book_on, type, contra, origin, points) SELECT u.d, u.t, u.c, u.o, u.p FROM u WHERE TRUE
	ON CONFLICT (book_on, type, contra, origin) DO UPDATE SET points = ledger_booked.points + excluded.points`)

func saveBookings(tx *db.Tx, books []*Book) error {
	c := bookedColumns(bookings(books))
	ids := make([]ident.ID, len(c[0].([]clock.Day)))
	for i := range ids {
		ids[i] = ident.New()
	}
	return tx.Later(insertBookings, nil, append([]any{ids}, c...)...)
}

func bookedColumns(list []Booked) []any {
	n := len(list)
	d, t, c, o, p := make([]clock.Day, n), make([]string, n), make([]string, n), make([]string, n), col(n)
	for i, x := range list {
		d[i], t[i], c[i], o[i], p[i] = x.On, x.Type, string(x.Contra), string(x.Origin), x.Points
	}
	return []any{d, t, c, o, p}
}

func scanBooked(r db.Row) (x Booked, err error) {
	err = r.Scan(&x.On, &x.Type, (*string)(&x.Contra), (*string)(&x.Origin), &x.Points)
	return x, err
}

// Unfolded reports whether something was booked for a day up to through that
// Fold has not taken yet.
func Unfolded(tx *db.Tx, through clock.Day) (bool, error) {
	return db.One(tx, nil, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM ledger_booking WHERE book_on <= $1)`, through)
}

// Fold takes what was booked up to a day since it was last called and adds it
// to the sums of the days. It returns what it took, each row once.
func Fold(tx *db.Tx, through clock.Day) ([]Booked, error) {
	rows, err := db.Query(tx, scanBooked, `DELETE FROM ledger_booking WHERE book_on <= $1 RETURNING book_on, type, contra, origin, points`, through)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	sums := make(map[Booked]int64, len(rows))
	for _, x := range rows {
		n := x.Points
		x.Points = 0
		sums[x] += n
	}
	list := sorted(sums)
	_, err = tx.Bulk(addBooked, bookedColumns(list)...)
	return list, err
}

// BookedOn lists what was booked from one day to another, inclusive, folded or
// not.
func BookedOn(tx *db.Tx, from, to clock.Day) ([]Booked, error) {
	return db.Query(tx, scanBooked, `SELECT book_on, type, contra, origin, CAST(SUM(points) AS BIGINT) FROM (
		SELECT book_on, type, contra, origin, points FROM ledger_booked WHERE book_on >= $1 AND book_on <= $2
		UNION ALL SELECT book_on, type, contra, origin, points FROM ledger_booking WHERE book_on >= $1 AND book_on <= $2) AS b
		GROUP BY book_on, type, contra, origin ORDER BY book_on, type, contra, origin`, from, to)
}

// FirstBooked is the first day on which something is booked; 0 for none.
func FirstBooked(tx *db.Tx) (clock.Day, error) {
	return db.One(tx, nil, db.Value[clock.Day], `SELECT MIN(d) FROM (
		SELECT MIN(book_on) AS d FROM ledger_booked UNION ALL SELECT MIN(book_on) FROM ledger_booking) AS b`)
}

// ClosedOn is the last day whose books are closed; 0 when none are.
func ClosedOn(tx *db.Tx) (clock.Day, error) {
	return db.One(tx, fault.New(fault.Internal, "ledger.no_books"), db.Value[clock.Day], `SELECT closed_on FROM ledger_books WHERE id = 1`)
}

// Close closes the books up to a month's last day and waits for writers who
// are still booking something late. There is no way back. Fault:
// ledger.closed when they are closed that far already.
func Close(tx *db.Tx, on clock.Day) error {
	n, err := tx.Exec(`UPDATE ledger_books SET closed_on = $1 WHERE id = 1 AND (closed_on IS NULL OR closed_on < $1)`, on)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "ledger.closed", "on", on)
	}
	return err
}

var utcZone = clock.Zone{Location: time.UTC}

// books reads the sums kept, to be compared with the entries.
func (v *verifier) books() (err error) {
	if v.closed, err = ClosedOn(v.tx); err != nil {
		return err
	}
	list, err := BookedOn(v.tx, 1, clock.Date(9999, 12, 31))
	for _, x := range list {
		n := x.Points
		x.Points = 0
		v.booked[x] = n
	}
	return err
}

// book takes an entry off the sums of its day of accounting, and looks whether
// that day can be right: not before it happened in any zone, and later only
// where a month was closed.
func (v *verifier) book(a *account, e *Entry) {
	e.moves(a.lotOrigin, func(o Origin, points int64) {
		if points != 0 {
			v.booked[Booked{e.BookOn, a.Type, e.Contra, o, 0}] -= points
		}
	})
	utc := utcZone.Day(e.Occurred)
	moved := e.BookOn > utc+1 && !(e.BookOn <= v.closed+1 && e.BookOn == e.BookOn.StartOfMonth())
	if moved || e.BookOn < utc-1 {
		v.fail(MonthsRollForward, a, "entry.book_on", int64(utc), int64(e.BookOn), atEntry(e.Seq), func(x *Violation) { x.Month = e.BookOn.String()[:7] })
	}
}

// lotOrigin is the origin of a stored lot; a missing one is another law's
// business.
func (a *account) lotOrigin(no int64) Origin {
	if no >= 1 && no <= int64(len(a.lots)) && a.lots[no-1].No == no {
		return a.lots[no-1].Origin
	}
	for _, l := range a.lots {
		if l.No == no {
			return l.Origin
		}
	}
	return ""
}
