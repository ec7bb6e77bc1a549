package day

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/member"
	"joren/internal/programme"
	"joren/internal/purchase"
)

// Turner turns days on one database.
type Turner struct {
	// Return applies a return that waited for its purchase; nil leaves such
	// returns to the purchase. A safety net: a purchase takes its own.
	Return func(context.Context, purchase.ReturnInput) error
	// RemindDays is how long before their end points and ranks are published
	// as ending; default 30.
	RemindDays int
	// Books tell what open points are worth.
	Books *Books

	db         *db.DB
	lane       *lane.Lane
	members    *member.Members
	programmes *programme.Cache
	policies   lane.Policies
	zone       atomic.Pointer[clock.Zone] // of the programme when last looked
	passed     atomic.Pointer[passed]
	part       int // things written in one transaction
}

// New makes a turner. The lane must be of the same database.
func New(d *db.DB, l *lane.Lane, members *member.Members, programmes *programme.Cache) *Turner {
	return &Turner{RemindDays: 30, Books: &Books{Programmes: programmes}, db: d, lane: l, members: members, programmes: programmes, part: 500}
}

// Turn is the turn into business day d, after those of the days before it that
// were left out. A day that was turned before is not turned again. Fault:
// day.not_begun, programme.none_in_force.
func (t *Turner) Turn(ctx context.Context, d clock.Day) error {
	today, err := t.Today(ctx)
	if err != nil {
		return err
	}
	if d > today {
		return fault.New(fault.Invalid, "day.not_begun", "day", d, "today", today)
	}
	return t.through(ctx, d, false)
}

// Through turns all days up to d, or up to today if that is earlier. Days with
// nothing due cost a few reads and no write until a month of them or today is
// reached, so an import may call it for each day it passes. With no version in
// force it does nothing.
func (t *Turner) Through(ctx context.Context, d clock.Day) error { return t.through(ctx, d, true) }

func (t *Turner) through(ctx context.Context, d clock.Day, lazy bool) error {
	for {
		w, err := t.next(ctx, d, lazy)
		if err != nil || w == nil {
			return err
		}
		err = t.run(ctx, w)
		if errors.Is(err, errMoved) {
			err = pause(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// errMoved says that another has turned, or is turning, meanwhile.
var errMoved = errors.New("day: another is turning")

// pause waits before looking again what another has done.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(20 * time.Millisecond):
		return nil
	}
}

// Today is the business day now, by the shop's clock. Fault:
// programme.none_in_force.
func (t *Turner) Today(ctx context.Context) (d clock.Day, err error) {
	err = t.db.Read(ctx, func(tx *db.Tx) error {
		p, err := t.programmes.At(tx, tx.Now)
		if err == nil {
			d = p.Zone.Day(tx.Now)
			t.zone.Store(&p.Zone)
		}
		return err
	})
	return d, err
}

// passed is the day up to which nothing was due since the last turn: that is
// found out again after a restart, so it is kept in memory only.
type passed struct{ finished, day clock.Day }

// maxPassed bounds how far the stored state may lag behind.
const maxPassed = 31

// next looks for the first day up to d on which something is due; the days
// before it are passed with it. Without one it is d itself, or nil when d was
// turned before or lazy leaves it at passing.
func (t *Turner) next(ctx context.Context, d clock.Day, lazy bool) (w *turn, err error) {
	err = t.db.Read(ctx, func(tx *db.Tx) error {
		w = nil
		now, err := t.programmes.At(tx, tx.Now)
		if fault.Is(err, "programme.none_in_force") {
			return nil
		}
		if err != nil {
			return err
		}
		today := now.Zone.Day(tx.Now)
		d := min(d, today)
		s, err := read(tx)
		if err != nil || s.Finished >= d {
			return err
		}
		for x := min(t.first(s, d), d+1); x <= d; x++ {
			if w, err = t.plan(tx, s, x); err != nil || !w.empty() {
				return err
			}
		}
		if lazy && s.Finished != 0 && d < today && d-s.Finished < maxPassed {
			t.passed.Store(&passed{s.Finished, d})
			w = nil
		} else if w == nil {
			w, err = t.plan(tx, s, d)
		}
		return err
	})
	return w, err
}

// first is the first day to look at.
func (t *Turner) first(s state, d clock.Day) clock.Day {
	if s.Finished == 0 {
		return d
	}
	if p := t.passed.Load(); p != nil && p.finished == s.Finished {
		return p.day + 1
	}
	return s.Finished + 1
}

// run does a turn: in one transaction when little is due and nothing of it
// goes through the lane, otherwise part by part under a lease.
func (t *Turner) run(ctx context.Context, w *turn) error {
	if w.weight() <= t.part && len(w.gifts) == 0 && len(w.parked) == 0 {
		err := t.db.Write(ctx, func(tx *db.Tx) error { return t.once(tx, w) })
		if err != nil {
			return err
		}
		return t.rises(ctx, w)
	}
	return t.leased(ctx, w)
}

// once does a whole turn in one transaction.
func (t *Turner) once(tx *db.Tx, w *turn) error {
	s, mine, err := claim(tx, ident.New())
	if err != nil {
		return err
	}
	if !mine || !s.same(w.from) {
		return errMoved
	}
	r := begin(t, tx, w)
	for _, p := range w.parts(t.part) {
		if err := p.do(r, p.from, p.to); err != nil {
			return err
		}
	}
	if err := r.close(); err != nil {
		return err
	}
	s.finish(w.day)
	if err := s.advance(tx); err != nil {
		return err
	}
	return s.release(tx)
}

// same reports whether a turn planned from o may go on from s.
func (s *state) same(o state) bool {
	return s.Finished == o.Finished && s.Turning == o.Turning && s.Step == o.Step && s.Place == o.Place
}

func (s *state) finish(d clock.Day) {
	s.Finished, s.Turning, s.Step, s.Place = d, 0, 0, ""
}

// leased does a turn in many transactions.
func (t *Turner) leased(ctx context.Context, w *turn) (err error) {
	var s state
	if err := t.db.Write(ctx, func(tx *db.Tx) error {
		mine := false
		s, mine, err = claim(tx, ident.New())
		if err == nil && (!mine || !s.same(w.from)) {
			err = errMoved
		}
		return err
	}); err != nil {
		return err
	}
	defer func() {
		free := t.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error { return s.release(tx) })
		err = errors.Join(err, free)
	}()
	return t.steps(ctx, w, &s)
}

func (t *Turner) steps(ctx context.Context, w *turn, s *state) error {
	given := false
	for _, p := range w.parts(t.part) {
		if p.step > gifts && !given {
			given = true
			if err := t.give(ctx, w, s); err != nil {
				return err
			}
		}
		after := *s
		after.Turning, after.Step, after.Place = w.day, p.step, p.place
		if p.step == last {
			after.finish(w.day)
		}
		var r *writing
		if err := t.db.Write(ctx, func(tx *db.Tx) error {
			r = begin(t, tx, w)
			if err := p.do(r, p.from, p.to); err != nil {
				return err
			}
			if err := r.close(); err != nil {
				return err
			}
			return after.advance(tx)
		}); err != nil {
			return err
		}
		*s = after
	}
	return nil
}

// give does what goes through the lane: the gifts, those of risen ranks
// included, and returns that waited.
func (t *Turner) give(ctx context.Context, w *turn, s *state) error {
	if err := t.rises(ctx, w); err != nil {
		return err
	}
	for from := 0; from < len(w.gifts); from += t.part {
		if err := t.Give(ctx, w.gifts[from:min(len(w.gifts), from+t.part)]); err != nil {
			return err
		}
		if err := t.db.Write(ctx, s.advance); err != nil { // keeps the lease
			return err
		}
	}
	return t.returns(ctx, w.parked)
}

// rises gives what rules give for a higher rank. Should it not come to that,
// the outbox still has the changes; see [Turner.RankConsumer].
func (t *Turner) rises(ctx context.Context, w *turn) error {
	return t.Give(ctx, w.rises)
}
