package db

import (
	"unsafe"

	"modernc.org/libc"
	lite "modernc.org/sqlite/lib"
)

// When SQLite splits a page it parks another for a moment under the number of
// the page that no file has, at 1 GB (balance_nonroot). Its cache remembers
// the greatest number it has met and at each commit looks through all its
// slots for pages beyond the end of the file: 0.3 ms with 64 MB of cache, a
// fifth of what a small batch takes. So the parking is not remembered.

const noPageAt = 1 << 30 // sqlite3PendingByte

var rekeyBelow uintptr

// forgetParking puts parked over the cache's rekey. It has to come before
// SQLite is first used; where the library refuses, all stays as it is.
func forgetParking() {
	tls := libc.NewTLS()
	defer tls.Close()
	m, args := libc.Xcalloc(tls, 1, tableSize), libc.Xcalloc(tls, 1, 16)
	if m == 0 || args == 0 {
		return
	}
	defer libc.Xfree(tls, m)
	defer libc.Xfree(tls, args)
	if lite.Xsqlite3_config(tls, lite.SQLITE_CONFIG_GETPCACHE2, libc.VaList(args, m)) != lite.SQLITE_OK {
		return
	}
	methods := (*lite.Tsqlite3_pcache_methods2)(at(m))
	rekeyBelow, methods.FxRekey = methods.FxRekey, funcPointer(parked)
	lite.Xsqlite3_config(tls, lite.SQLITE_CONFIG_PCACHE2, libc.VaList(args, m))
}

var _ = [tableSize - unsafe.Sizeof(lite.Tsqlite3_pcache_methods2{})]byte{}

func parked(tls *libc.TLS, cache, page uintptr, from, to uint32) {
	c := (*lite.TPCache1)(at(cache))
	greatest := c.FiMaxKey
	function[func(tls *libc.TLS, cache, page uintptr, from, to uint32)](rekeyBelow)(tls, cache, page, from, to)
	if to == noPageAt/uint32(c.FszPage)+1 {
		c.FiMaxKey = greatest
	}
}
