package insight

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"joren/internal/clock"
	"joren/internal/ident"
)

// people are the members, by number in the order they were met.
type people struct {
	slots  []int32 // a hash table of numbers + 1, a power of two of them
	id     []ident.ID
	into   []int32 // number of the member merged into; -1 for none
	active []bool
	joined []clock.Day
	at     []uint16 // store joined at
	by     []uint16 // how she joined
	tier   []uint16
	ranked []bool
	traits traits
	from   []uint32 // her own purchases in the columns
	count  []uint32
	family map[int32][]int32 // members merged into one, at any remove

	sources, tiers, stores words
}

// first is where id stands in the table, or after. The upper bits of a product
// depend on all of the id (Fibonacci hashing; Knuth, TAOCP 3, 6.4).
func (p *people) first(id *ident.ID) uint32 {
	x := binary.LittleEndian.Uint64(id[8:]) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(id[:]), 29)
	return uint32(x * 0x9E3779B97F4A7C15 >> 32 & uint64(len(p.slots)-1))
}

// slot is where id stands in the table, or where it would.
func (p *people) slot(id ident.ID) uint32 {
	mask := uint32(len(p.slots) - 1)
	for at := p.first(&id); ; at = (at + 1) & mask {
		if n := p.slots[at]; n == 0 || p.id[n-1] == id {
			return at
		}
	}
}

// find is a member's number.
func (p *people) find(id ident.ID) (int32, bool) {
	if len(p.slots) == 0 {
		return 0, false
	}
	n := p.slots[p.slot(id)]
	return n - 1, n != 0
}

// number is a member's number, a new one when she was not met.
func (p *people) number(id ident.ID) int32 {
	if len(p.id)*2 >= len(p.slots) {
		p.widen()
	}
	at := p.slot(id)
	if n := p.slots[at]; n != 0 {
		return n - 1
	}
	n := int32(len(p.id))
	p.slots[at] = n + 1
	p.id, p.into, p.active, p.joined = append(p.id, id), append(p.into, -1), append(p.active, false), append(p.joined, 0)
	p.at, p.by, p.tier = append(p.at, 0), append(p.by, 0), append(p.tier, 0)
	p.ranked = append(p.ranked, false)
	p.from, p.count = append(p.from, 0), append(p.count, 0)
	return n
}

func (p *people) widen() { p.spread(max(64, 2*len(p.slots))) }

// grow makes room for n people more.
func (p *people) grow(n int) {
	p.spread(max(64, 1<<bits.Len(uint(2*(len(p.id)+n)))))
	p.id, p.into, p.active, p.joined = slices.Grow(p.id, n), slices.Grow(p.into, n), slices.Grow(p.active, n), slices.Grow(p.joined, n)
	p.at, p.by, p.tier, p.ranked = slices.Grow(p.at, n), slices.Grow(p.by, n), slices.Grow(p.tier, n), slices.Grow(p.ranked, n)
	p.from, p.count = slices.Grow(p.from, n), slices.Grow(p.count, n)
}

func (p *people) spread(slots int) {
	p.slots = make([]int32, slots)
	for n, id := range p.id {
		p.slots[p.slot(id)] = int32(n) + 1
	}
}

func (p *people) set(x *Person) {
	n := p.number(x.ID)
	p.active[n], p.joined[n], p.into[n] = x.Active, x.Joined, -1
	p.at[n], p.by[n], p.tier[n] = uint16(p.stores.number(x.Store, 1<<16)), uint16(p.sources.number(x.Channel, 1<<16)), uint16(p.tiers.number(x.Tier, 1<<16))
	p.ranked[n] = x.Ranked
	p.traits.set(n, &Traits{}) // nothing, unless they are told
	if !x.Into.IsZero() {
		p.into[n] = p.number(x.Into)
	}
}

// root is the member n lives on in; a merge never makes a circle, and if a
// damaged database had one the walk ends all the same.
func (p *people) root(n int32) int32 {
	for range 64 {
		if p.into[n] < 0 {
			return n
		}
		n = p.into[n]
	}
	return n
}

// relate finds out anew who was merged into whom.
func (p *people) relate() {
	p.family = map[int32][]int32{}
	for n := range p.into {
		if p.into[n] >= 0 {
			r := p.root(int32(n))
			p.family[r] = append(p.family[r], int32(n))
		}
	}
}

// A span is a run of purchases in the columns.
type span struct{ from, to int }

// history lists where a person's purchases stand, those of the members merged
// into her included; it is empty for one who was merged away. buf is reused.
func (c *Columns) history(n int32, buf []span) []span {
	p := &c.people
	if p.into[n] >= 0 {
		return buf[:0]
	}
	buf = append(buf[:0], span{int(p.from[n]), int(p.from[n] + p.count[n])})
	for _, m := range p.family[n] {
		buf = append(buf, span{int(p.from[m]), int(p.from[m] + p.count[m])})
	}
	return slices.DeleteFunc(buf, func(s span) bool { return s.from == s.to })
}

// rows lists a person's purchases by day. buf is reused.
func (c *Columns) rows(n int32, buf []int) []int {
	var room [4]span
	buf = buf[:0]
	spans := c.history(n, room[:])
	for _, s := range spans {
		for i := s.from; i < s.to; i++ {
			buf = append(buf, i)
		}
	}
	if len(spans) > 1 {
		slices.SortStableFunc(buf, func(a, b int) int { return int(c.day[a] - c.day[b]) })
	}
	return buf
}

func (c *Columns) kept(i int) bool { return c.what[i]&nothingKept == 0 }

func (c *Columns) channel(i int) int { return int(c.what[i] &^ (nothingKept | grossIsNet)) }

// Find is a member's number; a merged one leads to who she lives on in.
func (c *Columns) Find(id ident.ID) (int32, bool) {
	n, ok := c.people.find(id)
	if ok {
		n = c.people.root(n)
	}
	return n, ok
}
