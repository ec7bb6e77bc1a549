package console

import (
	"context"
	"sync"
	"time"

	"joren/internal/clock"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/tier"
)

// numbers are how the shop is doing.
type numbers struct {
	Month, Last      span // this calendar month up to today; the whole one before
	Members          int64
	Buyers, Repeated int64
	Open, Accounts   int64 // points outstanding; accounts with points or debt
	Mix              map[string]int64
	Daily            []int64 // purchases of each of the last 30 days

	at clock.Instant // wall time of the count
}

// span is what happened between two business days.
type span struct {
	From, To  clock.Day
	Joined    int64
	Purchases int64
	Value     int64
	Flows     map[ledger.Contra]int64
}

// figures keeps the numbers of Home between visits. A small shop's are counted
// at every visit. On a large one counting takes seconds: there the last count
// is shown, from this process or the one before, while a new one is made
// behind the reader's back; it takes at most a hundredth of the time.
type figures struct {
	patience time.Duration // how long a reader waits for a count: no longer than a small shop's takes

	mu      sync.Mutex
	known   *numbers
	took    time.Duration
	ready   chan struct{} // closed when the count under way ends; nil without one
	refresh sync.WaitGroup
}

const (
	slow = 50 * time.Millisecond // from when on counting goes on behind the reader's back
	rest = 100                   // counts take one of so many parts of the time
)

// get gives the numbers as last counted, nil when the first count takes too
// long to wait for.
func (f *figures) get(ctx context.Context, c *Console, s *scene) (*numbers, error) {
	f.mu.Lock()
	if f.known == nil {
		if err := f.recall(ctx, c); err != nil {
			f.mu.Unlock()
			return nil, err
		}
	}
	old, fast := f.known, f.known != nil && f.took < slow
	if f.ready == nil && (old == nil || fast || c.db.Clock().Wall().Sub(old.at) > rest*f.took) {
		f.ready = make(chan struct{})
		f.refresh.Go(func() { f.behind(c, s) })
	}
	ready := f.ready
	f.mu.Unlock()
	if ready == nil || old != nil && !fast {
		return old, nil
	}
	select {
	case <-ready:
	case <-time.After(f.patience):
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known, nil
}

// recall takes over the count that another process, or this one before it was
// started anew, has left.
func (f *figures) recall(ctx context.Context, c *Console) error {
	return c.db.Read(ctx, func(tx *db.Tx) error {
		n, took, found, err := storedFigures(tx)
		if found {
			f.known, f.took = n, took
		}
		return err
	})
}

func (f *figures) behind(c *Console, s *scene) {
	n, took, err := measure(context.Background(), c, s)
	if err == nil && took >= slow {
		err = c.db.Write(context.Background(), func(tx *db.Tx) error { return storeFigures(tx, n, took) })
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.ready)
	f.ready = nil
	if err != nil {
		c.Web.Log.Warn("the figures of Home were not counted", "error", err)
		return
	}
	f.known, f.took = n, took
}

func measure(ctx context.Context, c *Console, s *scene) (n *numbers, took time.Duration, err error) {
	began := c.db.Clock().Wall()
	err = c.db.Read(ctx, func(tx *db.Tx) error {
		n, err = c.countAll(tx, s)
		return err
	})
	now := c.db.Clock().Wall()
	if n != nil {
		n.at = now
	}
	return n, now.Sub(began), err
}

func (c *Console) countAll(tx *db.Tx, s *scene) (n *numbers, err error) {
	first := s.today.StartOfMonth()
	n = &numbers{Month: span{From: first, To: s.today}, Last: span{From: first.AddMonths(-1), To: first - 1}}
	days, err := purchase.PerDay(tx, min(n.Last.From, s.today-29), s.today)
	if err != nil {
		return nil, err
	}
	for _, x := range []*span{&n.Month, &n.Last} {
		if err := c.countSpan(tx, s, days, x); err != nil {
			return nil, err
		}
	}
	n.Daily = daily(days, s.today)
	if n.Members, err = c.Members.Count(tx, member.Active); err != nil {
		return nil, err
	}
	if n.Buyers, n.Repeated, err = purchase.Repeaters(tx); err != nil {
		return nil, err
	}
	if n.Mix, err = tier.Mix(tx); err != nil {
		return nil, err
	}
	open, err := day.OpenNow(tx)
	for _, o := range open {
		if o.Type == s.mainType() && o.Origin != ledger.Owed {
			n.Open += o.Points
		}
	}
	if err != nil {
		return nil, err
	}
	n.Accounts, err = ledger.CountAccounts(tx, s.mainType())
	return n, err
}

func (c *Console) countSpan(tx *db.Tx, s *scene, days []purchase.DayTotal, x *span) (err error) {
	for _, d := range days {
		if d.Day >= x.From && d.Day <= x.To {
			x.Purchases, x.Value = x.Purchases+d.Purchases, x.Value+d.Value
		}
	}
	if x.Joined, err = c.Members.CountJoined(tx, x.From, x.To); err != nil {
		return err
	}
	x.Flows, err = ledger.Flows(tx, s.mainType(), x.From, x.To)
	return err
}

func daily(days []purchase.DayTotal, today clock.Day) []int64 {
	out := make([]int64, 30)
	for _, d := range days {
		if i := int(d.Day - (today - 29)); i >= 0 && i < len(out) {
			out[i] = d.Purchases
		}
	}
	return out
}
