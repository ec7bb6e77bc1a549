package ledger

import (
	"joren/internal/clock"
)

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
