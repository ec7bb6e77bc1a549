package insight

import (
	"hash/maphash"

	"joren/internal/clock"
)

// nearby remembers, while millions of purchases are read, products where they
// are looked for: number, and what they were last called. The tables behind it
// lead there by some ten places in memory a line, and with many products none
// of them is in the processor's cache. It is nil while nothing is being read.
type nearby []nearProduct

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

// at is where a product would be remembered; nil for what is too long.
func (m nearby) at(product string) *nearProduct {
	if m == nil || len(product) > len(nearProduct{}.word) {
		return nil
	}
	return &m[maphash.String(nearSeed, product)&uint64(len(m)-1)]
}

func (p *nearProduct) is(product string) bool {
	return p.day != 0 && string(p.word[:p.size]) == product
}

func saying(l *Line) uint64 {
	return maphash.String(nearSeed, l.Name)*0x9E3779B97F4A7C15 + maphash.String(nearSeed, l.Category) | 1
}

// product is the number of a line's product, whose words are noted.
func (c *Columns) product(l *Line, day clock.Day) int {
	p := c.near.at(l.Product)
	if p == nil {
		n := c.products.number(l.Product, 1<<31-1)
		c.goods.note(n, day, l)
		return n
	}
	said := saying(l)
	if p.is(l.Product) && p.said == said {
		p.day = max(p.day, day)
		return int(p.n)
	}
	c.goods.hear(p)
	n := c.products.number(l.Product, 1<<31-1)
	c.goods.note(n, day, l)
	if c.goods.names[n].word != l.Name || c.goods.categories[n].word != l.Category {
		said = 0
	}
	*p = nearProduct{said: said, n: int32(n), day: day, size: uint8(len(l.Product))}
	copy(p.word[:], l.Product)
	return n
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
	c.near = make(nearby, nearProducts)
	return func() {
		for i := range c.near {
			c.goods.hear(&c.near[i])
		}
		c.near = nil
	}
}
