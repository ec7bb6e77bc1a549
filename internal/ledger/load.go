package ledger

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Want says which account to load and what more than its open lots and holds.
type Want struct {
	Key
	Policy    *Policy
	Shallow   bool       // no lots, where the head alone will do: points are only given
	Deep      bool       // every lot, for late activities and merges
	Awards    []ident.ID // for clawbacks and give-backs of these awards, and late events; implies Deep
	Purchases []ident.ID // for refunds: the debits of these purchases; implies Deep
	Debits    []int64    // for refunds: debits by number; implies Deep
	Holds     []ident.ID // these holds though closed, and their debits; implies Deep
}

func (w *Want) deep() bool {
	return w.Deep || len(w.Awards)+len(w.Purchases)+len(w.Debits)+len(w.Holds) > 0
}

// Load reads any number of accounts at once, in the order of the wants; an
// account without rows comes as a new book. Wants of one account share a book.
//
// Outside a snapshot (READ COMMITTED) another writer may commit between its
// statements; such a torn account is read again. Fault: ledger.broken when it
// stays at odds with itself, which verify will explain.
func Load(tx *db.Tx, wants []Want) ([]*Book, error) {
	got := make(map[Key]*Book, len(wants))
	todo := wants
	for try := 1; len(todo) > 0; try++ {
		l, err := load(tx, todo)
		if err != nil {
			return nil, err
		}
		torn := map[Key]bool{}
		for _, b := range l.order {
			got[b.Key], b.Torn = b, try > 1
			if !b.index() {
				torn[b.Key] = true
				if try == 8 {
					return nil, fault.New(fault.Internal, "ledger.broken", "holder", b.Holder, "type", b.Type)
				}
			}
		}
		if len(torn) == 0 {
			break
		}
		todo = slices.DeleteFunc(slices.Clone(todo), func(w Want) bool { return !torn[w.Key] })
	}
	out := make([]*Book, len(wants))
	for i := range wants {
		out[i] = got[wants[i].Key]
	}
	return out, nil
}

func load(tx *db.Tx, wants []Want) (*loader, error) {
	l := &loader{tx: tx, books: make(map[Key]*Book, len(wants))}
	for i := range wants {
		l.add(&wants[i])
	}
	for _, step := range []func([]Want) error{l.heads, l.lots, l.holds, l.past} {
		if err := step(wants); err != nil {
			return nil, err
		}
	}
	return l, nil
}

type loader struct {
	tx    *db.Tx
	books map[Key]*Book
	order []*Book
}

func (l *loader) add(w *Want) {
	b := l.books[w.Key]
	if b == nil {
		b = NewBook(w.Key, w.Policy)
		b.deep, b.shallow = false, true
		l.books[w.Key] = b
		l.order = append(l.order, b)
	}
	b.deep = b.deep || w.deep()
	b.shallow = b.shallow && w.Shallow
}

// index sorts what came in no promised order, sums what holds hold, and
// reports whether head, lots and holds agree.
func (b *Book) index() bool {
	if b.shallow {
		return true // one row cannot be torn
	}
	slices.SortFunc(b.lots, func(x, y *Lot) int { return cmp.Compare(x.No, y.No) })
	slices.SortFunc(b.holds, func(x, y *Hold) int { return x.ID.Compare(y.ID) })
	bySeq := func(x, y *Entry) int { return cmp.Compare(x.Seq, y.Seq) }
	slices.SortFunc(b.takes, bySeq)
	slices.SortFunc(b.debits, bySeq)
	open, held := int64(0), int64(0)
	for _, h := range b.holds {
		if h.State != HoldOpen {
			continue
		}
		held += h.Points
		for _, r := range h.Lots {
			l := b.Lot(r.Lot)
			if l == nil {
				return false
			}
			l.held += r.Points
		}
	}
	for _, l := range b.lots {
		open += l.Remaining
		if l.held > l.Remaining || l.No > b.LastLot {
			return false
		}
	}
	b.deep = b.deep || b.Version == 0
	return b.Balance == open-b.Debt && b.Held == held
}

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

const lotColumns = `l.holder_id, l.type, l.no, l.id, l.seq, l.origin, l.class, l.award_id, l.earned_by, l.parent, l.moved_by,
	l.gross, l.net, l.remaining, l.lost, l.lost_claimed, l.repaid, l.repaid_claimed, l.phase, l.occurred_at, l.recorded_at,
	l.activates_at, l.expires_at, l.cancel_at, l.due_at, l.awaits, l.life`

var lotsBulk = db.NewBulk("h uuid, t text, n bigint, deep boolean", `
	SELECT `+lotColumns+`
	FROM u JOIN ledger_lot l ON l.holder_id = u.h AND l.type = u.t AND l.no >= u.n
	WHERE l.remaining > 0 OR u.deep`)

type keyedLot struct {
	Key
	*Lot
}

func scanLot(r db.Row) (k keyedLot, err error) {
	l := &Lot{}
	k.Lot = l
	var awaits, life *string
	if err := r.Scan(&k.Holder, &k.Type, &l.No, &l.ID, &l.Seq, (*string)(&l.Origin), &l.Class, &l.Award, &l.EarnedBy, &l.Parent,
		&l.Moved, &l.Gross, &l.Net, &l.Remaining, &l.Lost, &l.LostClaimed, &l.Repaid, &l.RepaidClaimed, (*string)(&l.Phase),
		&l.OccurredAt, &l.RecordedAt, &l.ActivatesAt, &l.ExpiresAt, &l.CancelAt, &l.dueAt, &awaits, &life); err != nil {
		return k, err
	}
	if l.EarnedBy.IsZero() {
		l.EarnedBy = k.Holder
	}
	if awaits != nil {
		l.Awaits = *awaits
	}
	if life != nil {
		l.Life = &Life{}
		err = json.Unmarshal([]byte(*life), l.Life)
	}
	return k, err
}

func (l *loader) lots([]Want) error {
	var h []ident.ID
	var t []string
	var from []int64
	var deep []bool
	for _, b := range l.order {
		switch {
		case b.Version == 0 || b.shallow:
			continue
		case b.deep:
			from = append(from, 0)
		case b.FirstOpen <= b.LastLot:
			from = append(from, b.FirstOpen)
		default:
			continue
		}
		h, t, deep = append(h, b.Holder), append(t, b.Type), append(deep, b.deep)
	}
	_, err := db.BulkQuery(l.tx, lotsBulk, func(r db.Row) (none struct{}, err error) {
		k, err := scanLot(r)
		if err == nil {
			b := l.books[k.Key]
			b.lots = append(b.lots, k.Lot)
		}
		return none, err
	}, h, t, from, deep)
	return err
}

const holdColumns = `k.holder_id, k.type, k.hold_id, k.points, k.lots, k.state, k.reference, k.created_at, k.expires_at, k.closed_at,
	k.seq, k.committed`

var openHoldsBulk = db.NewBulk("h uuid, t text", `
	SELECT `+holdColumns+` FROM u JOIN ledger_hold k ON k.holder_id = u.h AND k.type = u.t WHERE k.state = 'open'`)

var holdsBulk = db.NewBulk("h uuid, t text, id uuid", `
	SELECT `+holdColumns+` FROM u JOIN ledger_hold k ON k.holder_id = u.h AND k.type = u.t AND k.hold_id = u.id
	WHERE k.state <> 'open'`)

type keyedHold struct {
	Key
	*Hold
}

func scanHold(r db.Row) (k keyedHold, err error) {
	h := &Hold{}
	k.Hold = h
	var lots string
	var seq *int64
	if err := r.Scan(&k.Holder, &k.Type, &h.ID, &h.Points, &lots, (*string)(&h.State), &h.Reference, &h.CreatedAt, &h.ExpiresAt,
		&h.ClosedAt, &seq, &h.Committed); err != nil {
		return k, err
	}
	if seq != nil {
		h.Seq = *seq
	}
	return k, json.Unmarshal([]byte(lots), &h.Lots)
}

func (l *loader) holds(wants []Want) error {
	add := func(r db.Row) (none struct{}, err error) {
		k, err := scanHold(r)
		if err == nil {
			b := l.books[k.Key]
			if !slices.ContainsFunc(b.holds, func(h *Hold) bool { return h.ID == k.ID }) {
				b.holds = append(b.holds, k.Hold)
			}
		}
		return none, err
	}
	var h, id []ident.ID
	var t []string
	for _, b := range l.order {
		if b.Held > 0 && !b.shallow {
			h, t = append(h, b.Holder), append(t, b.Type)
		}
	}
	if _, err := db.BulkQuery(l.tx, openHoldsBulk, add, h, t); err != nil {
		return err
	}
	h, t = nil, nil
	for i := range wants {
		for _, x := range wants[i].Holds {
			h, t, id = append(h, wants[i].Holder), append(t, wants[i].Type), append(id, x)
		}
	}
	_, err := db.BulkQuery(l.tx, holdsBulk, add, h, t, id)
	return err
}

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
