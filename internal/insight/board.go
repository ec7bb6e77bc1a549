package insight

import (
	"context"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/stats"
)

// Board is the shop's measuring desk: columns that follow the outbox and the
// newest reading of them. It is safe for concurrent use.
type Board struct {
	*Store
	Zone     func(tx *db.Tx) (clock.Zone, error)
	Horizon  int           // days; 0 is DefaultHorizon
	TestMost int           // purchases that a self-test reads at most; 0 is a default
	Patient  time.Duration // how old a reading may be before a newer one is made beside; 0 always waits for the newest
	Extras   []Extra       // parts of the score other rooms know

	Heading  func(tx *db.Tx, l i18n.Lang) (Heading, error)  // of reports; nil for one without a name
	Segments func(tx *db.Tx, id string) ([]ident.ID, error) // members of a segment; nil where there are none

	counted  memo[Filter, []Value]
	monthly  memo[monthsAsked, []MonthValues]
	spreads  memo[Filter, Month]
	maps     memo[Filter, RFM]
	rankings memo[rankingAsked, rankingPage]
	mixes    memo[Filter, Mix]
	returns  memo[cohortsAsked, []Cohort]

	follows  newest[int64]
	readings newest[known]
	tried    newest[tried]
	shelves  newest[stocked]
	dueTried newest[dueTried]
	tests    selfTests
	ends     progress // of months that are being kept
}

// known is a reading and the number of the last event it knows.
type known struct {
	r      *Reading
	number int64
}

// tried is the back-test of a day, or why there is none.
type tried struct {
	day     clock.Day
	number  int64
	test    *Backtest
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
// learning; the reading says of which day it is. Another is up to date with
// all that has happened.
//
// Faults: insight.reading while the first one of a patient board is made.
func (b *Board) Reading(ctx context.Context) (*Reading, error) {
	k, err := ready(ctx, b, &b.readings, b.Patient, b.read)
	return k.r, err
}

// Newest is the reading of now, waited for even where the board is patient.
func (b *Board) Newest(ctx context.Context) (*Reading, error) {
	k, err := b.readings.wait(ctx, b.db.Clock().Wall, b.read)
	return k.r, err
}

// read makes the reading of now, afresh when the day is new.
func (b *Board) read(ctx context.Context, old known, have bool) (known, error) {
	today, err := b.Today(ctx)
	if err != nil {
		return old, err
	}
	at, err := b.Follow(ctx)
	if err != nil || have && old.r.Day == today && old.number == at {
		return old, err
	}
	visits, err := b.visits(today)
	if err != nil {
		return old, err
	}
	next := known{number: at}
	if have && old.r.Day == today {
		next.r, err = old.r.Again(visits)
	} else {
		next.r, err = Read(visits, today, b.horizon())
	}
	return next, err
}

func (b *Board) visits(until clock.Day) (list []stats.Visit, err error) {
	err = b.View(func(c *Columns) error {
		list = c.Visits(until)
		return nil
	})
	return list, err
}

// upToDate follows what has happened and says which day it is, and up to which
// event everything is known. A patient board waits but a little for that and
// goes on with the columns as they stand.
//
// Faults: insight.reading while a patient board reads its first columns.
func (b *Board) upToDate(ctx context.Context) (today clock.Day, at int64, err error) {
	if today, err = b.Today(ctx); err != nil {
		return 0, 0, err
	}
	if b.Patient == 0 {
		at, err = b.Follow(ctx)
		return today, at, err
	}
	if _, _, err := b.follows.soon(ctx, b.db.Clock().Wall, func(ctx context.Context, _ int64, _ bool) (int64, error) { return b.Follow(ctx) }); err != nil {
		return 0, 0, err
	}
	if at = b.upTo(); at < 0 {
		return 0, 0, notRead()
	}
	return today, at, nil
}

// Backtest is the newest reading's: the same way of forecasting, tried on the
// shop's own past. It is made once a day. On a new day a patient board shows
// the former one, whose dates it says, while the next is made.
//
// Faults: as [Try] has them, and as [Board.Reading].
func (b *Board) Backtest(ctx context.Context) (*Backtest, error) {
	t, _, err := b.Tried(ctx)
	return t, err
}

// Tried is the back-test with the day it was made on.
//
// Faults: as [Board.Backtest].
func (b *Board) Tried(ctx context.Context) (*Backtest, clock.Day, error) {
	t, err := ready(ctx, b, &b.tried, b.Patient, b.try)
	if err != nil {
		return nil, 0, err
	}
	return t.test, t.day, t.untried
}

func (b *Board) try(ctx context.Context, old tried, have bool) (tried, error) {
	k, err := b.readings.wait(ctx, b.db.Clock().Wall, b.read)
	if err != nil || have && old.day == k.r.Day && (old.test != nil || old.number == k.number) {
		return old, err
	}
	visits, err := b.visits(k.r.Day)
	if err != nil {
		return old, err
	}
	t := tried{day: k.r.Day, number: k.number}
	t.test, t.untried = Try(visits, 0, b.horizon(), k.r.Day)
	return t, nil
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

// Warm makes reading, shelf and both back-tests before somebody asks, however
// long that takes.
func (b *Board) Warm(ctx context.Context) error {
	wall := b.db.Clock().Wall
	_, err := b.Newest(ctx)
	if err == nil {
		_, err = b.shelves.wait(ctx, wall, b.shelve)
	}
	if err == nil {
		_, err = b.tried.wait(ctx, wall, b.try) // what the past is too short for, its page says
	}
	if err == nil {
		_, err = b.dueTried.wait(ctx, wall, b.tryDue)
	}
	return err
}

// Waiting reports whether a fault only means that the board is still reading.
func Waiting(err error) bool { return fault.Is(err, "insight.reading") }
