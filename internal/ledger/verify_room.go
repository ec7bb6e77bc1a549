package ledger

// room is the memory of one stretch of the ledger while it is proven. It is
// used again for a later stretch: a ledger of a million lines would otherwise
// be as many objects for the collector to look after.
type room struct {
	accounts []*account
	known    map[Key]*account
	latest   *account // rows come account by account
	heads    slab[account]
	lots     slab[Lot]
	entries  slab[Entry]
	born     []*Lot
	moved    map[int64]int64
}

func newRoom() *room { return &room{known: map[Key]*account{}, moved: map[int64]int64{}} }

// empty makes room for another stretch.
func (m *room) empty() {
	clear(m.known)
	m.accounts, m.latest = m.accounts[:0], nil
	m.heads.n, m.lots.n, m.entries.n = 0, 0, 0
}

// of is the account of a row, though none is known by that key.
func (m *room) of(k Key) *account {
	if m.latest != nil && m.latest.Key == k {
		return m.latest
	}
	a := m.known[k]
	if a == nil {
		a = m.open(k)
	}
	m.latest = a
	return a
}

func (m *room) open(k Key) *account {
	a := m.heads.take()
	*a = account{Key: k, lots: a.lots[:0], entries: a.entries[:0], holds: a.holds[:0], pieces: a.pieces[:0]}
	m.known[k] = a
	m.accounts = append(m.accounts, a)
	return a
}

func (m *room) lot() *Lot {
	l := m.lots.take()
	*l = Lot{}
	return l
}

// entry is an empty one; its lists keep their memory.
func (m *room) entry() *Entry {
	e := m.entries.take()
	*e = Entry{Pieces: e.Pieces[:0], Born: e.Born[:0]}
	return e
}

// slab hands out values from long arrays.
type slab[T any] struct {
	parts [][]T
	n     int
}

const slabPart = 1024

func (s *slab[T]) take() *T {
	if s.n == len(s.parts)*slabPart {
		s.parts = append(s.parts, make([]T, slabPart))
	}
	x := &s.parts[s.n/slabPart][s.n%slabPart]
	s.n++
	return x
}
