package rules

import (
	"joren/internal/amount"
	"joren/internal/i18n"
)

// Sentence says how a component came about.
func (s Speaker) Sentence(v *Version, c *Component) string {
	r, _ := v.Rule(c.Rule)
	if r == nil {
		r = &Rule{}
	}
	return s.how(r, c) + s.trim(v, c)
}

func (s Speaker) how(r *Rule, c *Component) string {
	switch c.Code {
	case "earn.per", "earn.step":
		return s.baseSentence(r, c)
	case "earn.bands":
		return s.t("rules.why.bands", "base", s.money(c.Base))
	case "earn.multiplier":
		return s.multiplierSentence(r, c)
	case "earn.per_item":
		n := c.Args.num("items")
		return s.t("rules.why.per_item", "each", s.points(r.GivePerItem), "items", n)
	}
	if n, ok := c.Args.Get("visit_no"); ok && !r.Name.IsZero() {
		return s.t("rules.name.visit", "n", s.nth(n.Num))
	}
	if n, ok := c.Args.Get("count"); ok {
		return s.t("rules.why.product", "product", s.name("sku", c.Args.text("sku")), "count", n.Num)
	}
	return ""
}

func (s Speaker) baseSentence(r *Rule, c *Component) string {
	per := c.Args.num("per")
	args := []any{"base", s.money(c.Base), "per", s.money(per), "give", s.points(c.Args.num("give")), "from", s.bareMoney(c.Args.num("from"))}
	key := "rules.why.per"
	if c.Args.num("from") > 0 {
		key = "rules.why.step"
	}
	out := s.t(key, args...)
	if per > 0 && r.Each == EachOrder && r.Rounding == amount.Floor {
		out += s.t("rules.why.counted", "counted", s.money(c.Base/per*per))
	}
	return out
}

func (s Speaker) multiplierSentence(r *Rule, c *Component) string {
	trimmed := c.Args.num("trimmed")
	times := i18n.Milli(int64(r.Multiply) - 1000)
	switch e, ok := c.Args.Get("eligible"); {
	case ok:
		return s.t("rules.why.multiplier_lines", "subject", s.subject(r.Lines), "eligible", s.money(e.Num), "base", c.Base, "times", times)
	case trimmed > 0 && r.Multiply == 2000:
		return s.t("rules.why.doubled", "full", c.Points+trimmed)
	case trimmed > 0:
		return s.t("rules.why.multiplied", "multiply", i18n.Milli(int64(r.Multiply)), "full", c.Points+trimmed)
	}
	return s.t("rules.why.multiplier", "base", c.Base, "times", times)
}

// trim says what a limit took.
func (s Speaker) trim(v *Version, c *Component) string {
	trimmed := c.Args.num("trimmed")
	if trimmed == 0 {
		return ""
	}
	most := c.Args.num("limit")
	l := v.limitOf(c.Rule, most)
	if l == nil {
		return s.t("rules.why.trimmed_plain", "left", c.Points, "trimmed", trimmed)
	}
	return s.t("rules.why.trimmed", "window", s.t("rules.window."+string(l.Window)), "limit", s.limitText(l), "left", c.Points, "trimmed", trimmed)
}

func (s Speaker) limitText(l *limit) string {
	switch {
	case l.Measure == MoneyOfGiven:
		return s.money(l.Max)
	case l.Measure == Times:
		return s.t("rules.why.times", "n", l.Max)
	case s.Lang == i18n.EN:
		return i18n.Number(l.Max)
	}
	return s.points(l.Max)
}

// limitOf finds the limit with this maximum that covers the rule.
func (v *Version) limitOf(rule string, most int64) *limit {
	i, ok := v.byID[rule]
	if !ok {
		return nil
	}
	for k := range v.limits {
		if l := &v.limits[k]; l.covers[i] && l.Max == most {
			return l
		}
	}
	return nil
}

func (v *Version) limitByID(id string) *limit {
	for k := range v.limits {
		if v.limits[k].ID == id {
			return &v.limits[k]
		}
	}
	return nil
}

// WhyNot says why a rule gave nothing.
func (s Speaker) WhyNot(v *Version, r *Refusal) string {
	switch r.Code {
	case "group.better_rule":
		return s.betterRule(v, r)
	case "group.exclusive":
		return s.t("rules.not.exclusive", "by", s.RuleName(v, r.Args.text("by")))
	case "limit.reached":
		l := v.limitByID(r.Args.text("limit"))
		if l == nil {
			return s.t("rules.not.limit_plain")
		}
		return s.t("rules.not.limit", "window", s.t("rules.window."+string(l.Window)), "limit", s.limitText(l))
	case "condition.false":
		return s.unmet(r)
	case "lines.none":
		return s.t("rules.not.lines", "subject", s.subject(r.Args.text("failed")))
	case "earn.nothing":
		if short := r.Args.num("missing"); short > 0 {
			return s.t("rules.not.short", "missing", s.money(short))
		}
		return s.t("rules.not.nothing")
	case "tier.other":
		return s.t("rules.not.tier", "actual", s.name("tier", r.Args.text("actual")))
	}
	return i18n.T(s.Lang, "rules.not."+r.Code)
}

func (s Speaker) betterRule(v *Version, r *Refusal) string {
	mode, group := Best, s.t("rules.group_any")
	if x, ok := v.Rule(r.Rule); ok {
		for _, g := range v.spec.Groups {
			if g.ID == x.Group {
				mode = g.Mode
				if n, ok := s.named("group", g.ID); ok {
					group = n
				}
			}
		}
	}
	if mode == Exclusive {
		mode = Best
	}
	winner := s.RuleName(v, r.Args.text("by"))
	if s.Lang == i18n.EN { // names of rules seldom fit into an English sentence
		winner = s.t("rules.winner_" + string(mode))
	}
	return s.t("rules.not.group_"+string(mode), "group", group, "winner", winner)
}

// unmet says which figure did not fit and how much was missing.
func (s Speaker) unmet(r *Refusal) string {
	failed := r.Args.text("failed")
	actual, known := r.Args.Get("actual")
	missing := r.Args.num("missing")
	d := s.parse(failed)
	if !known || d == nil {
		return s.t("rules.not.unmet", "condition", s.Condition(failed))
	}
	path := d.figure()
	if path == "stats.visit_no" && missing > 0 {
		return s.t("rules.not.visit_to_go", "n", actual.Num, "missing", missing)
	} else if path == "stats.visit_no" {
		return s.t("rules.not.visit", "n", actual.Num)
	}
	value := actual.Text
	if !actual.Word {
		value = s.figureText(path, actual.Num)
	} else {
		value = s.wordText(path, value)
	}
	out := s.t("rules.not.actual", "condition", s.Condition(failed), "actual", value)
	if missing > 0 {
		out += s.t("rules.not.missing", "missing", s.figureText(path, missing))
	}
	return out
}
