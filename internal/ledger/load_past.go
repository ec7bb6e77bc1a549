package ledger

import (
	"cmp"
	"slices"

	"joren/internal/db"
	"joren/internal/ident"
)

const entryColumns = `e.holder_id, e.type, e.seq, e.kind, e.contra, e.points, e.balance, e.occurred_at, e.recorded_at,
	e.store, e.actor, e.reason, e.note, e.purchase_id, e.award_id, e.return_id, e.transfer_id, e.hash, e.book_on`

type keyedEntry struct {
	Key
	*Entry
}

func scanEntry(r db.Row) (k keyedEntry, err error) {
	e := &Entry{}
	k.Entry = e
	var note *string
	var hash []byte
	err = r.Scan(&k.Holder, &k.Key.Type, &e.Seq, (*string)(&e.Kind), (*string)(&e.Contra), &e.Points, &e.Balance, &e.Occurred,
		&e.Recorded, &e.Store, &e.Actor, &e.Reason, &note, &e.Purchase, &e.Award, &e.Return, &e.Transfer, &hash, &e.BookOn)
	if note != nil {
		e.Note = *note
	}
	copy(e.Hash[:], hash)
	return k, err
}

var takesBulk = db.NewBulk("h uuid, t text, a uuid", `
	SELECT `+entryColumns+` FROM u JOIN ledger_entry e ON e.holder_id = u.h AND e.type = u.t AND e.award_id = u.a
	WHERE e.kind = 'reverse'`)

var purchaseDebitsBulk = db.NewBulk("h uuid, t text, p uuid", `
	SELECT `+entryColumns+` FROM u JOIN ledger_entry e ON e.holder_id = u.h AND e.type = u.t AND e.purchase_id = u.p
	WHERE e.kind = 'redeem'`)

var debitsBulk = db.NewBulk("h uuid, t text, s bigint", `
	SELECT `+entryColumns+` FROM u JOIN ledger_entry e ON e.holder_id = u.h AND e.type = u.t AND e.seq = u.s
	WHERE e.kind = 'redeem'`)

// past loads the clawbacks and debits asked for, with their pieces.
func (l *loader) past(wants []Want) error {
	var byAward, byPurchase, bySeq struct {
		h, id []ident.ID
		t     []string
		seq   []int64
	}
	for i := range wants {
		w := &wants[i]
		for _, a := range w.Awards {
			byAward.h, byAward.t, byAward.id = append(byAward.h, w.Holder), append(byAward.t, w.Type), append(byAward.id, a)
		}
		for _, p := range w.Purchases {
			byPurchase.h, byPurchase.t = append(byPurchase.h, w.Holder), append(byPurchase.t, w.Type)
			byPurchase.id = append(byPurchase.id, p)
		}
		seqs := slices.Clone(w.Debits)
		for _, h := range l.books[w.Key].holds {
			if h.Seq != 0 {
				seqs = append(seqs, h.Seq)
			}
		}
		for _, s := range seqs {
			bySeq.h, bySeq.t, bySeq.seq = append(bySeq.h, w.Holder), append(bySeq.t, w.Type), append(bySeq.seq, s)
		}
	}
	if len(byAward.h)+len(byPurchase.h)+len(bySeq.h) == 0 {
		return nil
	}
	var found []keyedEntry
	for _, q := range []struct {
		b    db.Bulk
		args []any
	}{
		{takesBulk, []any{byAward.h, byAward.t, byAward.id}},
		{purchaseDebitsBulk, []any{byPurchase.h, byPurchase.t, byPurchase.id}},
		{debitsBulk, []any{bySeq.h, bySeq.t, bySeq.seq}},
	} {
		es, err := db.BulkQuery(l.tx, q.b, scanEntry, q.args...)
		if err != nil {
			return err
		}
		found = append(found, es...)
	}
	return l.keep(found)
}

func (l *loader) keep(found []keyedEntry) error {
	type place struct {
		Key
		seq int64
	}
	at := map[place]bool{}
	var kept []keyedEntry
	for _, e := range found {
		p := place{e.Key, e.Seq}
		if at[p] {
			continue
		}
		at[p] = true
		kept = append(kept, e)
		b := l.books[e.Key]
		if e.Kind == Redeem {
			b.debits = append(b.debits, e.Entry)
		} else {
			b.takes = append(b.takes, e.Entry)
		}
	}
	return withPieces(l.tx, kept)
}

var piecesBulk = db.NewBulk("h uuid, t text, s bigint", `
	SELECT a.holder_id, a.type, a.seq, a.no, a.lot, a.points, a.source, a.undone
	FROM u JOIN ledger_allocation a ON a.holder_id = u.h AND a.type = u.t AND a.seq = u.s`)

type storedPiece struct {
	Key
	seq, no int64
	Piece
}

func scanPiece(r db.Row) (p storedPiece, err error) {
	err = r.Scan(&p.Holder, &p.Type, &p.seq, &p.no, &p.Lot, &p.Points, (*string)(&p.Source), &p.Undone)
	return p, err
}

// withPieces fills in the pieces of entries.
func withPieces(tx *db.Tx, es []keyedEntry) error {
	h, t, s := make([]ident.ID, len(es)), make([]string, len(es)), make([]int64, len(es))
	type place struct {
		Key
		seq int64
	}
	at := make(map[place]*Entry, len(es))
	for i, e := range es {
		h[i], t[i], s[i] = e.Holder, e.Key.Type, e.Seq
		at[place{e.Key, e.Seq}] = e.Entry
	}
	ps, err := db.BulkQuery(tx, piecesBulk, scanPiece, h, t, s)
	if err != nil {
		return err
	}
	slices.SortFunc(ps, func(x, y storedPiece) int { return cmp.Compare(x.no, y.no) })
	for _, p := range ps {
		e := at[place{p.Key, p.seq}]
		e.Pieces = append(e.Pieces, p.Piece)
	}
	return nil
}
