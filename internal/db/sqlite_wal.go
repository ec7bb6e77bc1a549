package db

import (
	"sync"
	"unsafe"

	"modernc.org/libc"
	lite "modernc.org/sqlite/lib"
)

// SQLite writes each page of a commit to its log in two calls, the frame's head
// and the page. Here they are gathered: what follows on what was written
// before waits in memory until anything else is asked of the log, above all
// the sync. Nobody else can miss it meanwhile. Frames count, for other
// connections and after a crash, only once the shared index names them, and
// with synchronous=FULL a commit syncs before that (sqlite.org/walformat.html;
// sqlite3WalFrames).
//
// It is a file system layer (sqlite.org/vfs.html) over the system's own, whose
// files it keeps and whose methods it calls.

const (
	gatheringName = "joren-wal"
	gatheredMost  = 120 << 10 // unixWrite takes no more than 128 kB less a byte at once
	tableSize     = 256       // bytes, enough for either table of the library's
)

var _ = [tableSize - unsafe.Sizeof(lite.Tsqlite3_vfs{})]byte{}
var _ = [tableSize - unsafe.Sizeof(lite.Tsqlite3_io_methods{})]byte{}

// gathered stands behind the file of the layer below.
type gathered struct {
	below uintptr // methods of the layer below
	buf   uintptr // gatheredMost bytes, or 0
	off   int64   // of buf in the file
	n     int64
}

var (
	belowVFS   *lite.Tsqlite3_vfs
	walTables  = map[uintptr]uintptr{} // of methods, by those below
	tablesLock sync.Mutex
)

// gathering registers the layer, once, and gives its name as a C text; 0 if
// there is no memory for it.
var gathering = sync.OnceValue(func() uintptr {
	tls := libc.NewTLS()
	defer tls.Close()
	below := lite.Xsqlite3_vfs_find(tls, 0)
	name, err := libc.CString(gatheringName)
	mine := libc.Xcalloc(tls, 1, tableSize)
	if below == 0 || err != nil || mine == 0 {
		return 0
	}
	belowVFS = (*lite.Tsqlite3_vfs)(at(below))
	v := (*lite.Tsqlite3_vfs)(at(mine))
	*v = *belowVFS
	v.FszOsFile = behind() + int32(max(unsafe.Sizeof(gathered{}), unsafe.Sizeof(ahead{})))
	v.FpNext, v.FzName = 0, name
	v.FxOpen = funcPointer(layerOpen)
	if lite.Xsqlite3_vfs_register(tls, mine, 0) != lite.SQLITE_OK {
		return 0
	}
	return name
})

// behind is where gathered stands in a file.
func behind() int32 { return (belowVFS.FszOsFile + 7) &^ 7 }

func gatheredOf(file uintptr) *gathered { return (*gathered)(at(file + uintptr(behind()))) }

func (g *gathered) methods() *lite.Tsqlite3_io_methods {
	return (*lite.Tsqlite3_io_methods)(at(g.below))
}

// funcPointer is a declared function as the translated library calls it: the
// address that a Go function value holds.
func funcPointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }

// function is the reverse.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ p uintptr }{p})) }

type (
	fileFunc  = func(tls *libc.TLS, file uintptr) int32
	levelFunc = func(tls *libc.TLS, file uintptr, level int32) int32
	shmFunc   = func(tls *libc.TLS, file uintptr, slot, n, flags int32) int32
	moveFunc  = func(tls *libc.TLS, file, p uintptr, n int32, off int64) int32
	sizeFunc  = func(tls *libc.TLS, file, size uintptr) int32
	truncFunc = func(tls *libc.TLS, file uintptr, size int64) int32
	syncFunc  = func(tls *libc.TLS, file uintptr, flags int32) int32
	ctrlFunc  = func(tls *libc.TLS, file uintptr, op int32, arg uintptr) int32
	openFunc  = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
)

// layerOpen puts the log's methods over a log, and those of reading ahead over
// a database.
func layerOpen(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	rc := function[openFunc](belowVFS.FxOpen)(tls, vfs, name, file, flags, out)
	f := (*lite.Tsqlite3_file)(at(file))
	if rc != lite.SQLITE_OK || f.FpMethods == 0 {
		return rc
	}
	switch {
	case flags&lite.SQLITE_OPEN_WAL != 0:
		*gatheredOf(file) = gathered{below: f.FpMethods}
		f.FpMethods = tableOver(tls, f.FpMethods, walTables, walMethods)
	case flags&lite.SQLITE_OPEN_MAIN_DB != 0:
		*aheadOf(file) = ahead{below: f.FpMethods}
		f.FpMethods = tableOver(tls, f.FpMethods, aheadTables, aheadMethods)
	}
	return rc
}

// tableOver is the table of methods over the one below, made once.
func tableOver(tls *libc.TLS, below uintptr, made map[uintptr]uintptr, put func(m *lite.Tsqlite3_io_methods)) uintptr {
	tablesLock.Lock()
	defer tablesLock.Unlock()
	if t, ok := made[below]; ok {
		return t
	}
	t := libc.Xcalloc(tls, 1, tableSize)
	if t == 0 {
		return below
	}
	m := (*lite.Tsqlite3_io_methods)(at(t))
	*m = *(*lite.Tsqlite3_io_methods)(at(below))
	put(m)
	made[below] = t
	return t
}

func walMethods(m *lite.Tsqlite3_io_methods) {
	m.FxClose, m.FxRead, m.FxWrite = funcPointer(walClose), funcPointer(walRead), funcPointer(walWrite)
	m.FxTruncate, m.FxSync, m.FxFileSize = funcPointer(walTruncate), funcPointer(walSync), funcPointer(walFileSize)
	m.FxFileControl = funcPointer(walFileControl)
}

// flush writes what waits. After a failure it is gone: the commit fails, and
// the next one writes its frames in the same place.
func (g *gathered) flush(tls *libc.TLS, file uintptr) int32 {
	if g.n == 0 {
		return lite.SQLITE_OK
	}
	n := g.n
	g.n = 0
	return function[moveFunc](g.methods().FxWrite)(tls, file, g.buf, int32(n), g.off)
}

func walWrite(tls *libc.TLS, file, p uintptr, n int32, off int64) int32 {
	g := gatheredOf(file)
	if g.n > 0 && (off != g.off+g.n || g.n+int64(n) > gatheredMost) {
		if rc := g.flush(tls, file); rc != lite.SQLITE_OK {
			return rc
		}
	}
	if g.buf == 0 {
		g.buf = libc.Xmalloc(tls, gatheredMost)
	}
	if g.buf == 0 || n > gatheredMost {
		return function[moveFunc](g.methods().FxWrite)(tls, file, p, n, off)
	}
	if g.n == 0 {
		g.off = off
	}
	copy(unsafe.Slice((*byte)(at(g.buf+uintptr(g.n))), n), unsafe.Slice((*byte)(at(p)), n))
	g.n += int64(n)
	return lite.SQLITE_OK
}

func walRead(tls *libc.TLS, file, p uintptr, n int32, off int64) int32 {
	g := gatheredOf(file)
	if rc := g.flush(tls, file); rc != lite.SQLITE_OK {
		return rc
	}
	return function[moveFunc](g.methods().FxRead)(tls, file, p, n, off)
}

func walSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	g := gatheredOf(file)
	if rc := g.flush(tls, file); rc != lite.SQLITE_OK {
		return rc
	}
	return function[syncFunc](g.methods().FxSync)(tls, file, flags)
}

func walTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	g := gatheredOf(file)
	if rc := g.flush(tls, file); rc != lite.SQLITE_OK {
		return rc
	}
	return function[truncFunc](g.methods().FxTruncate)(tls, file, size)
}

func walFileSize(tls *libc.TLS, file, size uintptr) int32 {
	g := gatheredOf(file)
	if rc := g.flush(tls, file); rc != lite.SQLITE_OK {
		return rc
	}
	return function[sizeFunc](g.methods().FxFileSize)(tls, file, size)
}

func walFileControl(tls *libc.TLS, file uintptr, op int32, arg uintptr) int32 {
	g := gatheredOf(file)
	if rc := g.flush(tls, file); rc != lite.SQLITE_OK {
		return rc
	}
	return function[ctrlFunc](g.methods().FxFileControl)(tls, file, op, arg)
}

func walClose(tls *libc.TLS, file uintptr) int32 {
	g := gatheredOf(file)
	failed := g.flush(tls, file)
	libc.Xfree(tls, g.buf)
	g.buf = 0
	if rc := function[fileFunc](g.methods().FxClose)(tls, file); rc != lite.SQLITE_OK {
		return rc
	}
	return failed
}
