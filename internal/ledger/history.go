package ledger

import (
	"slices"

	"joren/internal/clock"
)

// History is an account with all its rows, for questions about the past.
type History struct {
	book    *Book
	entries []*Entry
}

// NewHistory joins a book loaded with Want.Deep and all its entries, with
// those not yet saved.
func NewHistory(b *Book, stored []*Entry) *History {
	return &History{b, append(slices.Clone(stored), b.entries...)}
}

// Began is when the first row was recorded; 0 while there is none. Balances
// asked for before are empty: what an import tells later of earlier days counts
// from its recording on (SEMANTICS §20).
func (h *History) Began() clock.Instant {
	began := clock.Instant(0)
	for _, e := range h.entries {
		if began == 0 || e.Recorded < began {
			began = e.Recorded
		}
	}
	return began
}

// At is the balance at any instant: for the past from the rows recorded up to
// t, with the lives of the lots as known now; for the future as [Book.At].
//
// Rows that only say that time has passed (expiry, automatic cancelling) are
// not looked at, debt too old counts from the instant at which it became so:
// whether and when they were written must change nothing.
func (h *History) At(t clock.Instant) Balance {
	then := &Book{Key: h.book.Key, Policy: h.book.Policy}
	then.Activity = h.book.Activity
	for _, l := range h.book.lots {
		n := *l
		n.Remaining, n.held, n.Phase = 0, 0, IsActive
		then.lots = append(then.lots, &n)
	}
	told := clock.Instant(0) // when the last row that somebody's act made was recorded
	for _, e := range h.entries {
		byTime, since := e.lost(), e.Recorded
		switch {
		case e.Kind == WriteOff:
			since = max(e.Occurred, told)
		case !byTime && e.Kind != Activate && e.Kind != Extend:
			told = e.Recorded
		}
		if since > t {
			continue
		}
		before := then.Debt
		for _, x := range e.Pieces {
			switch {
			case x.Source.onDebt():
				then.Debt -= x.Points
			case x.Source.onLot() && !(byTime && x.Source != Repaying):
				then.mustLot(x.Lot).Remaining += x.Points
			}
		}
		for _, l := range e.Born {
			then.mustLot(l.No).Remaining += l.Net
			then.Debt -= l.Gross - l.Net
		}
		if before == 0 && then.Debt > 0 {
			then.DebtSince = e.Recorded
		}
	}
	if t < h.book.Recorded { // what was forgotten by then has its row
		then.DebtSince = t
	}
	for _, k := range h.book.holds {
		if k.CreatedAt <= t && (k.ClosedAt == 0 || t < k.ClosedAt) {
			open := *k
			open.State = HoldOpen
			then.holds = append(then.holds, &open)
			for _, r := range k.Lots {
				then.mustLot(r.Lot).held += r.Points
			}
		}
	}
	return then.At(t)
}

// lost reports that the line only says that points died with time.
func (e *Entry) lost() bool {
	return e.Kind == Expire || e.Kind == Reverse && e.Reason == cancelledByTime
}
