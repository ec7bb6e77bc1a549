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
	met     []metWords // by Line.Words
	said    []Line     // the same; product, name and category
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
	product int32     // its number + 1; 0 for words not met
	day     clock.Day // newest on which they were said; goods hear of it in the end
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
	m.numbers = m.numbers[:0]
	for p := range list {
		day := list[p].Day
		for k := range list[p].Lines {
			l := &list[p].Lines[k]
			if int(l.Words) >= len(m.met) || m.met[l.Words].product == 0 {
				m.numbers = append(m.numbers, c.hear(l, day))
				continue
			}
			w := &m.met[l.Words]
			w.day = max(w.day, day)
			m.numbers = append(m.numbers, w.product-1)
		}
	}
	return m.numbers
}

// hear numbers a product whose words were not met, and remembers them.
func (c *Columns) hear(l *Line, day clock.Day) int32 {
	n, m := c.meet(l, day), c.near
	if l.Words > 0 {
		for int(l.Words) >= len(m.met) {
			m.met, m.said = append(m.met, metWords{}), append(m.said, Line{})
		}
		m.met[l.Words], m.said[l.Words] = metWords{n + 1, day}, *l
	}
	return n
}

// meet numbers a product by the tables and notes its words.
func (c *Columns) meet(l *Line, day clock.Day) int32 {
	n := c.products.number(l.Product, 1<<31-1)
	c.goods.note(n, day, l)
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
				c.goods.note(int(w.product-1), w.day, &c.near.said[i])
			}
		}
		c.near = nil
	}
}

// worded gives fn lines with their words, whether they were told before or not.
func worded(fn func([]Purchase) error) func([]Purchase) error {
	met := map[int32]Line{}
	return func(some []Purchase) error {
		for i := range some {
			for k := range some[i].Lines {
				l := &some[i].Lines[k]
				if first, ok := met[l.Words]; ok {
					l.Product, l.Name, l.Category = first.Product, first.Name, first.Category
				} else if l.Words > 0 {
					met[l.Words] = *l
				}
			}
		}
		return fn(some)
	}
}
