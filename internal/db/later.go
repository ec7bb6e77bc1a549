package db

// A queued statement waits for the next one whose answer somebody needs.
type queued struct {
	bulk Bulk
	cols []column
	n    int
	each func(Row) error
	then func(rows int64) error
}

// Later runs b over the columns when something else is asked of the
// transaction, or at its end: on PostgreSQL all that waits travels in one
// message and costs one wait instead of many; on SQLite it runs at once.
// Statements keep their order. then, if not nil, gets the rows written; its
// error, like the statement's, comes from whatever makes it run.
func (tx *Tx) Later(b Bulk, then func(rows int64) error, cols ...any) error {
	return tx.later(b, nil, then, cols)
}

// LaterEach is Later for a statement that returns rows, which go to each.
func (tx *Tx) LaterEach(b Bulk, each func(Row) error, cols ...any) error {
	return tx.later(b, each, nil, cols)
}

func (tx *Tx) later(b Bulk, each func(Row) error, then func(int64) error, args []any) error {
	cols, n, err := toColumns(b.types, args)
	if err != nil {
		return err
	}
	p := queued{b, cols, n, each, then}
	if s, ok := tx.s.(batcher); ok && n > 0 && n <= s.most() {
		tx.waiting = append(tx.waiting, p)
		return nil
	}
	return tx.runNow(&p)
}

func (tx *Tx) runNow(p *queued) (err error) {
	rows := int64(0)
	if p.n > 0 {
		if err := tx.before("bulk"); err != nil {
			return err
		}
		rows, err = tx.s.bulk(tx.ctx, &p.bulk, p.cols, p.n, p.each)
		tx.done()
		if err != nil {
			return err
		}
	}
	if p.then != nil {
		return p.then(rows)
	}
	return nil
}

// batcher is a session that can send several statements in one message.
type batcher interface {
	batch(tx *Tx, list []queued) ([]int64, error)
	most() int // rows of arguments one statement may bring
}

// Flush runs what waits. Any other statement does so first.
func (tx *Tx) Flush() error {
	if len(tx.waiting) == 0 {
		return nil
	}
	list := tx.waiting
	tx.waiting = nil
	for range list {
		if err := tx.db.inject("bulk"); err != nil {
			return err
		}
	}
	rows, err := tx.s.(batcher).batch(tx, list)
	if err != nil {
		return err
	}
	for i := range list {
		if f := list[i].then; f != nil {
			if err := f(rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
