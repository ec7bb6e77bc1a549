// Package sale is the story of buying: a purchase is priced, judged and booked;
// a return takes back what it must; points are held, spent, refunded, adjusted
// and transferred; other events earn too. Every change goes through the lane.
//
// A preview is the same decision on the same desk, not written: what it says
// is what would happen (SEMANTICS §6, last sentence).
//
// The package decides in memory only; the lane loads and saves.
package sale

import (
	"context"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/purchase"
)

// Sales are the stories on one lane.
type Sales struct {
	lane *lane.Lane
}

// New makes the stories.
func New(l *lane.Lane) *Sales {
	l.OnParked(func(p *purchase.Parked) (*lane.Work, error) {
		return returnWork(p.Input, By{Actor: "parked"})
	})
	return &Sales{lane: l}
}

// By says who does it and how it may be repeated.
type By struct {
	Actor   string        // a code such as "key:…", "staff:…", "import"; never a name
	Request *lane.Request // the caller's idempotency key, nil for none
	// Also is written in the same transaction, an audit entry for instance;
	// not when nothing new is decided. nil for none.
	Also func(*db.Tx) error
	// Brief leaves the rank's forecast out of the answer: a file asks for none,
	// and it is the dearest part.
	Brief bool
}

// also adds what by writes to a decided work.
func (by By) also(w *lane.Work) *lane.Work {
	if by.Also == nil {
		return w
	}
	decide := w.Decide
	w.Decide = func(d *lane.Desk) error {
		if err := decide(d); err != nil {
			return err
		}
		d.Also(by.Also)
		return nil
	}
	return w
}

// ahead is how far in the future an instant may lie: clocks differ (SEMANTICS
// §1). Equal passes.
const ahead = 5 * 60 * 1e6

// notFuture refuses an instant more than five minutes ahead: time.future.
func notFuture(at, now clock.Instant) error {
	if at > now+ahead {
		return fault.New(fault.Invalid, "time.future", "at", at.String(), "now", now.String())
	}
	return nil
}

func do[T any](ctx context.Context, l *lane.Lane, w *lane.Work) (T, error) {
	a, err := l.Do(ctx, w)
	if err != nil {
		var none T
		return none, err
	}
	return a.(T), nil
}

// posting is what the ledger rows of a work say about it.
func posting(d *lane.Desk, by By, reason string) ledger.Posting {
	return ledger.Posting{Occurred: d.At, Recorded: d.Now, Actor: by.Actor, Reason: reason}
}

func balanceOf(b *ledger.Book, now clock.Instant) *Balance {
	x := b.At(max(now, b.Recorded))
	return &Balance{Available: x.Available, Pending: x.Pending, Held: x.Held, Debt: x.Debt}
}

func lotText(id ident.ID) string { return ident.Lot.Text(id) }
