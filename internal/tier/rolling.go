package tier

import (
	"joren/internal/clock"
)

// startRolling is the start of a day under rolling and lifetime windows.
func (m *machine) startRolling() {
	e := m.r.Evaluation
	if m.r.Window.Kind == Rolling {
		m.From = m.r.Window.opens(m.Day)
	}
	review, judged := e.Kind == Daily, m.metric()
	if !review {
		last := m.Day - 1 - clock.Day(e.Settle)
		if review = e.day(last) == last; review && m.r.Window.Kind == Rolling {
			judged = m.window(last)
		}
	}
	if review {
		if up := m.r.entered(judged); m.r.NextPeriod && up > m.level {
			m.set(up, Entered, m.Day)
			m.Below = 0
		}
		if m.Below == 0 && m.Day > m.Held && !m.r.keeps(m.level, judged) {
			m.Below, m.Failed = m.Day, m.Day-1
		}
	}
	m.fall(judged)
}

// fall drops a level that has been below keep for the days of grace.
func (m *machine) fall(judged Amounts) {
	if m.Below == 0 || m.r.Downgrade == Never {
		m.Below = 0
		return
	}
	now := m.metric()
	if m.Below != m.Day && m.r.keeps(m.level, now) {
		m.Below = 0
		return
	}
	if m.Day < m.Below+clock.Day(m.r.Grace) {
		return
	}
	if m.Below != m.Day {
		judged = now
	}
	m.set(m.r.lower(m.level, judged), Expired, m.Day)
	m.Below = 0
	if m.r.Evaluation.Kind == Daily && !m.r.keeps(m.level, now) { // one step was not enough
		m.Below, m.Failed = m.Day, m.Day-1
	}
}
