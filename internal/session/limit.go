package session

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"joren/internal/clock"
	"joren/internal/fault"
)

// limits slow down guessing: per network and per login, in this process. A
// name that is attacked from everywhere stays usable at a slow pace.
type limits struct {
	mu   *sync.Mutex
	byIP map[string]*bucket
	byID map[string]*bucket
	wall func() clock.Instant
}

type bucket struct {
	l    *rate.Limiter
	seen clock.Instant
}

func newLimits(c clock.Clock) limits {
	return limits{new(sync.Mutex), map[string]*bucket{}, map[string]*bucket{}, c.Wall}
}

// Twenty tries at once and four a minute for a network, ten and one a minute
// for a login.
var (
	networkRate, networkBurst = rate.Every(15 * time.Second), 20
	loginRate, loginBurst     = rate.Every(time.Minute), 10
)

const maxBuckets = 10000

// take counts one try and refuses it with session.slow_down when there were
// too many.
func (l limits) take(ip, login string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.wall()
	a := grab(l.byIP, ip, networkRate, networkBurst, now)
	b := grab(l.byID, login, loginRate, loginBurst, now)
	if a.AllowN(now.Time(), 1) && b.AllowN(now.Time(), 1) {
		return nil
	}
	return fault.New(fault.Limited, "session.slow_down", "seconds", 60)
}

func grab(m map[string]*bucket, key string, r rate.Limit, burst int, now clock.Instant) *rate.Limiter {
	b, ok := m[key]
	if !ok {
		if len(m) >= maxBuckets {
			drop(m, now)
		}
		b = &bucket{l: rate.NewLimiter(r, burst)}
		m[key] = b
	}
	b.seen = now
	return b.l
}

// drop forgets buckets unused for an hour; if all are in use, all of them, so
// that memory stays bounded.
func drop(m map[string]*bucket, now clock.Instant) {
	for k, b := range m {
		if now.Sub(b.seen) > time.Hour {
			delete(m, k)
		}
	}
	if len(m) >= maxBuckets {
		clear(m)
	}
}
