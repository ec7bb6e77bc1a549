package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Policy says what happens to an event that fails MaxTries times.
type Policy uint8

const (
	Park Policy = iota // set it aside with its cause and go on
	Stop               // try again for ever: later events mean nothing without it
)

// Consumer handles the stream in order. Handle runs in one transaction with
// the move of the position, so its writes take effect once; it may run again
// after a failure and must do nothing outside tx.
type Consumer struct {
	Name     string   // stable: it owns the position
	Kinds    []string // of events it hears of; none means all
	Handle   func(tx *db.Tx, events []Event) error
	Batch    int // events per transaction, default 200
	Policy   Policy
	MaxTries int  // default 8, which is about a quarter of an hour
	FromNow  bool // a new consumer starts at the end of the stream, not at its oldest event
}

// A Node delivers events in one process. Several nodes may run on one
// database: a lease lets one of them work for a consumer at a time.
type Node struct {
	db        *db.DB
	id        ident.ID
	consumers []Consumer
	wake      chan struct{}
}

const lease = 30 * time.Second

// NewNode makes a node for consumers.
func NewNode(d *db.DB, consumers ...Consumer) *Node {
	for i := range consumers {
		c := &consumers[i]
		if c.Batch <= 0 {
			c.Batch = 200
		}
		if c.MaxTries <= 0 {
			c.MaxTries = 8
		}
	}
	return &Node{db: d, id: ident.New(), consumers: consumers, wake: make(chan struct{}, 1)}
}

// Wake makes Run look at once instead of at its next turn; use it with
// Tx.AfterCommit.
func (n *Node) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends, then gives its leases back. It looks for new
// events every interval and whenever woken.
func (n *Node) Run(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		n.turn(ctx)
		select {
		case <-ctx.Done():
			return n.release()
		case <-tick.C:
		case <-n.wake:
		}
	}
}

// turn drains every consumer, side by side: a slow one delays no other.
func (n *Node) turn(ctx context.Context) {
	var wg sync.WaitGroup
	for _, c := range n.consumers {
		wg.Go(func() {
			if _, err := n.Drain(ctx, c.Name); err != nil && ctx.Err() == nil {
				slog.Error("outbox delivery failed", "consumer", c.Name, "error", err)
			}
		})
	}
	wg.Wait()
}

// Drain delivers to one consumer until it has caught up, waits to try again
// or belongs to another node, and reports how many events it handled.
func (n *Node) Drain(ctx context.Context, name string) (total int, err error) {
	for _, c := range n.consumers {
		if c.Name != name {
			continue
		}
		for {
			k, err := n.step(ctx, c)
			total += k
			if err != nil || k == 0 {
				return total, err
			}
		}
	}
	return 0, fmt.Errorf("outbox: no consumer %q", name)
}

type cursor struct{ position, tries, careful int64 }

// errHandler marks a failure of Handle, in distinction to one of the database.
type errHandler struct {
	error
	batch []Event
}

func (e errHandler) Unwrap() error { return e.error }

// step delivers one batch. It returns 0 when there is nothing to do now.
func (n *Node) step(ctx context.Context, c Consumer) (handled int, err error) {
	if idle, err := n.idle(ctx, c); err != nil || idle {
		return 0, err
	}
	var at cursor
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		handled = 0
		cur, mine, err := n.claim(tx, c)
		if err != nil || !mine {
			return err
		}
		at = cur
		limit := c.Batch
		if cur.position < cur.careful {
			limit = 1
		}
		events, to, err := c.next(tx, cur.position, limit)
		if err != nil || to == cur.position {
			return err
		}
		if len(events) > 0 {
			if err := handle(tx, c, events); err != nil {
				return errHandler{err, events}
			}
		}
		handled = len(events)
		_, err = tx.Exec(`UPDATE outbox_consumer SET position = $2, tries = 0, retry_at = NULL, failure_code = NULL, failure_words = NULL WHERE name = $1`,
			c.Name, to)
		return err
	})
	if failed, ok := errors.AsType[errHandler](err); ok && ctx.Err() == nil {
		return n.failed(ctx, c, at, failed)
	}
	return handled, err
}

// next are the events the consumer hears of after a position, and how far it
// has come with them: past those that are not for it.
func (c *Consumer) next(tx *db.Tx, position int64, limit int) (events []Event, to int64, err error) {
	to, err = Last(tx)
	if err != nil || to <= position {
		return nil, position, err
	}
	where, args := "", []any{position, to, limit}
	for i, k := range c.Kinds {
		if where += ", "; i == 0 {
			where = " AND kind IN ("
		}
		args = append(args, k)
		where += fmt.Sprintf("$%d", len(args))
	}
	if where != "" {
		where += ")"
	}
	events, err = db.Query(tx, scanEvent, `SELECT number, id, kind, subject, at, data FROM outbox_event
		WHERE number > $1 AND number <= $2`+where+` ORDER BY number LIMIT $3`, args...)
	if len(events) == limit {
		to = events[limit-1].Number
	}
	return events, to, err
}

// idle looks without a lock, so that waiting costs no write.
func (n *Node) idle(ctx context.Context, c Consumer) (idle bool, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		last, err := Last(tx)
		if err != nil {
			return err
		}
		v, found, err := db.Maybe(tx, db.Value2[int64, clock.Instant], `SELECT position, retry_at FROM outbox_consumer WHERE name = $1`, c.Name)
		idle = found && (v.A >= last || v.B > tx.Wall)
		return err
	})
	return idle, err
}

// claim takes or keeps the lease. The update locks the consumer's row until
// the transaction ends, so nobody else moves its position meanwhile.
func (n *Node) claim(tx *db.Tx, c Consumer) (cur cursor, mine bool, err error) {
	start := "pruned"
	if c.FromNow {
		start = "number"
	}
	if _, err := tx.Exec(`INSERT INTO outbox_consumer (name, position, tries, careful_until) SELECT $1, `+start+`, 0, 0 FROM outbox_stream WHERE id = 1
		ON CONFLICT (name) DO NOTHING`, c.Name); err != nil {
		return cur, false, err
	}
	return db.Maybe(tx, func(r db.Row) (cur cursor, err error) {
		err = r.Scan(&cur.position, &cur.tries, &cur.careful)
		return cur, err
	}, `UPDATE outbox_consumer SET lease_owner = $2, lease_until = $3
		WHERE name = $1 AND (lease_owner IS NULL OR lease_owner = $2 OR lease_until <= $4) AND (retry_at IS NULL OR retry_at <= $4)
		RETURNING position, tries, careful_until`, c.Name, n.id, tx.Wall.Add(lease), tx.Wall)
}

// handle turns a panic of the consumer into an error.
func handle(tx *db.Tx, c Consumer, events []Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "outbox.panic", "consumer", c.Name).Because(fmt.Errorf("%v", p))
		}
	}()
	return c.Handle(tx, events)
}

// failed books a failure. A batch of several is tried again one by one, at
// once, to find the one that fails; that one waits longer each time and is
// parked in the end. The failed transaction took its claim with it, so the
// claim is made again; another node may have moved the position meanwhile.
func (n *Node) failed(ctx context.Context, c Consumer, at cursor, f errHandler) (handled int, err error) {
	code, words := fault.Of(f.error).Code, cut(f.Error(), 2000)
	first, last := f.batch[0], f.batch[len(f.batch)-1]
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		handled = 0
		cur, mine, err := n.claim(tx, c)
		if err != nil || !mine || cur != at {
			return err
		}
		set := func(q string, args ...any) error {
			_, err := tx.Exec(`UPDATE outbox_consumer SET failure_code = $2, failure_words = $3, `+q+` WHERE name = $1`, append([]any{c.Name, code, words}, args...)...)
			return err
		}
		switch {
		case len(f.batch) > 1:
			handled = 1 // nothing was, but there is more to do now
			return set(`careful_until = $4`, last.Number)
		case c.Policy == Park && at.tries+1 >= int64(c.MaxTries):
			handled = 1
			slog.Error("outbox event parked", "consumer", c.Name, "number", first.Number, "kind", first.Kind, "code", code)
			if err := park(tx, c.Name, first, at.tries+1, code, words); err != nil {
				return err
			}
			return set(`position = $4, tries = 0, retry_at = NULL`, first.Number)
		}
		return set(`tries = tries + 1, retry_at = $4`, tx.Wall.Add(backoff(at.tries)))
	})
	return handled, err
}

func park(tx *db.Tx, consumer string, e Event, tries int64, code, words string) error {
	_, err := tx.Exec(`INSERT INTO outbox_parked (consumer, number, id, kind, subject, at, data, tries, code, words, parked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		consumer, e.Number, e.ID, e.Kind, e.Subject, e.At, e.Data, tries, code, words, tx.Wall)
	return err
}

// backoff is 1 s doubled with each try, at most 10 minutes.
func backoff(tries int64) time.Duration {
	return min(time.Duration(math.Exp2(float64(min(tries, 20))))*time.Second, 10*time.Minute)
}

// release gives the leases back so that another node goes on at once.
func (n *Node) release() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return n.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE outbox_consumer SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1`, n.id)
		return err
	})
}

func cut(s string, n int) string {
	r := []rune(s)
	return string(r[:min(len(r), n)])
}
