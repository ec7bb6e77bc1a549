package insight

import (
	"encoding/binary"
	"time"

	"joren/internal/clock"
	"joren/internal/ident"
)

// testMost is how many purchases a self-test reads: more would take more memory
// than all the columns.
const testMost = 500_000

// sample is one in so many members, by nothing but their ids: which of them
// goes by the turn.
type sample struct{ one, turn uint64 }

// sample is whom a self-test that begins at an instant counts; nil for all.
func (b *Board) sample(began clock.Instant) *sample {
	most, all := b.TestMost, 0
	if most == 0 {
		most = testMost
	}
	_ = b.View(func(c *Columns) error { all = c.Len(); return nil }) // of nothing read all is little
	if all <= most {
		return nil
	}
	return &sample{uint64((all + most - 1) / most), uint64(began.Sub(0) / time.Hour)}
}

func (s *sample) has(id *ident.ID) bool {
	if s == nil {
		return true
	}
	x := (binary.LittleEndian.Uint64(id[8:]) ^ binary.LittleEndian.Uint64(id[:8])) * 0x9E3779B97F4A7C15 >> 33
	return x%s.one == s.turn%s.one
}
