package insight

import (
	"context"
	"sync"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/stats"
)

// Board is the shop's measuring desk: columns that follow the outbox and the
// newest reading of them. It is safe for concurrent use.
type Board struct {
	*Store
	Zone    func(tx *db.Tx) (clock.Zone, error)
	Horizon int           // days; 0 is DefaultHorizon
	Patient time.Duration // how old a reading may be while purchases come in; a new day is always read
	Extras  []Extra       // parts of the score other rooms know

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
		d = z.Day(tx.Now)
		return err
	})
	return d, err
}

// Reading brings the columns up to date and gives the newest reading, made
// afresh when the day is new or something happened since.
func (b *Board) Reading(ctx context.Context) (*Reading, error) {
	today, err := b.Today(ctx)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.db.Clock().Wall()
	if b.reading != nil && b.reading.Day == today && now < b.made.Add(b.Patient) {
		return b.reading, nil
	}
	at, err := b.Follow(ctx)
	if err != nil {
		return nil, err
	}
	if b.reading != nil && b.reading.Day == today && b.number == at {
		b.made = now
		return b.reading, nil
	}
	visits, err := b.visits(today)
	if err != nil {
		return nil, err
	}
	r, err := Read(visits, today, b.horizon())
	if err != nil {
		return nil, err
	}
	if b.reading == nil || b.reading.Day != today {
		b.tested, b.untried = nil, nil
	}
	b.reading, b.number, b.made = r, at, now
	return r, nil
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
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tested != nil || b.untried != nil {
		return b.tested, b.untried
	}
	visits, err := b.visits(r.Day)
	if err != nil {
		return nil, err
	}
	b.tested, b.untried = Try(visits, 0, b.horizon(), r.Day)
	return b.tested, b.untried
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
