package feed

import (
	"context"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/sale"
)

// Judge begins trials for dry runs. With history the day turn runs for each
// day passed, as it does in such an import.
func (f *Feed) Judge(history bool) intake.Judge {
	return func(ctx context.Context) (intake.Trial, error) {
		s, err := f.build(ctx)
		if err != nil || s == nil {
			return nil, err
		}
		own := *f
		own.known = nil
		return &trial{live: &own, stage: s, history: history, given: map[string]int64{}}, nil
	}
}

// trial says what recording items would do, and writes nothing to the books.
//
// People who are new, and guests, are played on an empty stage with the same
// programme by the same stories: what they do there builds on what they did
// before, so an empty shop's figures are exactly those of the import. Members
// who are known are judged one document at a time on what is recorded now:
// their history is here and not on the stage, and laying each of their
// documents on the one before would need writing.
type trial struct {
	live    *Feed
	stage   *stage
	history bool
	day     clock.Day
	given   map[string]int64 // by order of a known member in this file: points it would give
	assumed intake.Assumed
}

var _ intake.Trial = (*trial)(nil)

// Assumes tells what the answers so far rest on.
func (t *trial) Assumes() intake.Assumed { return t.assumed }

// Close throws the stage away.
func (t *trial) Close() error { return t.stage.close() }

// Write answers items as recording them would.
func (t *trial) Write(ctx context.Context, items []intake.Item) ([]intake.Outcome, error) {
	ids, err := t.live.resolve(ctx, items)
	if err != nil {
		return nil, err
	}
	out := make([]intake.Outcome, len(items))
	var played []intake.Item
	var at []int
	play := func() error {
		done, err := t.play(ctx, played)
		for k := range done {
			out[at[k]] = done[k]
		}
		played, at = played[:0], at[:0]
		return err
	}
	for i := range items {
		if !ids[i].IsZero() {
			if out[i], err = t.known(ctx, &items[i], ids[i]); err != nil {
				return nil, err
			}
			continue
		}
		if d := t.reached(&items[i]); d != 0 {
			if err := play(); err != nil {
				return nil, err
			}
			if err := t.turn(ctx, d); err != nil {
				return nil, err
			}
		}
		t.assumed.Replayed += document(&items[i])
		played, at = append(played, items[i]), append(at, i)
	}
	return out, play()
}

// play records items on the stage. A return whose order is not there may be of
// one that the real shop has.
func (t *trial) play(ctx context.Context, items []intake.Item) ([]intake.Outcome, error) {
	out, err := t.stage.feed.Write(ctx, items)
	for i := range out {
		if out[i].Status != intake.Parked {
			continue
		}
		if a, err := t.live.Sales.PreviewReturn(ctx, *items[i].Return); err == nil {
			out[i] = outcome(sale.Done{Return: a})
		}
	}
	return out, err
}

// document counts what is judged: a member is none.
func document(it *intake.Item) int {
	if it.Kind == intake.KindMember {
		return 0
	}
	return 1
}

// reached is the business day of an item when history comes to a new one.
func (t *trial) reached(it *intake.Item) clock.Day {
	if !t.history || it.At == 0 {
		return 0
	}
	if d := t.stage.zone.Day(it.At); d > t.day {
		return d
	}
	return 0
}

// turn runs the days before d.
func (t *trial) turn(ctx context.Context, d clock.Day) error {
	if t.day == 0 {
		t.day = d
	}
	for ; t.day < d; t.day++ {
		if err := t.stage.feed.DayTurn(ctx, t.day); err != nil {
			return err
		}
	}
	return nil
}

// known previews a document of a member who is recorded.
func (t *trial) known(ctx context.Context, it *intake.Item, id ident.ID) (o intake.Outcome, err error) {
	var d sale.Done
	switch it.Kind {
	case intake.KindMember:
		return intake.Outcome{Status: intake.Already}, nil
	case intake.KindSale:
		in := *it.Sale
		in.Member, in.Card = ident.Member.Text(id), ""
		if d.Sale, d.Err = t.live.Sales.Preview(ctx, in); d.Err == nil {
			o = outcome(d)
			t.given[it.Source+"\x00"+it.Number] = o.Points
		}
	case intake.KindReturn:
		if d.Return, d.Err = t.live.Sales.PreviewReturn(ctx, *it.Return); d.Err == nil {
			o = t.returned(it, outcome(d))
		}
	case intake.KindOpening:
		t.assumed.OnRecord++
		return intake.Outcome{Status: intake.New, Points: it.Opening.Points}, nil
	default: // an event: there is no preview of one
		t.assumed.NotJudged++
		return intake.Outcome{Status: intake.New}, nil
	}
	if d.Err != nil {
		o = refused(d.Err)
	}
	t.assumed.OnRecord++
	return o, ctx.Err()
}

// returned answers the return of an order that only this file has: all of it
// takes back what the order would give; of a part it cannot be told here.
func (t *trial) returned(it *intake.Item, o intake.Outcome) intake.Outcome {
	points, here := t.given[it.Source+"\x00"+it.Return.OrderNo]
	if o.Status != intake.Parked || !here {
		return o
	}
	o = intake.Outcome{Status: intake.New}
	if len(it.Return.Lines) == 0 {
		o.Points = -points
	} else {
		t.assumed.NotJudged++
	}
	return o
}
