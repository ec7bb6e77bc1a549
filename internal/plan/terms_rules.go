package plan

import (
	"slices"
	"strings"
	"time"

	"joren/internal/i18n"
	"joren/internal/rules"
)

// rule is the paragraph of one earning rule.
func (w *writer) rule(r *rules.Rule) {
	var ss []string
	if c := w.conditions(r); c != "" {
		ss = append(ss, w.t("rule.when", "when", c))
	}
	ss = append(ss, w.gives(r))
	if r.Once == rules.OnceEver {
		ss = append(ss, w.t("once.ever"))
	} else if r.Once == rules.OnceYear {
		ss = append(ss, w.t("once.year"))
	}
	if r.Terms != nil {
		ss = append(ss, w.class(r.Terms.Class), w.life(*r.Terms, w.t("got")))
	}
	for _, l := range r.Limits {
		ss = append(ss, w.limit(l, false))
	}
	w.add("rules."+r.ID, w.heading(r), w.sentences(ss...))
}

func (w *writer) class(c string) string {
	if c == "base" || c == "" {
		return ""
	}
	return w.t("class", "class", w.word(c))
}

// heading is the rule's name, or what it does when the owner gave none.
func (w *writer) heading(r *rules.Rule) string {
	if !r.Name.IsZero() {
		return w.name(r.Name)
	}
	switch {
	case r.Kind == rules.Multiplier:
		return w.t("heading.multiplier", "multiply", i18n.Milli(int64(r.Multiply)))
	case r.Kind == rules.Base:
		return w.t("heading.base")
	case r.On != "" && r.On != "purchase":
		return w.word(r.On)
	}
	return w.t("heading.bonus")
}

func (w *writer) gives(r *rules.Rule) string {
	switch {
	case r.Kind == rules.Base:
		return w.rate(r, false)
	case r.Kind == rules.Multiplier && r.Lines != "":
		return w.t("gives.multiply_lines", "multiply", i18n.Milli(int64(r.Multiply)), "lines", w.either(r.Lines))
	case r.Kind == rules.Multiplier:
		return w.t("gives.multiply", "multiply", i18n.Milli(int64(r.Multiply)))
	case r.GivePerItem > 0 && r.Lines != "":
		return w.t("gives.per_item_of", "points", w.points(r.Points, r.GivePerItem), "lines", w.either(r.Lines))
	case r.GivePerItem > 0:
		return w.t("gives.per_item", "points", w.points(r.Points, r.GivePerItem))
	case r.Lines != "":
		return w.t("gives.bonus_lines", "points", w.points(r.Points, r.Give), "lines", w.either(r.Lines))
	}
	return w.t("gives.bonus", "points", w.points(r.Points, r.Give))
}

// conditions are all the circumstances of a rule as one phrase; "" for none.
func (w *writer) conditions(r *rules.Rule) string {
	var cs []string
	add := func(key string, args ...any) { cs = append(cs, w.t(key, args...)) }
	if r.On != "" && r.On != "purchase" {
		add("on", "event", w.word(r.On))
	}
	if r.Window != nil {
		add("around", "before", r.Window.BeforeDays, "after", r.Window.AfterDays)
	}
	if r.From != 0 || r.To != 0 {
		cs = append(cs, w.between(r.From, r.To))
	}
	if len(r.DaysOfMonth) > 0 {
		add("days_of_month", "days", w.list(w.days(r.DaysOfMonth)))
	}
	if len(r.Weekdays) > 0 {
		add("weekdays", "days", w.list(w.weekdays(r.Weekdays)))
	}
	for _, h := range r.Hours {
		add("hours", "from", timeOfDay(h.From).String(), "to", timeOfDay(h.To).String())
	}
	if len(r.Stores) > 0 {
		add("stores", "stores", w.words(r.Stores))
	}
	if len(r.Channels) > 0 {
		add("channels", "channels", w.words(r.Channels))
	}
	if len(r.Tiers) > 0 {
		add("cond.tier", "tier", w.list(w.tierNames(r.Tiers)))
	}
	if len(r.Segments) > 0 {
		add("segments", "segments", w.words(r.Segments))
	}
	if r.When != "" {
		cs = append(cs, w.all(r.When))
	}
	if r.Kind == rules.Base && r.Lines != "" {
		cs = append(cs, w.either(r.Lines))
	}
	return strings.Join(cs, w.t("comma"))
}

func (w *writer) days(ds []int) []string {
	var out []string
	for _, d := range ds {
		out = append(out, w.t("day_of_month", "day", d))
	}
	return out
}

func (w *writer) weekdays(ds []time.Weekday) []string {
	var out []string
	for _, d := range ds {
		out = append(out, w.t("weekday."+weekdays[d]))
	}
	return out
}

func (w *writer) tierNames(ids []string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, w.tierName(id))
	}
	return out
}

func (w *writer) tierName(id string) string {
	if l, ok := w.p.Level(id); ok {
		return w.name(l.Name)
	}
	return w.word(id)
}

// limit says what a limit allows; whole names what it covers.
func (w *writer) limit(l rules.Limit, whole bool) string {
	scope := w.t("limit.this")
	if whole {
		scope = w.t("limit.programme")
		if len(l.Rules) > 0 {
			scope = w.list(w.ruleNames(l.Rules))
		} else if l.Scope == rules.ScopeStore {
			scope = w.t("limit.store")
		}
	}
	who := w.t("limit.all")
	if l.PerMember {
		who = w.t("limit.member")
	}
	max := w.points(l.Points, l.Max)
	switch l.Measure {
	case rules.Times:
		max = w.t("times", "n", l.Max)
	case rules.MoneyOfGiven:
		max = w.t("worth_of", "money", w.money(l.Max))
	}
	window := w.t("window." + string(l.Window))
	if l.Window == rules.WindowRange {
		window = w.between(l.From, l.To)
	}
	over := "trim"
	if l.Reject {
		over = "reject"
	}
	return w.t("limit.text", "scope", scope, "who", who, "window", window, "max", max, "over", w.t("limit."+over))
}

func (w *writer) ruleNames(ids []string) []string {
	var out []string
	for i := range w.p.Spec.Rules {
		if r := &w.p.Spec.Rules[i]; slices.Contains(ids, r.ID) {
			out = append(out, w.heading(r))
		}
	}
	return out
}

func (w *writer) group(g rules.Group) {
	var names []string
	for i := range w.p.Spec.Rules {
		if r := &w.p.Spec.Rules[i]; r.Group == g.ID {
			names = append(names, w.heading(r))
		}
	}
	text := w.t("group."+string(g.Mode), "rules", w.list(names))
	if g.Compound {
		text = w.sentences(text, w.t("group.compound"))
	}
	w.add("groups."+g.ID, w.t("group"), text)
}
