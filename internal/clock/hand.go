package clock

import "sync/atomic"

// A Hand is a clock whose shop time can be set: a history that is replayed
// stops it at each item's time, a demo database runs it on from where its
// story ended. Wall time is the machine's. It is safe for concurrent use.
type Hand struct{ face atomic.Pointer[face] }

type face struct {
	shop  Instant
	since Instant // machine time at which shop was set; 0 stands still
}

// Clock is the hand as a clock. Until it is set, shop time is the machine's.
func (h *Hand) Clock() Clock { return Clock{Shop: h.shop, Wall: now} }

func (h *Hand) shop() Instant {
	f := h.face.Load()
	switch {
	case f == nil:
		return now()
	case f.since == 0:
		return f.shop
	}
	return f.shop + (now() - f.since)
}

// Stop lets shop time stand still at i.
func (h *Hand) Stop(i Instant) { h.face.Store(&face{shop: i}) }

// Run lets shop time run on from i at the machine's pace.
func (h *Hand) Run(i Instant) { h.face.Store(&face{shop: i, since: now()}) }

// Real gives shop time back to the machine.
func (h *Hand) Real() { h.face.Store(nil) }

// Set reports whether shop time is not the machine's.
func (h *Hand) Set() bool { return h.face.Load() != nil }
