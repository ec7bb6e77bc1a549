//go:build !unix

package db

// lender lends nothing: pages are read.
type lender struct{}

func (c *liteConn) lending(fn func() error) error { return fn() }

func (*lender) lend(int64, int64, bool) uintptr { return 0 }
func (*lender) giveBack(uintptr)                {}
func (*lender) forget()                         {}
