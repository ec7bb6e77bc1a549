package insight

import (
	"context"
	"slices"
	"sync"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/outbox"
)

// Store keeps the columns of one database and brings them up to date from the
// outbox. Every process has its own: it remembers by itself how far it has
// read, so several nodes may measure beside each other.
type Store struct {
	db  *db.DB
	src Source

	turn sync.Mutex // one brings up to date
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
			return s.load(tx)
		}
		return s.catchUp(tx, last)
	})
	return s.at, err
}

func (s *Store) load(tx *db.Tx) error {
	c := newColumns()
	at, err := outbox.Last(tx)
	if err != nil {
		return err
	}
	if s.c != nil { // readings made before name members by their numbers
		for _, id := range s.c.people.id {
			c.people.number(id)
		}
	}
	if err := s.src.People(tx, nil, func(p *Person) error { c.people.set(p); return nil }); err != nil {
		return err
	}
	if err := c.fill(func(fn func(*Purchase) error) error { return s.src.Purchases(tx, nil, fn) }); err != nil {
		return err
	}
	c.people.relate()
	s.mu.Lock()
	s.c, s.at = c, at
	s.mu.Unlock()
	return nil
}

// fill reads purchases that come with each member's together. Lines are the
// caller's until the next one, so they are written at once.
func (c *Columns) fill(each func(func(*Purchase) error) error) error {
	last := int32(-1)
	ordered := true
	defer c.clip()
	return each(func(p *Purchase) error {
		if p.Guest {
			c.addGuest(p)
			return nil
		}
		n := c.people.number(p.Member)
		if n != last {
			if c.people.count[n] > 0 {
				return fault.New(fault.Internal, "insight.scattered")
			}
			c.people.from[n], last, ordered = uint32(len(c.day)), n, true
		}
		ordered = ordered && (c.people.count[n] == 0 || c.day[len(c.day)-1] <= p.Day)
		c.append(p)
		if c.people.count[n]++; !ordered {
			c.settleLast(int(c.people.from[n]))
			ordered = true
		}
		return nil
	})
}

// clip gives back what growing left over.
func (c *Columns) clip() {
	c.day, c.small = slices.Clone(c.day), slices.Clone(c.small)
	c.store, c.what, c.rest = slices.Clone(c.store), slices.Clone(c.what), slices.Clone(c.rest)
}

// settleLast moves the newest purchase to its day's place; business days can
// disagree with the order of instants only where the zone changed.
func (c *Columns) settleLast(from int) {
	for i := len(c.day) - 1; i > from && c.day[i-1] > c.day[i]; i-- {
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
