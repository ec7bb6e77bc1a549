package feed

import (
	"context"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/intake"
)

// Judge begins trials for dry runs. With history the day turn runs for each
// day passed, as it does in such an import.
func (f *Feed) Judge(history bool) intake.Judge {
	return func(ctx context.Context) (intake.Trial, error) {
		s, err := f.build(ctx)
		if err != nil || s == nil {
			return nil, err
		}
		return &trial{live: f, stage: s, history: history}, nil
	}
}

// trial says what recording items would do, and writes nothing to the books:
// it plays them, one after the other, on a stage to which everybody they touch
// is brought before. What others do in the shop meanwhile is not seen.
type trial struct {
	live    *Feed
	stage   *stage
	history bool
	day     clock.Day
}

var _ intake.Trial = (*trial)(nil)

// Close throws the stage away.
func (t *trial) Close() error { return t.stage.close() }

// Ranks is how many more or less members hold each rank by what was played.
func (t *trial) Ranks(ctx context.Context) (map[string]int, error) { return t.stage.moved(ctx) }

// Day is an item's business day where days are turned.
func (t *trial) Day(it *intake.Item) clock.Day {
	if !t.history || it.At == 0 {
		return 0
	}
	return t.stage.zone.Day(it.At)
}

// Notes is the stage's database.
func (t *trial) Notes() *db.DB { return t.stage.db }

// Write answers items as recording them would.
func (t *trial) Write(ctx context.Context, items []intake.Item) ([]intake.Outcome, error) {
	bring := func() error { return t.stage.bring(ctx, t.live, items) }
	if t.history {
		bring = func() error { return t.stage.bringAll(ctx, t.live) }
	}
	if err := bring(); err != nil {
		return nil, err
	}
	out := make([]intake.Outcome, 0, len(items))
	play := func(to int) error {
		done, err := t.stage.feed.Write(ctx, items[len(out):to])
		out = append(out, done...)
		return err
	}
	for i := range items {
		if d := t.reached(&items[i]); d != 0 {
			if err := play(i); err != nil {
				return nil, err
			}
			if err := t.turn(ctx, d); err != nil {
				return nil, err
			}
		}
	}
	return out, play(len(items))
}

// reached is the business day of an item when history comes to a new one.
func (t *trial) reached(it *intake.Item) clock.Day {
	if d := t.Day(it); d > t.day {
		return d
	}
	return 0
}

// turn runs the days before d.
func (t *trial) turn(ctx context.Context, d clock.Day) error {
	if t.day == 0 {
		t.day = d
		return nil
	}
	for ; t.day < d; t.day++ {
		if err := t.stage.feed.DayTurn(ctx, t.day); err != nil {
			return err
		}
	}
	return nil
}
