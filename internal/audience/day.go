package audience

import (
	"context"
	"slices"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/jobs"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/segment"
)

const dayJob, fillJob = "audience.day", "audience.fill"

// Register lets a runner carry segments over to each new day, looked for every
// ten minutes, and count segments that were switched on.
func (a *Audience) Register(r *jobs.Runner) {
	fill := func(ctx context.Context, _ *jobs.Job) error { return a.Fill(ctx) }
	r.Handle(dayJob, fill)
	r.Handle(fillJob, fill)
	r.Every(dayJob, jobs.Interval(10*time.Minute), dayJob, struct{}{})
}

// shift is the change from one day's norms to another's.
type shift struct {
	k      *Known
	was    segment.Today
	now    segment.Norms
	number int64 // of the last event the totals know
	totals []purchase.Total
	old    map[ident.ID]int64 // scores
	scores map[ident.ID]int64
}

// TurnDay carries the segments over to the present business day, unless that
// was done, and reports how many members were placed anew: those whose class,
// stage or band changed, and those whose conditions change by the calendar.
//
// The norms need every member's totals, which are read once a day; what is
// placed and written is the members that move.
func (a *Audience) TurnDay(ctx context.Context) (touched int, err error) {
	touched, _, err = a.turnDay(ctx)
	return touched, err
}

// turnDay is TurnDay; all reports that every member was placed.
func (a *Audience) turnDay(ctx context.Context) (touched int, all bool, err error) {
	s, err := a.shift(ctx)
	if err != nil || s == nil {
		return 0, false, err
	}
	if err := a.begin(ctx, s); err != nil {
		return 0, false, err
	}
	ids, late, err := a.movers(ctx, s)
	if err != nil {
		return 0, false, err
	}
	write := func(fn func(*db.Tx) error) error { return a.DB.Write(ctx, fn) }
	if _, err := a.touchAll(write, append(ids, late...)); err != nil {
		return 0, false, err
	}
	due, err := a.due(ctx, s.now.Day)
	if err != nil {
		return 0, false, err
	}
	return len(ids) + due, s.lost(), a.DB.Write(ctx, func(tx *db.Tx) error {
		if err := segment.KeepSizes(tx, s.now.Day); err != nil {
			return err
		}
		return segment.Finish(tx, s.now.Day)
	})
}

// shift reads what the change needs; nil when there is nothing to do.
func (a *Audience) shift(ctx context.Context) (*shift, error) {
	s := &shift{}
	var today clock.Day
	err := a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if s.k, err = a.Known(tx); err != nil {
			return err
		}
		today = s.k.today(tx.Now)
		s.was, err = segment.Current(tx)
		return err
	})
	n := &s.was.Norms
	if err != nil || s.k.Set.Len() == 0 || s.was.Finished == today && n.Day == today && (n.Scored || !s.k.Set.Scored) {
		return nil, err
	}
	if s.k.Set.Scored {
		if s.scores, err = a.scores(ctx); err != nil {
			return nil, err
		}
	}
	return s, a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if s.number, err = outbox.Last(tx); err != nil {
			return err
		}
		if s.totals, s.now, err = a.norms(tx, today); err != nil {
			return err
		}
		s.now.Scored = s.k.Set.Scored
		s.old = map[ident.ID]int64{}
		if !s.k.Set.Scored {
			return nil
		}
		return segment.EachScore(tx, func(id ident.ID, v int64) { s.old[id] = v })
	})
}

// norms takes the norms of a day from the totals of all active members.
func (a *Audience) norms(tx *db.Tx, day clock.Day) ([]purchase.Total, segment.Norms, error) {
	gone := map[ident.ID]bool{}
	err := member.EachStatus(tx, func(id ident.ID, status member.Status) error {
		if status != member.Active {
			gone[id] = true
		}
		return nil
	})
	if err != nil {
		return nil, segment.Norms{}, err
	}
	var totals []purchase.Total
	var buyers []segment.Buyer
	err = purchase.EachTotal(tx, func(t *purchase.Total) error {
		if !gone[t.Member] {
			totals = append(totals, *t)
			buyers = append(buyers, segment.Buyer{Visits: t.Visits, Spend: t.Spend, First: t.First, Last: t.Last})
		}
		return nil
	})
	return totals, segment.NormsOf(day, buyers), err
}

// scores are the loyalty scores of now; none where the shop's past is too
// short to tell.
func (a *Audience) scores(ctx context.Context) (map[ident.ID]int64, error) {
	out := map[ident.ID]int64{}
	if a.Board == nil {
		return out, nil
	}
	r, err := a.Board.Newest(ctx)
	if fault.Is(err, "programme.none_in_force") {
		return out, nil
	}
	if err != nil || r.Missing != nil {
		return out, err
	}
	return out, a.Board.View(func(c *insight.Columns) error {
		c.EachLoyalty(r, a.Board.Extras, func(id ident.ID, l insight.Loyalty) { out[id] = int64(l.Score) })
		return nil
	})
}

// begin makes the new norms and scores those members are placed by.
func (a *Audience) begin(ctx context.Context, s *shift) error {
	err := a.DB.Write(ctx, func(tx *db.Tx) error {
		if err := segment.Lock(tx); err != nil {
			return err
		}
		for id := range s.k.Broken {
			if err := segment.Empty(tx, id); err != nil {
				return err
			}
		}
		return segment.SetNorms(tx, s.now)
	})
	if err != nil {
		return err
	}
	put, drop := s.changedScores()
	for from := 0; from < len(put); from += rowsAtOnce {
		ids := put[from:min(from+rowsAtOnce, len(put))]
		values := make([]int64, len(ids))
		for i, id := range ids {
			values[i] = s.scores[id]
		}
		if err := a.DB.Write(ctx, func(tx *db.Tx) error { return segment.SetScores(tx, ids, values) }); err != nil {
			return err
		}
	}
	return a.DB.Write(ctx, func(tx *db.Tx) error { return segment.DropScores(tx, drop) })
}

const rowsAtOnce = 5000

func (s *shift) changedScores() (put, drop []ident.ID) {
	for id, v := range s.scores {
		if was, ok := s.old[id]; !ok || was != v {
			put = append(put, id)
		}
	}
	for id := range s.old {
		if _, ok := s.scores[id]; !ok {
			drop = append(drop, id)
		}
	}
	slices.SortFunc(put, ident.ID.Compare)
	slices.SortFunc(drop, ident.ID.Compare)
	return put, drop
}

// lost reports that nobody knows by what members were placed: a change before
// stopped half way, or this is the first. Then all are placed.
func (s *shift) lost() bool { return s.was.Finished != s.was.Norms.Day || s.was.Finished == 0 }

// movers are the members to be placed by the new norms, and those events were
// about meanwhile.
func (a *Audience) movers(ctx context.Context, s *shift) (ids, late []ident.ID, err error) {
	if late, err = a.since(ctx, s.number); err != nil {
		return nil, nil, err
	}
	if !s.lost() {
		return s.moved(), late, nil
	}
	err = a.DB.Read(ctx, func(tx *db.Tx) (err error) { ids, err = everybody(tx); return err })
	return ids, late, err
}

// moved are the members whom the new norms put elsewhere.
func (s *shift) moved() (ids []ident.ID) {
	for i := range s.totals {
		t := &s.totals[i]
		st := rules.Stats{Visits: t.Visits, Spend: t.Spend, FirstOn: t.First, LastOn: t.Last}
		was, had := s.old[t.Member]
		is, has := s.scores[t.Member]
		if s.k.Set.Key(&st, was, had, &s.was.Norms, s.was.Norms.Day) != s.k.Set.Key(&st, is, has, &s.now, s.now.Day) {
			ids = append(ids, t.Member)
		}
	}
	slices.SortFunc(ids, ident.ID.Compare)
	return ids
}

// since are the members events were about after a number: they may have been
// placed by the old norms after the totals were read.
func (a *Audience) since(ctx context.Context, number int64) (ids []ident.ID, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		for {
			events, err := outbox.After(tx, number, 1000)
			if err != nil || len(events) == 0 {
				return err
			}
			some, err := subjects(events)
			if err != nil {
				return err
			}
			ids, number = append(ids, some...), events[len(events)-1].Number
		}
	})
	return ids, err
}

// due places members whose day has come; each then has a later one.
func (a *Audience) due(ctx context.Context, day clock.Day) (n int, err error) {
	for {
		var ids []ident.ID
		err := a.DB.Write(ctx, func(tx *db.Tx) (err error) {
			if ids, err = segment.Due(tx, day, atOnce); err != nil {
				return err
			}
			slices.SortFunc(ids, ident.ID.Compare)
			_, err = a.touch(tx, ids)
			return err
		})
		if n += len(ids); err != nil || len(ids) < atOnce {
			return n, err
		}
	}
}
