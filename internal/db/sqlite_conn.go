package db

import (
	"context"
	"errors"
	"fmt"
)

// run executes a statement without arguments or rows of interest.
func (c *liteConn) run(q string) error {
	_, err := c.exec(q, nil)
	return err
}

func (c *liteConn) exec(q string, args []cell) (int64, error) {
	st, err := c.prepare(q)
	if err != nil {
		return 0, err
	}
	return c.execute(st, args, nil)
}

// execute binds args and runs st.
func (c *liteConn) execute(st *liteStmt, args []cell, each func(Row) error) (int64, error) {
	if st.script != "" {
		return c.runScript(st.script, args, each)
	}
	if st.p == 0 {
		return 0, nil
	}
	st.args = args
	if err := st.bind(nil); err != nil {
		return 0, err
	}
	return st.run(each)
}

// runScript runs several statements, such as a migration.
func (c *liteConn) runScript(q string, args []cell, each func(Row) error) (rows int64, err error) {
	if len(args) > 0 || each != nil {
		return 0, errors.New("db: several statements in one text take no arguments and give no rows")
	}
	for q != "" && err == nil {
		var st *liteStmt
		if st, q, err = c.compile(q); err != nil {
			return 0, err
		}
		rows, err = c.execute(st, nil, nil)
		st.close()
	}
	return rows, err
}

// text reads one text value.
func (c *liteConn) text(q string) (s string, err error) {
	st, err := c.prepare(q)
	if err == nil {
		_, err = c.execute(st, nil, func(r Row) error { return r.Scan(&s) })
	}
	return s, err
}

// liteSession is a transaction on a connection taken from pool.
type liteSession struct {
	c             *liteConn
	pool          chan *liteConn
	interruptible bool // a reader's statement ends with its context; the writer's are short and run out
}

// within runs f so that it ends with ctx if the session is interruptible.
func (s *liteSession) within(ctx context.Context, f func() (int64, error)) (int64, error) {
	if !s.interruptible {
		return f()
	}
	unwatch := s.c.watch(ctx)
	if unwatch == nil {
		return f()
	}
	defer unwatch()
	rows, err := f()
	if s.c.halted() {
		err = ctx.Err()
	}
	return rows, err
}

func (s *liteSession) exec(ctx context.Context, q string, args []cell) (int64, error) {
	return s.within(ctx, func() (int64, error) { return s.c.exec(q, args) })
}

func (s *liteSession) query(ctx context.Context, q string, args []cell, each func(Row) error) error {
	st, err := s.c.prepare(q)
	if err != nil {
		return err
	}
	_, err = s.within(ctx, func() (int64, error) { return s.c.execute(st, args, each) })
	return err
}

func (s *liteSession) bulk(ctx context.Context, b *Bulk, cols []column, n int, each func(Row) error) (int64, error) {
	st, err := s.c.prepare(b.sqlite)
	if err != nil {
		return 0, err
	}
	if st.p == 0 {
		return 0, errors.New("db: a bulk is one statement")
	}
	return s.within(ctx, func() (int64, error) { return st.bulk(ctx, b, cols, n, each) })
}

// bulk runs the statement once for each row of cols. A column that is one
// value is bound once.
func (st *liteStmt) bulk(ctx context.Context, b *Bulk, cols []column, n int, each func(Row) error) (rows int64, err error) {
	st.args = make([]cell, len(cols))
	same := func(i int) bool { return cols[i].n < 0 }
	for i := range n {
		if i%256 == 255 && ctx.Err() != nil {
			return rows, ctx.Err()
		}
		for j := range cols {
			if i > 0 && cols[j].n < 0 {
				continue
			}
			c, err := cols[j].at(i)
			if err == nil {
				st.args[j], err = b.fit(j, c)
			}
			if err != nil {
				return rows, fmt.Errorf("%w (column %s, row %d)", err, b.names[j], i)
			}
		}
		known := same
		if i == 0 {
			known = nil
		}
		if err := st.bind(known); err != nil {
			return rows, err
		}
		k, err := st.once(b, each)
		if err != nil {
			return rows, err
		}
		rows += k
	}
	return rows, nil
}

// once runs the bound statement of b, and gives back arguments itself where
// they are all that it would return.
func (st *liteStmt) once(b *Bulk, each func(Row) error) (int64, error) {
	if b.echo == nil || each == nil {
		return st.run(each)
	}
	rows, err := st.run(nil)
	for range rows {
		if err == nil {
			err = each(echoRow{st.args, b.echo})
		}
	}
	return rows, err
}

// echoRow is a row of arguments.
type echoRow struct {
	args []cell
	at   []int
}

func (r echoRow) Scan(dest ...any) error {
	return scan(dest, len(r.at), func(i int) (cell, error) { return r.args[r.at[i]], nil })
}

// commit gives the connection back whatever happens; a failed COMMIT may
// leave the transaction open, so it is rolled back.
func (s *liteSession) commit() error {
	err := s.c.run("COMMIT")
	if err != nil {
		s.c.run("ROLLBACK")
	}
	s.pool <- s.c
	return err
}

func (s *liteSession) rollback() {
	s.c.run("ROLLBACK") // fails only when SQLite has already rolled back
	s.pool <- s.c
}
