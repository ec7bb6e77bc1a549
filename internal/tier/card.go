package tier

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/ident"
)

// Card is the working copy of one member's rank: loaded in bulk, told of
// events, saved in bulk. Between purchases that come in order it needs no
// more than the stored state (and the days of a rolling window); a late event
// or a return reads the whole history.
type Card struct {
	Member ident.ID

	m       *machine
	manuals []Manual
	shown   string        // the level last written to the history
	listed  *listed       // what lists are told of her, as stored; nil where nothing is
	asked   clock.Instant // the ask's instant
	on      clock.Day
	past    *machine // the standing at an ask older than what is recorded
	events  []stored
	replay  bool // an event out of order: run over the whole history on Save
	joined  clock.Day
	changed bool
	rules   *Rules
	whole   *History // everything recorded, where it was read
}

// listed is what lists of a rank go by.
type listed struct {
	level  string
	joined clock.Day
}

type stored struct {
	Event
	id ident.ID
}

// mark tells rules apart: the state of others is run afresh.
func (r *Rules) mark() string {
	b, err := json.Marshal(r)
	if err != nil {
		panic("tier: rules that are no JSON: " + err.Error())
	}
	var h uint64 = 14695981039346656037 // FNV-1a
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	const digits = "0123456789abcdef"
	var s [16]byte
	for i := range s {
		s[i] = digits[h>>(4*i)&15]
	}
	return string(s[:])
}

func (c *Card) standing() *machine {
	if c.past != nil {
		return c.past
	}
	return c.m
}

func (c *Card) begin(r *Rules) {
	c.m = begin(r, c.joined, c.first())
	c.shown = c.m.Level
}

func (c *Card) first() clock.Day {
	if c.joined != 0 {
		return min(c.joined, c.on)
	}
	return c.on
}

// Level is the member's rank at the card's instant, events added since
// included.
func (c *Card) Level() string {
	if c.m == nil {
		return ""
	}
	return c.m.r.Levels[c.m.effective(c.manuals)].ID
}

// Standing is her rank with its forecast, events added since included.
// Previews use [Of], [History.With] and [At].
func (c *Card) Standing() Standing {
	if c.m == nil {
		return Standing{}
	}
	return forecast(c.m, c.manuals)
}

// Add tells the card of an event: the purchase or return id names it for
// ever. After a return or a late event Standing is exact when the card has
// read its whole history ([Deepen]) and a close guess before.
func (c *Card) Add(id ident.ID, e Event) {
	if c.m == nil {
		return
	}
	c.events = append(c.events, stored{e, id})
	c.changed = true
	ordered := e.At >= c.m.At && e.On >= c.m.Day && e.Day == e.On && e.Delta[Orders] == 1 && c.past == nil
	if c.whole != nil {
		*c.whole = c.whole.With(e)
	}
	switch {
	case ordered:
		c.m.apply(e)
	case c.whole != nil:
		c.replay, c.past = true, nil
		last := c.whole.Events[len(c.whole.Events)-1]
		c.m = replay(c.rules, *c.whole, 0, max(c.on, last.On))
		c.m.changes = nil
	default:
		c.replay = true
		c.m.to(e.On)
		d := c.m.log(e)
		if e.Delta[Orders] <= 0 {
			d[Visits] = e.Delta[Orders]
		}
		c.m.count(e.Day, d)
	}
}
