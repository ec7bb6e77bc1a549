package db

// A queued statement waits for the next one whose answer somebody needs. It is
// a bulk over columns or, with sql, a plain one.
type queued struct {
	bulk  Bulk
	cols  []column
	n     int
	sql   string
	cells []cell
	each  func(Row) error
	then  func(rows int64) error
	rows  int64 // its answer
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
	p := queued{bulk: b, cols: cols, n: n, each: each, then: then}
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
	batch(tx *Tx, list []*queued) error
	most() int // rows of arguments one statement may bring
}

// Flush runs what waits. Any other statement does so first.
func (tx *Tx) Flush() error {
	if len(tx.waiting) == 0 {
		return nil
	}
	return tx.answer(tx.s.(batcher), nil)
}
