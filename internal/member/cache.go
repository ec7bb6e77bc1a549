package member

import (
	"sync"

	"joren/internal/clock"
	"joren/internal/ident"
)

// personFacts is the part of a person that rules read.
type personFacts struct {
	version       int64
	birthday      clock.Day
	gender, area  string
	anniversaries []clock.MonthDay
	attributes    map[string]any // shared; never changed
	wrapped       []byte         // her data key
}

// factCache keeps opened facts, by member and version of the record. Two
// generations bound it: when the young one is full the old one is dropped.
type factCache struct {
	mu         sync.Mutex
	size       int
	young, old map[ident.ID]personFacts
}

func newFactCache(size int) *factCache {
	return &factCache{size: size, young: map[ident.ID]personFacts{}, old: map[ident.ID]personFacts{}}
}

func (c *factCache) get(id ident.ID, version int64) (personFacts, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.young[id]
	if !ok {
		if f, ok = c.old[id]; ok {
			c.keep(id, f)
		}
	}
	return f, ok && f.version == version
}

func (c *factCache) put(id ident.ID, f personFacts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(id, f)
}

func (c *factCache) keep(id ident.ID, f personFacts) {
	if len(c.young) >= c.size {
		c.young, c.old = map[ident.ID]personFacts{}, c.young
	}
	c.young[id] = f
}

// forget removes a person from memory when she is erased.
func (c *factCache) forget(id ident.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.young, id)
	delete(c.old, id)
}
