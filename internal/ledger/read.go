package ledger

import (
	"cmp"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Page is a stretch of an account's journal.
type Page struct {
	Entries []*Entry
	LotIDs  map[int64]ident.ID // of the lots its pieces name
	Next    int64              // pass as after for the next page; 0 at the end
}

// Entries reads up to limit lines after number after, with what each did to
// which lots.
func Entries(tx *db.Tx, k Key, after int64, limit int) (Page, error) {
	p := Page{LotIDs: map[int64]ident.ID{}}
	es, err := db.Query(tx, scanEntry, `SELECT `+entryColumns+` FROM ledger_entry e
		WHERE e.holder_id = $1 AND e.type = $2 AND e.seq > $3 ORDER BY e.seq LIMIT $4`, k.Holder, k.Type, after, int64(limit)+1)
	if err != nil {
		return p, err
	}
	if len(es) > limit {
		es = es[:limit]
		p.Next = es[limit-1].Seq
	}
	if err := withPieces(tx, es); err != nil {
		return p, err
	}
	lots, err := allLots(tx, k)
	if err != nil {
		return p, err
	}
	at := map[int64]*Entry{}
	for _, e := range es {
		p.Entries = append(p.Entries, e.Entry)
		at[e.Seq] = e.Entry
	}
	for _, l := range lots {
		p.LotIDs[l.No] = l.ID
		if e := at[l.Seq]; e != nil {
			e.Born = append(e.Born, l)
		}
	}
	return p, nil
}

func allLots(tx *db.Tx, k Key) ([]*Lot, error) {
	lots, err := db.Query(tx, scanLot, `SELECT `+lotColumns+` FROM ledger_lot l WHERE l.holder_id = $1 AND l.type = $2 ORDER BY l.no`,
		k.Holder, k.Type)
	out := make([]*Lot, len(lots))
	for i, l := range lots {
		out[i] = l.Lot
	}
	return out, err
}

// ReadHistory loads an account with all its rows, for balances of the past.
func ReadHistory(tx *db.Tx, k Key, p *Policy) (*History, error) {
	books, err := Load(tx, []Want{{Key: k, Policy: p, Deep: true}})
	if err != nil {
		return nil, err
	}
	b := books[0]
	b.holds = nil
	for _, l := range b.lots {
		l.held = 0
	}
	holds, err := db.Query(tx, scanHold, `SELECT `+holdColumns+` FROM ledger_hold k WHERE k.holder_id = $1 AND k.type = $2`, k.Holder, k.Type)
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		b.holds = append(b.holds, h.Hold)
	}
	b.index()
	page, err := Entries(tx, k, 0, 1<<30)
	return NewHistory(b, page.Entries), err
}

// FindHold says whose account a hold belongs to. Fault: hold.unknown.
func FindHold(tx *db.Tx, id ident.ID) (Key, error) {
	return db.One(tx, fault.New(fault.NotFound, "hold.unknown"), scanKey,
		`SELECT holder_id, type FROM ledger_hold WHERE hold_id = $1`, id)
}

// Due lists the accounts that have a row due in (from, to]: an activation, an
// expiry, an automatic cancelling, a hold that runs out. Each once, in the
// order of holders.
func Due(tx *db.Tx, from, to clock.Instant) ([]Key, error) {
	keys, err := db.Query(tx, scanKey, `SELECT holder_id, type FROM ledger_lot
		WHERE due_at > $1 AND due_at <= $2 AND remaining > 0
		UNION SELECT holder_id, type FROM ledger_hold WHERE state = 'open' AND expires_at > $1 AND expires_at <= $2`, int64(from), int64(to))
	slices.SortFunc(keys, func(x, y Key) int { return cmp.Or(x.Holder.Compare(y.Holder), cmp.Compare(x.Type, y.Type)) })
	return keys, err
}

// Debtors lists the accounts of a type whose debt began at or before since,
// for writing it off.
func Debtors(tx *db.Tx, pointType string, since clock.Instant) ([]Key, error) {
	return db.Query(tx, scanKey, `SELECT holder_id, type FROM ledger_account
		WHERE type = $1 AND debt > 0 AND debt_since <= $2 ORDER BY holder_id`, pointType, int64(since))
}
