package day

import (
	"context"
	"fmt"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/jobs"
	"joren/internal/outbox"
	"joren/internal/plan"
	"joren/internal/rules"
)

// rise is the gift of a change of rank, named by the event that told of it.
func rise(id, member ident.ID, at clock.Instant, d clock.Day) Gift {
	return Gift{Member: member, Kind: rules.RankUp, No: fmt.Sprintf("%x", id[:]), At: at, Day: d}
}

// rose is a change of rank on its way to be judged.
type rose struct {
	Change ident.ID      `json:"change"`
	Member ident.ID      `json:"member"`
	At     clock.Instant `json:"at"`
	Day    clock.Day     `json:"day"`
}

const rankJob = "day.rank"

// RankConsumer judges the rules for a higher rank, once per change. A consumer
// must not wait for the lane, whose commits stand in line behind its own
// transaction; so it enqueues a job, which [Turner.Handle] registers.
func (t *Turner) RankConsumer() outbox.Consumer {
	return outbox.Consumer{Name: "day.rank", Kinds: []string{event.TierChanged{}.Kind()}, Handle: func(tx *db.Tx, events []outbox.Event) error {
		var list []rose
		for _, e := range events {
			r, up, err := t.rose(tx, e)
			if err != nil {
				return err
			}
			if up {
				list = append(list, r)
			}
		}
		if len(list) == 0 {
			return nil
		}
		_, err := jobs.Enqueue(tx, rankJob, list, jobs.Options{})
		return err
	}}
}

// rose reports whether an event tells of a rank that rose when rules gave
// something for it.
func (t *Turner) rose(tx *db.Tx, e outbox.Event) (r rose, up bool, err error) {
	if e.Kind != (event.TierChanged{}).Kind() {
		return r, false, nil
	}
	f, err := e.Fact()
	if err != nil {
		return r, false, err
	}
	c := f.(event.TierChanged)
	line, err := t.programmes.Load(tx)
	if err != nil {
		return r, false, err
	}
	p, err := line.At(e.At)
	if fault.Is(err, "programme.none_in_force") {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	r = rose{e.ID, c.Member, when(p, e, &c), c.Day}
	if p, err = line.At(r.At); err != nil {
		return r, false, nil
	}
	return r, level(p, c.To) > level(p, c.From) && gives(p, rules.RankUp), nil
}

// when is the instant from which the new rank holds: the one the change names;
// when it was recorded, if that was on its day; else the end of its day.
func when(p *plan.Programme, e outbox.Event, c *event.TierChanged) clock.Instant {
	switch {
	case c.OccurredAt != 0:
		return c.OccurredAt
	case p.Zone.Day(e.At) == c.Day:
		return e.At
	}
	return p.Zone.Start(c.Day+1) - 1
}

func level(p *plan.Programme, id string) int {
	for i, x := range p.Spec.Tiers {
		if x == id {
			return i
		}
	}
	return -1
}

// judgeRises is the job the consumer enqueues.
func (t *Turner) judgeRises(ctx context.Context, j *jobs.Job) error {
	var list []rose
	if err := j.Decode(&list); err != nil {
		return err
	}
	out := make([]Gift, len(list))
	for i, r := range list {
		out[i] = rise(r.Change, r.Member, r.At, r.Day)
	}
	return t.Give(ctx, out)
}
