package plan

import (
	"regexp"
	"slices"
	"strconv"

	"joren/internal/clock"
	"joren/internal/rules"
)

// check finds what no single value shows: duplicates, references to nothing
// and values that contradict each other.
func (r *reader) check(d *document, p *Programme) {
	r.checkHead(d, p)
	r.checkIDs(d)
	r.checkPoints(d, p)
	for i, x := range d.Rules {
		r.checkRule(at("rules", i), x, d, p)
	}
	r.checkGroups(d)
	r.checkLimits(d, p)
	if d.Tiers != nil {
		r.checkTiers(d, p)
	}
	r.checkPerks(d, p)
}

func (r *reader) checkHead(d *document, p *Programme) {
	if r.has("currency") && !isCurrency(d.Currency) && d.Currency != "" {
		r.bad("currency", "programme.bad_currency", "value", d.Currency)
	}
	z, err := clock.LoadZone(p.ZoneName, 0)
	if err != nil {
		r.bad("zone", "programme.bad_zone", "value", p.ZoneName)
		z = clock.Tokyo
	}
	p.Zone = clock.Zone{Location: z.Location, Starts: d.DayStartsAt.duration()}
	p.Spec.Zone = p.Zone
	if d.DayStartsAt.duration().Hours() >= 24 {
		r.bad("day_starts_at", "programme.bad_time", "value", d.DayStartsAt.String())
	}
	for _, end := range []struct {
		path string
		day  clock.Day
	}{{"last_earn_on", d.LastEarnOn}, {"last_spend_on", d.LastSpendOn}} {
		if end.day != 0 && end.day < d.EffectiveFrom {
			r.bad(end.path, "programme.ends_before_start", "from", d.EffectiveFrom.String(), "to", end.day.String())
		}
	}
	if d.LastSpendOn != 0 && d.LastSpendOn < d.LastEarnOn {
		r.bad("last_spend_on", "programme.spend_ends_before_earning")
	}
	if d.Withdrawal.Days > 0 && d.Withdrawal.Points != "keep" {
		r.bad("withdrawal.keep_days", "programme.needs", "key", "keep_days", "other", "points: keep")
	}
	if d.Withdrawal.Points == "keep" && !r.has("withdrawal.keep_days") {
		r.bad("withdrawal", "programme.missing", "key", "keep_days")
	}
	r.checkAttributes("attributes", d.Attributes)
}

func isCurrency(s string) bool {
	return len(s) == 3 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s[2] >= 'A' && s[2] <= 'Z'
}

// fieldName is what conditions can speak of.
var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (r *reader) checkAttributes(path string, as []Attribute) {
	for _, a := range as {
		p := join(path, a.ID)
		if !fieldName.MatchString(a.ID) {
			r.bad(p, "programme.bad_field_name", "value", a.ID)
		}
		if a.Type == rules.AttrChoice && len(a.Choices) == 0 {
			r.bad(p, "programme.missing", "key", "choices")
		}
		if a.Type != rules.AttrChoice && len(a.Choices) > 0 {
			r.bad(join(p, "choices"), "programme.needs", "key", "choices", "other", "type: choice")
		}
	}
}

// checkIDs refuses an id used twice. Rules have one name space, with their
// limits a second; all that a rank may list as benefit shares a third.
func (r *reader) checkIDs(d *document) {
	r.unique(ids(d.Rules, "rules", func(x ruleDoc) string { return x.ID }))
	r.unique(ids(d.Groups, "groups", func(x groupDoc) string { return x.ID }))
	r.unique(ids(d.Events, "events", func(x EventKind) string { return x.ID }))
	limits := ids(d.Limits, "limits", func(x limitDoc) string { return x.ID })
	for i, x := range d.Rules {
		for j, l := range x.Limits {
			id := l.ID
			if id == "" && x.ID != "" {
				id = x.ID + "." + strconv.Itoa(j+1)
			}
			limits = append(limits, idAt{at(at("rules", i)+".limits", j), id})
		}
	}
	r.unique(limits)
	if d.Tiers != nil {
		r.unique(ids(d.Tiers.Levels, "tiers.levels", func(x levelDoc) string { return x.ID }))
	}
	r.unique(benefits(d))
	for i, e := range d.Events {
		if slices.Contains(triggers, e.ID) || slices.ContainsFunc(builtin, func(b EventKind) bool { return b.ID == e.ID }) {
			r.bad(at("events", i)+".id", "programme.reserved", "value", e.ID)
		}
		r.checkAttributes(at("events", i)+".fields", e.Fields)
	}
}

type idAt struct{ path, id string }

func ids[T any](xs []T, path string, id func(T) string) []idAt {
	var out []idAt
	for i, x := range xs {
		out = append(out, idAt{at(path, i), id(x)})
	}
	return out
}

// benefits is everything a rank can list.
func benefits(d *document) []idAt {
	return slices.Concat(
		ids(d.Rewards, "rewards", func(x Reward) string { return x.ID }),
		ids(d.Coupons, "coupons", func(x Coupon) string { return x.ID }),
		ids(d.Entitlements, "entitlements", func(x Entitlement) string { return x.ID }),
		ids(d.Bookings, "bookings", func(x Booking) string { return x.ID }),
		ids(d.Perks, "perks", func(x Perk) string { return x.ID }))
}

func (r *reader) unique(xs []idAt) {
	first := map[string]string{}
	for _, x := range xs {
		if x.id == "" {
			continue
		}
		if f, twice := first[x.id]; twice {
			r.bad(x.path+".id", "programme.duplicate_id", "id", x.id, "first", f)
			continue
		}
		first[x.id] = x.path
	}
}

// refers notes a reference to nothing. kind is the word for what is missing.
func (r *reader) refers(path, kind, id string, known []string) {
	if id != "" && !slices.Contains(known, id) {
		r.bad(path, "programme.unknown_reference", "kind", kind, "id", id, "hint", hint(id, known), "known", joined(known))
	}
}

func idsOf(xs []idAt) []string {
	var out []string
	for _, x := range xs {
		out = append(out, x.id)
	}
	return out
}

func (d *document) pointIDs() []string {
	var out []string
	for _, x := range d.Points {
		out = append(out, x.ID)
	}
	return out
}

func (d *document) levelIDs() []string {
	if d.Tiers == nil {
		return nil
	}
	return idsOf(ids(d.Tiers.Levels, "", func(x levelDoc) string { return x.ID }))
}

// classes are the classes points can have.
func (d *document) classes() []string {
	out := []string{"base"}
	for _, x := range d.Points {
		if x.Class != "" {
			out = append(out, x.Class)
		}
	}
	for _, x := range d.Rules {
		if x.Class != "" {
			out = append(out, x.Class)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (r *reader) checkPoints(d *document, p *Programme) {
	if r.has("points") && len(d.Points) == 0 {
		r.bad("points", "programme.too_few", "min", "1")
	}
	for _, x := range d.Points {
		path := join("points", x.ID)
		for i, c := range x.Consume {
			r.refers(at(path+".consume", i), "class", c, d.classes())
		}
		r.checkSpend(path, x)
		if x.Refund != nil && x.Refund.Days > 0 && x.Refund.IfExpired != RefundGrace {
			r.bad(path+".refund_of_spent.days", "programme.needs", "key", "days", "other", "if_expired: grace")
		}
		r.checkPending(path+".pending", x.Pending.Pending)
		r.checkExpiry(path+".expiry", x.Expiry.Expiry)
	}
	r.checkHousehold(d)
}

func (r *reader) checkSpend(path string, x pointDoc) {
	s, at := x.Spend, path+".spend"
	if r.has(at) && x.Value == 0 {
		r.bad(at, "programme.needs", "key", "spend", "other", "value")
	}
	if x.PaidAs != "" && x.Value == 0 {
		r.bad(path+".paid_as", "programme.needs", "key", "paid_as", "other", "value")
	}
	if s.Maximum > 0 && s.Minimum > s.Maximum {
		r.bad(at+".minimum", "programme.above", "low", num(s.Minimum), "high", num(s.Maximum))
	}
	unit := max(1, s.Unit)
	if s.Minimum%unit != 0 {
		r.bad(at+".minimum", "programme.not_a_multiple", "value", num(s.Minimum), "unit", num(unit))
	}
	if s.Maximum%unit != 0 {
		r.bad(at+".maximum", "programme.not_a_multiple", "value", num(s.Maximum), "unit", num(unit))
	}
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

func (r *reader) checkPending(path string, p rules.Pending) {
	if p.Kind == rules.PendingUntil && !slices.Contains([]string{"delivered", "shipped", "completed"}, p.Event) {
		r.notOne(path+".until", p.Event, []string{"delivered", "shipped", "completed"})
	}
}

func (r *reader) checkExpiry(path string, e rules.Expiry) {
	if e.Kind == rules.ExpiryFixed && len(e.Dates) == 0 {
		r.bad(path+".dates", "programme.too_few", "min", "1")
	}
}

func (r *reader) checkHousehold(d *document) {
	if d.Household != nil && d.Household.Tier == "pooled" && d.Tiers == nil {
		r.bad("household.tier", "programme.needs", "key", "tier: pooled", "other", "tiers")
	}
}

func (r *reader) checkGroups(d *document) {
	for i, g := range d.Groups {
		var kinds []rules.RuleKind
		for _, x := range d.Rules {
			if x.Group == g.ID && g.ID != "" && !slices.Contains(kinds, x.Kind) {
				kinds = append(kinds, x.Kind)
			}
		}
		if len(kinds) > 1 {
			r.bad(at("groups", i), "programme.group_mixed", "group", g.ID)
		}
		if g.Compound && len(kinds) == 1 && kinds[0] != rules.Multiplier {
			r.bad(at("groups", i)+".compound", "programme.needs", "key", "compound", "other", "kind: multiplier")
		}
	}
}

func (r *reader) checkLimits(d *document, p *Programme) {
	for i, l := range d.Limits {
		path := at("limits", i)
		if l.ID == "" && !r.has(path+".id") {
			r.bad(path, "programme.missing", "key", "id")
		}
		if (l.Scope == rules.ScopeCampaign || l.Scope == rules.ScopeRule) && len(l.Rules) == 0 {
			r.bad(path, "programme.needs", "key", "scope: "+string(l.Scope), "other", "rules")
		}
		if len(l.Rules) > 0 && l.Scope != rules.ScopeCampaign && l.Scope != rules.ScopeRule {
			r.bad(path+".rules", "programme.needs", "key", "rules", "other", "scope: campaign")
		}
		r.checkLimit(path, l, d)
	}
	for i, x := range d.Rules {
		for j, l := range x.Limits {
			path := at(at("rules", i)+".limits", j)
			if l.Scope != "" && l.Scope != rules.ScopeRule {
				r.notOne(path+".scope", string(l.Scope), []string{"rule"})
			}
			r.checkLimit(path, l, d)
		}
	}
}

func (r *reader) checkLimit(path string, l limitDoc, d *document) {
	r.refers(path+".points", "point type", l.Points, d.pointIDs())
	known := idsOf(ids(d.Rules, "", func(x ruleDoc) string { return x.ID }))
	for i, id := range l.Rules {
		r.refers(at(path+".rules", i), "rule", id, known)
	}
	if l.Measure == rules.MoneyOfGiven {
		for i, x := range d.Points {
			if (x.ID == l.Points || l.Points == "" && i == 0) && x.Value == 0 {
				r.bad(path+".measure", "programme.needs", "key", "measure: money", "other", "points."+x.ID+".value")
			}
		}
	}
}
