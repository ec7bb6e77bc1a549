package db

import (
	"errors"
	"iter"
)

// Together runs independent parts of a transaction side by side: each runs
// until it asks the database something, then all that they ask travels in one
// message and each goes on with its answer. A story that loads ten things so
// waits as often as the deepest of them and not ten times. On SQLite, where
// nothing travels, the parts run one after another.
//
// The parts run in turns on one goroutine, in their order, so they may share
// memory; a part must not count on another one's answers. Of the statements of
// one message those of earlier parts run first. The first error ends all.
func (tx *Tx) Together(parts ...func() error) error {
	s, ok := tx.s.(batcher)
	if !ok || tx.gang != nil || len(parts) == 1 {
		for _, f := range parts {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	}
	g := &gang{}
	tx.gang = g
	defer func() {
		tx.gang = nil
		for _, m := range g.members {
			m.stop()
		}
	}()
	for _, f := range parts {
		g.add(f)
	}
	for {
		asked, err := g.turn()
		if err != nil || len(asked) == 0 {
			return err
		}
		if err := tx.answer(s, asked); err != nil {
			return err
		}
	}
}

// gang is the parts of one Together.
type gang struct {
	members []*part
	current *part // whose turn it is
}

type part struct {
	next  func() (*queued, bool)
	stop  func()
	yield func(*queued) bool
	done  bool
	err   error
}

var errStopped = errors.New("db: another part of the transaction failed")

func (g *gang) add(f func() error) {
	m := &part{}
	m.next, m.stop = iter.Pull(func(yield func(*queued) bool) {
		m.yield = yield
		m.err = f()
	})
	g.members = append(g.members, m)
}

// turn lets every part run to its next question.
func (g *gang) turn() (asked []*queued, err error) {
	defer func() { g.current = nil }()
	for _, m := range g.members {
		if m.done {
			continue
		}
		g.current = m
		q, more := m.next()
		if more {
			asked = append(asked, q)
			continue
		}
		if m.done = true; m.err != nil {
			return nil, m.err
		}
	}
	return asked, nil
}

// answer sends what waits and what was asked in one message.
func (tx *Tx) answer(s batcher, asked []*queued) error {
	waiting := tx.waiting
	tx.waiting = nil
	list := make([]*queued, 0, len(waiting)+len(asked))
	for i := range waiting {
		list = append(list, &waiting[i])
	}
	list = append(list, asked...)
	for range list {
		if err := tx.db.inject("bulk"); err != nil {
			return err
		}
	}
	if err := tx.ctx.Err(); err != nil {
		return err
	}
	tx.inRows = true
	err := s.batch(tx, list)
	tx.inRows = false
	if err != nil {
		return err
	}
	for i := range waiting {
		if f := waiting[i].then; f != nil {
			if err := f(waiting[i].rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// inGang reports that a statement is to be asked and not run.
func (tx *Tx) inGang() bool { return tx.gang != nil && tx.gang.current != nil }

// ask hands a statement in and comes back with its answer.
func (tx *Tx) ask(q *queued) (rows int64, err error) {
	if !tx.gang.current.yield(q) {
		return 0, errStopped
	}
	return q.rows, nil
}
