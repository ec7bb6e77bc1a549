package insight

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/halves"
	"joren/internal/ident"
	"joren/internal/outbox"
)

// Store keeps the columns of one database and brings them up to date from the
// outbox. Every process has its own: it remembers by itself how far it has
// read, so several nodes may measure beside each other.
type Store struct {
	KeepFrom int // purchases that are worth keeping as they stand in memory; 0 is a default

	db  *db.DB
	src Source

	turn sync.Mutex // one brings up to date
	far  progress
	mu   sync.RWMutex
	c    *Columns
	at   int64 // number of the last event the columns know; -1 before the first load
}

// NewStore makes a store; nothing is read yet.
func NewStore(d *db.DB, src Source) *Store { return &Store{db: d, src: src, at: -1} }

// View runs fn on the columns as they are; fn must not keep them.
func (s *Store) View(fn func(c *Columns) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.c == nil {
		return fault.New(fault.Unavailable, "insight.not_loaded")
	}
	return fn(s.c)
}

// Rebuild reads everything afresh.
func (s *Store) Rebuild(ctx context.Context) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.db.Read(ctx, s.load)
}

// Follow brings the columns up to date and reports how far they are: by the
// events since, or afresh when those were cleared away.
func (s *Store) Follow(ctx context.Context) (at int64, err error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		last, err := outbox.Last(tx)
		if err != nil || last == s.at {
			return err
		}
		if s.at < 0 {
			if done, err := s.thaw(tx); done || err != nil {
				return err
			}
			return s.load(tx)
		}
		return s.catchUp(tx, last)
	})
	return s.at, err
}

// thaw takes the purchases that were kept and reads what has happened since;
// done is false where there are none, or the events since were cleared away.
// What cannot be read is as good as none: everything is in the purchases.
func (s *Store) thaw(tx *db.Tx) (done bool, err error) {
	c := newColumns()
	at, err := c.readKept(openKept(tx))
	if errors.Is(err, errNotKept) {
		return false, nil
	}
	if err != nil {
		slog.Warn("insight: kept purchases cannot be read, all are read afresh", "error", err)
		return false, nil
	}
	last, err := outbox.Last(tx)
	if err != nil {
		return false, err
	}
	if next, err := outbox.After(tx, at, 1); err != nil || at > last || at < last && (len(next) == 0 || next[0].Number != at+1) {
		return false, err
	}
	if err := s.readPeople(tx, c); err != nil {
		return false, err
	}
	s.mu.Lock()
	s.c, s.at = c, at
	s.mu.Unlock()
	if at == last {
		return true, nil
	}
	return true, s.catchUp(tx, last)
}

func (s *Store) load(tx *db.Tx) error {
	c := newColumns()
	at, err := outbox.Last(tx)
	if err != nil {
		return err
	}
	people, most, err := s.src.Count(tx)
	if err != nil {
		return err
	}
	c.people.grow(int(people))
	if s.c != nil { // readings made before name members by their numbers
		for _, id := range s.c.people.id {
			c.people.number(id)
		}
	}
	if err := s.readPeople(tx, c); err != nil {
		return err
	}
	s.far.begin(most)
	if err := c.fill(int(most), func(fn func(*Batch) error) error { return s.src.Purchases(tx, nil, s.far.count(fn)) }); err != nil {
		return err
	}
	s.mu.Lock()
	s.c, s.at = c, at
	s.mu.Unlock()
	return nil
}

// readPeople reads all members, and what is known of them.
func (s *Store) readPeople(tx *db.Tx, c *Columns) error {
	p := &c.people
	if err := s.src.People(tx, nil, func(x *Person) error { p.set(x); return nil }); err != nil {
		return err
	}
	p.relate()
	n := int32(-1)
	return s.src.Traits(tx, nil, func(id ident.ID, t *Traits) error {
		if n++; int(n) >= len(p.id) || p.id[n] != id { // mostly they come as their members did
			n = p.number(id)
		}
		p.traits.set(n, t)
		return nil
	})
}

// fill reads purchases in any order, about most of them, then puts each
// member's together.
func (c *Columns) fill(most int, each func(func(*Batch) error) error) error {
	c.grow(most)
	who := make([]int32, 0, most)
	defer c.remember()()
	err := each(func(b *Batch) error {
		products := c.number(b)
		for i := range b.List {
			p := &b.List[i]
			if p.Guest {
				c.addGuest(p)
			} else {
				n := c.whose(i, p.Member)
				c.people.count[n]++
				who = append(who, n)
				c.append(p, products)
			}
			products = products[len(p.Lines):]
		}
		return nil
	})
	if err == nil {
		c.gather(who)
	}
	return err
}

// gather puts the purchases of one member together, by day. who is each
// purchase's member, and is used up.
func (c *Columns) gather(who []int32) {
	if len(who) > 1<<20 {
		runtime.GC() // what reading left behind makes room for the copies; columns hold no pointers to look through
	}
	p, at := &c.people, uint32(0)
	next := make([]uint32, len(p.id))
	for n, count := range p.count {
		p.from[n], next[n] = at, at
		at += count
	}
	place := who
	for i, n := range who {
		place[i] = int32(next[n])
		next[n]++
	}
	c.day, c.small = placed(place, c.day), placed(place, c.small)
	c.store, c.what, c.rest = placed(place, c.store), placed(place, c.what), placed(place, c.rest)
	halves.Of(len(p.id), func(first, end int) {
		for n := first; n < end; n++ {
			from, to := int(p.from[n]), int(p.from[n]+p.count[n])
			for i := from + 1; i < to; i++ {
				c.settle(from, i)
			}
		}
	})
}

// placed is a list with each value at its place.
func placed[T any](place []int32, list []T) []T {
	out := make([]T, len(list))
	halves.Of(len(list), func(from, end int) {
		for i := from; i < end; i++ {
			out[place[i]] = list[i]
		}
	})
	return out
}

// settle moves a purchase back to its day's place among those from on. Rows
// are stored nearly by day: few move, and not far.
func (c *Columns) settle(from, i int) {
	for ; i > from && c.day[i-1] > c.day[i]; i-- {
		c.day[i], c.day[i-1] = c.day[i-1], c.day[i]
		c.small[i], c.small[i-1] = c.small[i-1], c.small[i]
		c.store[i], c.store[i-1] = c.store[i-1], c.store[i]
		c.what[i], c.what[i-1] = c.what[i-1], c.what[i]
		c.rest[i], c.rest[i-1] = c.rest[i-1], c.rest[i]
	}
}

// touched is what a run of events asks to be read again.
type touched struct {
	people, buyers map[ident.ID]bool
	guests         []ident.ID
	days           map[clock.Day]bool
}

const eventsAtOnce = 2000

func (s *Store) catchUp(tx *db.Tx, last int64) error {
	t := touched{people: map[ident.ID]bool{}, buyers: map[ident.ID]bool{}, days: map[clock.Day]bool{}}
	for at := s.at; at < last; {
		events, err := outbox.After(tx, at, eventsAtOnce)
		if err != nil {
			return err
		}
		if len(events) == 0 || events[0].Number != at+1 {
			return s.load(tx) // what was between is cleared away
		}
		for _, e := range events {
			if err := t.note(e); err != nil {
				return err
			}
		}
		at = events[len(events)-1].Number
	}
	return s.apply(tx, &t, last)
}

func (t *touched) note(e outbox.Event) error {
	f, err := e.Fact()
	if err != nil {
		return err
	}
	switch x := f.(type) {
	case event.PurchaseRecorded:
		t.bought(x.Member, x.Purchase, x.Day)
	case event.PurchaseRevised:
		t.bought(x.Member, x.Purchase, x.Day)
	case event.PurchaseReturned:
		t.bought(x.Member, x.Purchase, 0)
	case event.PurchaseClaimed:
		t.buyers[x.Member], t.days[x.Day] = true, true
	case event.MemberMerged:
		t.people[x.Kept], t.people[x.Gone] = true, true
		t.buyers[x.Kept], t.buyers[x.Gone] = true, true // what was bought moves with her
	case event.MemberJoined, event.MemberChanged, event.MemberLeft, event.MemberErased, event.TierChanged:
		t.people[f.Subject()] = true
	}
	return nil
}

// bought notes a purchase; of a guest's the day says where it is summed, and
// where the event does not name it the purchase does.
func (t *touched) bought(member, purchase ident.ID, day clock.Day) {
	switch {
	case !member.IsZero():
		t.buyers[member] = true
	case day != 0:
		t.days[day] = true
	default:
		t.guests = append(t.guests, purchase)
	}
}
