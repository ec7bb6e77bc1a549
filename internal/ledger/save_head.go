package ledger

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

const headCols = `h uuid, t text, w bigint, balance bigint, debt bigint, since bigint, held bigint, seq bigint, lot bigint,
	fopen bigint, pend bigint, due bigint, at bigint, hash bytea, days bytea`

var insertHeads = db.NewBulk(headCols, `
	INSERT INTO ledger_account (holder_id, type, version, balance, debt, debt_since, held, last_seq, last_lot, first_open,
		pending, due_at, recorded_at, hash, activity)
	SELECT u.h, u.t, u.w + 1, u.balance, u.debt, u.since, u.held, u.seq, u.lot, u.fopen, u.pend, u.due, u.at, u.hash, u.days FROM u
	ON CONFLICT DO NOTHING RETURNING holder_id, type`)

var updateHeads = db.NewBulk(headCols, `
	UPDATE ledger_account SET version = u.w + 1, balance = u.balance, debt = u.debt, debt_since = u.since, held = u.held,
		last_seq = u.seq, last_lot = u.lot, first_open = u.fopen, pending = u.pend,
		due_at = u.due, recorded_at = u.at, hash = u.hash, activity = u.days
	FROM u WHERE ledger_account.holder_id = u.h AND ledger_account.type = u.t AND ledger_account.version = u.w
	RETURNING ledger_account.holder_id, ledger_account.type`)

// restoreHeads puts back the row of an account whose holder lost elsewhere.
var restoreHeads = db.NewBulk(headCols, `
	UPDATE ledger_account SET version = u.w, balance = u.balance, debt = u.debt, debt_since = u.since, held = u.held,
		last_seq = u.seq, last_lot = u.lot, first_open = u.fopen, pending = u.pend,
		due_at = u.due, recorded_at = u.at, hash = u.hash, activity = u.days
	FROM u WHERE ledger_account.holder_id = u.h AND ledger_account.type = u.t`)

var deleteHeads = db.NewBulk("h uuid, t text", `
	DELETE FROM ledger_account WHERE (holder_id, type) IN (SELECT u.h, u.t FROM u)`)

func headArgs(books []*Book, of func(*Book) *Head) []any {
	n := len(books)
	h, t := make([]ident.ID, n), make([]string, n)
	var w, balance, debt, held, seq, lot, open, pending = col(n), col(n), col(n), col(n), col(n), col(n), col(n), col(n)
	since, due, at := make([]clock.Instant, n), make([]clock.Instant, n), make([]clock.Instant, n)
	hash, days := make([][]byte, n), make([][]byte, n)
	for i, b := range books {
		d := of(b)
		h[i], t[i], w[i], balance[i], debt[i], held[i] = b.Holder, b.Type, b.was.Version, d.Balance, d.Debt, d.Held
		seq[i], lot[i], open[i], since[i], at[i] = d.LastSeq, d.LastLot, d.FirstOpen, d.DebtSince, d.Recorded
		pending[i], due[i], hash[i], days[i] = d.Pending, d.Due, d.Hash[:], packDays(d.Activity)
	}
	return []any{h, t, w, balance, debt, since, held, seq, lot, open, pending, due, at, hash, days}
}

// saveHeads writes the accounts and tells who won. A holder wins with all her
// accounts or with none.
func saveHeads(tx *db.Tx, books []*Book) (won []*Book, lost []ident.ID, err error) {
	var fresh, known []*Book
	for _, b := range books {
		b.FirstOpen = b.firstOpen()
		b.Pending, b.Due = b.outlook()
		if b.was.Version == 0 {
			fresh = append(fresh, b)
		} else {
			known = append(known, b)
		}
	}
	now := func(b *Book) *Head { return &b.Head }
	through := make(map[Key]bool, len(books))
	put := func(bulk db.Bulk, books []*Book) func() error {
		return func() error {
			keys, err := db.BulkQuery(tx, bulk, scanKey, headArgs(books, now)...)
			for _, k := range keys {
				through[k] = true
			}
			return err
		}
	}
	if err := tx.Together(put(updateHeads, known), put(insertHeads, fresh)); err != nil {
		return nil, nil, err
	}
	if len(through) == len(books) {
		return books, nil, nil
	}
	beaten := map[ident.ID]bool{}
	for _, b := range books {
		if !through[b.Key] && !beaten[b.Holder] {
			beaten[b.Holder] = true
			lost = append(lost, b.Holder)
		}
	}
	var undo, drop []*Book
	for _, b := range books {
		switch {
		case !beaten[b.Holder]:
			won = append(won, b)
		case through[b.Key] && b.was.Version == 0:
			drop = append(drop, b)
		case through[b.Key]:
			undo = append(undo, b)
		}
	}
	if _, err := tx.Bulk(restoreHeads, headArgs(undo, func(b *Book) *Head { return &b.was })...); err != nil {
		return nil, nil, err
	}
	args := headArgs(drop, now)
	_, err = tx.Bulk(deleteHeads, args[0], args[1])
	return won, lost, err
}

func (b *Book) firstOpen() int64 {
	if b.unread.open > 0 {
		return b.FirstOpen
	}
	for _, l := range b.lots {
		if l.Remaining > 0 {
			return l.No
		}
	}
	return b.LastLot + 1
}
