package proof

import (
	"joren/internal/db"
	"joren/internal/fault"
)

// months checks every closed month: what was open at its start and what moved
// lead to its closing, the next one opens where it closed, and its closing is
// what the books say of all days up to its last.
func (v *verifier) months() error {
	l := v.law("day.months", "months")
	type month struct {
		name, typ             string
		opening, moved, close int64
		booked                int64
	}
	rows, err := db.Query(v.tx, func(r db.Row) (m month, err error) {
		err = r.Scan(&m.name, &m.typ, &m.opening, &m.moved, &m.close, &m.booked)
		return m, err
	}, `SELECT d.month, d.type, d.opening, d.issued + d.redeemed + d.expired + d.reversed + d.adjusted + d.transferred, d.closing,
			CAST(COALESCE((SELECT SUM(b.points) FROM ledger_booked b WHERE b.type = d.type AND b.book_on <= d.month || '-31'), 0)
			+ COALESCE((SELECT SUM(b.points) FROM ledger_booking b WHERE b.type = d.type AND b.book_on <= d.month || '-31'), 0) AS BIGINT)
		FROM day_liability d ORDER BY d.type, d.month`)
	if err != nil {
		return err
	}
	for i, m := range rows {
		l.Seen++
		wrong := func(what string, want, got int64) {
			if want != got {
				l.report(Finding{"month", what, fault.Args{"month": m.name, "type": m.typ, "want": want, "got": got}})
			}
		}
		wrong("closed.sum", m.opening+m.moved, m.close)
		wrong("closed.books", m.booked, m.close)
		if i > 0 && rows[i-1].typ == m.typ {
			wrong("closed.opening", rows[i-1].close, m.opening)
		}
	}
	return nil
}
