package db

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lite "modernc.org/sqlite/lib"
)

// This file and sqlite_stmt.go speak to the SQLite library itself
// (sqlite.org/c3ref), not through database/sql/driver, whose boxed arguments
// and results cost about as much as half of the rows of an import.

// A liteError is what SQLite answered, with its extended result code.
type liteError struct {
	code int
	text string
}

func (e *liteError) Error() string { return fmt.Sprintf("sqlite: %s (%d)", e.text, e.code) }

// liteConn is one connection with its prepared statements. It serves one
// goroutine at a time, so the library takes no locks for it (NOMUTEX).
// Statements are prepared once and kept: an import runs a few of them half a
// million times.
type liteConn struct {
	tls   *libc.TLS
	db    uintptr
	out   uintptr // where the library puts two pointers
	halt  uintptr // an int32 that is not 0 while the running statement is to end
	stmts map[string]*liteStmt
}

// readyLite does once what must come before the first use of the library. On
// linux/arm64 it needs the page size of the machine instead of the builder's.
var readyLite = sync.OnceFunc(lite.PatchIssue199)

// openLite opens or creates the file; pragmas are the caller's.
func openLite(path string) (*liteConn, error) {
	readyLite()
	c := &liteConn{tls: libc.NewTLS(), stmts: map[string]*liteStmt{}}
	c.out, c.halt = libc.Xcalloc(c.tls, 1, 16), libc.Xcalloc(c.tls, 1, 8)
	name, err := libc.CString(path)
	if err != nil || c.out == 0 || c.halt == 0 {
		c.close()
		return nil, &liteError{lite.SQLITE_NOMEM, "out of memory"}
	}
	defer libc.Xfree(c.tls, name)
	const how = lite.SQLITE_OPEN_READWRITE | lite.SQLITE_OPEN_CREATE | lite.SQLITE_OPEN_NOMUTEX | lite.SQLITE_OPEN_EXRESCODE
	rc := lite.Xsqlite3_open_v2(c.tls, name, c.out, how, gathering())
	c.db = *(*uintptr)(at(c.out))
	if rc != lite.SQLITE_OK {
		err := c.fail(rc)
		c.close()
		return nil, err
	}
	return c, nil
}

// at makes a pointer of an address outside of Go's memory.
func at(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

func (c *liteConn) fail(rc int32) error {
	text := libc.GoString(lite.Xsqlite3_errstr(c.tls, rc))
	if c.db != 0 {
		if why := libc.GoString(lite.Xsqlite3_errmsg(c.tls, c.db)); why != text {
			text += ": " + why
		}
	}
	return &liteError{int(rc), text}
}

func (c *liteConn) close() (err error) {
	c.forget()
	if c.db != 0 {
		if rc := lite.Xsqlite3_close_v2(c.tls, c.db); rc != lite.SQLITE_OK {
			err = c.fail(rc)
		}
	}
	libc.Xfree(c.tls, c.out)
	libc.Xfree(c.tls, c.halt)
	c.tls.Close()
	return err
}

// everySteps is how many steps of its machine SQLite makes between two looks
// at whether the statement is to end: some 50 µs.
const everySteps = 1000

// watch ends the running statement when ctx does, until the returned function
// is called; nil if ctx never ends.
func (c *liteConn) watch(ctx context.Context) (unwatch func()) {
	if ctx.Done() == nil {
		return nil
	}
	lite.Xsqlite3_progress_handler(c.tls, c.db, everySteps, funcPointer(halted), c.halt)
	fired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		atomic.StoreInt32((*int32)(at(c.halt)), 1)
		close(fired)
	})
	return func() {
		if !stop() {
			<-fired
		}
		atomic.StoreInt32((*int32)(at(c.halt)), 0)
		lite.Xsqlite3_progress_handler(c.tls, c.db, 0, 0, 0)
	}
}

func (c *liteConn) halted() bool { return atomic.LoadInt32((*int32)(at(c.halt))) != 0 }

// halted is a progress handler of SQLite: other than 0 interrupts.
func halted(_ *libc.TLS, flag uintptr) int32 { return atomic.LoadInt32((*int32)(at(flag))) }
