package insight

import (
	"encoding/binary"
	"slices"

	"joren/internal/clock"
)

// Columns are all purchases in memory. A purchase takes 16 bytes, about three
// more and what its lines need; a person's purchases stand together, by day. Guests are summed
// by day, store and channel: nothing else can be asked of them.
//
// Replacing a person's purchases appends the new ones; what she had is waste
// until it is swept.
type Columns struct {
	people people

	day   []clock.Day
	small []uint32 // net amount; tooLarge when it stands in blocks
	store []uint16
	what  []uint16 // channel, and the two bits below
	rest  []uint32 // where gross, eligible and lines stand in blocks

	blocks blocks
	waste  int // purchases nobody refers to

	stores, channels, products words
	goods                      goods   // what products are called
	near                       *nearby // nil while nothing is being read
	guests                     map[guestCell]guestSum
}

const (
	tooLarge    = 1<<32 - 1
	nothingKept = 1 << 15    // of what: nothing is kept
	grossIsNet  = 1 << 14    // of what: nothing came back, so blocks need not be asked
	mostWords   = grossIsNet // stores, channels, words of a trait; more share the last place
)

type guestCell struct {
	day            clock.Day
	store, channel uint16
}

type guestSum struct{ orders, gross, net int64 }

func newColumns() *Columns {
	c := &Columns{guests: map[guestCell]guestSum{}}
	return c
}

// Len is the number of members' purchases.
func (c *Columns) Len() int { return len(c.day) - c.waste }

// put replaces what a recorded member has bought. She may have been merged
// into another: history follows that.
func (c *Columns) put(who int32, list []Purchase) {
	slices.SortStableFunc(list, func(a, b Purchase) int { return int(a.Day - b.Day) })
	c.waste += int(c.people.count[who])
	c.people.from[who], c.people.count[who] = uint32(len(c.day)), uint32(len(list))
	c.appendAll(list)
}

func (c *Columns) appendAll(list []Purchase) {
	products := c.number(&Batch{List: list})
	for i := range list {
		c.append(&list[i], products)
		products = products[len(list[i].Lines):]
	}
}

// append writes a purchase; products are the numbers of its lines', and more.
func (c *Columns) append(p *Purchase, products []int32) {
	what := c.channels.number(p.Channel, mostWords)
	if !p.Kept {
		what |= nothingKept
	}
	if p.Gross == p.Net {
		what |= grossIsNet
	}
	c.day, c.small = append(c.day, p.Day), append(c.small, uint32(min(max(0, p.Net), tooLarge)))
	c.store, c.what = append(c.store, uint16(c.stores.number(p.Store, mostWords))), append(c.what, uint16(what))
	c.rest = append(c.rest, c.blocks.add(c.encode(p, products)))
}

// encode writes what is read rarely: gross and eligible as distances from net,
// which mostly are nothing or little, and the lines.
func (c *Columns) encode(p *Purchase, products []int32) []byte {
	b := c.blocks.scratch[:0]
	if p.Net >= tooLarge {
		b = binary.AppendVarint(b, p.Net)
	}
	b = binary.AppendVarint(b, p.Gross-p.Net)
	b = binary.AppendVarint(b, p.Eligible-p.Net)
	b = binary.AppendUvarint(b, uint64(len(p.Lines)))
	for i := range p.Lines {
		l := &p.Lines[i]
		b = binary.AppendUvarint(b, uint64(products[i]))
		b = binary.AppendUvarint(b, uint64(max(0, l.Quantity)))
		b = binary.AppendUvarint(b, uint64(max(0, l.Amount)))
	}
	c.blocks.scratch = b
	return b
}

// open is what encode wrote of the i-th purchase after its net amount, and
// that amount.
func (c *Columns) open(i int) (b []byte, net int64) {
	b = c.blocks.at(c.rest[i])
	if c.small[i] < tooLarge {
		return b, int64(c.small[i])
	}
	net, n := binary.Varint(b)
	return b[n:], net
}

// net is what was paid for the i-th purchase and did not come back.
func (c *Columns) net(i int) int64 {
	if c.small[i] < tooLarge {
		return int64(c.small[i])
	}
	_, net := c.open(i)
	return net
}

// gross is what was paid for the i-th purchase before returns.
func (c *Columns) gross(i int) int64 {
	if c.what[i]&grossIsNet != 0 {
		return c.net(i)
	}
	b, net := c.open(i)
	v, _ := binary.Varint(b)
	return net + v
}

// EachLine gives the lines of the i-th purchase.
func (c *Columns) EachLine(i int, fn func(product int, quantity, amount int64)) {
	b, _ := c.open(i)
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		b = b[max(n, 0):]
		return v
	}
	next()
	next()
	for n := next(); n > 0; n-- {
		p, q, a := next(), next(), next()
		fn(int(p), int64(q), int64(a))
	}
}

func (c *Columns) addGuest(p *Purchase) {
	if !p.Kept && p.Gross == 0 {
		return
	}
	k := guestCell{p.Day, uint16(c.stores.number(p.Store, mostWords)), uint16(c.channels.number(p.Channel, mostWords))}
	s := c.guests[k]
	if p.Kept {
		s.orders++
	}
	s.gross, s.net = s.gross+p.Gross, s.net+p.Net
	c.guests[k] = s
}

// forgetGuests takes the days out, to be summed afresh.
func (c *Columns) forgetGuests(days []clock.Day) {
	for k := range c.guests {
		if slices.Contains(days, k.day) {
			delete(c.guests, k)
		}
	}
}

// swept is c without waste, for when more than a quarter is.
func (c *Columns) swept() *Columns {
	if c.waste*4 <= len(c.day) {
		return c
	}
	n := *c
	n.grow(c.Len())
	n.waste, n.blocks = 0, blocks{}
	n.people.from = slices.Clone(c.people.from)
	for p := range n.people.from {
		from, count := int(c.people.from[p]), int(c.people.count[p])
		n.people.from[p] = uint32(len(n.day))
		for i := from; i < from+count; i++ {
			n.day, n.small = append(n.day, c.day[i]), append(n.small, c.small[i])
			n.store, n.what = append(n.store, c.store[i]), append(n.what, c.what[i])
			n.rest = append(n.rest, n.blocks.add(c.bytes(i)))
		}
	}
	return &n
}

// grow makes empty columns with room for n purchases.
func (c *Columns) grow(n int) {
	c.day, c.small = make([]clock.Day, 0, n), make([]uint32, 0, n)
	c.store, c.what, c.rest = make([]uint16, 0, n), make([]uint16, 0, n), make([]uint32, 0, n)
}

// bytes is what encode wrote of the i-th purchase.
func (c *Columns) bytes(i int) []byte {
	all := c.blocks.at(c.rest[i])
	b, _ := c.open(i)
	lines := uint64(0)
	for k := range 3 {
		v, n := binary.Uvarint(b)
		if b = b[n:]; k == 2 {
			lines = v
		}
	}
	for range 3 * lines {
		_, n := binary.Uvarint(b)
		b = b[n:]
	}
	return all[:len(all)-len(b)]
}
