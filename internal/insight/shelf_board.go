package insight

import (
	"context"

	"joren/internal/clock"
)

// stocked is a shelf and the number of the last event it knows.
type stocked struct {
	shelf  *Shelf
	number int64
}

// dueTried is the trial of a day's list of who is due, or why there is none.
type dueTried struct {
	day     clock.Day
	trial   *DueTrial
	untried error
}

// Shelf is what is known of products. As with [Board.Reading], a patient board
// answers with what it has and brings that up to date beside the answer.
//
// Faults: insight.reading while the first one of a patient board is made.
func (b *Board) Shelf(ctx context.Context) (*Shelf, error) {
	s, err := ready(ctx, b, &b.shelves, b.Patient, b.shelve)
	return s.shelf, err
}

// shelve makes the shelf of now, afresh when something happened or the day is
// new.
func (b *Board) shelve(ctx context.Context, old stocked, have bool) (stocked, error) {
	today, err := b.Today(ctx)
	if err != nil {
		return old, err
	}
	at, err := b.Follow(ctx)
	if err != nil || have && old.shelf.Day == today && old.number == at {
		return old, err
	}
	c, err := b.freeze()
	if err != nil {
		return old, err
	}
	return stocked{c.shelve(today), at}, nil
}

func (b *Board) freeze() (c *Columns, err error) {
	err = b.View(func(now *Columns) error { c = now.frozen(); return nil })
	return c, err
}

// DueTrial is how the list of who is due would have done on the newest past
// day that leaves DueWithin days. It is made once a day; on a new day a
// patient board shows the former one, whose dates it says.
//
// Faults: see [Columns.TryDue], and insight.reading.
func (b *Board) DueTrial(ctx context.Context) (*DueTrial, error) {
	t, err := ready(ctx, b, &b.dueTried, b.Patient, b.tryDue)
	if err != nil {
		return nil, err
	}
	return t.trial, t.untried
}

func (b *Board) tryDue(ctx context.Context, old dueTried, have bool) (dueTried, error) {
	s, err := b.shelves.wait(ctx, b.db.Clock().Wall, b.shelve)
	if err != nil || have && old.day == s.shelf.Day {
		return old, err
	}
	c, err := b.freeze()
	if err != nil {
		return old, err
	}
	t := dueTried{day: s.shelf.Day}
	t.trial, t.untried = c.TryDue(0, t.day)
	return t, nil
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
