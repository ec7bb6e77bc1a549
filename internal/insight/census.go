package insight

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/fault"
)

// census is who a filter chooses, and what is counted of them without their
// purchases. Every metric about points, ranks and joining is a function of it.
type census struct {
	chosen []bool // by number, cohort included

	members, ranked   int  // active, joined by the period's end
	joined            int  // within the period
	sourced, referred int  // of joined: with a known source; brought by a member
	referrals         bool // whether the shop records them: somebody was ever brought by a member
	tiers, sources    map[string]int
	gifts             []float64 // welcome points of each who joined
	gave              bool      // whether the shop gave any points for no purchase in the period
	margin            int64     // of members and guests, minor units
	marginMissing     error
	pointsValue       int64
	ageBands          map[string]int
	genders, areas    map[string]int
	birthKnown        int
}

// referrals are the sources of joining that mean another member.
var referrals = []string{"referral", "friend", "introduction", "紹介", "友だち紹介", "友達紹介"}

// census counts; f is bound.
func (c *Columns) census(f Filter) *census {
	x := &census{chosen: make([]bool, len(c.people.id)), referrals: c.people.brought()}
	ch := c.chooser(f)
	all := inParts(c, c.parts(), func(from, to int) *heads {
		h := c.heads(f)
		h.between(&ch, x.chosen, from, to)
		return h
	})
	for _, o := range all[1:] {
		all[0].join(o)
	}
	all[0].tell(x)
	return x
}

// brought reports whether anybody ever joined through a member.
func (p *people) brought() bool {
	is := make([]bool, len(p.sources.list))
	for _, w := range referrals {
		if k := p.sources.find(w); k >= 0 {
			is[k] = true
		}
	}
	return slices.Contains(is, true) && slices.ContainsFunc(p.by, func(k uint16) bool { return int(k) < len(is) && is[k] })
}

// firstKept is the day of the first kept purchase; 0 without any.
func (c *Columns) firstKept(rows []int) clock.Day {
	for _, i := range rows {
		if c.kept(i) {
			return c.day[i]
		}
	}
	return 0
}

// welcomeDays is how long after joining points for no purchase count as what
// it cost to win a member.
const welcomeDays = 7

// addGifts puts welcome points to who joined within the period.
func (c *Columns) addGifts(x *census, f Filter, gifts []Gift) {
	p := &c.people
	x.gave = len(gifts) > 0
	given := map[int32]float64{}
	for _, g := range gifts {
		n, ok := c.Find(g.Holder)
		if ok && x.chosen[n] && p.active[n] && p.joined[n] >= f.From && p.joined[n] <= f.To && g.On >= p.joined[n] && g.On < p.joined[n]+welcomeDays {
			given[n] += float64(g.Points)
		}
	}
	for n := range p.id {
		if p.into[n] < 0 && x.chosen[n] && p.active[n] && p.joined[n] >= f.From && p.joined[n] <= f.To {
			x.gifts = append(x.gifts, given[int32(n)])
		}
	}
}

// pointsOf sums what moved on the accounts of who is chosen.
func (c *Columns) pointsOf(x *census, f Filter, list []Moved) (p Points) {
	everybody := !f.people()
	for _, m := range list {
		if f.Store != "" && m.Store != f.Store {
			continue
		}
		if !everybody {
			n, ok := c.Find(m.Holder)
			if !ok || !x.chosen[n] {
				continue
			}
		}
		p.Issued, p.Used, p.Expired, p.Back = p.Issued+m.Points.Issued, p.Used+m.Points.Used, p.Expired+m.Points.Expired, p.Back+m.Points.Back
	}
	return p
}

func noChannel() error  { return fault.New(fault.Conflict, "insight.points_channel") }
func noValue() error    { return fault.New(fault.Conflict, "insight.points_no_value") }
func noSource() error   { return fault.New(fault.Conflict, "insight.no_source") }
func noReferral() error { return fault.New(fault.Conflict, "insight.no_referral") }
func noGifts() error    { return fault.New(fault.Conflict, "insight.no_gifts") }
func noneUsed() error   { return fault.New(fault.Conflict, "insight.none_used") }
func noMargin() error   { return fault.New(fault.Conflict, "insight.no_margin") }
