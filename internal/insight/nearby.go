package insight

import (
	"hash/maphash"

	"joren/internal/clock"
	"joren/internal/ident"
)

// nearby remembers, while millions of purchases are read, products where they
// are looked for: number, and what they were last called. The tables behind it
// lead there by some ten places in memory a line, and with many products none
// of them is in the processor's cache.
//
// For some hundred purchases at a time it also looks ahead: what many need from
// memory is then on its way at once, instead of each waiting for its own.
type nearby struct {
	table   []nearProduct // a power of two of them
	at      []uint32      // where the lines ahead are looked for
	said    []uint64      // of their words
	numbers []int32       // of their products
	people  []int32       // numbers + 1 of who bought; 0 where that is not known yet
	fetched uint64        // of no meaning
}

// nearProduct fills one line of a cache.
type nearProduct struct {
	said uint64 // of the words that stand in goods; 0 for others
	n    int32
	day  clock.Day // newest on which they were said; goods hear of it in the end
	size uint8
	word [39]byte
}

const nearProducts = 1 << 17

var nearSeed = maphash.MakeSeed() // where something is remembered says nothing about its number

func (p *nearProduct) is(product string) bool {
	return p.day != 0 && string(p.word[:p.size]) == product
}

// number numbers the products of all lines, in their order, and notes their
// words. The numbers stand until the next call.
func (c *Columns) number(list []Purchase) []int32 {
	if c.near != nil {
		return c.numberAhead(list)
	}
	var n []int32
	for p := range list {
		for k := range list[p].Lines {
			n = append(n, c.meet(&list[p].Lines[k], list[p].Day))
		}
	}
	return n
}

func (c *Columns) numberAhead(list []Purchase) []int32 {
	m := c.near
	m.lookForPeople(&c.people, list)
	m.lookForProducts(list)
	m.numbers = m.numbers[:0]
	for p := range list {
		for k := range list[p].Lines {
			i, l, n := len(m.numbers), &list[p].Lines[k], int32(0)
			if len(l.Product) > len(nearProduct{}.word) {
				n = c.meet(l, list[p].Day)
			} else {
				n = c.known(&m.table[m.at[i]], m.said[i], l, list[p].Day)
			}
			m.numbers = append(m.numbers, n)
		}
	}
	return m.numbers
}

// meet numbers a product by the tables and notes its words.
func (c *Columns) meet(l *Line, day clock.Day) int32 {
	n := c.products.number(l.Product, 1<<31-1)
	c.goods.note(n, day, l)
	return int32(n)
}

// known is the number of the product remembered at p, which is made to be l's.
func (c *Columns) known(p *nearProduct, said uint64, l *Line, day clock.Day) int32 {
	if p.is(l.Product) && p.said == said {
		p.day = max(p.day, day)
		return p.n
	}
	c.goods.hear(p)
	n := c.meet(l, day)
	if c.goods.names[n].word != l.Name || c.goods.categories[n].word != l.Category {
		said = 0
	}
	*p = nearProduct{said: said, n: n, day: day, size: uint8(len(l.Product))}
	copy(p.word[:], l.Product)
	return n
}

func (m *nearby) lookForProducts(list []Purchase) {
	m.at, m.said = m.at[:0], m.said[:0]
	mask := uint64(len(m.table) - 1)
	for p := range list {
		for k := range list[p].Lines {
			l := &list[p].Lines[k]
			m.at = append(m.at, uint32(maphash.String(nearSeed, l.Product)&mask))
			m.said = append(m.said, maphash.String(nearSeed, l.Name)*0x9E3779B97F4A7C15+maphash.String(nearSeed, l.Category)|1)
		}
	}
	for _, at := range m.at {
		m.fetched += m.table[at].said
	}
}

// lookForPeople finds who bought, as far as the first place they may stand at
// says; the others are left to be looked for one by one.
func (m *nearby) lookForPeople(p *people, list []Purchase) {
	m.people = m.people[:0]
	if len(p.slots) == 0 {
		m.people = append(m.people, make([]int32, len(list))...)
		return
	}
	for i := range list {
		m.people = append(m.people, p.slots[p.first(&list[i].Member)])
	}
	for i, n := range m.people {
		if n != 0 && p.id[n-1] != list[i].Member {
			m.people[i] = 0
		} else if n != 0 {
			m.fetched += uint64(p.count[n-1])
		}
	}
}

// whose is the number of who made the i-th purchase ahead.
func (c *Columns) whose(i int, id ident.ID) int32 {
	if n := c.near.people[i]; n != 0 {
		return n - 1
	}
	return c.people.number(id)
}

// hear notes on which day a product was last called what it is called.
func (g *goods) hear(p *nearProduct) {
	if p.said != 0 {
		g.names[p.n].again(p.day)
		g.categories[p.n].again(p.day)
	}
}

func (d *dated) again(day clock.Day) {
	if d.word != "" {
		d.day = max(d.day, day)
	}
}

// remember makes room for what is near; the end of reading is to be called.
func (c *Columns) remember() (end func()) {
	c.near = &nearby{table: make([]nearProduct, nearProducts)}
	return func() {
		for i := range c.near.table {
			c.goods.hear(&c.near.table[i])
		}
		c.near = nil
	}
}
