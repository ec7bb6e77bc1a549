package ledger

import (
	"fmt"

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
