package ledger

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// LotMove is what an entry did to the points of one lot: what [Booked] sums,
// lot by lot.
type LotMove struct {
	Type     string
	Origin   Origin
	Earned   clock.Instant // when the lot's points were earned; it keeps that wherever it goes
	Contra   Contra
	Kind     Kind
	Purchase ident.ID // of the entry that made the lot; zero for none, and where points moved
	Points   int64
}

// EachLotMove streams what was booked on lots from one day to another,
// inclusive. With [OwedOn] it comes to what [BookedOn] says. The moves are
// fn's until it returns.
func EachLotMove(tx *db.Tx, from, to clock.Day, fn func(*LotMove) error) error {
	var m LotMove
	scan := func(r db.Row) error {
		if err := r.Scan(&m.Type, &m.Origin, &m.Earned, &m.Contra, &m.Kind, &m.Purchase, &m.Points); err != nil {
			return err
		}
		return fn(&m)
	}
	if err := db.Each(tx, scan, `SELECT e.type, l.origin, l.occurred_at, e.contra, e.kind, e.purchase_id, l.net
		FROM ledger_entry e JOIN ledger_lot l ON l.holder_id = e.holder_id AND l.type = e.type AND l.seq = e.seq
		WHERE e.contra IN `+everySide+` AND e.book_on >= $1 AND e.book_on <= $2 AND l.net <> 0`, from, to); err != nil {
		return err
	}
	return db.Each(tx, scan, `SELECT e.type, l.origin, l.occurred_at, e.contra, e.kind, NULL, a.points
		FROM ledger_entry e JOIN ledger_allocation a ON a.holder_id = e.holder_id AND a.type = e.type AND a.seq = e.seq
		JOIN ledger_lot l ON l.holder_id = a.holder_id AND l.type = a.type AND l.no = a.lot
		WHERE e.contra IN `+everySide+` AND e.book_on >= $1 AND e.book_on <= $2 AND a.points <> 0
		AND a.source IN ('pending', 'active', 'other', 'restored', 'repaying')`, from, to)
}

// everySide are all contra accounts, so that the index of the books is used.
const everySide = `('issued', 'redeemed', 'expired', 'reversed', 'adjusted', 'transfer')`

// EntriesOn counts the entries booked from one day to another. Entries are
// never changed, so as long as it stays the same, so does what they moved.
func EntriesOn(tx *db.Tx, from, to clock.Day) (int64, error) {
	return db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM ledger_entry WHERE contra IN `+everySide+` AND book_on >= $1 AND book_on <= $2`, from, to)
}

// StoreFlow is what moved through a store against one of the programme's
// accounts.
type StoreFlow struct {
	Store, Type string
	Contra      Contra
	Points      int64
}

// FlowsByStore sums what was issued and redeemed by store on days of
// accounting, inclusive. Movements that no store made have the store "".
func FlowsByStore(tx *db.Tx, from, to clock.Day) ([]StoreFlow, error) {
	return db.Query(tx, func(r db.Row) (f StoreFlow, err error) {
		return f, r.Scan(&f.Store, &f.Type, &f.Contra, &f.Points)
	}, `SELECT store, type, contra, CAST(SUM(points) AS BIGINT) FROM ledger_entry
		WHERE contra IN ('issued', 'redeemed') AND book_on >= $1 AND book_on <= $2 GROUP BY store, type, contra ORDER BY store, type, contra`, from, to)
}
