package ledger

import (
	"encoding/binary"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

var headsBulk = db.NewBulk("h uuid, t text", `
	SELECT a.holder_id, a.type, a.version, a.balance, a.debt, a.debt_since, a.held, a.last_seq, a.last_lot,
		a.first_open, a.pending, a.due_at, a.recorded_at, a.hash, a.activity, a.closed
	FROM u JOIN ledger_account a ON a.holder_id = u.h AND a.type = u.t`)

func (l *loader) heads([]Want) error {
	h, t := make([]ident.ID, len(l.order)), make([]string, len(l.order))
	for i, b := range l.order {
		h[i], t[i] = b.Holder, b.Type
	}
	_, err := db.BulkQuery(l.tx, headsBulk, func(r db.Row) (none struct{}, err error) {
		var k Key
		var d Head
		var hash, days []byte
		if err := r.Scan(&k.Holder, &k.Type, &d.Version, &d.Balance, &d.Debt, &d.DebtSince, &d.Held, &d.LastSeq,
			&d.LastLot, &d.FirstOpen, &d.Pending, &d.Due, &d.Recorded, &hash, &days, &d.Closed); err != nil {
			return none, err
		}
		copy(d.Hash[:], hash)
		d.Activity = unpackDays(days)
		b := l.books[k]
		b.Head, b.was = d, d
		return none, nil
	}, h, t)
	for _, b := range l.order {
		if b.shallow = b.shallow && b.canBeShallow(l.tx.Now); b.shallow {
			b.makeShallow()
		}
	}
	return err
}

// Days of activity are stored as 4 bytes each, big endian.
func packDays(ds []clock.Day) []byte {
	var b []byte
	for _, d := range ds {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
	}
	return b
}

func unpackDays(b []byte) []clock.Day {
	var ds []clock.Day
	for ; len(b) >= 4; b = b[4:] {
		ds = append(ds, clock.Day(binary.BigEndian.Uint32(b)))
	}
	return ds
}
