package insight

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"joren/internal/clock"
	"joren/internal/fault"
)

// newest is the newest of something that takes long to make. One makes at a
// time; who cannot wait has the one before while the next is made beside.
type newest[T any] struct {
	making sync.Mutex // one makes
	mu     sync.Mutex
	value  T
	have   bool
	made   clock.Instant // wall time
	beside *made
}

// made is one that is made beside whoever asked.
type made struct {
	done chan struct{}
	err  error // to be read when done is closed
}

// maker makes the next one from the one before, if there is one.
type maker[T any] func(ctx context.Context, old T, have bool) (T, error)

// last is what there is and when it was made.
func (n *newest[T]) last() (v T, at clock.Instant, have bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.value, n.made, n.have
}

// wait makes the next one, after who is at it already.
func (n *newest[T]) wait(ctx context.Context, wall func() clock.Instant, next maker[T]) (T, error) {
	n.making.Lock()
	defer n.making.Unlock()
	old, _, have := n.last()
	v, err := next(ctx, old, have)
	if err == nil {
		n.mu.Lock()
		n.value, n.have, n.made = v, true, wall()
		n.mu.Unlock()
	}
	return v, err
}

// start makes the next one beside; mine is false where that was under way.
func (n *newest[T]) start(ctx context.Context, wall func() clock.Instant, next maker[T]) (m *made, mine bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.beside != nil {
		return n.beside, false
	}
	m, again := &made{done: make(chan struct{})}, n.have
	n.beside = m
	go func() {
		_, m.err = n.wait(context.WithoutCancel(ctx), wall, next)
		n.mu.Lock()
		n.beside = nil
		n.mu.Unlock()
		close(m.done)
		if m.err != nil && again { // nobody is told
			slog.Error("insight: reading", "error", m.err)
		}
	}()
	return m, true
}

// patience is how long a reader of a patient board waits: a small shop is read
// within it, and no page is late for a large one.
const patience = 30 * time.Millisecond

// soon waits a little for one that knows all that has happened, and takes what
// there is then.
func (n *newest[T]) soon(ctx context.Context, wall func() clock.Instant, next maker[T]) (v T, have bool, err error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for mine := false; !mine; {
		var m *made
		m, mine = n.start(ctx, wall, next)
		select {
		case <-m.done:
			if mine && m.err != nil {
				return v, false, m.err
			}
		case <-late.C:
			mine = true
		case <-ctx.Done():
			return v, false, ctx.Err()
		}
	}
	v, _, have = n.last()
	return v, have, nil
}

// ready is how a board answers: a patient one with what it has, a newer one
// made beside when that is older than age; before the first it says how far it
// is. One that is not patient makes what is asked for now.
//
// Faults: insight.reading.
func ready[T any](ctx context.Context, b *Board, n *newest[T], age time.Duration, next maker[T]) (T, error) {
	wall := b.db.Clock().Wall
	if b.Patient == 0 {
		return n.wait(ctx, wall, next)
	}
	if v, at, have := n.last(); have {
		if wall() >= at.Add(age) {
			n.start(ctx, wall, next)
		}
		return v, nil
	}
	v, have, err := n.soon(ctx, wall, next)
	if err == nil && !have {
		err = notRead()
	}
	return v, err
}

// notRead refuses what is not worked out yet; in some seconds it may be.
func notRead() error { return fault.New(fault.Unavailable, "insight.reading", "seconds", 3) }
