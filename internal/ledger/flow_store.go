package ledger

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Flow is what one account moved against one of the programme's accounts at
// one store within a period, as the account gained it.
type Flow struct {
	Holder ident.ID
	Store  string
	Contra Contra
	Points int64
}

// EachFlow sums the journal of a type by holder, store and contra account,
// those of a holder and a store together: issued, redeemed, expired and
// reversed points.
// Unlike [Flows] it reads every line of the days.
func EachFlow(tx *db.Tx, pointType string, from, to clock.Day, fn func(Flow) error) error {
	return db.Each(tx, func(r db.Row) error {
		var f Flow
		if err := r.Scan(&f.Holder, &f.Store, &f.Contra, &f.Points); err != nil {
			return err
		}
		return fn(f)
	}, `SELECT e.holder_id, e.store, e.contra, CAST(SUM(e.points) AS BIGINT) FROM ledger_entry e
		WHERE e.contra IN ('issued', 'redeemed', 'expired', 'reversed') AND e.book_on >= $1 AND e.book_on <= $2 AND e.type = $3
		GROUP BY e.holder_id, e.store, e.contra ORDER BY e.holder_id, e.store, e.contra`, dayOr(from, firstDay), dayOr(to, lastDay), pointType)
}

// EachGift gives what was issued for no purchase, by holder and day: welcome
// and birthday points, points of events and by hand.
func EachGift(tx *db.Tx, pointType string, from, to clock.Day, fn func(holder ident.ID, on clock.Day, points int64) error) error {
	return db.Each(tx, func(r db.Row) error {
		var holder ident.ID
		var on clock.Day
		var points int64
		if err := r.Scan(&holder, &on, &points); err != nil {
			return err
		}
		return fn(holder, on, points)
	}, `SELECT e.holder_id, e.book_on, CAST(SUM(e.points) AS BIGINT) FROM ledger_entry e
		WHERE e.contra = 'issued' AND e.book_on >= $1 AND e.book_on <= $2 AND e.type = $3 AND e.purchase_id IS NULL
		GROUP BY e.holder_id, e.book_on ORDER BY e.book_on, e.holder_id`, dayOr(from, firstDay), dayOr(to, lastDay), pointType)
}
