package tier

import (
	"slices"

	"joren/internal/amount"
	"joren/internal/clock"
)

// Standing is a member's rank at an instant and what to expect of it (T8).
type Standing struct {
	Current    string    `json:"current"`
	ValidUntil clock.Day `json:"valid_until,omitzero"` // last day of the window it is held for if nothing more is bought; none: it does not end
	GraceUntil clock.Day `json:"grace_until,omitzero"` // its last business day
	Metric     int64     `json:"metric"`               // the first metric over the running window
	ToKeep     int64     `json:"to_keep"`
	Next       string    `json:"next,omitempty"`
	ToNext     int64     `json:"to_next"`
	IfNothing  string    `json:"if_nothing_more"` // the rank after this one if nothing more is bought
	AtPace     *Pace     `json:"at_pace,omitempty"`
	Parts      []Part    `json:"parts,omitempty"` // per metric when there is more than one
	From       clock.Day `json:"window_from,omitzero"`
	To         clock.Day `json:"window_to,omitzero"`
	Manual     bool      `json:"manual,omitempty"` // given by a person
	Index      int       `json:"-"`                // of Current, 0 is the lowest
}

// Pace is where the running window leads at the present pace: metric ×
// window days ÷ days elapsed, today included, floored.
type Pace struct {
	Metric int64  `json:"metric"`
	Tier   string `json:"tier"`
	Days   int64  `json:"-"` // elapsed: how many it rests on
	Of     int64  `json:"-"` // days it is extended to
}

// Part is one metric of several.
type Part struct {
	Metric Metric `json:"metric"`
	Value  int64  `json:"value"`
	ToKeep int64  `json:"to_keep"`
	ToNext int64  `json:"to_next"`
}

// At is a member's standing at instant t on business day d: a pure function
// of what is recorded about her. Events after t are not looked at. It panics
// on rules without levels.
func At(r *Rules, h History, t clock.Instant, d clock.Day) Standing {
	return forecast(replay(r, h, t, d), h.Manuals)
}

// LevelAt is the rank alone.
func LevelAt(r *Rules, h History, t clock.Instant, d clock.Day) string {
	m := replay(r, h, t, d)
	return m.r.Levels[m.effective(h.Manuals)].ID
}

// replay runs a history up to instant t (0: to the end of d) on day d.
func replay(all *Rules, h History, t clock.Instant, d clock.Day) *machine {
	if all.in(d).LossAtOnce && slices.ContainsFunc(h.Events, func(e Event) bool { return e.Day != e.On }) {
		known := h.Events
		for i, e := range known {
			if t != 0 && e.At > t {
				known = known[:i]
				break
			}
		}
		h.Events, t = known, 0
		h = atOnce(h, d)
	}
	m := begin(all, h.Joined, h.first(d))
	o := 0
	for _, e := range h.Events {
		if t != 0 && e.At > t || e.On > d {
			break
		}
		for ; o < len(h.Openings) && h.Openings[o].On <= e.On; o++ {
			m.open(h.Openings[o])
		}
		m.apply(e)
	}
	for ; o < len(h.Openings) && h.Openings[o].On <= d; o++ {
		m.open(h.Openings[o])
	}
	m.to(d)
	return m
}

// first is the first day anything is known of her.
func (h History) first(d clock.Day) clock.Day {
	if h.Joined != 0 {
		d = min(d, h.Joined)
	}
	if len(h.Events) > 0 {
		d = min(d, h.Events[0].On)
	}
	if len(h.Openings) > 0 {
		d = min(d, h.Openings[0].On)
	}
	return d
}

// effective is the computed level or a manual one above it.
func (m *machine) effective(manuals []Manual) int {
	level := m.level
	for _, x := range manuals {
		if x.From <= m.Day && m.Day <= x.Until {
			level = max(level, m.r.level(x.Level))
		}
	}
	return level
}

func (m *machine) clone() *machine {
	c := *m
	c.State = m.state()
	c.days = slices.Clone(m.days)
	c.changes = nil
	return &c
}

func forecast(m *machine, manuals []Manual) Standing {
	r, level, now := m.r, m.effective(manuals), m.metric()
	from, to := m.period(m.Day)
	first := r.Metrics[0]
	s := Standing{Current: r.Levels[level].ID, Index: level, Metric: now[first], From: from, To: to, Manual: level > m.level}
	if r.Window.Kind == Lifetime {
		s.From, s.To = 0, 0
	}
	s.missing(r, level, now)
	s.AtPace = m.pace(level, now)
	s.IfNothing = s.Current
	s.ends(m, level, manuals)
	return s
}

func (s *Standing) missing(r *Rules, level int, now Amounts) {
	next := level + 1
	for next < len(r.Levels) && r.Levels[next].Manual {
		next++
	}
	for i, metric := range r.Metrics {
		p := Part{Metric: metric, Value: now[metric]}
		if level > 0 && !r.Levels[level].Manual {
			p.ToKeep = max(0, r.Levels[level].keep()[i]-now[metric])
		}
		if next < len(r.Levels) {
			s.Next = r.Levels[next].ID
			p.ToNext = max(0, r.Levels[next].Enter[i]-now[metric])
		}
		s.Parts = append(s.Parts, p)
	}
	s.ToKeep, s.ToNext = s.Parts[0].ToKeep, s.Parts[0].ToNext
	if len(s.Parts) == 1 {
		s.Parts = nil
	}
}

// ends runs the member forward without another purchase until her rank
// changes.
func (s *Standing) ends(m *machine, level int, manuals []Manual) {
	c := m.clone()
	horizon := m.Day + 3*366 + clock.Day(31*m.r.Window.Months+m.r.Window.Days)
	failed := clock.Day(0)
	for c.Day < horizon {
		next := c.next()
		for _, x := range manuals {
			if x.Until >= c.Day {
				next = min(next, x.Until+1)
			}
		}
		if next > horizon {
			return
		}
		if c.Drop != 0 || c.Below != 0 {
			failed = c.Failed
		}
		c.to(max(next, c.Day+1))
		after := c.effective(manuals)
		if after == level {
			continue
		}
		s.GraceUntil = c.Day - 1
		s.ValidUntil = s.GraceUntil
		if g := clock.Day(m.r.Grace); c.level < m.level && level == m.level {
			switch {
			case failed != 0:
				s.ValidUntil = failed
			case c.Failed != 0 && c.Failed <= s.GraceUntil:
				s.ValidUntil = max(c.Failed, s.GraceUntil-g)
			}
		}
		s.IfNothing = c.r.Levels[after].ID
		return
	}
}

// pace extends the running window at its present speed; nil for lifetime.
func (m *machine) pace(level int, now Amounts) *Pace {
	if m.r.Window.Kind == Lifetime {
		return nil
	}
	from, to := m.period(m.Day)
	if m.r.Window.Kind == Rolling {
		from, to = m.r.Window.opens(m.Day), m.Day
	}
	days, elapsed := int64(to-from+1), int64(m.Day-from+1)
	if m.Joined > from && m.Joined <= m.Day { // she cannot have bought before
		elapsed = int64(m.Day - m.Joined + 1)
		if m.r.Window.Kind != Rolling {
			days = int64(to - m.Joined + 1)
		}
	}
	var then Amounts
	for _, metric := range m.r.Metrics {
		n, err := amount.MulDiv(max(0, now[metric]), days, elapsed)
		if err != nil {
			return nil
		}
		then[metric] = n
	}
	reached := m.r.entered(then)
	if reached < level {
		if !m.r.Levels[level].Manual && m.r.keeps(level, then) {
			reached = level
		} else {
			reached = max(reached, m.r.lower(level, then))
		}
	}
	return &Pace{then[m.r.Metrics[0]], m.r.Levels[reached].ID, elapsed, days}
}
