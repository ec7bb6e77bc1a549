package halves

import (
	"cmp"
	"errors"
)

// A Beside takes batches on a goroutine of its own, one after another and in
// order, while whoever puts them prepares the next.
type Beside[B any] struct {
	full, empty chan B
	gone        chan struct{} // closed when no more is taken
	err         error         // why; read after gone
	panicked    any
}

// deep is how many batches may wait: enough that neither side stands still for
// the other's odd one.
const deep = 4

var (
	// errStopped ends the preparing of batches that nobody takes any more.
	errStopped = errors.New("halves: what takes the batches has ended")
	// errLeft is the error of a taker that left by runtime.Goexit.
	errLeft = errors.New("halves: what takes the batches has left")
)

// Stages runs prepare, which puts batches, while take has each of them on
// another goroutine. It returns when both have ended, whichever way, and
// leaves nothing behind: a panic of either is the caller's. The error is
// take's, or else prepare's. Put fails once take has.
func Stages[B any](prepare func(*Beside[B]) error, take func(B) error) (err error) {
	s := begin(take)
	func() {
		defer s.wait()
		err = prepare(s)
	}()
	return s.result(err)
}

func begin[B any](take func(B) error) *Beside[B] {
	// One is being prepared and one taken beside those that wait: none is lost.
	s := &Beside[B]{full: make(chan B, deep), empty: make(chan B, deep+2), gone: make(chan struct{}), err: errLeft}
	go s.run(take)
	return s
}

func (s *Beside[B]) run(take func(B) error) {
	defer close(s.gone)
	defer func() { s.panicked = recover() }()
	for b := range s.full {
		if err := take(b); err != nil {
			s.err = err
			return
		}
		select {
		case s.empty <- b:
		default:
		}
	}
	s.err = nil
}

// Put hands a batch over; it fails once nothing is taken any more.
func (s *Beside[B]) Put(b B) error {
	select {
	case <-s.gone:
		return errStopped
	default:
	}
	select {
	case s.full <- b:
		return nil
	case <-s.gone:
		return errStopped
	}
}

// Empty is a batch that is done with, to be filled anew; the zero value where
// there is none.
func (s *Beside[B]) Empty() (b B) {
	select {
	case b = <-s.empty:
	default:
	}
	return b
}

func (s *Beside[B]) wait() {
	close(s.full)
	<-s.gone
}

func (s *Beside[B]) result(err error) error {
	if s.panicked != nil {
		panic(s.panicked)
	}
	return cmp.Or(s.err, err)
}
