package ledger

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

var insertEntries = db.NewBulk(`h uuid, t text, seq bigint, kind text, contra text, points bigint, balance bigint, occurred bigint,
	recorded bigint, store text, actor text, reason text, note text, purchase uuid, award uuid, ret uuid, transfer uuid, hash bytea, d text`, `
	INSERT INTO ledger_entry (holder_id, type, seq, kind, contra, points, balance, occurred_at, recorded_at, store, actor, reason,
		note, purchase_id, award_id, return_id, transfer_id, hash, book_on)
	SELECT u.h, u.t, u.seq, u.kind, u.contra, u.points, u.balance, u.occurred, u.recorded, u.store, u.actor, u.reason,
		u.note, u.purchase, u.award, u.ret, u.transfer, u.hash, u.d FROM u`)

func saveEntries(tx *db.Tx, books []*Book) error {
	n := 0
	for _, b := range books {
		n += len(b.entries)
	}
	h, purchase, award, ret, transfer := make([]ident.ID, n), make([]ident.ID, n), make([]ident.ID, n), make([]ident.ID, n), make([]ident.ID, n)
	t, kind, contra, store, actor, reason := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	seq, points, balance, occurred, recorded := col(n), col(n), col(n), col(n), col(n)
	note, hash := make([][]byte, n), make([][]byte, n)
	days := make([]clock.Day, n)
	i := 0
	for _, b := range books {
		for _, e := range b.entries {
			h[i], t[i], seq[i], kind[i], contra[i] = b.Holder, b.Type, e.Seq, string(e.Kind), string(e.Contra)
			points[i], balance[i], occurred[i], recorded[i] = e.Points, e.Balance, int64(e.Occurred), int64(e.Recorded)
			store[i], actor[i], reason[i] = e.Store, e.Actor, e.Reason
			purchase[i], award[i], ret[i], transfer[i], hash[i] = e.Purchase, e.Award, e.Return, e.Transfer, e.Hash[:]
			days[i] = e.BookOn
			if e.Note != "" {
				note[i] = []byte(e.Note)
			}
			i++
		}
	}
	return tx.Later(insertEntries, nil, h, t, seq, kind, contra, points, balance, occurred, recorded, store, actor, reason, note,
		purchase, award, ret, transfer, hash, days)
}

var insertPieces = db.NewBulk("h uuid, t text, seq bigint, no bigint, lot bigint, points bigint, source text, undone bigint", `
	INSERT INTO ledger_allocation (holder_id, type, seq, no, lot, points, source, undone)
	SELECT u.h, u.t, u.seq, u.no, u.lot, u.points, u.source, u.undone FROM u`)

var updateUndone = db.NewBulk("h uuid, t text, seq bigint, no bigint, undone bigint", `
	UPDATE ledger_allocation SET undone = u.undone
	FROM u WHERE ledger_allocation.holder_id = u.h AND ledger_allocation.type = u.t AND ledger_allocation.seq = u.seq
		AND ledger_allocation.no = u.no`)

type pieceRows struct {
	h                            []ident.ID
	t, source                    []string
	seq, no, lot, points, undone []int64
}

func (r *pieceRows) add(b *Book, e *Entry, i int) {
	x := &e.Pieces[i]
	r.h, r.t, r.source = append(r.h, b.Holder), append(r.t, b.Type), append(r.source, string(x.Source))
	r.seq, r.no, r.lot = append(r.seq, e.Seq), append(r.no, int64(i)), append(r.lot, x.Lot)
	r.points, r.undone = append(r.points, x.Points), append(r.undone, x.Undone)
}

func savePieces(tx *db.Tx, books []*Book) error {
	var r pieceRows
	for _, b := range books {
		for _, e := range b.entries {
			for i := range e.Pieces {
				r.add(b, e, i)
			}
		}
	}
	return tx.Later(insertPieces, nil, r.h, r.t, r.seq, r.no, r.lot, r.points, r.source, r.undone)
}

func saveUndone(tx *db.Tx, books []*Book) error {
	var r pieceRows
	for _, b := range books {
		for _, es := range [][]*Entry{b.debits, b.takes} {
			for _, e := range es {
				for i := range e.Pieces {
					if e.Pieces[i].touched {
						r.add(b, e, i)
					}
				}
			}
		}
	}
	return tx.Later(updateUndone, nil, r.h, r.t, r.seq, r.no, r.undone)
}
