package tier

import (
	"slices"

	"joren/internal/clock"
)

// startPeriod is the start of a day under calendar and anniversary windows.
func (m *machine) startPeriod() {
	if from, _ := m.period(m.Day); from > m.From {
		m.close(from)
	}
	if c := m.Closed; c != nil && m.Day > c.Judge {
		m.Closed = nil
		m.review(c)
	}
	if m.Held != 0 && m.Day == m.Held+1 && m.Drop == 0 && m.Closed == nil {
		if from, _ := m.period(m.Day); from != m.Day {
			m.review(&Closed{From: m.From, To: m.Held, Judge: m.Held, Sum: m.Sum})
		}
	}
	m.drop()
}

// close moves the running window to the one that begins on from.
func (m *machine) close(from clock.Day) {
	to := from - 1
	old, _ := m.period(to)
	c := &Closed{From: old, To: to, Sum: m.Sum}
	if old > m.From { // whole windows passed without an event
		c.Sum = Amounts{}
	}
	e := m.r.Evaluation
	c.Judge = e.day(to) + clock.Day(e.Settle)
	m.Closed, m.From, m.Sum = c, from, Amounts{}
}

// review judges a closed window. What meets the keep-threshold is held to the
// end of the window after it; else it falls after grace.
func (m *machine) review(c *Closed) {
	up := m.r.entered(c.Sum)
	_, end := m.period(c.To + 1)
	switch {
	case m.r.keeps(m.level, c.Sum):
		m.Held = max(m.Held, end)
	case m.Held > c.To, m.r.Downgrade == Never:
	default:
		m.fail(c, m.r.lower(m.level, c.Sum))
	}
	m.lostByReturn(c)
	if m.r.NextPeriod && up > m.level {
		m.set(up, Entered, m.Day)
		m.Held, m.Drop = max(m.Held, end), 0
	}
}

func (m *machine) fail(c *Closed, target int) {
	if target >= m.level {
		return
	}
	m.Drop = max(c.To+clock.Day(m.r.Grace), c.Judge) + 1
	m.target, m.Failed = target, c.To
}

// lostByReturn takes a level that stood only on what a return has since taken
// out of an earlier window: it goes at the end of the running one.
func (m *machine) lostByReturn(c *Closed) {
	if !m.Late {
		return
	}
	m.Late = false
	if m.r.Downgrade == Never || m.r.LossAtOnce || !m.full {
		return
	}
	if was := m.corrected(); was < m.level {
		if m.r.Downgrade == OneStep {
			was = m.r.lower(m.level, c.Sum)
		}
		m.fail(c, was)
	}
}

// corrected is the level she would have, had every return happened with its
// purchase.
func (m *machine) corrected() int {
	h := History{Joined: m.Joined, Events: m.events}
	n := replay(m.all, atOnce(h, m.Day), 0, m.Day)
	if n == nil {
		return 0
	}
	return max(0, m.r.level(n.Level))
}

// drop carries out a failed review whose grace is over.
func (m *machine) drop() {
	if m.Drop == 0 || m.Day < m.Drop {
		return
	}
	to := m.target
	if !m.r.NextPeriod {
		to = max(to, min(m.level, m.r.entered(m.Sum)))
	}
	m.Drop = 0
	m.set(to, Expired, m.Day)
	_, m.Held = m.period(m.Day)
}

// atOnce is a history in which every correction happens with its purchase, so
// that what came back never lifted anybody: the events of a corrected day
// become one. What was not yet known at the end of day d is left out.
func atOnce(h History, d clock.Day) History {
	corrected := map[clock.Day]int{} // where in events the day's sum stands, -1 before
	for _, e := range h.Events {
		if e.On <= d && e.On != e.Day {
			corrected[e.Day] = -1
		}
	}
	events := make([]Event, 0, len(h.Events))
	for _, e := range h.Events {
		if e.On > d {
			continue
		}
		i, ok := corrected[e.Day]
		switch {
		case !ok:
			events = append(events, e)
		case i < 0:
			corrected[e.Day] = len(events)
			e.On = e.Day
			events = append(events, e)
		default:
			events[i].Delta = events[i].Delta.plus(e.Delta)
		}
	}
	slices.SortStableFunc(events, func(a, b Event) int { return int(a.On - b.On) })
	h.Events = events
	return h
}
