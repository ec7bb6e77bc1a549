package tier

import (
	"slices"

	"joren/internal/clock"
)

// to runs the starts of all days up to d.
func (m *machine) to(d clock.Day) {
	for m.Day < d {
		m.Day = min(d, max(m.Day+1, m.next()))
		m.start()
	}
}

// next is the next day whose start may change something.
func (m *machine) next() clock.Day {
	next := clock.Day(1 << 30)
	soon := func(d clock.Day) {
		if d > m.Day {
			next = min(next, d)
		}
	}
	for r := m.all; r != nil; r = r.Before {
		if r.Since > m.Day {
			soon(r.Since)
		}
	}
	soon(m.Drop)
	soon(m.Held + 1)
	if m.Closed != nil {
		soon(m.Closed.Judge + 1)
	}
	if !m.r.rolls() {
		_, end := m.period(m.Day)
		soon(end + 1)
		return next
	}
	if m.r.Evaluation.Kind != Daily {
		settle := clock.Day(m.r.Evaluation.Settle)
		soon(m.r.Evaluation.day(m.Day-settle) + settle + 1)
	}
	if m.r.Window.Kind == Rolling {
		i, _ := slices.BinarySearchFunc(m.days, m.r.Window.opens(m.Day), func(l dayLog, d clock.Day) int { return int(l.day - d) })
		if i < len(m.days) {
			soon(m.r.Window.leaves(m.days[i].day))
		}
	}
	if m.unsettled() {
		soon(m.Day + 1)
	}
	return next
}

// unsettled reports that tomorrow's review may find something without another
// event: a level below its keep-threshold, or one not yet given.
func (m *machine) unsettled() bool {
	now := m.metric()
	return m.Below != 0 || m.r.Downgrade != Never && !m.r.keeps(m.level, now) || m.r.NextPeriod && m.r.entered(now) > m.level
}

// start judges the first instant of the day reached.
func (m *machine) start() {
	if r := m.all.in(m.Day); r != m.r {
		m.change(r)
	}
	if m.r.rolls() {
		m.startRolling()
	} else {
		m.startPeriod()
	}
}

// change puts other rules in force: the level stays by its id; a level that
// is no more becomes the highest the metric enters.
func (m *machine) change(r *Rules) {
	old, target := m.Level, m.target
	if m.Drop != 0 {
		target = r.level(m.r.Levels[m.target].ID)
	}
	m.r = r
	m.From, _ = m.period(m.Day)
	if m.full {
		m.Sum = m.between(m.From, m.Day)
		if r.Window.Kind == Lifetime {
			m.Sum = m.between(0, m.Day)
		}
	}
	m.Closed, m.Below = nil, 0
	if m.level = r.level(old); m.level < 0 {
		m.level = r.entered(m.metric())
		m.changes = append(m.changes, Change{m.Day, old, r.Levels[m.level].ID, Changed})
	}
	m.Level = r.Levels[m.level].ID
	if m.target = target; target < 0 || target >= m.level {
		m.Drop, m.target = 0, 0
	}
	if _, end := m.period(m.Day); !r.rolls() {
		m.Held = max(m.Held, end)
	}
}
