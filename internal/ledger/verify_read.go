package ledger

import (
	"fmt"

	"joren/internal/db"
)

func (v *verifier) accounts(m *room, from Key) error {
	where, args := inRange(from, Key{})
	return db.Each(v.tx, func(r db.Row) error {
		var k Key
		var h Head
		var hash []byte
		err := r.Scan(&k.Holder, &k.Type, &h.Balance, &h.Debt, &h.Held, &h.LastSeq, &h.LastLot, &h.Pending, &h.Due, &hash)
		copy(h.Hash[:], hash)
		a := m.open(k)
		a.known, a.Head = true, h
		return err
	}, `SELECT holder_id, type, balance, debt, held, last_seq, last_lot, pending, due_at, hash FROM ledger_account`+
		where+fmt.Sprintf(" ORDER BY holder_id, type LIMIT %d", chunk), args...)
}

// inRange is the condition for keys in (from, to]; a zero key is open.
func inRange(from, to Key) (where string, args []any) {
	if !from.Holder.IsZero() {
		where, args = " WHERE (holder_id, type) > ($1, $2)", []any{from.Holder, from.Type}
	}
	if !to.Holder.IsZero() {
		word := " AND"
		if where == "" {
			word = " WHERE"
		}
		where += fmt.Sprintf("%s (holder_id, type) <= ($%d, $%d)", word, len(args)+1, len(args)+2)
		args = append(args, to.Holder, to.Type)
	}
	return where, args
}

// stretch reads the rows of the accounts in (from, to]; rows that belong to no
// account are found too.
func (v *verifier) stretch(m *room, from, to Key) error {
	where, args := inRange(from, to)
	each := func(cols, table, order string, fn func(db.Row) error) error {
		return db.Each(v.tx, fn, "SELECT "+cols+" FROM "+table+where+" ORDER BY holder_id, type, "+order, args...)
	}
	if err := each("holder_id, type, no, seq, origin, gross, net, remaining, phase, CASE WHEN life IS NULL THEN due_at END", "ledger_lot", "no", func(r db.Row) error {
		var k Key
		l := m.lot()
		err := r.Scan(&k.Holder, &k.Type, &l.No, &l.Seq, (*string)(&l.Origin), &l.Gross, &l.Net, &l.Remaining, (*string)(&l.Phase), &l.dueAt)
		if err == nil {
			a := m.of(k)
			a.lots = append(a.lots, l)
		}
		return err
	}); err != nil {
		return err
	}
	if err := each(provenColumns, "ledger_entry", "seq", func(r db.Row) error {
		e := m.entry()
		k, err := scanProven(r, e)
		if err == nil {
			a := m.of(k)
			a.entries = append(a.entries, e)
		}
		return err
	}); err != nil {
		return err
	}
	if err := each("holder_id, type, seq, lot, points, source", "ledger_allocation", "seq, no", func(r db.Row) error {
		var p storedPiece
		err := r.Scan(&p.Holder, &p.Type, &p.seq, &p.Lot, &p.Points, (*string)(&p.Source))
		if err == nil {
			a := m.of(p.Key)
			a.pieces = append(a.pieces, p)
		}
		return err
	}); err != nil {
		return err
	}
	return each(holdColumns, "ledger_hold k", "hold_id", func(r db.Row) error {
		h, err := scanHold(r)
		if err == nil {
			a := m.of(h.Key)
			a.holds = append(a.holds, h.Hold)
		}
		return err
	})
}

// provenColumns are what a law speaks of; the note is not.
const provenColumns = `holder_id, type, seq, kind, contra, points, balance, occurred_at, recorded_at, store, actor, reason,
	purchase_id, award_id, return_id, transfer_id, hash, book_on`

func scanProven(r db.Row, e *Entry) (k Key, err error) {
	var hash []byte
	err = r.Scan(&k.Holder, &k.Type, &e.Seq, (*string)(&e.Kind), (*string)(&e.Contra), &e.Points, &e.Balance, &e.Occurred,
		&e.Recorded, &e.Store, &e.Actor, &e.Reason, &e.Purchase, &e.Award, &e.Return, &e.Transfer, &hash, &e.BookOn)
	copy(e.Hash[:], hash)
	return k, err
}
