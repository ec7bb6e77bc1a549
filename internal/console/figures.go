package console

import (
	"context"
	"sync"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/tier"
)

// numbers are how the shop is doing.
type numbers struct {
	month, last      span // this calendar month up to today; the whole one before
	members          int64
	buyers, repeated int64
	open             ledger.Open
	mix              map[string]int64
	daily            []int64 // purchases of each of the last 30 days
}

// span is what happened between two business days.
type span struct {
	from, to  clock.Day
	joined    int64
	purchases int64
	value     int64
	flows     map[ledger.Contra]int64
}

// figures keeps the numbers of Home between visits. On a large shop counting
// takes seconds, so old numbers are shown while new ones are counted; on a
// small one every visit sees the present.
type figures struct {
	mu      sync.Mutex
	busy    bool
	known   *numbers
	at      clock.Instant
	took    time.Duration
	refresh sync.WaitGroup
}

// slow is from when on counting goes on behind the reader's back.
const slow = 200 * time.Millisecond

// get gives numbers not older than twenty times the effort to count them.
func (f *figures) get(ctx context.Context, c *Console, s *scene) (*numbers, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	wall := c.db.Clock().Wall()
	if f.known == nil || f.took < slow {
		return f.count(ctx, c, s)
	}
	if !f.busy && wall.Sub(f.at) > 20*f.took {
		f.busy = true
		f.refresh.Go(func() { f.behind(c, s) })
	}
	return f.known, nil
}

func (f *figures) behind(c *Console, s *scene) {
	n, took, err := measure(context.Background(), c, s)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy = false
	if err != nil {
		c.Web.Log.Warn("the figures of Home were not counted", "error", err)
		return
	}
	f.known, f.took, f.at = n, took, c.db.Clock().Wall()
}

func (f *figures) count(ctx context.Context, c *Console, s *scene) (*numbers, error) {
	n, took, err := measure(ctx, c, s)
	if err == nil {
		f.known, f.took, f.at = n, took, c.db.Clock().Wall()
	}
	return n, err
}

func measure(ctx context.Context, c *Console, s *scene) (n *numbers, took time.Duration, err error) {
	err = c.db.Read(ctx, func(tx *db.Tx) error {
		began := c.db.Clock().Wall()
		if n, err = c.countAll(tx, s); err != nil {
			return err
		}
		took = c.db.Clock().Wall().Sub(began)
		return nil
	})
	return n, took, err
}

func (c *Console) countAll(tx *db.Tx, s *scene) (n *numbers, err error) {
	first := s.today.StartOfMonth()
	n = &numbers{month: span{from: first, to: s.today}, last: span{from: first.AddMonths(-1), to: first - 1}}
	for _, x := range []*span{&n.month, &n.last} {
		if err := c.countSpan(tx, s, x); err != nil {
			return nil, err
		}
	}
	if n.members, err = c.Members.Count(tx, member.Active); err != nil {
		return nil, err
	}
	if n.buyers, n.repeated, err = purchase.Repeaters(tx); err != nil {
		return nil, err
	}
	if n.mix, err = tier.Mix(tx); err != nil {
		return nil, err
	}
	if n.daily, err = daily(tx, s.today); err != nil {
		return nil, err
	}
	n.open, err = ledger.Outstanding(tx, s.mainType(), tx.Now)
	return n, err
}

func (c *Console) countSpan(tx *db.Tx, s *scene, x *span) (err error) {
	if x.joined, err = c.Members.CountJoined(tx, x.from, x.to); err != nil {
		return err
	}
	days, err := purchase.PerDay(tx, x.from, x.to)
	if err != nil {
		return err
	}
	for _, d := range days {
		x.purchases, x.value = x.purchases+d.Purchases, x.value+d.Value
	}
	x.flows, err = ledger.Flows(tx, ledger.Filter{Type: s.mainType(), From: s.zone.Start(x.from), To: s.zone.Start(x.to + 1)})
	return err
}

func daily(tx *db.Tx, today clock.Day) ([]int64, error) {
	days, err := purchase.PerDay(tx, today-29, today)
	out := make([]int64, 30)
	for _, d := range days {
		out[d.Day-(today-29)] = d.Purchases
	}
	return out, err
}
