package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

func (b *builder) rules() {
	for i := range b.s.Rules {
		b.id(fmt.Sprintf("rules[%d].id", i), b.s.Rules[i].ID, b.ruleID, i)
	}
	kinds := make([]RuleKind, len(b.s.Groups))
	for i, r := range b.s.Rules {
		p := fmt.Sprintf("rules[%d]", i)
		b.v.rules = append(b.v.rules, b.rule(p, i, r))
		b.v.byID[r.ID] = i
		if g := b.v.rules[i].group; g >= 0 {
			if kinds[g] == "" {
				kinds[g] = r.Kind
			} else if kinds[g] != r.Kind {
				b.bad(p+".group", "programme.mixed_group", "group", r.Group, "kind", string(r.Kind), "other", string(kinds[g]))
			}
		}
	}
}

func (b *builder) rule(p string, i int, r Rule) rule {
	oneOf(b, p+".kind", r.Kind, Base, Multiplier, Bonus)
	oneOf(b, p+".once", r.Once, OnceNo, OnceEver, OnceYear)
	c := rule{Rule: r, i: i, group: b.ref(p+".group", r.Group, b.groupID), once: r.Once}
	c.times = milliText(int64(r.Multiply))
	c.tiers, c.segments = strings.Join(r.Tiers, " "), strings.Join(r.Segments, " ")
	if r.From != 0 {
		c.period = append(c.period, Word("from", r.From.String()))
	}
	if r.To != 0 {
		c.period = append(c.period, Word("to", r.To.String()))
	}
	c.typ = max(b.ref(p+".points", r.Points, b.typeID), 0)
	b.trigger(p, &r)
	b.times(p, &r)
	b.audience(p, &r)
	b.amounts(p, &r)
	t := r.trigger()
	c.when = b.condition(p+".when", OfOccasion, r.When, t)
	c.lines = b.condition(p+".lines", OfLine, r.Lines, t)
	if (t == Birthday || t == Anniversary) && c.once == OnceNo {
		c.once = OnceYear
	}
	if c.when != nil {
		c.tellVisit = c.when.reads.paths["stats.visit_no"]
		if len(c.when.reads.products) == 1 {
			c.tellSKU = c.when.reads.products[0]
		}
	}
	return c
}

// trigger checks that the occasion exists and suits the kind.
func (b *builder) trigger(p string, r *Rule) {
	t := r.trigger()
	if _, event := b.s.Events[t]; !event && !slices.Contains([]string{Purchase, Birthday, Anniversary, Joined, RankUp}, t) {
		known := []string{Purchase, Birthday, Anniversary, Joined, RankUp}
		for k := range b.s.Events {
			known = append(known, k)
		}
		slices.Sort(known)
		b.bad(p+".on", "programme.unknown_reference", "id", t, "hint", hint(t, known))
	}
	if t != Purchase && (r.Kind == Base || r.Kind == Multiplier) {
		b.bad(p+".on", "programme.not_with", "field", "on", "other", "kind: "+string(r.Kind))
	}
	if t != Purchase && r.Lines != "" {
		b.bad(p+".lines", "programme.not_with", "field", "lines", "other", "on: "+t)
	}
}

func (b *builder) times(p string, r *Rule) {
	if r.From != 0 && r.To != 0 && r.To < r.From {
		b.bad(p+".to", "programme.not_monotone", "value", r.To, "before", r.From)
	}
	for k, d := range r.DaysOfMonth {
		if d < 1 || d > 31 {
			b.bad(fmt.Sprintf("%s.days_of_month[%d]", p, k), "programme.out_of_range", "value", d, "least", 1, "most", 31)
		}
	}
	for k, w := range r.Weekdays {
		if w < time.Sunday || w > time.Saturday {
			b.bad(fmt.Sprintf("%s.weekdays[%d]", p, k), "programme.out_of_range", "value", int(w), "least", 0, "most", 6)
		}
	}
	for k, h := range r.Hours {
		if h.From < 0 || h.From >= 24*time.Hour || h.To < 0 || h.To > 24*time.Hour {
			b.bad(fmt.Sprintf("%s.hours[%d]", p, k), "programme.bad_hours")
		}
	}
	if w := r.Window; w != nil && (w.BeforeDays < 0 || w.AfterDays < 0 || w.BeforeDays+w.AfterDays > 364) {
		b.bad(p+".window", "programme.out_of_range", "value", w.BeforeDays+w.AfterDays, "least", 0, "most", 364)
	}
}

func (b *builder) audience(p string, r *Rule) {
	for k, t := range r.Tiers {
		if len(b.s.Tiers) > 0 && !contains(b.s.Tiers, t) {
			b.bad(fmt.Sprintf("%s.tiers[%d]", p, k), "programme.unknown_reference", "id", t, "hint", hint(t, b.s.Tiers))
		}
	}
}

// maxRate bounds what a rule writes as points or thousandths, so that a slip
// of the pen is told when it is made and not as an overflow at the till.
const maxRate = 1_000_000_000_000

func (b *builder) rate(path string, n, least int64) {
	if n < least || n > maxRate {
		b.bad(path, "programme.out_of_range", "value", n, "least", least, "most", maxRate)
	}
}

func (b *builder) amounts(p string, r *Rule) {
	switch r.Kind {
	case Base:
		b.baseAmounts(p, r)
	case Multiplier:
		if r.Multiply < 1000 || r.Multiply > 1_000_000 {
			b.bad(p+".multiply", "programme.multiply_range", "value", int64(r.Multiply))
		}
	case Bonus:
		if r.Give != 0 && r.GivePerItem != 0 {
			b.bad(p+".give_per_item", "programme.not_with", "field", "give_per_item", "other", "give")
		}
		if r.GivePerItem != 0 {
			b.rate(p+".give_per_item", r.GivePerItem, 1)
		} else {
			b.rate(p+".give", r.Give, 1)
		}
	}
}

func (b *builder) baseAmounts(p string, r *Rule) {
	oneOf(b, p+".each", r.Each, EachOrder, EachLine, EachUnit)
	if r.Steps == nil {
		b.rate(p+".per", r.Per, 1)
		b.rate(p+".give", r.Give, 1)
		return
	}
	p += ".steps"
	if r.Steps.Marginal && r.Each != EachOrder {
		b.bad(p+".mode", "programme.not_with", "field", "mode: marginal", "other", "each: "+string(r.Each))
	}
	if len(r.Steps.Table) == 0 {
		b.bad(p+".table", "programme.required")
	}
	last := int64(math.MinInt64)
	for k, s := range r.Steps.Table {
		q := fmt.Sprintf("%s.table[%d]", p, k)
		b.rate(q+".per", s.Per, 1)
		b.rate(q+".give", s.Give, 0)
		b.rate(q+".from", s.From, 0)
		if s.From <= last {
			b.bad(q+".from", "programme.not_monotone", "value", s.From, "before", last)
		}
		last = s.From
	}
}
