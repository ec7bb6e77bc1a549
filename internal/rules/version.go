package rules

import (
	"time"

	"joren/internal/clock"
)

// Version is a compiled programme version: the judge. It is immutable and
// safe for concurrent use.
type Version struct {
	spec    Spec
	rules   []rule
	limits  []limit // the rules' own in rule order, then the programme's
	exclude *Condition
	index   map[string]*index // by trigger
	byID    map[string]int
	cross   bool // there is an exclusive group
	needs   map[string]Needs
}

// rule is a rule with its conditions compiled and its references resolved.
type rule struct {
	Rule
	i     int
	typ   int // point type
	group int // -1: none
	when  *Condition
	lines *Condition
	once  Once   // with what its trigger implies
	times string // a multiplier as text
	// What a refusal says of the rule.
	period          Args
	tiers, segments string

	// The figures a bonus tells beside its points.
	tellVisit bool
	tellSKU   string // the product it counts
}

// limit is a limit with its scope resolved.
type limit struct {
	Limit
	typ    int
	covers []bool // by rule
}

// trigger is the occasion a rule waits for.
func (r *Rule) trigger() string {
	if r.On == "" {
		return Purchase
	}
	return r.On
}

// The triggers that are no event kinds.
const (
	Purchase    = "purchase"
	Birthday    = "birthday"
	Anniversary = "anniversary"
	Joined      = "joined"
	RankUp      = "rank.up"
)

// Number is the number of the programme version.
func (v *Version) Number() int { return v.spec.Version }

// Basis is what of a purchase counts.
func (v *Version) Basis() Basis { return v.spec.Basis }

// Types are the point types in the programme's order.
func (v *Version) Types() []PointType { return v.spec.Types }

// Rule finds a rule by its id.
func (v *Version) Rule(id string) (*Rule, bool) {
	i, ok := v.byID[id]
	if !ok {
		return nil, false
	}
	return &v.rules[i].Rule, true
}

// TermsOf are the rule's own terms, nil when its points live as its point
// type says. The story groups components by them into lots.
func (v *Version) TermsOf(ruleID string) *Terms {
	if r, ok := v.Rule(ruleID); ok {
		return r.Terms
	}
	return nil
}

// Excluded reports that a line counts zero everywhere. A condition without an
// answer (a division by zero) excludes nothing.
func (v *Version) Excluded(l *Line) bool {
	if v.exclude == nil {
		return false
	}
	ok, _, err := v.exclude.judge(&view{o: &noOccasion, f: &noFacts, zone: v.spec.Zone, line: l})
	return ok && err == nil
}

var (
	noOccasion Occasion
	noFacts    Facts
)

// Triggers are the triggers some rule waits for.
func (v *Version) Triggers() []string {
	var out []string
	for i := range v.rules {
		if t := v.rules[i].trigger(); !contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// Needs says which facts the rules of a trigger read. The answer is shared:
// it is not to be changed.
func (v *Version) Needs(trigger string) Needs { return v.needs[trigger] }

// GivesOnce reports that a rule gives a member one gift, ever or a year.
func (v *Version) GivesOnce(rule string) bool {
	i, ok := v.byID[rule]
	return ok && v.rules[i].once != OnceNo
}

func (v *Version) readNeeds() {
	v.needs = map[string]Needs{}
	for _, t := range v.Triggers() {
		v.needs[t] = v.needsOf(t)
	}
}

func (v *Version) needsOf(trigger string) Needs {
	var n Needs
	for i := range v.rules {
		r := &v.rules[i]
		if r.trigger() != trigger {
			continue
		}
		for _, c := range []*Condition{r.when, r.lines} {
			if c != nil {
				c.reads.needs(&n)
			}
		}
		n.Birthday = n.Birthday || r.Window != nil || trigger == Birthday || trigger == Anniversary
		n.Segments = n.Segments || len(r.Segments) > 0
		if r.once != OnceNo {
			n.Once = append(n.Once, r.ID)
		}
		for _, l := range v.limits {
			n.Limits = n.Limits || l.covers[i] && l.Window != WindowOrder
		}
	}
	return n
}

// LimitKeys names the counters that cap what an occasion may earn, so that
// they can be locked and read before it is judged.
func (v *Version) LimitKeys(o *Occasion) []LimitKey {
	var keys []LimitKey
	for i := range v.limits {
		l := &v.limits[i]
		if l.Window == WindowOrder || !l.open(o.Day) || !v.touches(l, o.Trigger) {
			continue
		}
		keys = append(keys, v.key(l, o))
	}
	return keys
}

// touches reports that a limit covers some rule of the trigger.
func (v *Version) touches(l *limit, trigger string) bool {
	for i := range v.rules {
		if l.covers[i] && v.rules[i].trigger() == trigger {
			return true
		}
	}
	return false
}

func (v *Version) key(l *limit, o *Occasion) LimitKey {
	k := LimitKey{Limit: l.ID, Member: l.PerMember, From: l.from(o.Day, v.spec.WeekStart), Cap: l.Max}
	if l.PerStore {
		k.Store = o.Store
	}
	return k
}

// open reports that the limit limits on day d: a date range limits only its
// days.
func (l *limit) open(d clock.Day) bool {
	return l.Window != WindowRange || (l.From == 0 || d >= l.From) && (l.To == 0 || d <= l.To)
}

// from is the first day of the window that holds d; 0 for a lifetime and an
// order.
func (l *limit) from(d clock.Day, week time.Weekday) clock.Day {
	switch l.Window {
	case WindowDay:
		return d
	case WindowWeek:
		return d.WeekStart(week)
	case WindowMonth:
		return d.StartOfMonth()
	case WindowYear:
		return d.PeriodStart(12, time.January)
	case WindowRange:
		return l.From
	}
	return 0
}
