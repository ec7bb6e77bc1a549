package ledger

import (
	"slices"
	"sort"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/rules"
)

// model is the oracle of the property test: every single point is a thing of
// its own that lies somewhere. It keeps no lots, no counters and no journal,
// and answers by looking at all points.
type model struct {
	p        *Policy
	now      clock.Instant
	points   []*point
	nextLot  int
	debt     int64
	since    clock.Instant
	activity []clock.Day // all days
	debits   map[int64][]*unit
	taken    map[ident.ID][]*unit
	holds    map[ident.ID]*modelHold
}

// point lies in its lot, or was spent, taken, sent away, put to the debt.
type point struct {
	lot       int // lots grow in the order they are made
	award     ident.ID
	class     string
	occurred  clock.Instant
	activates clock.Instant
	cancel    clock.Instant
	fixed     clock.Instant // expiry that does not slide, 0 when it does
	last      clock.Day     // own last day of one that slides
	expiry    rules.Expiry
	awaits    bool
	ended     clock.Instant // forfeited
	where     place
	hold      ident.ID
}

type place uint8

const (
	inLot place = iota
	gone        // spent, taken, sent away
	repaid
	owedAgain
	countedLost
)

// unit is one point of a debit or clawback, in the order it was taken.
type unit struct {
	pt   *point // nil: debt, forgiven or shortfall
	kind Source
}

type modelHold struct {
	points  []*point
	expires clock.Instant
	state   HoldState
}

func (m *model) expires(x *point) clock.Instant {
	if x.ended != 0 {
		return min(x.ended, m.allowed(x))
	}
	return m.allowed(x)
}

func (m *model) allowed(x *point) clock.Instant {
	if x.awaits && !x.expiry.Earned {
		return clock.Never
	}
	if x.last == 0 {
		return x.fixed
	}
	last := x.last
	for _, day := range m.activity { // in order
		if day <= last {
			last = max(last, x.expiry.LastDay(day, m.p.FiscalStart))
		}
	}
	return m.p.Zone.Start(last + 1)
}

func (m *model) voided(x *point, t clock.Instant) bool {
	return x.awaits && x.cancel != 0 && x.cancel <= t
}

func (m *model) alive(x *point, t clock.Instant) bool {
	return !x.awaits && x.activates <= t && t < m.expires(x)
}

func (m *model) waiting(x *point, t clock.Instant) bool {
	if x.awaits {
		return !m.voided(x, t) && t < m.expires(x)
	}
	return x.activates > t && t < m.expires(x)
}

func (m *model) held(x *point, t clock.Instant) bool {
	h := m.holds[x.hold]
	return h != nil && h.state == HoldOpen && t < h.expires
}

// forgotten reports that the debt of now is too old at t.
func (m *model) forgotten(t clock.Instant) bool {
	z := m.p.Zone
	return m.debt > 0 && z.Day(t) >= z.Day(m.since).AddMonths(m.p.WriteOffMonths)
}

func (m *model) at(t clock.Instant) (b Balance) {
	if !m.forgotten(t) {
		b.Debt = m.debt
	}
	free := int64(0)
	for _, x := range m.points {
		switch {
		case x.where != inLot:
		case m.waiting(x, t):
			b.Pending++
		case !m.alive(x, t):
		case m.held(x, t):
			b.Held++
		default:
			free++
		}
	}
	b.Available = max(0, free-b.Debt)
	return b
}

// order sorts points as they are consumed.
func (m *model) order(xs []*point) []*point {
	rank := func(x *point) int {
		if i := slices.Index(m.p.Consume, classOf(x.class)); i >= 0 {
			return i
		}
		return len(m.p.Consume)
	}
	dies := map[*point]clock.Instant{}
	for _, x := range xs {
		dies[x] = m.expires(x)
	}
	sort.SliceStable(xs, func(i, j int) bool {
		x, y := xs[i], xs[j]
		switch {
		case rank(x) != rank(y):
			return rank(x) < rank(y)
		case dies[x] != dies[y]:
			return dies[x] < dies[y]
		case x.occurred != y.occurred:
			return x.occurred < y.occurred
		}
		return x.lot < y.lot
	})
	return xs
}

func (m *model) pick(which func(*point) bool) []*point {
	var xs []*point
	for _, x := range m.points {
		if which(x) {
			xs = append(xs, x)
		}
	}
	return m.order(xs)
}

func (m *model) free(x *point) bool {
	return x.where == inLot && m.alive(x, m.now) && !m.held(x, m.now)
}

func (m *model) owe(n int64) {
	if m.debt == 0 && n > 0 {
		m.since = m.now
	}
	m.debt += n
}

// repay puts live points to the debt.
func (m *model) repay(xs []*point) {
	for _, x := range m.order(slices.Clone(xs)) {
		if m.debt > 0 && x.where == inLot && (m.alive(x, m.now) || m.waiting(x, m.now)) {
			x.where = repaid
			m.debt--
		}
	}
}

// give makes n points of one lot.
func (m *model) give(n int64, award ident.ID, occurred clock.Instant, t rules.Terms, until clock.Day) (born []*point) {
	m.nextLot++
	day := m.p.Zone.Day(occurred)
	x := point{lot: m.nextLot, award: award, class: t.Class, occurred: occurred, activates: occurred, expiry: t.Expiry}
	switch t.Pending.Kind {
	case rules.PendingDays:
		if t.Pending.Days > 0 {
			x.activates = m.p.Zone.Start(day + clock.Day(t.Pending.Days))
		}
	case rules.PendingUntil:
		x.awaits = true
		if t.Pending.CancelAfterDays > 0 {
			x.cancel = m.p.Zone.Start(day + clock.Day(t.Pending.CancelAfterDays))
		}
	}
	switch {
	case t.Expiry.Earned:
		m.begin(&x, day)
	case !x.awaits:
		m.begin(&x, m.p.Zone.Day(x.activates))
	}
	if until != 0 {
		x.fixed, x.last = m.p.Zone.Start(until+1), 0
	}
	for range n {
		y := x
		born = append(born, &y)
	}
	m.points = append(m.points, born...)
	return born
}

func (m *model) begin(x *point, day clock.Day) {
	last := x.expiry.LastDay(day, m.p.FiscalStart)
	switch {
	case x.expiry.Kind == rules.ExpirySliding:
		x.last = last
	case last == 0:
		x.fixed = clock.Never
	default:
		x.fixed = m.p.Zone.Start(last + 1)
	}
}

func (m *model) spend(n int64) []*unit {
	var us []*unit
	for _, x := range m.pick(m.free) {
		if int64(len(us)) == n {
			break
		}
		x.where = gone
		us = append(us, &unit{x, Active})
	}
	for int64(len(us)) < n {
		m.owe(1)
		us = append(us, &unit{nil, Indebted})
	}
	return us
}

// plain is what points that come back are: the policy's terms, active at once.
func (m *model) plain() rules.Terms {
	t := m.p.Terms
	t.Pending = rules.Pending{}
	return t
}

func (m *model) refund(seq, n int64) {
	us := m.debits[seq]
	back, lots := []*point{}, map[int][]*point{}
	fresh := int64(0)
	var order []int
	for ; n > 0; n-- {
		u := us[len(us)-1]
		us = us[:len(us)-1]
		switch {
		case u.pt == nil && m.debt > 0:
			m.debt--
		case u.pt == nil:
			fresh++
		case m.alive(u.pt, m.now) || m.p.RefundIfExpired == Forfeit:
			u.pt.where = inLot
			back = append(back, u.pt)
		default:
			if lots[u.pt.lot] == nil {
				order = append(order, u.pt.lot)
			}
			lots[u.pt.lot] = append(lots[u.pt.lot], u.pt)
		}
	}
	m.debits[seq] = us
	if fresh > 0 {
		back = append(back, m.give(fresh, ident.ID{}, m.now, m.plain(), 0)...)
	}
	for _, lot := range order {
		back = append(back, m.reopen(lots[lot])...)
	}
	m.repay(back)
}

// reopen gives the refunded points of a dead lot a lot of their own.
func (m *model) reopen(dead []*point) []*point {
	d, t, until := dead[0], m.plain(), clock.Day(0)
	if m.p.RefundIfExpired == Grace {
		until = m.p.Zone.Day(m.now) + m.p.graceDays()
	}
	born := m.give(int64(len(dead)), d.award, m.now, t, until)
	for _, x := range born {
		x.class = d.class
		if m.p.RefundIfExpired == Grace {
			x.occurred = d.occurred
		}
	}
	return born
}

func (m *model) clawback(award ident.ID, n int64, returns Returns) map[Source]int64 {
	sums := map[Source]int64{}
	take := func(xs []*point, kind Source, to place) {
		for _, x := range xs {
			if n == 0 {
				return
			}
			n--
			sums[kind]++
			x.where = to
			m.taken[award] = append(m.taken[award], &unit{x, kind})
			if kind == DebtRepaid {
				m.owe(1)
			}
		}
	}
	own := func(x *point) bool { return x.award == award && x.where == inLot }
	take(m.pick(func(x *point) bool { return own(x) && m.waiting(x, m.now) }), Pending, gone)
	if returns != OnlyPending {
		take(m.pick(func(x *point) bool { return own(x) && m.free(x) }), Active, gone)
	}
	take(m.pick(func(x *point) bool {
		return own(x) && !m.waiting(x, m.now) && !m.alive(x, m.now) && !m.held(x, m.now)
	}), Lost, countedLost)
	take(m.pick(func(x *point) bool { return x.award == award && x.where == repaid }), DebtRepaid, owedAgain)
	if returns != OnlyPending {
		take(m.pick(func(x *point) bool { return x.award != award && m.free(x) }), Other, gone)
	}
	rest := Indebted
	switch returns {
	case OnlyPending, WithinBalance:
		rest = Forgiven
	case Report:
		rest = Shortfall
	}
	for ; n > 0; n-- {
		sums[rest]++
		m.taken[award] = append(m.taken[award], &unit{nil, rest})
		if rest == Indebted {
			m.owe(1)
		}
	}
	return sums
}

func (m *model) giveBack(award ident.ID, n int64) {
	us := m.taken[award]
	var back, lost []*point
	for ; n > 0; n-- {
		u := us[len(us)-1]
		us = us[:len(us)-1]
		switch u.kind {
		case Forgiven, Shortfall:
		case Lost:
			u.pt.where = inLot
			lost = append(lost, u.pt)
		case Indebted, DebtRepaid:
			switch {
			case m.debt > 0 && u.pt != nil:
				u.pt.where = repaid
				m.debt--
			case m.debt > 0:
				m.debt--
			default:
				back = append(back, m.give(1, award, m.now, m.plain(), 0)...)
			}
		default:
			u.pt.where = inLot
			back = append(back, u.pt)
		}
	}
	m.taken[award] = us
	m.repay(back)
	m.repay(lost)
}

// forfeit ends all points, those too that are elsewhere now and may come back.
func (m *model) forfeit() {
	for _, x := range m.points {
		if x.ended == 0 {
			x.ended = m.now
		}
	}
}

// lives tells which points in lots are dead now.
func (m *model) dead() map[*point]bool {
	d := map[*point]bool{}
	for _, x := range m.points {
		if x.where == inLot && !m.alive(x, m.now) && !m.waiting(x, m.now) && !m.held(x, m.now) {
			d[x] = true
		}
	}
	return d
}

// learn does something that may bring dead points back to life.
func (m *model) learn(f func()) (revived int) {
	dead := m.dead()
	f()
	var back []*point
	for _, x := range m.points {
		if dead[x] && (m.alive(x, m.now) || m.waiting(x, m.now)) {
			back = append(back, x)
		}
	}
	m.repay(back)
	return len(back)
}
