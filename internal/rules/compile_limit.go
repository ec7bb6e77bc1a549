package rules

import "fmt"

// limits gathers the limits in the order in which they apply: the rules' own
// in rule order, then the programme's.
func (b *builder) limits() {
	for i := range b.v.rules {
		r := &b.v.rules[i]
		for k, l := range r.Limits {
			if l.ID == "" {
				l.ID = fmt.Sprintf("%s.%d", r.ID, k+1)
			}
			if l.Points == "" {
				l.Points = r.Points
			}
			l.Scope, l.Rules = ScopeRule, []string{r.ID}
			b.limit(fmt.Sprintf("rules[%d].limits[%d]", i, k), l)
		}
	}
	for k, l := range b.s.Limits {
		if l.ID == "" {
			l.ID = fmt.Sprintf("limits.%d", k+1)
		}
		b.limit(fmt.Sprintf("limits[%d]", k), l)
	}
}

func (b *builder) limit(p string, l Limit) {
	if b.limitID[l.ID] {
		b.bad(p+".id", "programme.duplicate_id", "id", l.ID)
	}
	b.limitID[l.ID] = true
	oneOf(b, p+".scope", l.Scope, "", ScopeProgramme, ScopeCampaign, ScopeRule, ScopeStore)
	oneOf(b, p+".measure", l.Measure, Times, PointsGiven, MoneyOfGiven)
	oneOf(b, p+".window", l.Window, WindowOrder, WindowDay, WindowWeek, WindowMonth, WindowYear, WindowRange, WindowLifetime)
	b.atLeast(p+".max", l.Max, 0)
	if l.Window == WindowRange && (l.From == 0 || l.To < l.From) {
		b.bad(p+".window", "programme.bad_range")
	}
	c := limit{Limit: l, typ: max(b.ref(p+".points", l.Points, b.typeID), 0)}
	c.covers = b.covers(p, &l, c.typ)
	if l.Measure == MoneyOfGiven && c.typ < len(b.s.Types) && b.s.Types[c.typ].Value < 1 {
		b.bad(p+".measure", "programme.no_value", "type", b.s.Types[c.typ].ID)
	}
	b.v.limits = append(b.v.limits, c)
}

// covers resolves the scope into rules of the limit's point type.
func (b *builder) covers(p string, l *Limit, typ int) []bool {
	set := make([]bool, len(b.v.rules))
	named := l.Scope == ScopeRule || l.Scope == ScopeCampaign
	if named && len(l.Rules) == 0 {
		b.bad(p+".rules", "programme.required")
	}
	if !named {
		for i := range set {
			set[i] = b.v.rules[i].typ == typ
		}
		return set
	}
	for k, id := range l.Rules {
		q := fmt.Sprintf("%s.rules[%d]", p, k)
		switch i := b.ref(q, id, b.ruleID); {
		case i < 0:
		case b.v.rules[i].typ != typ:
			b.bad(q, "programme.other_points", "rule", id)
		default:
			set[i] = true
		}
	}
	return set
}
