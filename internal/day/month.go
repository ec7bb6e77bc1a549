package day

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ledger"
)

// Month is the roll-forward of a closed month for one point type. Figures are
// signed as they moved the members' points: opening and all that follow add up
// to closing. Opening and closing are balances, debt taken off.
type Month struct {
	Month       string // YYYY-MM
	Type        string
	Opening     int64
	Issued      int64
	Redeemed    int64
	Expired     int64
	Reversed    int64
	Adjusted    int64
	Transferred int64
	Closing     int64
	ClosedAt    clock.Instant
}

// settled is how long after a month's end its books stay open: a till may be
// five minutes ahead, and what was under way at midnight must have ended.
const settled = 5 * time.Minute

// CloseMonth locks the books of a month, written YYYY-MM: what happened in it
// and comes later is booked in the first open month. The days up to its end
// are turned first. What its open points are worth is settled with it. Months
// close in order and never open again.
//
// Faults: day.month_invalid, day.month_not_over, day.month_closed,
// day.month_out_of_order (next), programme.none_in_force.
func (t *Turner) CloseMonth(ctx context.Context, month string) (rows []Month, err error) {
	first, err := clock.ParseDay(month + "-01")
	if err != nil {
		return nil, fault.New(fault.Invalid, "day.month_invalid", "month", month)
	}
	if err := t.over(ctx, first); err != nil {
		return nil, err
	}
	if err := t.Through(ctx, first.EndOfMonth()+1); err != nil {
		return nil, err
	}
	err = t.db.Write(ctx, func(tx *db.Tx) error {
		if rows, err = closeMonth(tx, first); err != nil {
			return err
		}
		return t.Books.Settle(tx)
	})
	return rows, err
}

// over refuses a month that is not over.
func (t *Turner) over(ctx context.Context, first clock.Day) error {
	return t.db.Read(ctx, func(tx *db.Tx) error {
		p, err := t.programmes.At(tx, tx.Now)
		if err == nil && tx.Now < p.Zone.Start(first.EndOfMonth()+1).Add(settled) {
			err = fault.New(fault.Invalid, "day.month_not_over", "month", monthOf(first))
		}
		return err
	})
}

func monthOf(d clock.Day) string { return d.String()[:7] }

func closeMonth(tx *db.Tx, first clock.Day) ([]Month, error) {
	if err := inOrder(tx, first); err != nil {
		return nil, err
	}
	if err := ledger.Close(tx, first.EndOfMonth()); err != nil {
		return nil, err
	}
	before, err := Months(tx, monthOf(first-1))
	if err != nil {
		return nil, err
	}
	booked, err := ledger.BookedOn(tx, first, first.EndOfMonth())
	if err != nil {
		return nil, err
	}
	rows := roll(monthOf(first), before, booked)
	for i := range rows {
		rows[i].ClosedAt = tx.Now
	}
	return rows, saveMonths(tx, rows)
}

// inOrder refuses a month that is closed, or that has an open one before it.
func inOrder(tx *db.Tx, first clock.Day) error {
	closed, err := ledger.ClosedOn(tx)
	if err != nil {
		return err
	}
	if first <= closed {
		return fault.New(fault.Conflict, "day.month_closed", "month", monthOf(first))
	}
	next := closed + 1
	if closed == 0 {
		if next, err = ledger.FirstBooked(tx); err != nil || next == 0 {
			return err
		}
	}
	if next.StartOfMonth() != first && (closed != 0 || next < first) {
		return fault.New(fault.Conflict, "day.month_out_of_order", "month", monthOf(first), "next", monthOf(next))
	}
	return nil
}

// roll makes the month's rows from those of the month before and from what was
// booked: one for each type that is open or moved.
func roll(month string, before []Month, booked []ledger.Booked) []Month {
	var rows []Month
	row := func(typ string) *Month {
		for i := range rows {
			if rows[i].Type == typ {
				return &rows[i]
			}
		}
		rows = append(rows, Month{Month: month, Type: typ})
		return &rows[len(rows)-1]
	}
	for _, b := range before {
		m := row(b.Type)
		m.Opening, m.Closing = b.Closing, b.Closing
	}
	for _, b := range booked {
		m := row(b.Type)
		*m.column(b.Contra) += b.Points
		m.Closing += b.Points
	}
	slices.SortFunc(rows, func(x, y Month) int { return strings.Compare(x.Type, y.Type) })
	return rows
}

// column is where a row shows what went against one of the programme's
// accounts.
func (m *Month) column(c ledger.Contra) *int64 {
	switch c {
	case ledger.Issued:
		return &m.Issued
	case ledger.Redeemed:
		return &m.Redeemed
	case ledger.Expired:
		return &m.Expired
	case ledger.Reversed:
		return &m.Reversed
	case ledger.Adjusted:
		return &m.Adjusted
	case ledger.Elsewhere:
		return &m.Transferred
	}
	panic(fmt.Sprintf("day: unknown account %q of the programme", c))
}

// moved is what happened between opening and closing.
func (m *Month) moved() int64 {
	return m.Issued + m.Redeemed + m.Expired + m.Reversed + m.Adjusted + m.Transferred
}

const monthColumns = `month, type, opening, issued, redeemed, expired, reversed, adjusted, transferred, closing, closed_at`

func scanMonth(r db.Row) (m Month, err error) {
	err = r.Scan(&m.Month, &m.Type, &m.Opening, &m.Issued, &m.Redeemed, &m.Expired, &m.Reversed, &m.Adjusted, &m.Transferred, &m.Closing, &m.ClosedAt)
	return m, err
}

// Months are the rows of a closed month, or ("") of all, in order.
func Months(tx *db.Tx, month string) ([]Month, error) {
	return db.Query(tx, scanMonth, `SELECT `+monthColumns+` FROM day_liability WHERE month = $1 OR $1 = '' ORDER BY month, type`, month)
}

func saveMonths(tx *db.Tx, rows []Month) error {
	for _, m := range rows {
		if _, err := tx.Exec(`INSERT INTO day_liability (`+monthColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			m.Month, m.Type, m.Opening, m.Issued, m.Redeemed, m.Expired, m.Reversed, m.Adjusted, m.Transferred, m.Closing, m.ClosedAt); err != nil {
			return err
		}
	}
	return nil
}

// Violation is a place where a closed month is not what the books say.
type Violation struct {
	Month, Type string
	What        string // code: month.adds_up, month.opening, month.booked, month.missing, month.beyond
	Want, Got   int64
}

func (v Violation) String() string {
	return fmt.Sprintf("month %s %s: %s want %d, got %d", v.Month, v.Type, v.What, v.Want, v.Got)
}

// Verify proves the closed months: each adds up, opens with what the one
// before closed with, shows what was booked, and none is missing. That the
// bookings are those of the entries is ledger.Verify's part.
func Verify(tx *db.Tx, report func(Violation)) error {
	rows, err := Months(tx, "")
	if err != nil {
		return err
	}
	closed, err := ledger.ClosedOn(tx)
	if err != nil {
		return err
	}
	booked, err := ledger.BookedOn(tx, 1, max(closed, 1))
	if err != nil {
		return err
	}
	verify(rows, closed, booked, report)
	return nil
}

func verify(rows []Month, closed clock.Day, booked []ledger.Booked, report func(Violation)) {
	type place struct{ month, typ string }
	stored := map[place]Month{}
	fail := func(p place, what string, want, got int64) {
		if want != got {
			report(Violation{p.month, p.typ, what, want, got})
		}
	}
	first := closed
	for _, b := range booked {
		first = min(first, b.On)
	}
	for _, m := range rows {
		p := place{m.Month, m.Type}
		stored[p] = m
		fail(p, "month.adds_up", m.Opening+m.moved(), m.Closing)
		if d, err := clock.ParseDay(m.Month + "-01"); err != nil || d > closed {
			fail(p, "month.beyond", 0, 1)
		} else {
			first = min(first, d)
		}
	}
	var before []Month
	for d := first.StartOfMonth(); closed != 0 && d <= closed; d = d.EndOfMonth() + 1 {
		var in []ledger.Booked
		for _, b := range booked {
			if b.On >= d && b.On <= d.EndOfMonth() {
				in = append(in, b)
			}
		}
		before = roll(monthOf(d), before, in)
		for _, want := range before {
			p := place{want.Month, want.Type}
			got, known := stored[p]
			if !known {
				fail(p, "month.missing", 0, 1)
				continue
			}
			fail(p, "month.opening", want.Opening, got.Opening)
			for _, c := range []ledger.Contra{ledger.Issued, ledger.Redeemed, ledger.Expired, ledger.Reversed, ledger.Adjusted, ledger.Elsewhere} {
				fail(p, "month.booked", *want.column(c), *got.column(c))
			}
		}
	}
}
