package insight

import (
	"joren/internal/clock"
	"joren/internal/ident"
)

// nearby remembers, while millions of purchases are read, products by the
// number that their reader gave to their words. The tables behind it lead there
// by some ten places in memory a line, and with many products none of them is
// in the processor's cache.
//
// For some hundred purchases at a time it also looks ahead: what many need from
// memory is then on its way at once, instead of each waiting for its own.
type nearby struct {
	said    []Words    // by Line.Words - 1
	met     []metWords // the same
	numbers []int32    // of the products of the lines ahead
	people  []int32    // numbers + 1 of who bought; 0 where that is not known yet
	open    []int32    // those who are still looked for
	at      []uint32   // where in the table, by purchase
	fetched uint64     // of no meaning
}

// nearSlots is at how many places a member is looked for ahead. In a table half
// full one in ten or so stands farther from the first.
const nearSlots = 3

// metWords are words that lines have said.
type metWords struct {
	product int32     // its number + 1; 0 while no line has said them
	day     clock.Day // newest on which they were said; goods hear of it in the end
}

// number numbers the products of all lines, in their order, and notes their
// words. The numbers stand until the next call.
func (c *Columns) number(b *Batch) []int32 {
	if c.near != nil {
		return c.numberAhead(b)
	}
	var n []int32
	for p := range b.List {
		for k := range b.List[p].Lines {
			n = append(n, c.meet(b.List[p].Lines[k].words(), b.List[p].Day))
		}
	}
	return n
}

func (c *Columns) numberAhead(b *Batch) []int32 {
	m := c.near
	m.lookForPeople(&c.people, b.List)
	m.said, m.met = append(m.said, b.Words...), append(m.met, make([]metWords, len(b.Words))...)
	m.numbers = m.numbers[:0]
	for p := range b.List {
		day := b.List[p].Day
		for k := range b.List[p].Lines {
			l := &b.List[p].Lines[k]
			if l.Words == 0 {
				m.numbers = append(m.numbers, c.meet(l.words(), day))
				continue
			}
			w := &m.met[l.Words-1]
			if w.day = max(w.day, day); w.product == 0 {
				w.product = c.meet(m.said[l.Words-1], day) + 1
			}
			m.numbers = append(m.numbers, w.product-1)
		}
	}
	return m.numbers
}

func (l *Line) words() Words { return Words{l.Product, l.Name, l.Category} }

// meet numbers a product by the tables and notes its words.
func (c *Columns) meet(w Words, day clock.Day) int32 {
	n := c.products.number(w.Product, 1<<31-1)
	c.goods.note(n, day, w)
	return int32(n)
}

// lookForPeople finds who bought, as far as the first places they may stand at
// say; the others are left to be looked for one by one.
func (m *nearby) lookForPeople(p *people, list []Purchase) {
	m.people = append(m.people[:0], make([]int32, len(list))...)
	if len(p.slots) == 0 {
		return
	}
	m.open, m.at = m.open[:0], m.at[:0]
	for i := range list {
		m.open, m.at = append(m.open, int32(i)), append(m.at, p.first(&list[i].Member))
	}
	for range nearSlots {
		m.lookOnce(p, list)
	}
	for _, n := range m.people {
		if n != 0 {
			m.fetched += uint64(p.count[n-1])
		}
	}
}

// lookOnce looks at one place for each who is not found yet.
func (m *nearby) lookOnce(p *people, list []Purchase) {
	mask, left := uint32(len(p.slots)-1), 0
	for _, i := range m.open {
		m.people[i] = p.slots[m.at[i]]
	}
	for _, i := range m.open {
		if n := m.people[i]; n != 0 && p.id[n-1] != list[i].Member {
			m.people[i], m.at[i] = 0, (m.at[i]+1)&mask
			m.open[left] = i
			left++
		}
	}
	m.open = m.open[:left]
}

// whose is the number of who made the i-th purchase ahead.
func (c *Columns) whose(i int, id ident.ID) int32 {
	if n := c.near.people[i]; n != 0 {
		return n - 1
	}
	return c.people.number(id)
}

// remember makes room for what is near; the end of reading is to be called.
func (c *Columns) remember() (end func()) {
	c.near = &nearby{}
	return func() {
		for i, w := range c.near.met {
			if w.product > 0 {
				c.goods.note(int(w.product-1), w.day, c.near.said[i])
			}
		}
		c.near = nil
	}
}

// worded gives fn purchases whose lines say their words themselves.
func worded(fn func([]Purchase) error) func(*Batch) error {
	var said []Words
	return func(b *Batch) error {
		said = append(said, b.Words...)
		for i := range b.List {
			for k := range b.List[i].Lines {
				if l := &b.List[i].Lines[k]; l.Words > 0 {
					w := &said[l.Words-1]
					l.Product, l.Name, l.Category, l.Words = w.Product, w.Name, w.Category, 0
				}
			}
		}
		return fn(b.List)
	}
}
