package tier

import (
	"slices"

	"joren/internal/clock"
)

// apply takes an event in, in order.
func (m *machine) apply(e Event) {
	m.to(e.On)
	m.At = max(m.At, e.At)
	d := m.log(e)
	m.count(e.Day, d)
	m.judge(e)
}

// log adds an event to the day sums and gives its change of the metrics,
// visits included.
func (m *machine) log(e Event) Amounts {
	d := e.Delta
	d[Visits] = 0
	if !m.full && m.r.Window.Kind != Rolling {
		if e.Day != m.Last {
			d[Visits] = d[Orders]
		}
		m.Last = max(m.Last, e.Day)
		return d
	}
	m.events = append(m.events, e)
	i, found := slices.BinarySearchFunc(m.days, e.Day, func(l dayLog, d clock.Day) int { return int(l.day - d) })
	if !found {
		m.days = slices.Insert(m.days, i, dayLog{day: e.Day})
	}
	l := &m.days[i]
	before := min(l.orders, 1)
	l.orders += d[Orders]
	d[Visits] = min(max(l.orders, 0), 1) - before
	l.sum = l.sum.plus(d)
	if l.orders > 0 {
		m.Last = max(m.Last, e.Day)
	}
	return d
}

// count adds to the window the event's day lies in.
func (m *machine) count(day clock.Day, d Amounts) {
	switch {
	case m.r.Window.Kind == Lifetime, !m.r.rolls() && day >= m.From:
		m.Sum = m.Sum.plus(d)
	case m.Closed != nil && day >= m.Closed.From:
		m.Closed.Sum = m.Closed.Sum.plus(d)
	case !m.r.rolls():
		m.Late = true
	}
}

// judge looks at what an event changes at once.
func (m *machine) judge(e Event) {
	now := m.metric()
	up := m.r.entered(now)
	if !m.r.rolls() {
		_, end := m.period(m.Day)
		if up >= m.level && up > 0 && m.Drop != 0 {
			m.Drop = 0
			m.Held = max(m.Held, end)
		}
		if !m.r.NextPeriod && up > m.level {
			m.set(up, Entered, e.On)
			m.Held = max(m.Held, end)
		}
		return
	}
	if !m.r.NextPeriod && up > m.level {
		m.set(up, Entered, e.On)
	}
	if m.Below != 0 && m.r.keeps(m.level, now) {
		m.Below = 0
	}
}

// open puts an imported level in place.
func (m *machine) open(o Opening) {
	m.to(o.On)
	if l := m.r.level(o.Level); l >= 0 {
		m.set(l, Opened, o.On)
		m.Drop, m.Below = 0, 0
		m.Held = max(o.Until, o.On)
	}
}
