package api

import (
	"encoding/json"
	"net/http"
	"time"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/idem"
)

// inOne runs a story of one transaction and keeps its answer under the
// caller's key in the same transaction.
func inOne[T any](c *call, fn func(tx *db.Tx) (T, error)) (a answer[T], err error) {
	key, print, given, err := c.idemKey()
	if err != nil {
		return a, err
	}
	err = c.server.DB.Write(c.ctx, func(tx *db.Tx) (err error) {
		a = answer[T]{}
		if !given {
			a.body, err = fn(tx)
			return err
		}
		s, replayed, err := idem.Once(tx, key, print, func() (int, json.RawMessage, error) {
			if a.body, err = fn(tx); err != nil {
				return 0, nil, err
			}
			b, err := json.Marshal(a.body)
			return c.route.Status[0], b, err
		})
		if replayed {
			a = answer[T]{status: s.Status, stored: s.Body, replayed: true}
		}
		return err
	})
	return a, err
}

const (
	patience = 2 * time.Second // for a request with the same key that is at work
	lease    = time.Minute     // after which a story that died may be begun anew
)

// inSeveral runs a story of several transactions under the caller's key: the
// key is taken first, the answer kept after. A repeat that comes while the
// first is at work waits a little for it.
func inSeveral[T any](c *call, fn func() (T, error)) (a answer[T], err error) {
	key, print, given, err := c.idemKey()
	if err != nil {
		return a, err
	}
	if !given {
		a.body, err = fn()
		return a, err
	}
	s, fresh, err := c.beginOnce(key, print, lease)
	if err != nil {
		return a, err
	}
	if !fresh {
		return answer[T]{status: s.Status, stored: s.Body, replayed: true}, nil
	}
	d := c.server.DB
	if a.body, err = fn(); err != nil {
		if fault.Of(err).Kind == fault.Ambiguous {
			return a, err // the lease runs out, and a repeat finds out
		}
		_ = d.Write(c.ctx, func(tx *db.Tx) error { return idem.Release(tx, key) })
		return a, err
	}
	b, err := json.Marshal(a.body)
	if err != nil {
		return a, err
	}
	return a, d.Write(c.ctx, func(tx *db.Tx) error { return idem.Finish(tx, key, c.route.Status[0], b) })
}

// beginOnce takes a key, waiting up to patience for one that is at work.
func (c *call) beginOnce(key idem.Key, print idem.Fingerprint, lease time.Duration) (s idem.Stored, fresh bool, err error) {
	wait := time.NewTimer(patience)
	defer wait.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err = c.server.DB.Write(c.ctx, func(tx *db.Tx) (err error) {
			s, fresh, err = idem.Begin(tx, key, print, lease)
			return err
		})
		if !fault.Is(err, "idempotency.in_progress") {
			return s, fresh, err
		}
		select {
		case <-again.C:
		case <-wait.C:
			return s, false, err
		case <-c.ctx.Done():
			return s, false, err
		}
	}
}

func created(rt route) route {
	rt.Status = append([]int{http.StatusCreated}, rt.Status...)
	return rt
}
