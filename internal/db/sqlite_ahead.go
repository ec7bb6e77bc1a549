package db

import (
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lite "modernc.org/sqlite/lib"
)

// SQLite asks the system for one page at a time. A reader that goes through a
// whole table asks a quarter of a million times a gigabyte, which costs more
// than looking at the pages. Here what is read in the order of the file is
// fetched in larger pieces; and a connection that has a lender (see Through)
// looks at pages in them.
//
// A piece is good for as long as one snapshot is: while a reader holds its mark
// in the log, no page that it would take from the database file is written
// there (sqlite.org/wal.html#checkpointing; a page written by a checkpoint has
// a frame within the mark, and the reader takes that). Every snapshot begins
// and ends with a lock of the shared index, which lets the piece go, as does
// any lock or write of the file itself.

const (
	aheadMost = 64 << 10
	aheadJump = 32 << 10 // how far apart two pages may be that are read in the order of the file
	aheadRun  = 8        // so many in order, and a piece is fetched
)

// ahead stands behind the file of the layer below.
type ahead struct {
	below  uintptr // methods of the layer below
	buf    uintptr // aheadMost bytes, or 0
	off, n int64   // of the piece; n is 0 without one
	last   int64   // where was read last
	run    int64   // pages read in order
	lender uintptr // the connection's, while it has one
}

var (
	aheadTables   = map[uintptr]uintptr{}
	fetched, lent atomic.Int64 // pieces, and those of lenders, by all connections
)

func aheadOf(file uintptr) *ahead { return (*ahead)(at(file + uintptr(behind()))) }

func (g *ahead) methods() *lite.Tsqlite3_io_methods {
	return (*lite.Tsqlite3_io_methods)(at(g.below))
}

func (g *ahead) forget() {
	if g.n, g.run = 0, 0; g.lender != 0 {
		(*lender)(at(g.lender)).forget()
	}
}

func aheadMethods(m *lite.Tsqlite3_io_methods) {
	m.FxClose, m.FxRead = funcPointer(aheadClose), funcPointer(aheadRead)
	m.FxWrite, m.FxTruncate = funcPointer(aheadWrite), funcPointer(aheadTruncate)
	m.FxLock, m.FxUnlock, m.FxShmLock = funcPointer(aheadLock), funcPointer(aheadUnlock), funcPointer(aheadShmLock)
	m.FxFetch, m.FxUnfetch, m.FxFileControl = funcPointer(aheadLend), funcPointer(aheadGiveBack), funcPointer(aheadFileControl)
}

func aheadRead(tls *libc.TLS, file, p uintptr, n int32, off int64) int32 {
	g := aheadOf(file)
	if inOrder := g.step(off); inOrder && !g.holds(off, n) {
		g.fetch(tls, file, off)
	}
	if g.holds(off, n) {
		copy(unsafe.Slice((*byte)(at(p)), n), unsafe.Slice((*byte)(at(g.buf+uintptr(off-g.off))), n))
		return lite.SQLITE_OK
	}
	return function[moveFunc](g.methods().FxRead)(tls, file, p, n, off)
}

// step reports whether what is asked for is read in the order of the file.
// SQLite asks to read what it was not lent.
func (g *ahead) step(off int64) bool {
	step := off - g.last
	g.last = off
	switch {
	case step > 0 && step <= aheadJump:
		g.run++
	case step != 0:
		g.run = 0
	}
	return g.run >= aheadRun
}

func (g *ahead) holds(off int64, n int32) bool { return off >= g.off && off+int64(n) <= g.off+g.n }

// fetch reads a piece; where it would reach beyond the end of the file, or
// cannot be read, there is none.
func (g *ahead) fetch(tls *libc.TLS, file uintptr, off int64) {
	if g.n = 0; g.buf == 0 {
		g.buf = libc.Xmalloc(tls, aheadMost)
	}
	if g.buf != 0 && function[moveFunc](g.methods().FxRead)(tls, file, g.buf, aheadMost, off) == lite.SQLITE_OK {
		g.off, g.n = off, aheadMost
		fetched.Add(1)
	}
}

// aheadLend answers xFetch: with the address of a page, or with none, and
// SQLite reads it.
func aheadLend(_ *libc.TLS, file uintptr, off int64, n int32, out uintptr) int32 {
	g, page := aheadOf(file), uintptr(0)
	if g.lender != 0 {
		page = (*lender)(at(g.lender)).lend(off, int64(n), g.step(off))
	}
	*(*uintptr)(at(out)) = page
	return lite.SQLITE_OK
}

// aheadGiveBack answers xUnfetch.
func aheadGiveBack(_ *libc.TLS, file uintptr, _ int64, page uintptr) int32 {
	if g := aheadOf(file); g.lender != 0 && page != 0 {
		(*lender)(at(g.lender)).giveBack(page)
	}
	return lite.SQLITE_OK
}

// aheadFileControl keeps from the layer below how much SQLite would have it
// map.
func aheadFileControl(tls *libc.TLS, file uintptr, op int32, arg uintptr) int32 {
	if op == lite.SQLITE_FCNTL_MMAP_SIZE {
		return lite.SQLITE_OK
	}
	return function[ctrlFunc](aheadOf(file).methods().FxFileControl)(tls, file, op, arg)
}

func aheadWrite(tls *libc.TLS, file, p uintptr, n int32, off int64) int32 {
	g := aheadOf(file)
	g.forget()
	return function[moveFunc](g.methods().FxWrite)(tls, file, p, n, off)
}

func aheadTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	g := aheadOf(file)
	g.forget()
	return function[truncFunc](g.methods().FxTruncate)(tls, file, size)
}

func aheadLock(tls *libc.TLS, file uintptr, level int32) int32 {
	g := aheadOf(file)
	g.forget()
	return function[levelFunc](g.methods().FxLock)(tls, file, level)
}

func aheadUnlock(tls *libc.TLS, file uintptr, level int32) int32 {
	g := aheadOf(file)
	g.forget()
	return function[levelFunc](g.methods().FxUnlock)(tls, file, level)
}

func aheadShmLock(tls *libc.TLS, file uintptr, slot, n, flags int32) int32 {
	g := aheadOf(file)
	g.forget()
	return function[shmFunc](g.methods().FxShmLock)(tls, file, slot, n, flags)
}

func aheadClose(tls *libc.TLS, file uintptr) int32 {
	g := aheadOf(file)
	libc.Xfree(tls, g.buf)
	g.buf = 0
	return function[fileFunc](g.methods().FxClose)(tls, file)
}
