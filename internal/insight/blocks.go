package insight

import "strings"

const (
	blockBits = 20
	blockSize = 1 << blockBits
)

// blocks hold byte strings behind 32-bit places: 4 GiB in blocks of 1 MiB, so
// that growing copies nothing. A string longer than a block has one of its
// own.
type blocks struct {
	list    [][]byte
	scratch []byte
}

// add keeps a copy of b and returns its place.
func (s *blocks) add(b []byte) uint32 {
	last := len(s.list) - 1
	if last < 0 || len(s.list[last])+len(b) > blockSize {
		s.list = append(s.list, make([]byte, 0, max(blockSize, len(b))))
		last++
	}
	at := uint32(last)<<blockBits | uint32(len(s.list[last]))
	s.list[last] = append(s.list[last], b...)
	return at
}

// at is everything from a place on.
func (s *blocks) at(place uint32) []byte {
	return s.list[place>>blockBits][place&(blockSize-1):]
}

// words number strings in the order they come.
type words struct {
	list  []string
	index map[string]int
	last  int // what was asked for last: stores and channels come in runs
}

// number is the number of w, which is new when it was not met; from most on
// all new ones share the last.
func (d *words) number(w string, most int) int {
	if d.last < len(d.list) && d.list[d.last] == w {
		return d.last
	}
	if n, ok := d.index[w]; ok {
		d.last = n
		return n
	}
	if d.index == nil {
		d.index = map[string]int{}
	}
	if len(d.list) >= most {
		return most - 1
	}
	n := len(d.list)
	w = strings.Clone(w) // a word may be a piece of a whole row
	d.list, d.index[w] = append(d.list, w), n
	return n
}

// find is the number of w, -1 for a word not met.
func (d *words) find(w string) int {
	if n, ok := d.index[w]; ok {
		return n
	}
	return -1
}
