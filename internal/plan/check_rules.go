package plan

import (
	"slices"
	"strings"

	"joren/internal/rules"
)

// checkRule looks at one earning rule.
func (r *reader) checkRule(path string, x ruleDoc, d *document, p *Programme) {
	r.refers(path+".points", "point type", x.Points, d.pointIDs())
	r.refers(path+".group", "group", x.Group, idsOf(ids(d.Groups, "", func(g groupDoc) string { return g.ID })))
	for i, t := range x.Tiers {
		r.refers(at(path+".tiers", i), "rank", t, d.levelIDs())
	}
	r.trigger(path+".on", x.On, d)
	r.ordered(path, x.From, x.To)
	for i, h := range x.Hours {
		if h.From == h.To {
			r.bad(at(path+".hours", i), "programme.no_time_left", "from", h.From.String())
		}
	}
	r.checkKind(path, x)
	r.checkOccasion(path, x)
	if x.Pending != nil {
		r.checkPending(path+".pending", x.Pending.Pending)
	}
	if x.Expiry != nil {
		r.checkExpiry(path+".expiry", x.Expiry.Expiry)
	}
	r.checkSliding(path, x, d)
}

// checkSliding refuses a rule whose points would live by another clock than
// the account they slide with: sliding is a matter of the whole point type.
func (r *reader) checkSliding(path string, x ruleDoc, d *document) {
	if x.Expiry == nil || x.Expiry.Kind != rules.ExpirySliding {
		return
	}
	for i, t := range d.Points {
		if (t.ID == x.Points || x.Points == "" && i == 0) && t.Expiry.Expiry.Kind != rules.ExpirySliding {
			r.bad(path+".expiry", "programme.needs", "key", "from: last_activity", "other", "points."+t.ID+".expiry")
		}
	}
}

func (r *reader) trigger(path, on string, d *document) {
	known := slices.Clone(triggers)
	for _, e := range append(BuiltinEvents(), d.Events...) {
		known = append(known, e.ID)
	}
	r.refers(path, "event", on, known)
}

// kindKeys are the keys that only make sense in one kind of rule.
var kindKeys = map[string][]rules.RuleKind{
	"per": {rules.Base}, "each": {rules.Base}, "rounding": {rules.Base}, "steps": {rules.Base},
	"give": {rules.Base, rules.Bonus}, "multiply": {rules.Multiplier}, "give_per_item": {rules.Bonus},
	"once": {rules.Bonus},
}

func (r *reader) checkKind(path string, x ruleDoc) {
	for _, key := range []string{"per", "give", "each", "rounding", "steps", "multiply", "give_per_item", "once"} {
		if r.has(join(path, key)) && x.Kind != "" && !slices.Contains(kindKeys[key], x.Kind) {
			r.bad(join(path, key), "programme.not_of_kind", "key", key, "kind", string(x.Kind))
		}
	}
	switch x.Kind {
	case rules.Base:
		r.checkBase(path, x)
	case rules.Multiplier:
		if !r.has(path + ".multiply") {
			r.bad(path, "programme.missing", "key", "multiply")
		}
	case rules.Bonus:
		r.exactlyOne(path, "give", "give_per_item")
	}
}

func (r *reader) checkBase(path string, x ruleDoc) {
	if x.Steps == nil {
		for _, key := range []string{"per", "give"} {
			if !r.has(join(path, key)) && !r.has(path+".steps") {
				r.bad(path, "programme.missing", "key", key)
			}
		}
		return
	}
	if r.has(path+".per") || r.has(path+".give") {
		r.bad(path+".steps", "programme.contradiction", "key", "steps", "other", "per, give")
	}
	if len(x.Steps.Table) == 0 {
		r.bad(path+".steps.table", "programme.too_few", "min", "1")
	}
	for i, s := range x.Steps.Table {
		if i > 0 && s.From <= x.Steps.Table[i-1].From {
			r.bad(at(path+".steps.table", i)+".from", "programme.not_ascending", "value", num(s.From), "before", num(x.Steps.Table[i-1].From))
		}
	}
}

// checkOccasion: what looks at goods needs a purchase, what looks at a date
// needs one.
func (r *reader) checkOccasion(path string, x ruleDoc) {
	if x.On != "" && x.On != "purchase" {
		if x.Kind != rules.Bonus && x.Kind != "" {
			r.bad(path+".on", "programme.not_of_kind", "key", "on: "+x.On, "kind", string(x.Kind))
		}
		for _, key := range []string{"lines", "give_per_item"} {
			if r.has(join(path, key)) {
				r.bad(join(path, key), "programme.needs", "key", key, "other", "on: purchase")
			}
		}
		if x.Pending != nil && x.Pending.Kind == rules.PendingUntil {
			r.bad(path+".pending.until", "programme.needs", "key", "until", "other", "on: purchase")
		}
	}
	if x.Window != nil && x.On != "birthday" && x.On != "anniversary" && !strings.Contains(x.When, "birthday") && !strings.Contains(x.When, "anniversary") {
		r.bad(path+".window", "programme.needs", "key", "window", "other", "on: birthday, anniversary")
	}
}

// compile has the judge compile the rules and their conditions, and brings
// what it finds back to its line. What check has said already is not said
// twice.
func (r *reader) compile(d *document, p *Programme) {
	if n := len(d.Rules) + len(d.Coupons) + len(d.Perks); n > maxRules {
		r.bad("rules", "programme.too_many", "count", n, "max", maxRules)
		return
	}
	v, bad := rules.Compile(p.Spec)
	for _, b := range bad {
		r.judged(b.Path, b)
	}
	p.Rules = v
	w := rules.Words{Zone: p.Zone, Tiers: p.Spec.Tiers, Attributes: p.Spec.Attributes}
	for i, c := range d.Coupons {
		r.condition(at("coupons", i)+".when", rules.OfOccasion, c.When, w)
		r.condition(at("coupons", i)+".lines", rules.OfLine, c.Lines, w)
	}
	for i, k := range d.Perks {
		w.Event = p.Spec.Events[k.On].Fields
		r.condition(at("perks", i)+".when", rules.OfOccasion, k.When, w)
	}
}

func (r *reader) condition(path string, of rules.Subject, src string, w rules.Words) {
	if src == "" {
		return
	}
	_, bad := rules.CompileCondition(of, src, w)
	for _, b := range bad {
		r.judged(path, b)
	}
}

func (r *reader) judged(path string, b rules.Problem) {
	for _, have := range r.problems {
		if have.Path == path || strings.HasPrefix(have.Path, path+".") || strings.HasPrefix(path, have.Path+".") && have.Path != "" {
			return
		}
	}
	r.problems = append(r.problems, Problem{Path: path, Line: lineOf(r.lines, path), Code: b.Code, Args: b.Args})
}
