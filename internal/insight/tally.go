package insight

import "joren/internal/clock"

// The lengths of metrics that look back at a first purchase, in days.
const (
	f2Days      = 90
	returnAfter = 90
	returnUntil = 180
)

// tally is what one pass over the columns counts for a filter; every metric
// is a function of it.
type tally struct {
	today         clock.Day
	members, new_ int

	buyers, repeated       int
	orders                 int
	gross, net             int64
	guests                 guestSum
	hasGuests              bool // the filter lets guests in
	perNet, perOrders      []float64
	perVisits              []float64
	gapDays, gapCount      []float64
	f2, f2Base             int
	returned, returnedBase int
	since, span            []float64 // of every buyer ever, up to the period's end
	repeats                []float64
	points                 Points
	pointsMissing          error
	census                 *census
}

// Points is what moved in a period, of the shop's first point type.
type Points struct {
	Issued, Used, Expired int64
	Back                  int64 // of those issued, taken back by returns
	Value                 int64 // minor units a point; 0 for points that pay nothing
}

// given is what was issued and stayed: sales, too, are counted less returns.
func (p Points) given() int64 { return p.Issued - p.Back }

// tally counts; f is bound.
func (c *Columns) tally(f Filter, today clock.Day) *tally { return c.tallyIn(f, today, c.parts()) }

// tallyIn counts in parts and adds them up in order.
func (c *Columns) tallyIn(f Filter, today clock.Day, parts int) *tally {
	ch := c.chooser(f)
	all := inParts(c, parts, func(from, to int) *tally {
		t := &tally{today: today, hasGuests: !f.people()}
		t.between(c, &ch, from, to)
		return t
	})
	t := all[0]
	for _, o := range all[1:] {
		t.join(o)
	}
	if t.hasGuests {
		t.addGuests(c, &ch)
	}
	return t
}

// between counts the people of a range of numbers.
func (t *tally) between(c *Columns, ch *chooser, from, to int) {
	c.each(ch, from, to, func(n int32, rows []int) { t.person(c, ch, n, rows) })
}

// join adds what was counted of other people.
func (t *tally) join(o *tally) {
	t.members, t.new_ = t.members+o.members, t.new_+o.new_
	t.buyers, t.repeated, t.orders = t.buyers+o.buyers, t.repeated+o.repeated, t.orders+o.orders
	t.gross, t.net = t.gross+o.gross, t.net+o.net
	t.f2, t.f2Base, t.returned, t.returnedBase = t.f2+o.f2, t.f2Base+o.f2Base, t.returned+o.returned, t.returnedBase+o.returnedBase
	t.perNet, t.perOrders, t.perVisits = append(t.perNet, o.perNet...), append(t.perOrders, o.perOrders...), append(t.perVisits, o.perVisits...)
	t.gapDays, t.gapCount = append(t.gapDays, o.gapDays...), append(t.gapCount, o.gapCount...)
	t.since, t.span, t.repeats = append(t.since, o.since...), append(t.span, o.span...), append(t.repeats, o.repeats...)
}

func (t *tally) person(c *Columns, ch *chooser, n int32, rows []int) {
	h := walk(c, ch, rows)
	if !ch.cohort(h.everFirst) && (ch.CohortFrom != 0 || ch.CohortTo != 0) {
		return
	}
	if c.people.active[n] && c.people.joined[n] <= ch.To {
		t.members++
		if c.people.joined[n] >= ch.From {
			t.new_++
		}
	}
	t.gross += h.gross
	t.bought(&h)
	t.looked(ch, &h)
}

// bought counts what happened within the period.
func (t *tally) bought(h *walked) {
	if h.orders == 0 {
		return
	}
	t.buyers++
	t.orders += h.orders
	t.net += h.net
	if h.visits > 1 {
		t.repeated++
	}
	t.perNet, t.perOrders, t.perVisits = append(t.perNet, float64(h.net)), append(t.perOrders, float64(h.orders)), append(t.perVisits, float64(h.visits))
	if h.gaps > 0 {
		t.gapDays, t.gapCount = append(t.gapDays, float64(h.gapDays)), append(t.gapCount, float64(h.gaps))
	}
}

// looked counts what is known of her since her first purchase.
func (t *tally) looked(ch *chooser, h *walked) {
	if h.first == 0 {
		return
	}
	t.since = append(t.since, float64(ch.To-h.last))
	t.span, t.repeats = append(t.span, float64(h.last-h.first)), append(t.repeats, float64(h.days-1))
	if h.first < ch.From || h.first > ch.To {
		return
	}
	if h.first+f2Days < t.today { // today is not over
		if t.f2Base++; h.second {
			t.f2++
		}
	}
	if h.first+returnUntil < t.today {
		if t.returnedBase++; h.later {
			t.returned++
		}
	}
}

func (t *tally) addGuests(c *Columns, ch *chooser) {
	for k, s := range c.guests {
		if k.day >= ch.From && k.day <= ch.To && fits(ch.store, k.store) && fits(ch.channel, k.channel) {
			t.guests.orders, t.guests.gross, t.guests.net = t.guests.orders+s.orders, t.guests.gross+s.gross, t.guests.net+s.net
		}
	}
}

// walked is one member's chosen purchases. Days count once however often she
// bought; gaps belong to the period in which they end.
type walked struct {
	everFirst       clock.Day // of any kept purchase, whatever the filter
	first, last     clock.Day // up to the period's end
	days            int       // visits up to the period's end
	orders, visits  int       // within the period
	gross, net      int64
	gaps, gapDays   int
	second, later   bool // a second visit within f2Days; one in returnAfter…returnUntil
	firstSeen, prev clock.Day
}

// walk reads rows, which are by day. What came after the period's end is read
// too: whether she came back is known today, not then.
func walk(c *Columns, ch *chooser, rows []int) (h walked) {
	for _, i := range rows {
		d, kept := c.day[i], c.kept(i)
		if kept && h.everFirst == 0 {
			h.everFirst = d
		}
		if !ch.purchase(c, i) {
			continue
		}
		inside := d >= ch.From && d <= ch.To
		if inside {
			h.gross += c.gross(i)
		}
		if kept {
			h.visit(d, inside, d <= ch.To)
		}
		if kept && inside {
			h.orders++
			h.net += c.net(i)
		}
	}
	return h
}

func (h *walked) visit(d clock.Day, inside, sofar bool) {
	if d == h.prev {
		return
	}
	if h.firstSeen == 0 {
		h.firstSeen = d
	} else {
		after := d - h.firstSeen
		h.second = h.second || after <= f2Days
		h.later = h.later || after > returnAfter && after <= returnUntil
	}
	if inside {
		h.visits++
		if h.prev != 0 {
			h.gaps++
			h.gapDays += int(d - h.prev)
		}
	}
	if sofar {
		if h.days++; h.first == 0 {
			h.first = d
		}
		h.last = d
	}
	h.prev = d
}
