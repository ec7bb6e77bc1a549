// Package halves does pure work on two processors where the caller has to wait
// for it anyway: the encoding of rows, say, inside the one transaction that
// writes.
package halves

import (
	"runtime"
	"sync"
)

// few is how many things are not worth a second goroutine.
const few = 16

// Of runs f over [0, n), the second half beside the first when there are
// enough of them. f must be safe on two goroutines over different ranges. A
// panic in either half is the caller's.
func Of(n int, f func(from, to int)) {
	if n < few || runtime.GOMAXPROCS(0) < 2 {
		f(0, n)
		return
	}
	var second sync.WaitGroup
	var panicked any
	second.Go(func() {
		defer func() { panicked = recover() }()
		f(n/2, n)
	})
	func() {
		defer second.Wait()
		f(0, n/2)
	}()
	if panicked != nil {
		panic(panicked)
	}
}
