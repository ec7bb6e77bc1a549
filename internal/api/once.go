package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
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

// settle runs the story of a route. Under a key it waits a little for a request
// with the same key that this process is at work on; of other processes the
// database tells, when their transaction ends. A refusal that was judged on
// what is recorded is kept under the key, so that a repeat is refused alike
// though things may have changed (SEMANTICS §10 I2). What is wrong with the
// request itself is judged anew: nothing was decided, and a caller may mend her
// request and use the key again.
func settle[In, Out any](c *call, in *In, fn func(*call, *In) (answer[Out], error)) (a answer[Out], err error) {
	if c.route.Once == reads || c.name() == "" {
		return fn(c, in)
	}
	key, _, _, err := c.idemKey()
	if err != nil {
		return a, err
	}
	leave, err := c.server.flights.enter(c.ctx, key)
	if err != nil {
		return a, err
	}
	defer leave()
	if a, err = fn(c, in); !judged(err) || c.route.Upload && c.body == nil {
		return a, err
	}
	kept, saving := c.keep(err)
	switch {
	case saving != nil:
		return a, err // nothing is kept: a repeat is judged anew
	case kept != nil:
		return a, kept
	}
	return fn(c, in) // another process had an answer first: it is found now
}

// keep stores a refusal; nil when something stands under the key already.
func (c *call) keep(refused error) (*idem.Refused, error) {
	key, print, _, err := c.idemKey()
	if err != nil {
		return nil, err
	}
	p := c.problem(refused)
	s := idem.Stored{Fingerprint: print, Status: p.Status, Body: p.encode()}
	var taken []idem.Key
	err = c.server.DB.Write(c.ctx, func(tx *db.Tx) (err error) {
		taken, err = idem.Save(tx, []idem.Record{{Key: key, Fingerprint: print, Status: s.Status, Body: s.Body}})
		return err
	})
	if err != nil || len(taken) > 0 {
		return nil, err
	}
	return &idem.Refused{Stored: s, Fresh: true}, nil
}

// onRecord are the refusals that say by their code, not by their kind, that
// they were judged on what is recorded.
var onRecord = map[string]bool{"points.insufficient": true, "hold.exceeded": true, "refund.exceeds_spend": true, "return.exceeds_purchase": true,
	"return.nothing_left": true, "return.before_purchase": true, "purchase.before_joining": true, "purchase.claim_late": true, "purchase.claim_off": true}

// judged reports a refusal that depended on what is recorded.
func judged(err error) bool {
	f := fault.Of(err)
	var again *idem.Refused
	switch {
	case err == nil || errors.As(err, &again) || strings.HasPrefix(f.Code, "idempotency."):
		return false
	case f.Kind == fault.Conflict, f.Kind == fault.NotFound:
		return true
	}
	return onRecord[f.Code]
}

func created(rt route) route {
	rt.Status = append([]int{http.StatusCreated}, rt.Status...)
	return rt
}
