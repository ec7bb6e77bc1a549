//go:build unix

package db

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
	lite "modernc.org/sqlite/lib"
)

// A connection that goes through a whole table is lent pages where they were
// read to, as from a file that is mapped into memory (sqlite.org/mmap.html),
// instead of copying them to a cache that has better things to hold. To map the
// file costs more than to read it in pieces: every page is then a page of its
// own to the processor too. And it would end the process where the disk fails.

const (
	lentSize   = 256 << 10
	lentPieces = 4 // a reader stands on few pages at a time
)

// A lentPiece is part of the file in memory.
type lentPiece struct {
	buf   []byte
	off   int64 // of the file
	n     int64 // 0 where there is nothing to be had
	lent  int   // pages that SQLite looks at
	asked bool  // it is being read
}

func (p *lentPiece) holds(off, n int64) bool {
	return !p.asked && off >= p.off && off+n <= p.off+p.n
}

func (p *lentPiece) start() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(p.buf))) }

// A lender has the pieces of one connection. Its own goroutine reads the next
// while this one is looked at.
type lender struct {
	fd     int
	pieces [lentPieces]lentPiece
	wanted chan *lentPiece
	read   chan struct{} // what was wanted last
	stale  bool          // what is being read is of a snapshot before
}

// lending runs fn, whose statements are lent pages.
func (c *liteConn) lending(fn func() error) (err error) {
	if rc := lite.Xsqlite3_file_control(c.tls, c.db, 0, lite.SQLITE_FCNTL_FILE_POINTER, c.out); rc != lite.SQLITE_OK {
		return c.fail(rc)
	}
	file := *(*uintptr)(at(c.out))
	l := newLender(int((*lite.TunixFile)(at(file)).Fh))
	aheadOf(file).lender = uintptr(unsafe.Pointer(l))
	defer func() {
		aheadOf(file).lender = 0
		l.close()
	}()
	// As much as there is; nothing is mapped, see aheadFileControl.
	if err := c.run("PRAGMA mmap_size=4611686018427387904"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.run("PRAGMA mmap_size=0")) }()
	return fn()
}

func newLender(fd int) *lender {
	l := &lender{fd: fd, wanted: make(chan *lentPiece, 1), read: make(chan struct{}, 1)}
	for i := range l.pieces {
		l.pieces[i].buf = make([]byte, lentSize+64) // a damaged page may lead a little beyond its end
	}
	go func() {
		for p := range l.wanted {
			p.fill(l.fd)
			l.read <- struct{}{}
		}
	}()
	return l
}

// close ends the lender's goroutine; its descriptor may be another file's
// tomorrow.
func (l *lender) close() {
	l.await()
	close(l.wanted)
}

// fill reads the piece at p.off, as far as the file goes; what cannot be read
// is left for SQLite to find out.
func (p *lentPiece) fill(fd int) {
	n, err := unix.Pread(fd, p.buf[:lentSize], p.off)
	for err == unix.EINTR {
		n, err = unix.Pread(fd, p.buf[:lentSize], p.off)
	}
	p.n = int64(max(0, n))
	lent.Add(1)
}

// lend is the address of n bytes of the file; 0 where they were not read. In
// the order of the file they are.
func (l *lender) lend(off, n int64, inOrder bool) uintptr {
	p := l.holding(off, n)
	if p != nil || !inOrder {
		return p.page(off)
	}
	if l.await(); l.holding(off, n) == nil {
		l.readNow(off)
	}
	p = l.holding(off, n)
	page := p.page(off)
	if page != 0 {
		l.ask(p.off + p.n) // now that this one is lent
	}
	return page
}

// page lends a page of the piece; 0 of none.
func (p *lentPiece) page(off int64) uintptr {
	if p == nil {
		return 0
	}
	p.lent++
	return p.start() + uintptr(off-p.off)
}

func (l *lender) holding(off, n int64) *lentPiece {
	for i := range l.pieces {
		if p := &l.pieces[i]; p.holds(off, n) {
			return p
		}
	}
	return nil
}

// free is a piece of which nothing is lent, and from which least is to be
// expected.
func (l *lender) free() (free *lentPiece) {
	for i := range l.pieces {
		if p := &l.pieces[i]; p.lent == 0 && !p.asked && (free == nil || p.off < free.off) {
			free = p
		}
	}
	return free
}

func (l *lender) asked() *lentPiece {
	for i := range l.pieces {
		if p := &l.pieces[i]; p.asked {
			return p
		}
	}
	return nil
}

// ask has a piece read meanwhile.
func (l *lender) ask(off int64) {
	if p := l.free(); p != nil && l.asked() == nil {
		p.off, p.n, p.asked = off, 0, true
		l.wanted <- p
	}
}

// await waits for what was asked for.
func (l *lender) await() {
	if p := l.asked(); p != nil {
		<-l.read
		if p.asked = false; l.stale {
			p.n, l.stale = 0, false
		}
	}
}

func (l *lender) readNow(off int64) {
	if p := l.free(); p != nil {
		p.off = off
		p.fill(l.fd)
	}
}

func (l *lender) giveBack(page uintptr) {
	for i := range l.pieces {
		if p := &l.pieces[i]; page >= p.start() && page < p.start()+lentSize {
			p.lent--
		}
	}
}

// forget lets go what is of a snapshot that ends.
func (l *lender) forget() {
	l.stale = l.asked() != nil
	for i := range l.pieces {
		if p := &l.pieces[i]; !p.asked {
			p.n = 0
		}
	}
}
