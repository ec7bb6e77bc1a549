package tier

import (
	"slices"

	"joren/internal/clock"
)

// machine runs a state forward.
type machine struct {
	State
	r       *Rules // in force on State.Day
	all     *Rules
	level   int
	target  int
	days    []dayLog // by day; complete from the rolling window's start on
	full    bool     // days hold the whole history: corrections can be applied
	events  []Event  // full: everything applied so far
	changes []Change
}

type dayLog struct {
	day    clock.Day
	sum    Amounts
	orders int64
}

func (m *machine) set(level int, why Reason, on clock.Day) {
	if level == m.level {
		return
	}
	m.changes = append(m.changes, Change{on, m.r.Levels[m.level].ID, m.r.Levels[level].ID, why})
	m.level, m.Level = level, m.r.Levels[level].ID
}

// begin opens the machine on a member's first day.
func begin(all *Rules, joined, first clock.Day) *machine {
	if joined == 0 {
		joined = first
	}
	m := &machine{all: all, r: all.in(first), full: true}
	m.State = State{Day: first, Joined: joined, Level: m.r.Levels[0].ID}
	m.From, _ = m.period(first)
	return m
}

// resume opens it on a stored state. days are the day sums since the start of
// the rolling window; other windows need none.
func resume(all *Rules, s State, days []dayLog) *machine {
	m := &machine{State: s, all: all, r: all.in(s.Day), days: days}
	m.level = max(0, m.r.level(s.Level))
	m.target = max(0, m.r.level(s.Target))
	return m
}

func (m *machine) state() State {
	s := m.State
	if s.Drop != 0 {
		s.Target = m.r.Levels[m.target].ID
	} else {
		s.Target = ""
	}
	if s.Closed != nil {
		c := *s.Closed
		s.Closed = &c
	}
	return s
}

// holds is the first day that matters to a rolling window from now on, the one
// of a review that is still to come included.
func (m *machine) holds() clock.Day {
	w := m.r.Window
	return min(w.opens(m.Day), w.opens(m.Day-clock.Day(m.r.Evaluation.Settle)-1))
}

// held are the day sums a rolling window needs from now on.
func (m *machine) held() []dayLog {
	if m.r.Window.Kind != Rolling {
		return nil
	}
	i, _ := slices.BinarySearchFunc(m.days, m.holds(), func(l dayLog, d clock.Day) int { return int(l.day - d) })
	return m.days[i:]
}

func (m *machine) period(d clock.Day) (from, to clock.Day) { return m.r.Period(m.Joined, d) }

// metric is the running window's, as of the day reached.
func (m *machine) metric() Amounts {
	if m.r.Window.Kind == Rolling {
		return m.window(m.Day)
	}
	return m.Sum
}

// window sums the rolling window that ends on d.
func (m *machine) window(d clock.Day) Amounts { return m.between(m.r.Window.opens(d), d) }

func (m *machine) between(from, to clock.Day) Amounts {
	var a Amounts
	i, _ := slices.BinarySearchFunc(m.days, from, func(l dayLog, d clock.Day) int { return int(l.day - d) })
	for ; i < len(m.days) && m.days[i].day <= to; i++ {
		a = a.plus(m.days[i].sum)
	}
	return a
}
