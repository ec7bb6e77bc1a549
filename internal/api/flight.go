package api

import (
	"context"
	"sync"
	"time"

	"joren/internal/fault"
	"joren/internal/idem"
)

// flights are the keys this process is at work on.
type flights struct {
	mu sync.Mutex
	by map[idem.Key]*flight
}

type flight struct{ landed chan struct{} } // nil until somebody waits

// enter notes that a key is at work. Where it is already, enter waits for the
// end of that work, for patience at most: then its answer is stored and will
// be found. Fault: idempotency.in_progress.
func (f *flights) enter(ctx context.Context, key idem.Key) (leave func(), err error) {
	f.mu.Lock()
	first := f.by[key]
	if first == nil {
		if f.by == nil {
			f.by = map[idem.Key]*flight{}
		}
		mine := &flight{}
		f.by[key] = mine
		f.mu.Unlock()
		return func() { f.leave(key, mine) }, nil
	}
	if first.landed == nil {
		first.landed = make(chan struct{})
	}
	f.mu.Unlock()
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-first.landed:
		return func() {}, nil
	case <-wait.C:
	case <-ctx.Done():
	}
	return nil, fault.New(fault.Conflict, "idempotency.in_progress")
}

func (f *flights) leave(key idem.Key, mine *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.by, key)
	if mine.landed != nil {
		close(mine.landed)
	}
}
