package insight

import "sync/atomic"

// progress counts while something takes long.
type progress struct{ read, all atomic.Int64 }

func (p *progress) begin(all int64) {
	p.read.Store(0)
	p.all.Store(all)
}

func (p *progress) count(fn func(*Batch) error) func(*Batch) error {
	return func(b *Batch) error {
		p.read.Add(int64(len(b.List)))
		return fn(b)
	}
}

// Progress is how many purchases were read the last time that all were, and
// how many there were; both 0 before, and where they were taken as kept.
func (s *Store) Progress() (read, all int64) { return s.far.read.Load(), s.far.all.Load() }

// upTo is the number of the last event the columns know, -1 before they are
// read.
func (s *Store) upTo() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.at
}
