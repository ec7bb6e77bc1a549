package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// liteConn is one connection with its prepared statements. Statements are
// prepared once and kept: an import runs a few of them half a million times.
type liteConn struct {
	conn  driver.Conn
	stmts map[string]driver.Stmt
}

const maxStatements = 1000 // beyond it all are closed and preparing starts anew

func (c *liteConn) prepare(q string) (driver.Stmt, error) {
	if st, ok := c.stmts[q]; ok {
		return st, nil
	}
	if len(c.stmts) >= maxStatements {
		c.forget()
	}
	st, err := c.conn.Prepare(q)
	if err != nil {
		return nil, err
	}
	c.stmts[q] = st
	return st, nil
}

func (c *liteConn) forget() {
	for q, st := range c.stmts {
		st.Close()
		delete(c.stmts, q)
	}
}

func (c *liteConn) close() error {
	c.forget()
	return c.conn.Close()
}

// run executes a statement without arguments or rows of interest.
func (c *liteConn) run(q string) error {
	st, err := c.prepare(q)
	if err == nil {
		_, err = st.(driver.StmtExecContext).ExecContext(context.Background(), nil)
	}
	return err
}

// text reads one text value.
func (c *liteConn) text(q string) (s string, err error) {
	st, err := c.prepare(q)
	if err != nil {
		return "", err
	}
	err = eachLite(context.Background(), st, nil, func(r Row) error { return r.Scan(&s) })
	return s, err
}

// liteSession is a transaction on a connection taken from pool.
type liteSession struct {
	c             *liteConn
	pool          chan *liteConn
	interruptible bool // a reader's statement ends with its context; the writer's are short and run out
}

func (s *liteSession) context(ctx context.Context) context.Context {
	if s.interruptible {
		return ctx
	}
	return context.Background() // spares the driver a watching goroutine per row
}

func (s *liteSession) exec(ctx context.Context, q string, args []cell) (int64, error) {
	st, err := s.c.prepare(q)
	if err != nil {
		return 0, err
	}
	res, err := st.(driver.StmtExecContext).ExecContext(s.context(ctx), bind(nil, args))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s *liteSession) query(ctx context.Context, q string, args []cell, each func(Row) error) error {
	st, err := s.c.prepare(q)
	if err != nil {
		return err
	}
	return eachLite(s.context(ctx), st, bind(nil, args), each)
}

func (s *liteSession) bulk(ctx context.Context, b *Bulk, cols []column, n int, each func(Row) error) (rows int64, err error) {
	st, err := s.c.prepare(b.sqlite)
	if err != nil {
		return 0, err
	}
	args, cells := make([]driver.NamedValue, 0, len(cols)), make([]cell, len(cols))
	for i := range n {
		if i%256 == 255 && ctx.Err() != nil {
			return rows, ctx.Err()
		}
		for j, col := range cols {
			if cells[j], err = col.at(i); err == nil {
				cells[j], err = fit(b.types[j], cells[j])
			}
			if err != nil {
				return rows, fmt.Errorf("%w (column %s, row %d)", err, b.names[j], i)
			}
		}
		args = bind(args[:0], cells)
		if each != nil {
			err = eachLite(s.context(ctx), st, args, func(r Row) error { rows++; return each(r) })
		} else {
			var res driver.Result
			if res, err = st.(driver.StmtExecContext).ExecContext(s.context(ctx), args); err == nil {
				k, _ := res.RowsAffected()
				rows += k
			}
		}
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
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

func bind(to []driver.NamedValue, args []cell) []driver.NamedValue {
	for i, c := range args {
		v := driver.NamedValue{Ordinal: i + 1}
		switch c.kind {
		case isInt, isBool:
			v.Value = c.i
		case isFloat:
			v.Value = c.float()
		case isText:
			v.Value = c.s
		case isBytes, isUUID:
			v.Value = c.b
		}
		to = append(to, v)
	}
	return to
}

func eachLite(ctx context.Context, st driver.Stmt, args []driver.NamedValue, each func(Row) error) (err error) {
	rows, err := st.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	r := liteRow{make([]driver.Value, len(rows.Columns()))}
	for {
		switch err := rows.Next(r.values); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if err := each(r); err != nil {
			return err
		}
	}
}

type liteRow struct{ values []driver.Value }

func (r liteRow) Scan(dest ...any) error {
	return scan(dest, len(r.values), func(i int) (cell, error) {
		switch v := r.values[i].(type) {
		case nil:
			return cell{}, nil
		case int64:
			return intCell(v), nil
		case string:
			return textCell(v), nil
		case []byte:
			return cell{kind: isBytes, b: v}, nil
		case float64:
			return floatCell(v), nil
		case bool:
			return boolCell(v), nil
		}
		return cell{}, fmt.Errorf("db: unexpected %T from SQLite", r.values[i])
	})
}
