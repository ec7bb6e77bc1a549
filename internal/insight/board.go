package insight

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/stats"
)

// Board is the shop's measuring desk: columns that follow the outbox and the
// newest reading of them. It is safe for concurrent use.
type Board struct {
	*Store
	Zone    func(tx *db.Tx) (clock.Zone, error)
	Horizon int           // days; 0 is DefaultHorizon
	Patient time.Duration // how old a reading may be before a newer one is made beside; 0 always waits for the newest
	Extras  []Extra       // parts of the score other rooms know

	shelves shelves

	Heading  func(tx *db.Tx, l i18n.Lang) (Heading, error)  // of reports; nil for one without a name
	Segments func(tx *db.Tx, id string) ([]ident.ID, error) // members of a segment; nil where there are none

	counted memo[Filter, []Value]
	monthly memo[monthsAsked, []MonthValues]
	spreads memo[Filter, Month]
	tests   lastTest
	making  sync.Mutex // one makes a reading
	busy    atomic.Bool
	mu      sync.Mutex
	reading *Reading
	number  int64 // of the last event it knows
	made    clock.Instant
	tested  *Backtest
	untried error
}

// horizon in days.
func (b *Board) horizon() int {
	if b.Horizon > 0 {
		return b.Horizon
	}
	return DefaultHorizon
}

// Today is the shop's business day.
func (b *Board) Today(ctx context.Context) (d clock.Day, err error) {
	err = b.db.Read(ctx, func(tx *db.Tx) error {
		z, err := b.Zone(tx)
		if err == nil {
			d = z.Day(tx.Now)
		}
		return err
	})
	return d, err
}

// Reading is the newest reading. A patient board answers at once with what it
// has and brings itself up to date beside that, so that no page waits for
// learning; the reading says of which day it is. Otherwise, and the first
// time, it is up to date with all that has happened.
func (b *Board) Reading(ctx context.Context) (*Reading, error) {
	if b.Patient > 0 {
		if r, stale := b.last(); r != nil {
			if stale && b.busy.CompareAndSwap(false, true) {
				go func() {
					defer b.busy.Store(false)
					if _, err := b.read(context.WithoutCancel(ctx)); err != nil {
						slog.Error("insight: reading", "error", err)
					}
				}()
			}
			return r, nil
		}
	}
	return b.read(ctx)
}

// Newest is the reading of now, waited for even where the board is patient.
func (b *Board) Newest(ctx context.Context) (*Reading, error) { return b.read(ctx) }

// last is what there is, and whether it is time for a newer one.
func (b *Board) last() (r *Reading, stale bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reading, b.db.Clock().Wall() >= b.made.Add(b.Patient)
}

// read makes the reading of now, afresh when the day is new.
func (b *Board) read(ctx context.Context) (*Reading, error) {
	b.making.Lock()
	defer b.making.Unlock()
	today, err := b.Today(ctx)
	if err != nil {
		return nil, err
	}
	at, err := b.Follow(ctx)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	old, number := b.reading, b.number
	b.mu.Unlock()
	r := old
	if old == nil || old.Day != today || number != at {
		if r, err = b.make(old, today); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if old == nil || old.Day != today || old.Missing != nil {
		b.tested, b.untried = nil, nil
	}
	b.reading, b.number, b.made = r, at, b.db.Clock().Wall()
	return r, nil
}

func (b *Board) make(old *Reading, today clock.Day) (*Reading, error) {
	visits, err := b.visits(today)
	if err != nil {
		return nil, err
	}
	if old != nil && old.Day == today {
		return old.Again(visits)
	}
	return Read(visits, today, b.horizon())
}

func (b *Board) visits(until clock.Day) (list []stats.Visit, err error) {
	err = b.View(func(c *Columns) error {
		list = c.Visits(until)
		return nil
	})
	return list, err
}

// Backtest is the newest reading's: the same way of forecasting, tried on the
// shop's own past. It is made once a day.
func (b *Board) Backtest(ctx context.Context) (*Backtest, error) {
	r, err := b.Reading(ctx)
	if err != nil {
		return nil, err
	}
	b.making.Lock()
	defer b.making.Unlock()
	b.mu.Lock()
	tested, untried := b.tested, b.untried
	b.mu.Unlock()
	if tested != nil || untried != nil {
		return tested, untried
	}
	visits, err := b.visits(r.Day)
	if err != nil {
		return nil, err
	}
	tested, untried = Try(visits, 0, b.horizon(), r.Day)
	b.mu.Lock()
	b.tested, b.untried = tested, untried
	b.mu.Unlock()
	return tested, untried
}

// TryAt is a back-test at a split and horizon of the caller's; with neither it
// is [Board.Backtest].
func (b *Board) TryAt(ctx context.Context, split clock.Day, horizon int) (*Backtest, error) {
	if split == 0 && horizon == 0 {
		return b.Backtest(ctx)
	}
	r, err := b.Reading(ctx)
	if err != nil {
		return nil, err
	}
	visits, err := b.visits(r.Day)
	if err != nil {
		return nil, err
	}
	return Try(visits, split, horizon, r.Day)
}
