package halves

import (
	"cmp"
	"errors"
	"sync/atomic"
)

// A Beside takes batches on a goroutine of its own, one after another and in
// order, while whoever puts them prepares the next.
type Beside[B any] struct {
	full, empty chan B
	ended       chan error
	failed      atomic.Bool
}

// deep is how many batches may wait: enough that neither side stands still for
// the other's odd one.
const deep = 4

// errStopped ends the preparing of batches that nobody takes any more.
var errStopped = errors.New("halves: what takes the batches has failed")

// Begin starts a goroutine that gives every batch to fn until one fails. End
// must be called. A panic of fn is End's.
func Begin[B any](fn func(B) error) *Beside[B] {
	s := &Beside[B]{full: make(chan B, deep), empty: make(chan B, deep), ended: make(chan error, 1)}
	go s.take(fn)
	return s
}

// A panicked is what a goroutine panicked with, on its way to the caller's.
type panicked struct{ with any }

func (p panicked) Error() string { return "halves: panic" }

func (s *Beside[B]) take(fn func(B) error) {
	var err error
	for b := range s.full {
		if err == nil {
			err = calmly(fn, b)
		}
		s.failed.Store(err != nil)
		select {
		case s.empty <- b:
		default:
		}
	}
	s.ended <- err
}

func calmly[B any](fn func(B) error, b B) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked{p}
		}
	}()
	return fn(b)
}

// Put hands a batch over; it fails once fn has.
func (s *Beside[B]) Put(b B) error {
	if s.failed.Load() {
		return errStopped
	}
	s.full <- b
	return nil
}

// Empty is a batch that fn is done with, to be filled anew; the zero value
// where there is none.
func (s *Beside[B]) Empty() (b B) {
	select {
	case b = <-s.empty:
	default:
	}
	return b
}

// End waits until every batch is taken and gives fn's error, or else err: that
// of the preparing.
func (s *Beside[B]) End(err error) error {
	close(s.full)
	own := <-s.ended
	if p, ok := own.(panicked); ok {
		panic(p.with)
	}
	return cmp.Or(own, err)
}
