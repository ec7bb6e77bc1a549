package insight

import (
	"maps"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// changes are what was read again, ready to be put in.
type changes struct {
	people []Person
	traits map[ident.ID]Traits
	bought map[ident.ID][]Purchase
	guests []Purchase
	days   []clock.Day
}

// apply reads again what events touched, then puts it in all at once.
func (s *Store) apply(tx *db.Tx, t *touched, last int64) error {
	ch, err := s.read(tx, t)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.c
	for i := range ch.people {
		p := &ch.people[i]
		c.people.set(p)
		if t, ok := ch.traits[p.ID]; ok {
			c.people.traits.set(c.people.number(p.ID), &t)
		}
	}
	if len(ch.people) > 0 {
		c.people.relate()
	}
	for _, id := range slices.SortedFunc(maps.Keys(ch.bought), ident.ID.Compare) {
		c.put(c.people.number(id), ch.bought[id])
	}
	c.forgetGuests(ch.days)
	for i := range ch.guests {
		c.addGuest(&ch.guests[i])
	}
	s.c, s.at = c.swept(), last
	return nil
}

func (s *Store) read(tx *db.Tx, t *touched) (ch changes, err error) {
	if err := s.readTouched(tx, t, &ch); err != nil {
		return ch, err
	}
	if ch.bought, err = s.readBuyers(tx, t); err != nil {
		return ch, err
	}
	more, err := s.src.DaysOf(tx, t.guests)
	if err != nil {
		return ch, err
	}
	for _, d := range more {
		t.days[d] = true
	}
	ch.days = slices.Sorted(maps.Keys(t.days))
	if len(ch.days) == 0 {
		return ch, nil
	}
	return ch, s.src.GuestPurchases(tx, ch.days, func(p *Purchase) error {
		g := *p
		g.Lines = nil
		ch.guests = append(ch.guests, g)
		return nil
	})
}

// readTouched reads the touched members, and what is known of them.
func (s *Store) readTouched(tx *db.Tx, t *touched, ch *changes) error {
	if len(t.people) == 0 {
		return nil
	}
	ids := sorted(t.people)
	ch.traits = make(map[ident.ID]Traits, len(ids))
	err := s.src.People(tx, ids, func(p *Person) error { ch.people = append(ch.people, *p); return nil })
	if err != nil {
		return err
	}
	return s.src.Traits(tx, ids, func(id ident.ID, x *Traits) error { ch.traits[id] = *x; return nil })
}

// readBuyers reads all that the touched members have bought; who has nothing
// left stands there with nothing.
func (s *Store) readBuyers(tx *db.Tx, t *touched) (map[ident.ID][]Purchase, error) {
	out := make(map[ident.ID][]Purchase, len(t.buyers))
	if len(t.buyers) == 0 {
		return out, nil
	}
	for id := range t.buyers {
		out[id] = nil
	}
	err := s.src.Purchases(tx, sorted(t.buyers), worded(func(some []Purchase) error {
		for _, p := range some {
			p.Lines = slices.Clone(p.Lines)
			out[p.Member] = append(out[p.Member], p)
		}
		return nil
	}))
	return out, err
}

func sorted(set map[ident.ID]bool) []ident.ID {
	return slices.SortedFunc(maps.Keys(set), ident.ID.Compare)
}
