package ledger

import (
	"cmp"
	"fmt"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Law is one thing the ledger promises about itself (SEMANTICS §12).
type Law int

const (
	TransfersSumToZero Law = iota + 1 // a line has its kind's contra account; both sides of a transfer cancel out
	BalanceAddsUp                     // balance = Σ entries = Σ open lots − debt
	RemainingInBounds                 // 0 ≤ remaining ≤ credit, and remaining = credit + what the pieces moved
	PiecesMakeEntries                 // allocations and births of an entry = its points
	HoldsFit                          // open holds ≤ remaining, and the account knows their sum
	ChainUnbroken                     // each entry carries the hash over its predecessor and its own figures
	NumbersGapless                    // entries and lots are numbered 1, 2, 3 …
	MonthsRollForward                 // opening + issued − redeemed − expired ± reversed ± adjusted ± transferred = closing
)

// Laws in their order.
var Laws = []Law{TransfersSumToZero, BalanceAddsUp, RemainingInBounds, PiecesMakeEntries, HoldsFit, ChainUnbroken,
	NumbersGapless, MonthsRollForward}

var lawNames = []string{"", "transfers sum to zero", "balance = entries = open lots - debt", "0 <= remaining <= credit",
	"allocations = debit", "holds <= remaining", "hash chain unbroken", "numbering gapless", "liability rolls forward per month"}

func (l Law) String() string { return lawNames[l] }

// Violation is one place where a law is broken. Zero fields do not apply.
type Violation struct {
	Law      Law
	Key      Key
	Seq      int64 // entry
	Lot      int64
	Hold     ident.ID
	Transfer ident.ID
	Month    string // YYYY-MM
	What     string // code of the comparison that failed, e.g. "balance.entries"
	Want     int64
	Got      int64
}

func (v Violation) String() string {
	return fmt.Sprintf("law %d %s: %s want %d, got %d (holder %s, type %s, entry %d, lot %d, hold %s, transfer %s, month %s)",
		v.Law, v.Law, v.What, v.Want, v.Got, v.Key.Holder, v.Key.Type, v.Seq, v.Lot, v.Hold, v.Transfer, v.Month)
}

// Counts is what verify looked at.
type Counts struct {
	Accounts, Lots, Entries, Allocations, Holds, Transfers int64
	Debits, Months                                         int64 // entries that take points; months of each point type
}

// Verify reads the whole ledger in the transaction's snapshot and reports
// every violation. Memory is bounded by a thousand accounts, the transfers
// between holders and the months.
func Verify(tx *db.Tx, report func(Violation)) (Counts, error) {
	v := &verifier{tx: tx, report: report, transfers: map[ident.ID]int64{}, months: map[typeMonth]*month{}, booked: map[Booked]int64{}}
	if err := v.books(); err != nil {
		return v.counts, err
	}
	vacant, check, wait := v.beside()
	err := v.read(vacant, check)
	wait()
	if err == nil {
		v.end()
	}
	return v.counts, err
}

// beside checks what is handed in on another processor while the next stretch
// is read: hashing takes a third of the time. Only it touches the sums until
// wait has returned. vacant gives the memory for a stretch.
func (v *verifier) beside() (vacant func() *room, check func(*room), wait func()) {
	const rooms = 3 // one is read, one waits, one is checked
	work, free, done := make(chan *room, 1), make(chan *room, rooms), make(chan struct{})
	for range rooms {
		free <- newRoom()
	}
	go func() {
		defer close(done)
		for m := range work {
			for _, a := range m.accounts {
				v.account(a, m)
			}
			free <- m
		}
	}()
	return func() *room { m := <-free; m.empty(); return m }, func(m *room) { work <- m }, func() { close(work); <-done }
}

// read hands in all accounts with their rows, a stretch at a time.
func (v *verifier) read(vacant func() *room, check func(*room)) error {
	from := Key{}
	for {
		m := vacant()
		if err := v.accounts(m, from); err != nil {
			return err
		}
		last := len(m.accounts) < chunk
		var to Key
		if !last {
			to = m.accounts[len(m.accounts)-1].Key
		}
		if err := v.stretch(m, from, to); err != nil {
			return err
		}
		check(m)
		if last {
			return nil
		}
		from = to
	}
}

const chunk = 1000

type typeMonth struct{ Type, Month string }

// month is a month of one point type: what moved by the lines' points, and by
// the balances they state.
type month struct{ moved, stated int64 }

type verifier struct {
	tx        *db.Tx
	report    func(Violation)
	counts    Counts
	transfers map[ident.ID]int64
	months    map[typeMonth]*month
	booked    map[Booked]int64 // by day, type, contra and origin: the sums kept less what the entries say
	closed    clock.Day
	first     clock.Day // cache of month
	last      clock.Day
	name      string
}

// account is everything stored under one key.
type account struct {
	Key
	known   bool
	Head    Head
	lots    []*Lot
	entries []*Entry
	holds   []*Hold
	pieces  []storedPiece
}

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

func (v *verifier) fail(law Law, a *account, what string, want, got int64, at ...func(*Violation)) {
	if want == got {
		return
	}
	x := Violation{Law: law, Key: a.Key, What: what, Want: want, Got: got}
	for _, f := range at {
		f(&x)
	}
	v.report(x)
}

func atEntry(seq int64) func(*Violation)  { return func(v *Violation) { v.Seq = seq } }
func atLot(no int64) func(*Violation)     { return func(v *Violation) { v.Lot = no } }
func atHold(id ident.ID) func(*Violation) { return func(v *Violation) { v.Hold = id } }

func (v *verifier) account(a *account, m *room) {
	if a.known {
		v.counts.Accounts++
	}
	v.counts.Lots += int64(len(a.lots))
	v.counts.Entries += int64(len(a.entries))
	v.counts.Allocations += int64(len(a.pieces))
	v.counts.Holds += int64(len(a.holds))
	debt := v.journal(a, m)
	open := v.lots(a, m.moved)
	v.fail(BalanceAddsUp, a, "balance.lots", open-a.Head.Debt, a.Head.Balance)
	v.fail(BalanceAddsUp, a, "balance.debt", debt, a.Head.Debt)
	v.outlook(a)
	v.holds(a)
}

// outlook checks what the account says of its lots and holds, by which points
// are given without looking at them: what is pending, and that nobody looks
// later than the first of them falls due. A lot with a life of its own keeps
// an earlier instant than its end, which moves, and is left out.
func (v *verifier) outlook(a *account) {
	pending, due := int64(0), clock.Never
	for _, l := range a.lots {
		if l.Remaining > 0 && l.Phase == IsPending {
			pending += l.Remaining
		}
		if l.Remaining > 0 && l.dueAt != 0 {
			due = min(due, l.dueAt)
		}
	}
	for _, h := range a.holds {
		if h.State == HoldOpen {
			due = min(due, h.ExpiresAt)
		}
	}
	v.fail(BalanceAddsUp, a, "account.pending", pending, a.Head.Pending)
	if stated := a.Head.Due; due != clock.Never && (stated == 0 || stated > due) {
		v.fail(BalanceAddsUp, a, "account.due", int64(due), int64(stated))
	}
}

// journal walks the entries in order and notes what the pieces moved on each
// lot; it gives the debt they leave.
func (v *verifier) journal(a *account, m *room) (debt int64) {
	moved := m.moved
	clear(moved)
	m.born = append(m.born[:0], a.lots...)
	born := m.born
	slices.SortStableFunc(born, func(x, y *Lot) int { return cmp.Compare(x.Seq, y.Seq) })
	pieces := a.pieces
	var sum, balance int64
	var hash [32]byte
	for i, e := range a.entries {
		at := atEntry(e.Seq)
		v.fail(NumbersGapless, a, "entry.number", int64(i+1), e.Seq, at)
		for len(pieces) > 0 && pieces[0].seq < e.Seq {
			v.fail(PiecesMakeEntries, a, "allocation.orphan", e.Seq, pieces[0].seq, atEntry(pieces[0].seq))
			pieces = pieces[1:]
		}
		made := int64(0)
		for ; len(pieces) > 0 && pieces[0].seq == e.Seq; pieces = pieces[1:] {
			p := pieces[0].Piece
			e.Pieces = append(e.Pieces, p)
			switch {
			case p.Source.onLot():
				made += p.Points
				moved[p.Lot] += p.Points
			case p.Source.onDebt():
				made += p.Points
				debt -= p.Points
			}
		}
		for ; len(born) > 0 && born[0].Seq <= e.Seq; born = born[1:] {
			l := born[0]
			v.fail(PiecesMakeEntries, a, "lot.birth", e.Seq, l.Seq, at, atLot(l.No))
			e.Born = append(e.Born, l)
			made += l.Gross
			debt -= l.Gross - l.Net
		}
		if e.Points < 0 {
			v.counts.Debits++
		}
		v.fail(PiecesMakeEntries, a, "entry.allocations", e.Points, made, at)
		sum += e.Points
		v.fail(BalanceAddsUp, a, "entry.balance", sum, e.Balance, at)
		v.contra(a, e)
		hash = e.chain(hash)
		if hash != e.Hash {
			v.fail(ChainUnbroken, a, "entry.hash", 0, 1, at)
			hash = e.Hash // report each break once
		}
		v.book(a, e)
		sums := v.month(a.Type, e.BookOn)
		sums.moved += e.Points
		sums.stated += e.Balance - balance
		balance = e.Balance
	}
	if len(pieces) > 0 {
		v.fail(PiecesMakeEntries, a, "allocation.orphan", 0, pieces[0].seq, atEntry(pieces[0].seq))
	}
	if len(born) > 0 {
		v.fail(PiecesMakeEntries, a, "lot.birth", 0, born[0].Seq, atLot(born[0].No))
	}
	if a.known && hash != a.Head.Hash {
		v.fail(ChainUnbroken, a, "account.hash", 0, 1)
	}
	v.fail(NumbersGapless, a, "account.last_entry", int64(len(a.entries)), a.Head.LastSeq)
	v.fail(BalanceAddsUp, a, "balance.entries", sum, a.Head.Balance)
	v.month(a.Type, 0).stated += a.Head.Balance
	v.month(a.Type, 0).moved += balance
	return debt
}

func (v *verifier) contra(a *account, e *Entry) {
	if contras[e.Kind] != e.Contra {
		v.fail(TransfersSumToZero, a, "entry.contra", 0, 1, atEntry(e.Seq))
	}
	if e.Contra == Elsewhere {
		v.transfers[e.Transfer] += e.Points
	} else {
		v.counts.Transfers++ // the programme's side is the opposite of this line
	}
}

func (v *verifier) lots(a *account, moved map[int64]int64) (open int64) {
	for i, l := range a.lots {
		at := atLot(l.No)
		v.fail(NumbersGapless, a, "lot.number", int64(i+1), l.No, at)
		v.fail(RemainingInBounds, a, "lot.remaining", l.Net+moved[l.No], l.Remaining, at)
		v.fail(RemainingInBounds, a, "lot.bounds", min(max(l.Remaining, 0), l.Net), l.Remaining, at)
		v.fail(RemainingInBounds, a, "lot.net", min(max(l.Net, 0), l.Gross), l.Net, at)
		delete(moved, l.No)
		open += l.Remaining
	}
	for no := range moved {
		v.fail(RemainingInBounds, a, "lot.missing", 0, no, atLot(no))
	}
	v.fail(NumbersGapless, a, "account.last_lot", int64(len(a.lots)), a.Head.LastLot)
	return open
}

func (v *verifier) holds(a *account) {
	if len(a.holds) == 0 && a.Head.Held == 0 {
		return
	}
	held := map[int64]int64{}
	sum := int64(0)
	for _, h := range a.holds {
		parts := int64(0)
		for _, r := range h.Lots {
			parts += r.Points
			if h.State == HoldOpen {
				held[r.Lot] += r.Points
			}
		}
		if h.State == HoldOpen {
			sum += h.Points
		}
		v.fail(HoldsFit, a, "hold.lots", h.Points, parts, atHold(h.ID))
		if h.Committed > h.Points {
			v.fail(HoldsFit, a, "hold.committed", h.Points, h.Committed, atHold(h.ID))
		}
	}
	for _, l := range a.lots {
		if held[l.No] > l.Remaining {
			v.fail(HoldsFit, a, "lot.held", l.Remaining, held[l.No], atLot(l.No))
		}
		delete(held, l.No)
	}
	for no, x := range held {
		v.fail(HoldsFit, a, "hold.lot_missing", 0, x, atLot(no))
	}
	v.fail(HoldsFit, a, "account.held", sum, a.Head.Held)
}

// month finds the month of accounting. Day 0 is the sum over all months.
func (v *verifier) month(pointType string, d clock.Day) *month {
	if d != 0 && (d < v.first || d > v.last) {
		v.first, v.last, v.name = d.StartOfMonth(), d.EndOfMonth(), d.String()[:7]
	}
	k := typeMonth{pointType, v.name}
	if d == 0 {
		k.Month = ""
	}
	m := v.months[k]
	if m == nil {
		m = &month{}
		v.months[k] = m
	}
	return m
}

func (v *verifier) end() {
	for id, sum := range v.transfers {
		v.counts.Transfers++
		v.fail(TransfersSumToZero, &account{}, "transfer.sum", 0, sum, func(x *Violation) { x.Transfer = id })
	}
	for k, x := range v.booked {
		v.fail(MonthsRollForward, &account{Key: Key{Type: k.Type}}, "booked."+string(k.Contra), 0, x, func(x *Violation) { x.Month = k.On.String()[:7] })
	}
	for k, m := range v.months {
		if k.Month != "" {
			v.counts.Months++
		}
		v.fail(MonthsRollForward, &account{Key: Key{Type: k.Type}}, "month.closing", m.moved, m.stated, func(x *Violation) { x.Month = k.Month })
	}
}
