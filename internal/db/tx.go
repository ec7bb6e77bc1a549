package db

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"time"

	"joren/internal/clock"
	"joren/internal/fault"
)

// Tx is one transaction (Write) or one snapshot (Read). It is not for use by
// several goroutines and not after its closure has returned.
type Tx struct {
	Now  clock.Instant // shop time of the story, the same throughout
	Wall clock.Instant // wall time at its start, for leases and time-outs

	db      *DB
	ctx     context.Context
	s       session
	last    []func() error
	after   []func()
	inRows  bool
	waiting []queued
	gang    *gang
}

// A session is one open transaction on an engine.
type session interface {
	exec(ctx context.Context, q string, args []cell) (int64, error)
	query(ctx context.Context, q string, args []cell, each func(Row) error) error
	bulk(ctx context.Context, b *Bulk, cols []column, n int, each func(Row) error) (int64, error)
	commit() error
	rollback()
}

type insideKey struct{}

// Context is the context the transaction runs under.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Engine names the database engine, for the few texts that must differ.
func (tx *Tx) Engine() Engine { return tx.db.engine }

// BeforeCommit runs f as the last work of the transaction, after the closure
// has returned; its error rolls back. For what must be locked as shortly as
// possible, such as the numbers of events.
func (tx *Tx) BeforeCommit(f func() error) { tx.last = append(tx.last, f) }

// AfterCommit runs f once the transaction is durable; never if it is not. f
// must not use tx or its context.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Savepoint runs fn so that an error undoes only what fn wrote; the error is
// returned and the transaction goes on.
func (tx *Tx) Savepoint(fn func() error) error {
	if _, err := tx.Exec("SAVEPOINT part"); err != nil {
		return err
	}
	last, after := len(tx.last), len(tx.after)
	err := fn()
	if err != nil {
		tx.last, tx.after = tx.last[:last], tx.after[:after]
		if _, e := tx.Exec("ROLLBACK TO SAVEPOINT part"); e != nil {
			return errors.Join(err, e)
		}
	}
	if _, e := tx.Exec("RELEASE SAVEPOINT part"); e != nil {
		return errors.Join(err, e)
	}
	return err
}

// before guards each statement: one at a time, not after the end of time.
func (tx *Tx) before(point string) error {
	if tx.inRows {
		return fmt.Errorf("db: a statement inside Each")
	}
	if err := tx.Flush(); err != nil {
		return err
	}
	if err := tx.ctx.Err(); err != nil {
		return err
	}
	if f := tx.db.options.Inject; f != nil {
		if err := f(point); err != nil {
			return err
		}
	}
	tx.inRows = true
	return nil
}

func (tx *Tx) done() { tx.inRows = false }

const maxTries = 5

// Write runs fn in one transaction and commits it. fn must have no effect
// outside tx: it runs again, up to five times in all, after a serialization
// failure, a deadlock or a busy file. An error or panic of fn rolls back.
//
// Faults: db.ambiguous when the answer to COMMIT was lost (the transaction
// may or may not stand; repeat with the same key), db.busy when five tries
// did not do, db.unavailable, db.full, db.storage_failed, db.read_only.
// A statement's other errors come back as they are; see [Unique].
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if ctx.Value(insideKey{}) == d {
		panic("db: Write inside a transaction of the same database")
	}
	if d.options.ReadOnly {
		return fault.New(fault.Unavailable, "db.read_only")
	}
	for try := 1; ; try++ {
		err := d.once(ctx, true, fn)
		if err == nil {
			return nil
		}
		if !retryable(err) || fault.Is(err, "db.ambiguous") {
			return explain(err)
		}
		d.counts.retries.Add(1)
		if try == maxTries {
			return fault.New(fault.Unavailable, "db.busy").Because(err)
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// Read runs fn on one snapshot; it cannot write.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	return explain(d.once(ctx, false, fn))
}

func (d *DB) once(ctx context.Context, write bool, fn func(*Tx) error) error {
	hooks, err := d.attempt(ctx, write, fn)
	for _, f := range hooks {
		f()
	}
	return err
}

// attempt is one run of fn. The session is given back before hooks run, so
// that they may use the database.
func (d *DB) attempt(ctx context.Context, write bool, fn func(*Tx) error) (hooks []func(), err error) {
	s, err := d.begin(ctx, write)
	if err != nil {
		return nil, err
	}
	open := true
	defer func() {
		if open {
			s.rollback()
		}
	}()
	tx := &Tx{Now: d.options.Clock.Shop(), Wall: d.options.Clock.Wall(), db: d, s: s, ctx: context.WithValue(ctx, insideKey{}, d)}
	if err := fn(tx); err != nil {
		return nil, err
	}
	for i := 0; i < len(tx.last); i++ { // a hook may add another
		if err := tx.last[i](); err != nil {
			return nil, err
		}
	}
	last, err := tx.lastWords()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := d.inject("commit"); err != nil {
		return nil, err
	}
	if len(last) > 0 {
		committing, err := s.(lastWriter).commitAfter(last)
		if err != nil && !committing {
			return nil, err
		}
		open = false
		s.(lastWriter).release()
		if err != nil {
			return nil, d.commitFailed(write, err)
		}
	} else {
		open = false
		if err := s.commit(); err != nil {
			return nil, d.commitFailed(write, err)
		}
	}
	if err := d.inject("committed"); err != nil {
		return nil, d.commitFailed(write, err)
	}
	if write {
		d.counts.writes.Add(1)
	}
	return tx.after, nil
}

// lastWords are the statements that may travel with COMMIT: those that still
// wait and whose answer nobody wants. All others are run.
func (tx *Tx) lastWords() ([]*queued, error) {
	_, ok := tx.s.(lastWriter)
	for i := range tx.waiting {
		ok = ok && tx.waiting[i].each == nil && tx.waiting[i].then == nil
	}
	if !ok {
		return nil, tx.Flush()
	}
	list := make([]*queued, len(tx.waiting))
	for i := range tx.waiting {
		if err := tx.db.inject("bulk"); err != nil {
			return nil, err
		}
		list[i] = &tx.waiting[i]
	}
	tx.waiting = nil
	return list, nil
}

// lastWriter is a session that can send statements and COMMIT in one message.
type lastWriter interface {
	commitAfter(list []*queued) (committing bool, err error)
	release()
}

func (d *DB) inject(point string) error {
	if d.options.Inject == nil {
		return nil
	}
	return d.options.Inject(point)
}

func (d *DB) commitFailed(write bool, err error) error {
	if !write || definite(err) {
		return err
	}
	d.counts.ambiguous.Add(1)
	if storageFailed(err) {
		d.failed.Store(true)
	}
	return fault.New(fault.Ambiguous, "db.ambiguous").Because(err)
}

// pause waits before try+1: 5, 10, 20, 40 ms, each between half and full.
// The jitter only keeps colliding writers apart, so a hash seed is random
// enough.
func pause(ctx context.Context, try int) error {
	full := 5 * time.Millisecond << (try - 1)
	jitter := time.Duration(maphash.String(maphash.MakeSeed(), "") % uint64(full/2))
	select {
	case <-time.After(full/2 + jitter):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
