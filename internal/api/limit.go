package api

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Limits is how much one key may ask.
type Limits struct {
	PerSecond float64 // requests a second in the long run; 0 is 1,000, negative is no limit
	Burst     int     // at once; 0 is twice PerSecond
}

// limiter has a token bucket for each key. A bulk request takes a token for
// each hundred items.
type limiter struct {
	rate  rate.Limit
	burst int
	clock clock.Clock

	mu      sync.Mutex
	buckets map[ident.ID]*bucket
}

type bucket struct {
	*rate.Limiter
	used clock.Instant
}

const idle = 10 * time.Minute

func newLimiter(l Limits, c clock.Clock) *limiter {
	if l.PerSecond == 0 {
		l.PerSecond = 1000
	}
	if l.Burst == 0 {
		l.Burst = max(1, int(math.Ceil(2*l.PerSecond)))
	}
	lim := &limiter{rate: rate.Limit(l.PerSecond), burst: l.Burst, clock: c, buckets: map[ident.ID]*bucket{}}
	if l.PerSecond < 0 {
		lim.rate = rate.Inf
	}
	return lim
}

// take spends n of a key's tokens. Fault: rate.limited with the seconds to
// wait.
func (l *limiter) take(key ident.ID, n int) error {
	if l.rate == rate.Inf {
		return nil
	}
	now := l.clock.Wall()
	r := l.of(key, now).ReserveN(now.Time(), min(n, l.burst))
	wait := r.DelayFrom(now.Time())
	if wait <= 0 {
		return nil
	}
	r.CancelAt(now.Time())
	return fault.New(fault.Limited, "rate.limited", "seconds", int64(math.Ceil(wait.Seconds())))
}

func (l *limiter) of(key ident.ID, now clock.Instant) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[key]
	if b == nil {
		for k, old := range l.buckets { // few: one for each program that calls
			if now.Sub(old.used) > idle {
				delete(l.buckets, k)
			}
		}
		b = &bucket{Limiter: rate.NewLimiter(l.rate, l.burst)}
		l.buckets[key] = b
	}
	b.used = now
	return b.Limiter
}
