package db

import (
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"modernc.org/libc"
	lite "modernc.org/sqlite/lib"
)

// A liteStmt is a prepared statement, or a script of several, which is
// prepared anew each time it runs.
type liteStmt struct {
	c       *liteConn
	p       uintptr // 0 for a script
	script  string
	params  []param
	columns int
	args    []cell // what is bound
}

// A param is one of SQLite's parameters: the argument it stands for, and the
// memory outside of Go's that holds a text or bytes for as long as they are
// bound (SQLITE_STATIC).
type param struct {
	arg  int
	buf  uintptr
	size int
}

const (
	leastParam = 64
	mostParam  = 64 << 10 // a larger one gives its memory back
)

const maxStatements = 1000 // beyond it all are closed and preparing starts anew

func (c *liteConn) prepare(q string) (*liteStmt, error) {
	if st, ok := c.stmts[q]; ok {
		return st, nil
	}
	if len(c.stmts) >= maxStatements {
		c.forget()
	}
	st, rest, err := c.compile(q)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(rest) != "" {
		st.close()
		st = &liteStmt{c: c, script: q}
	}
	c.stmts[q] = st
	return st, nil
}

// compile prepares the first statement of q; rest is what follows it.
func (c *liteConn) compile(q string) (st *liteStmt, rest string, err error) {
	text, err := libc.CString(q)
	if err != nil {
		return nil, "", &liteError{lite.SQLITE_NOMEM, "out of memory"}
	}
	defer libc.Xfree(c.tls, text)
	if rc := lite.Xsqlite3_prepare_v3(c.tls, c.db, text, int32(len(q)+1), lite.SQLITE_PREPARE_PERSISTENT, c.out, c.out+8); rc != lite.SQLITE_OK {
		return nil, "", c.fail(rc)
	}
	st = &liteStmt{c: c, p: *(*uintptr)(at(c.out))}
	if tail := *(*uintptr)(at(c.out + 8)); tail != 0 {
		rest = q[min(len(q), int(tail-text)):]
	}
	if st.p == 0 { // nothing but space and comments
		return st, rest, nil
	}
	st.columns = int(lite.Xsqlite3_column_count(c.tls, st.p))
	err = st.nameParams()
	if err != nil {
		st.close()
	}
	return st, rest, err
}

// nameParams finds which argument each parameter means: $2 is a name to
// SQLite, and names are numbered as they come.
func (st *liteStmt) nameParams() error {
	st.params = make([]param, lite.Xsqlite3_bind_parameter_count(st.c.tls, st.p))
	for i := range st.params {
		st.params[i].arg = i
		name := libc.GoString(lite.Xsqlite3_bind_parameter_name(st.c.tls, st.p, int32(i+1)))
		if name == "" || name == "?" {
			continue
		}
		n, err := strconv.Atoi(name[1:])
		if err != nil || n < 1 {
			return fmt.Errorf("db: parameter %s is not a number", name)
		}
		st.params[i].arg = n - 1
	}
	return nil
}

func (st *liteStmt) close() {
	if st.p != 0 {
		lite.Xsqlite3_finalize(st.c.tls, st.p)
		st.p = 0
	}
	for i := range st.params {
		libc.Xfree(st.c.tls, st.params[i].buf)
		st.params[i].buf = 0
	}
}

func (c *liteConn) forget() {
	for q, st := range c.stmts {
		st.close()
		delete(c.stmts, q)
	}
}

// bind gives SQLite the cells in st.args; same(i) is true for an argument that
// is still bound from the run before.
func (st *liteStmt) bind(same func(i int) bool) error {
	for i := range st.params {
		a := st.params[i].arg
		if a >= len(st.args) {
			return fmt.Errorf("db: argument %d is missing", a+1)
		}
		if same != nil && same(a) {
			continue
		}
		if rc := st.bindCell(i, &st.args[a]); rc != lite.SQLITE_OK {
			return st.c.fail(rc)
		}
	}
	return nil
}

func (st *liteStmt) bindCell(i int, c *cell) int32 {
	tls, n := st.c.tls, int32(i+1)
	switch c.kind {
	case isInt, isBool:
		return lite.Xsqlite3_bind_int64(tls, st.p, n, c.i)
	case isFloat:
		return lite.Xsqlite3_bind_double(tls, st.p, n, c.float())
	case isText:
		p := st.params[i].hold(tls, unsafe.Slice(unsafe.StringData(c.s), len(c.s)))
		if p == 0 {
			return lite.SQLITE_NOMEM
		}
		return lite.Xsqlite3_bind_text(tls, st.p, n, p, int32(len(c.s)), 0)
	case isBytes, isUUID:
		p := st.params[i].hold(tls, c.b)
		if p == 0 {
			return lite.SQLITE_NOMEM
		}
		return lite.Xsqlite3_bind_blob(tls, st.p, n, p, int32(len(c.b)), 0)
	}
	return lite.Xsqlite3_bind_null(tls, st.p, n)
}

// hold copies b to where SQLite may look at it, and gives the address: never 0
// for an empty text, which would be NULL; 0 when there is no memory.
func (p *param) hold(tls *libc.TLS, b []byte) uintptr {
	if len(b) > p.size || p.size > mostParam || p.buf == 0 {
		libc.Xfree(tls, p.buf)
		p.size = max(leastParam, len(b)+len(b)/4)
		if p.buf = libc.Xmalloc(tls, libc.Tsize_t(p.size)); p.buf == 0 {
			p.size = 0
			return 0
		}
	}
	copy(unsafe.Slice((*byte)(at(p.buf)), len(b)), b)
	return p.buf
}

// run steps through the bound statement. It gives the rows to each and counts
// them; without each it counts the rows written.
func (st *liteStmt) run(each func(Row) error) (rows int64, err error) {
	c := st.c
	// Its answer repeats that of the step. Deferred, for each may panic.
	defer func() { lite.Xsqlite3_reset(c.tls, st.p) }()
	for {
		switch rc := lite.Xsqlite3_step(c.tls, st.p); {
		case rc == lite.SQLITE_ROW && each == nil:
		case rc == lite.SQLITE_ROW:
			rows++
			if err := each((*liteRow)(st)); err != nil {
				return rows, err
			}
		case rc != lite.SQLITE_DONE:
			return rows, c.fail(rc)
		case each == nil:
			return int64(lite.Xsqlite3_changes(c.tls, c.db)), nil
		default:
			return rows, nil
		}
	}
}
