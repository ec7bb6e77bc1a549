package insight

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"joren/internal/clock"
)

// shelves keep a board's newest shelf and its trial, so that no page computes
// either.
type shelves struct {
	making  sync.Mutex // one makes
	busy    atomic.Bool
	mu      sync.Mutex
	shelf   *Shelf
	number  int64 // of the last event it knows
	made    clock.Instant
	day     clock.Day // of the trial
	trial   *DueTrial
	untried error
}

// Shelf is what is known of products. As with [Board.Reading], a patient board
// answers with what it has and brings that up to date beside the answer.
func (b *Board) Shelf(ctx context.Context) (*Shelf, error) {
	k := &b.shelves
	if b.Patient > 0 {
		k.mu.Lock()
		s, stale := k.shelf, b.db.Clock().Wall() >= k.made.Add(b.Patient)
		k.mu.Unlock()
		if s != nil {
			if stale && k.busy.CompareAndSwap(false, true) {
				go b.restock(context.WithoutCancel(ctx))
			}
			return s, nil
		}
	}
	return b.shelve(ctx)
}

// restock makes shelf and trial beside whoever waits for nothing.
func (b *Board) restock(ctx context.Context) {
	defer b.shelves.busy.Store(false)
	_, err := b.shelve(ctx)
	if err == nil {
		err = b.tryDue(ctx)
	}
	if err != nil {
		slog.Error("insight: products", "error", err)
	}
}

// shelve makes the shelf of now, afresh when something happened or the day is
// new.
func (b *Board) shelve(ctx context.Context) (*Shelf, error) {
	k := &b.shelves
	k.making.Lock()
	defer k.making.Unlock()
	today, err := b.Today(ctx)
	if err != nil {
		return nil, err
	}
	at, err := b.Follow(ctx)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	s, number := k.shelf, k.number
	k.mu.Unlock()
	if s == nil || s.Day != today || number != at {
		c, err := b.freeze()
		if err != nil {
			return nil, err
		}
		s = c.shelve(today)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.shelf, k.number, k.made = s, at, b.db.Clock().Wall()
	return s, nil
}

func (b *Board) freeze() (c *Columns, err error) {
	err = b.View(func(now *Columns) error { c = now.frozen(); return nil })
	return c, err
}

// DueTrial is how the list of who is due would have done on the newest past
// day that leaves DueWithin days. It is made once a day.
//
// Faults: see [Columns.TryDue].
func (b *Board) DueTrial(ctx context.Context) (*DueTrial, error) {
	k := &b.shelves
	k.mu.Lock()
	have := k.day != 0 && b.Patient > 0
	k.mu.Unlock()
	if !have {
		if err := b.tryDue(ctx); err != nil {
			return nil, err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.trial, k.untried
}

func (b *Board) tryDue(ctx context.Context) error {
	s, err := b.Shelf(ctx)
	if err != nil {
		return err
	}
	k := &b.shelves
	k.making.Lock()
	defer k.making.Unlock()
	if k.day == s.Day {
		return nil
	}
	c, err := b.freeze()
	if err != nil {
		return err
	}
	trial, untried := c.TryDue(0, s.Day)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.day, k.trial, k.untried = s.Day, trial, untried
	return nil
}

// TryDueAt is a trial at a split of the caller's; without one it is
// [Board.DueTrial].
func (b *Board) TryDueAt(ctx context.Context, split clock.Day) (*DueTrial, error) {
	if split == 0 {
		return b.DueTrial(ctx)
	}
	s, err := b.Shelf(ctx)
	if err != nil {
		return nil, err
	}
	c, err := b.freeze()
	if err != nil {
		return nil, err
	}
	return c.TryDue(split, s.Day)
}

// Warm makes shelf and trial before somebody asks.
func (b *Board) Warm(ctx context.Context) error {
	if _, err := b.Shelf(ctx); err != nil {
		return err
	}
	return b.tryDue(ctx)
}
