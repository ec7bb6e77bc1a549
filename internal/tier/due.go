package tier

import (
	"slices"

	"joren/internal/clock"
)

// history says what changed since the last time: the machine's own steps, and
// whatever else makes the level shown differ (a manual one, a late record).
func history(r *Rules, cards []*Card) []Moved {
	var moved []Moved
	say := func(c *Card, ch Change) {
		if ch.From != ch.To {
			moved = append(moved, Moved{c.Member, ch, c.m.r.level(ch.To) > c.m.r.level(ch.From)})
			c.shown = ch.To
		}
	}
	for _, c := range cards {
		for _, ch := range c.m.changes {
			if shown := c.m.r.level(c.shown); c.floor(ch.On) < max(c.m.r.level(ch.From), c.m.r.level(ch.To)) || shown < 0 {
				to := max(c.m.r.level(ch.To), c.floor(ch.On))
				if to >= 0 {
					say(c, Change{ch.On, c.shown, c.m.r.Levels[to].ID, ch.Reason})
				}
			}
		}
		c.m.changes = nil
		if now := c.Level(); now != c.shown {
			why := Revised
			switch {
			case c.floor(c.m.Day) == c.m.r.level(now) && c.floor(c.m.Day) > c.m.level:
				why = Given
			case c.hasEnded():
				why = Ended
			}
			say(c, Change{c.m.Day, c.shown, now, why})
		}
	}
	return moved
}

// floor is the manual level on a day, -1 without one.
func (c *Card) floor(d clock.Day) int {
	level := -1
	for _, x := range c.manuals {
		if x.From <= d && d <= x.Until {
			level = max(level, c.m.r.level(x.Level))
		}
	}
	return level
}

func (c *Card) hasEnded() bool {
	return slices.ContainsFunc(c.manuals, func(x Manual) bool { return x.Until < c.m.Day && x.Level == c.shown })
}

// due is the first day on which the rank shown may change without another
// event; 0 for never.
func (c *Card) due() clock.Day {
	d := clock.Day(0)
	soon := func(x clock.Day) {
		if x > c.m.Day && (d == 0 || x < d) {
			d = x
		}
	}
	for _, x := range c.manuals {
		soon(x.From)
		soon(x.Until + 1)
	}
	if c.m.level == 0 && !c.m.r.NextPeriod || c.m.r.Downgrade == Never && !c.m.r.NextPeriod {
		return d // nothing but an event lifts her, and nothing lowers her
	}
	f := c.m.clone()
	f.Day = f.calm()
	horizon := c.m.Day + 3*366 + clock.Day(31*c.m.r.Window.Months+c.m.r.Window.Days)
	for f.Day < horizon && f.level == c.m.level {
		next := f.next()
		if next > horizon {
			return d
		}
		f.to(max(next, f.Day+1))
	}
	if f.level != c.m.level {
		soon(f.Day)
	}
	return d
}

// calm is the last day known to change nothing by itself: purchases leave a
// rolling window, but what is left still keeps the level. It spares the run
// over all the days between.
func (m *machine) calm() clock.Day {
	if m.r.Window.Kind != Rolling || m.r.Evaluation.Kind != Daily || m.r.NextPeriod || m.Below != 0 {
		return m.Day
	}
	end := clock.Day(1 << 30)
	for r := m.all; r != nil; r = r.Before {
		if r.Since > m.Day {
			end = min(end, r.Since-1)
		}
	}
	left := m.metric()
	for _, l := range m.days {
		if l.day < m.r.Window.opens(m.Day) {
			continue
		}
		if !m.r.keeps(m.level, left) {
			return m.Day
		}
		if left = left.minus(l.sum); !m.r.keeps(m.level, left) {
			return max(m.Day, min(end, m.r.Window.leaves(l.day)-1))
		}
	}
	return m.Day
}
