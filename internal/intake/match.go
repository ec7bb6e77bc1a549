package intake

import "hash/maphash"

// matcher nets what comes back against what was sold before, by scope (a
// customer, or one transaction), product and quantity. It remembers 32 bytes
// for each line sold and nothing else.
type matcher struct {
	seed   maphash.Seed
	last   map[uint64]int32 // newest sale of (scope, product)
	sold   []soldLine
	orders []string
}

type soldLine struct {
	price    int64 // of one piece, in minor units, rounded down
	quantity int32
	kept     int32
	prev     int32 // the sale before it, -1 for none
	order    int32
	line     int32
}

// matched is a part of one sale that comes back.
type matched struct {
	order    string
	line     int
	quantity int64
	value    int64 // of these pieces at the sale's price
}

func newMatcher() *matcher {
	return &matcher{seed: maphash.MakeSeed(), last: map[uint64]int32{}}
}

func (m *matcher) key(scope, product string) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	h.WriteString(scope)
	h.WriteByte(0)
	h.WriteString(product)
	return h.Sum64()
}

// order announces the order whose lines follow.
func (m *matcher) order(number string) { m.orders = append(m.orders, number) }

func (m *matcher) sell(scope, product string, line int, quantity, amount int64) {
	k := m.key(scope, product)
	prev, ok := m.last[k]
	if !ok {
		prev = -1
	}
	m.last[k] = int32(len(m.sold))
	m.sold = append(m.sold, soldLine{
		price: amount / quantity, quantity: int32(quantity), kept: int32(quantity), prev: prev,
		order: int32(len(m.orders) - 1), line: int32(line),
	})
}

// takeBack finds the sales that quantity pieces come back from: the latest
// earlier one that still has so many, at the same price if there is one, at
// any price otherwise; else several, latest first. It takes all or nothing.
func (m *matcher) takeBack(scope, product string, quantity, amount int64) []matched {
	i, ok := m.last[m.key(scope, product)]
	if !ok || quantity <= 0 {
		return nil
	}
	price, any, total := amount/quantity, int32(-1), int64(0)
	for j := i; j >= 0; j = m.sold[j].prev {
		s := &m.sold[j]
		total += int64(s.kept)
		if int64(s.kept) < quantity {
			continue
		}
		if s.price == price {
			return []matched{m.take(j, quantity)}
		}
		if any < 0 {
			any = j
		}
	}
	if any >= 0 {
		return []matched{m.take(any, quantity)}
	}
	if total < quantity {
		return nil
	}
	var parts []matched
	for j := i; quantity > 0; j = m.sold[j].prev {
		if n := min(int64(m.sold[j].kept), quantity); n > 0 {
			parts = append(parts, m.take(j, n))
			quantity -= n
		}
	}
	return parts
}

func (m *matcher) take(j int32, n int64) matched {
	s := &m.sold[j]
	s.kept -= int32(n)
	return matched{m.orders[s.order], int(s.line), n, n * s.price}
}
