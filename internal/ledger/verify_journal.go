package ledger

import (
	"cmp"
	"slices"

	"joren/internal/clock"
)

type typeMonth struct{ Type, Month string }

// month is a month of one point type: what moved by the lines' points, and by
// the balances they state.
type month struct{ moved, stated int64 }

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
