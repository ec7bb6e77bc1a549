package tier

import (
	"slices"

	"joren/internal/clock"
)

// State is where a member stands after the start of a day and the events up
// to an instant: what the next step needs to know. Stored between purchases
// so that one need not read a whole history; never the truth, which is the
// history.
type State struct {
	Day    clock.Day     `json:"d"`           // the business day reached; its start is judged
	At     clock.Instant `json:"at,omitzero"` // the last event applied
	Joined clock.Day     `json:"j,omitzero"`
	Level  string        `json:"l"`
	Held   clock.Day     `json:"h,omitzero"` // no review takes the level before the end of this day
	Drop   clock.Day     `json:"x,omitzero"` // a failed review: first day of the lower level
	Target string        `json:"t,omitempty"`
	From   clock.Day     `json:"f,omitzero"` // first day of the running window
	Sum    Amounts       `json:"m"`          // over the running window
	Below  clock.Day     `json:"b,omitzero"` // rolling: first day below keep
	Failed clock.Day     `json:"v,omitzero"` // last day of the window whose review failed
	Last   clock.Day     `json:"o,omitzero"` // last day with an order
	Late   bool          `json:"r,omitempty"`
	Closed *Closed       `json:"c,omitempty"` // a closed window waiting to be judged
}

// Closed is a closed window before its review.
type Closed struct {
	From  clock.Day `json:"f"`
	To    clock.Day `json:"t"`
	Judge clock.Day `json:"j"` // judged at the end of this day
	Sum   Amounts   `json:"m"`
}

// Change is a move from one level to another.
type Change struct {
	On       clock.Day
	From, To string
	Reason   Reason
}

// Reason of a change.
type Reason string

const (
	Entered  Reason = "entered"  // an entry-threshold was reached
	Expired  Reason = "expired"  // a review failed and grace is over
	Returned Reason = "returned" // lost by a return
	Opened   Reason = "opened"   // brought from another system
	Given    Reason = "given"    // a manual level begins
	Ended    Reason = "ended"    // a manual level ends
	Changed  Reason = "changed"  // the programme's tiers changed
	Revised  Reason = "revised"  // a late purchase or correction was recorded
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
