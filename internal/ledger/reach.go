package ledger

import (
	"joren/internal/clock"
	"joren/internal/db"
)

// Reach is how many holders a change of the programme would touch.
type Reach struct {
	WithPoints int64 // balance above zero in some account, pending points included
	Pending    int64 // some points given and not yet usable at the instant
	Holding    int64 // some points reserved for a purchase or reward under way
	Debt       int64 // some points owed
}

// Reached counts the holders a change of the programme would touch at an
// instant. It reads all accounts: for a page that asks, not for each request.
func Reached(tx *db.Tx, at clock.Instant) (r Reach, err error) {
	r, err = db.One(tx, nil, func(row db.Row) (r Reach, err error) {
		err = row.Scan(&r.WithPoints, &r.Holding, &r.Debt)
		return r, err
	}, `SELECT COUNT(DISTINCT CASE WHEN balance > 0 THEN holder_id END), COUNT(DISTINCT CASE WHEN held > 0 THEN holder_id END),
		COUNT(DISTINCT CASE WHEN debt > 0 THEN holder_id END) FROM ledger_account`)
	if err != nil {
		return r, err
	}
	r.Pending, err = db.One(tx, nil, db.Value[int64], `SELECT COUNT(DISTINCT holder_id) FROM ledger_lot
		WHERE phase = 'pending' AND remaining > 0 AND activates_at > $1`, int64(at))
	return r, err
}
