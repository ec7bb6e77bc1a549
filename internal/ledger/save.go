package ledger

import (
	"encoding/json"
	"slices"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Save writes all changed books. The accounts go first, in the order of their
// holders, each guarded by the version it was loaded with; nothing is written
// for holders of which an account has moved on meanwhile: they are returned
// and must be loaded and judged again. A saved book is done with.
//
// Entries get their day of accounting here and not when they are posted: only
// the transaction that writes them can know which months are closed. That is
// why the hash leaves the day out; [Verify] proves it by the sums of the days.
func Save(tx *db.Tx, books []*Book) (lost []ident.ID, err error) {
	var changed []*Book
	for _, b := range books {
		if b.dirty {
			changed = append(changed, b)
		}
	}
	slices.SortFunc(changed, func(x, y *Book) int {
		if c := x.Holder.Compare(y.Holder); c != 0 {
			return c
		}
		return strings.Compare(x.Type, y.Type)
	})
	changed = slices.Compact(changed)
	won, lost, err := saveHeads(tx, changed)
	if err != nil {
		return nil, err
	}
	for _, write := range []func(*db.Tx, []*Book) error{bookOn, saveEntries, saveBookings, saveNewLots, saveLots, savePieces, saveUndone, saveHolds} {
		if err := write(tx, won); err != nil {
			return nil, err
		}
	}
	return lost, nil
}

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

func col(n int) []int64 { return make([]int64, n) }

func scanKey(r db.Row) (k Key, err error) {
	err = r.Scan(&k.Holder, &k.Type)
	return k, err
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

var insertLots = db.NewBulk(`h uuid, t text, no bigint, id uuid, seq bigint, origin text, class text, award uuid, earned uuid,
	parent bigint, moved uuid, gross bigint, net bigint, remaining bigint, lost bigint, lclaimed bigint, repaid bigint, rclaimed bigint,
	phase text, occurred bigint, recorded bigint, activates bigint, expires bigint, cancel bigint, due bigint, awaits text, life text`, `
	INSERT INTO ledger_lot (holder_id, type, no, id, seq, origin, class, award_id, earned_by, parent, moved_by, gross, net, remaining,
		lost, lost_claimed, repaid, repaid_claimed, phase, occurred_at, recorded_at, activates_at, expires_at, cancel_at, due_at, awaits, life)
	SELECT u.h, u.t, u.no, u.id, u.seq, u.origin, u.class, u.award, u.earned, u.parent, u.moved, u.gross, u.net, u.remaining,
		u.lost, u.lclaimed, u.repaid, u.rclaimed, u.phase, u.occurred, u.recorded, u.activates, u.expires, u.cancel, u.due, u.awaits, u.life
	FROM u`)

func saveNewLots(tx *db.Tx, books []*Book) error {
	var (
		h, id, award, earned, moved                                              []ident.ID
		t, origin, class, phase                                                  []string
		no, seq, parent, gross, net, remaining, lost, lclaimed, repaid, rclaimed []int64
		occurred, recorded, activates, expires                                   []int64
		cancel, due                                                              []clock.Instant
		awaits, life                                                             [][]byte
	)
	for _, b := range books {
		for _, l := range b.lots {
			if !l.fresh {
				continue
			}
			by := l.EarnedBy
			if by == b.Holder {
				by = ident.ID{}
			}
			h, t, no, id, seq = append(h, b.Holder), append(t, b.Type), append(no, l.No), append(id, l.ID), append(seq, l.Seq)
			origin, class, award, earned = append(origin, string(l.Origin)), append(class, l.Class), append(award, l.Award), append(earned, by)
			parent, moved, gross, net = append(parent, l.Parent), append(moved, l.Moved), append(gross, l.Gross), append(net, l.Net)
			remaining, lost, lclaimed = append(remaining, l.Remaining), append(lost, l.Lost), append(lclaimed, l.LostClaimed)
			repaid, rclaimed, phase = append(repaid, l.Repaid), append(rclaimed, l.RepaidClaimed), append(phase, string(l.Phase))
			occurred, recorded = append(occurred, int64(l.OccurredAt)), append(recorded, int64(l.RecordedAt))
			activates, expires = append(activates, int64(l.ActivatesAt)), append(expires, int64(l.ExpiresAt))
			cancel, due = append(cancel, l.CancelAt), append(due, b.dueOf(l))
			awaits, life = append(awaits, orNull(l.Awaits)), append(life, l.Life.json())
		}
	}
	return tx.Later(insertLots, nil, h, t, no, id, seq, origin, class, award, earned, parent, moved, gross, net, remaining, lost, lclaimed,
		repaid, rclaimed, phase, occurred, recorded, activates, expires, cancel, due, awaits, life)
}

func orNull(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func (l *Life) json() []byte {
	if l == nil {
		return nil
	}
	b, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	return b
}

// dueOf is when somebody must look at the lot next; 0 never. A lot without
// points keeps what it had.
func (b *Book) dueOf(l *Lot) clock.Instant {
	if l.Remaining == 0 {
		return l.dueAt
	}
	if at, _ := b.due(l, 0); at != clock.Never {
		return at
	}
	return 0
}

var updateLots = db.NewBulk(`h uuid, t text, no bigint, remaining bigint, lost bigint, lclaimed bigint, repaid bigint, rclaimed bigint,
	phase text, activates bigint, expires bigint, due bigint, life text`, `
	UPDATE ledger_lot SET remaining = u.remaining, lost = u.lost, lost_claimed = u.lclaimed, repaid = u.repaid,
		repaid_claimed = u.rclaimed, phase = u.phase, activates_at = u.activates, expires_at = u.expires, due_at = u.due, life = u.life
	FROM u WHERE ledger_lot.holder_id = u.h AND ledger_lot.type = u.t AND ledger_lot.no = u.no`)

func saveLots(tx *db.Tx, books []*Book) error {
	var (
		h                                                                   []ident.ID
		t, phase                                                            []string
		no, remaining, lost, lclaimed, repaid, rclaimed, activates, expires []int64
		due                                                                 []clock.Instant
		life                                                                [][]byte
	)
	for _, b := range books {
		for _, l := range b.lots {
			if l.fresh || !l.dirty {
				continue
			}
			h, t, no, remaining = append(h, b.Holder), append(t, b.Type), append(no, l.No), append(remaining, l.Remaining)
			lost, lclaimed, repaid = append(lost, l.Lost), append(lclaimed, l.LostClaimed), append(repaid, l.Repaid)
			rclaimed, phase = append(rclaimed, l.RepaidClaimed), append(phase, string(l.Phase))
			activates, expires = append(activates, int64(l.ActivatesAt)), append(expires, int64(l.ExpiresAt))
			due, life = append(due, b.dueOf(l)), append(life, l.Life.json())
		}
	}
	return tx.Later(updateLots, nil, h, t, no, remaining, lost, lclaimed, repaid, rclaimed, phase, activates, expires, due, life)
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

const holdCols = `h uuid, t text, id uuid, points bigint, lots text, state text, ref text, created bigint, expires bigint,
	closed bigint, seq bigint, committed bigint`

var insertHolds = db.NewBulk(holdCols, `
	INSERT INTO ledger_hold (holder_id, type, hold_id, points, lots, state, reference, created_at, expires_at, closed_at, seq, committed)
	SELECT u.h, u.t, u.id, u.points, u.lots, u.state, u.ref, u.created, u.expires, u.closed, u.seq, u.committed FROM u`)

var updateHolds = db.NewBulk(holdCols, `
	UPDATE ledger_hold SET state = u.state, closed_at = u.closed, seq = u.seq, committed = u.committed
	FROM u WHERE ledger_hold.holder_id = u.h AND ledger_hold.type = u.t AND ledger_hold.hold_id = u.id`)

func saveHolds(tx *db.Tx, books []*Book) error {
	fresh := func(h *Hold) bool { return h.fresh }
	changed := func(h *Hold) bool { return h.dirty && !h.fresh }
	if err := tx.Later(insertHolds, nil, holdArgs(books, fresh)...); err != nil {
		return err
	}
	return tx.Later(updateHolds, nil, holdArgs(books, changed)...)
}

func holdArgs(books []*Book, which func(*Hold) bool) []any {
	var (
		holder, id               []ident.ID
		t, lots, state, ref      []string
		points, committed        []int64
		created, expires, closed []clock.Instant
		seq                      []*int64
	)
	for _, b := range books {
		for _, h := range b.holds {
			if !which(h) {
				continue
			}
			j, err := json.Marshal(h.Lots)
			if err != nil {
				panic(err)
			}
			holder, t, id, points = append(holder, b.Holder), append(t, b.Type), append(id, h.ID), append(points, h.Points)
			lots, state, ref = append(lots, string(j)), append(state, string(h.State)), append(ref, h.Reference)
			created, expires, closed = append(created, h.CreatedAt), append(expires, h.ExpiresAt), append(closed, h.ClosedAt)
			committed = append(committed, h.Committed)
			var s *int64
			if h.Seq != 0 {
				s = &h.Seq
			}
			seq = append(seq, s)
		}
	}
	return []any{holder, t, id, points, lots, state, ref, created, expires, closed, seq, committed}
}
