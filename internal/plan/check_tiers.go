package plan

import "slices"

func (r *reader) checkTiers(d *document, p *Programme) {
	t := p.Tiers
	if r.has("tiers.levels") && len(t.Levels) == 0 {
		r.bad("tiers.levels", "programme.too_few", "min", "1")
	}
	for _, m := range t.Metric.Parts {
		r.refers("tiers.metric", "point type", m.Points, d.pointIDs())
	}
	if names := t.Metric.names(); len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		r.bad("tiers.metric", "programme.contradiction", "key", joined(names), "other", "metric")
	}
	if status := statusTypes(t); len(status) > 1 { // one figure is kept for all of them
		r.bad("tiers.metric", "programme.contradiction", "key", "points: "+status[0], "other", "points: "+status[1])
	}
	var below *Level
	for i := range t.Levels {
		l := &t.Levels[i]
		path := at("tiers.levels", i)
		r.checkLevel(path, l, below)
		if i == 0 && (l.Manual || slices.ContainsFunc(l.Enter, func(n int64) bool { return n > 0 })) {
			r.bad(path+".enter", "tier.lowest_not_zero", "level", l.ID)
		}
		if !l.Manual {
			below = l
		}
		r.checkBenefits(path, l, d)
	}
	r.checkGrace(t)
	r.checkTierCycle(d, t)
}

func statusTypes(t *Tiers) (out []string) {
	for _, m := range t.Metric.Parts {
		if m.Kind == StatusPoints {
			out = append(out, m.Points)
		}
	}
	return out
}

func (r *reader) checkLevel(path string, l, below *Level) {
	for i := range l.Enter {
		if i < len(l.Keep) && l.Keep[i] > l.Enter[i] {
			r.bad(path+".keep", "tier.keep_above_enter", "keep", num(l.Keep[i]), "enter", num(l.Enter[i]))
		}
		if below != nil && i < len(below.Enter) && l.Enter[i] < below.Enter[i] {
			r.bad(path+".enter", "tier.not_ascending", "value", num(l.Enter[i]), "below", below.ID, "before", num(below.Enter[i]))
		}
	}
	if below != nil && len(l.Enter) > 0 && slices.Equal(l.Enter, below.Enter) {
		r.bad(path+".enter", "tier.not_ascending", "value", num(l.Enter[0]), "below", below.ID, "before", num(below.Enter[0]))
	}
}

func (r *reader) checkBenefits(path string, l *Level, d *document) {
	all := idsOf(benefits(d))
	for i, b := range l.Benefits {
		r.refers(at(path+".benefits", i), "benefit", b, all)
		if slices.Contains(l.Benefits[:i], b) {
			r.bad(at(path+".benefits", i), "programme.duplicate_id", "id", b, "first", path+".benefits")
		}
	}
	r.refers(path+".on_enter.coupon", "coupon", l.OnEnter.Coupon, d.couponIDs())
	r.refers(path+".on_enter.entitlement", "entitlement", l.OnEnter.Entitlement, d.entitlementIDs())
}

func (d *document) couponIDs() []string {
	return idsOf(ids(d.Coupons, "", func(x Coupon) string { return x.ID }))
}

func (d *document) entitlementIDs() []string {
	return idsOf(ids(d.Entitlements, "", func(x Entitlement) string { return x.ID }))
}

// shortest is the fewest days a period of the window can have; 0 for windows
// without periods.
func (w TierWindow) shortest() int {
	switch {
	case w.Kind == WindowAnniversary:
		return 365
	case w.Kind == WindowCalendar:
		return map[int]int{1: 28, 3: 90, 6: 181, 12: 365}[w.Months]
	case w.Kind == WindowRolling && w.Months > 0:
		return w.Months * 28
	case w.Kind == WindowRolling:
		return w.Days
	}
	return 0
}

func (r *reader) checkGrace(t *Tiers) {
	if n := t.Window.shortest(); n > 0 && t.Downgrade.GraceDays >= n {
		r.bad("tiers.downgrade.grace_days", "tier.grace_too_long", "days", num(int64(t.Downgrade.GraceDays)), "period", num(int64(n)))
	}
	if t.Window.Kind == WindowLifetime && t.NextPeriod {
		r.bad("tiers.upgrade", "programme.contradiction", "key", "upgrade: next_period", "other", "window: lifetime")
	}
	if t.Window.Kind == WindowRolling && t.NextPeriod {
		r.bad("tiers.upgrade", "programme.contradiction", "key", "upgrade: next_period", "other", "window: rolling")
	}
	if t.Downgrade.How == DowngradeNever && t.Downgrade.GraceDays > 0 {
		r.bad("tiers.downgrade.grace_days", "programme.contradiction", "key", "grace_days", "other", "how: never")
	}
}

// checkTierCycle refuses points for rising that count towards rising: the
// rank would feed itself.
func (r *reader) checkTierCycle(d *document, t *Tiers) {
	for i, x := range d.Rules {
		if x.On != "rank.up" || len(d.Points) == 0 {
			continue
		}
		given := x.Points
		if given == "" {
			given = d.Points[0].ID
		}
		if slices.ContainsFunc(t.Metric.Parts, func(m Measure) bool { return m.Points == given }) {
			r.bad(at("rules", i), "tier.cycle", "rule", x.ID, "points", given)
		}
	}
}

func (r *reader) checkPerks(d *document, p *Programme) {
	for i, x := range d.Rewards {
		path := at("rewards", i)
		r.refers(path+".points", "point type", x.Points, d.pointIDs())
		r.ordered(path, x.From, x.To)
		for _, t := range x.Price.ByTier {
			r.refers(path+".price."+t.Tier, "rank", t.Tier, d.levelIDs())
		}
	}
	for i := range d.Coupons {
		r.checkCoupon(at("coupons", i), &d.Coupons[i], d)
	}
	for i, x := range d.Perks {
		path := at("perks", i)
		r.trigger(path+".on", x.On, d)
		r.refers(path+".coupon", "coupon", x.Coupon, d.couponIDs())
		r.refers(path+".entitlement", "entitlement", x.Entitlement, d.entitlementIDs())
		r.refers(path+".reward", "reward", x.Reward, idsOf(ids(d.Rewards, "", func(w Reward) string { return w.ID })))
		effect := x.Coupon + x.Entitlement + x.Reward
		if x.On != "" && effect == "" {
			r.bad(path, "programme.needs", "key", "on", "other", "coupon, entitlement, reward")
		}
		if x.On == "" && (effect != "" || x.When != "" || x.Window != nil) {
			r.bad(path, "programme.missing", "key", "on")
		}
	}
}

var couponKeys = map[string][]CouponKind{
	"value": {CouponAmount, CouponPercent}, "sku": {CouponFreeItem}, "worth": {CouponFreeItem}, "multiply": {CouponMultiplier},
	"points": {CouponMultiplier}, "maximum": {CouponPercent}, "lines": {CouponAmount, CouponPercent, CouponMultiplier},
}

func (r *reader) checkCoupon(path string, c *Coupon, d *document) {
	for _, key := range []string{"value", "sku", "worth", "multiply", "points", "maximum", "lines"} {
		if r.has(join(path, key)) && c.Kind != "" && !slices.Contains(couponKeys[key], c.Kind) {
			r.bad(join(path, key), "programme.not_of_kind", "key", key, "kind", string(c.Kind))
		}
	}
	needs := map[CouponKind]string{CouponAmount: "value", CouponPercent: "value", CouponFreeItem: "sku", CouponMultiplier: "multiply"}[c.Kind]
	if needs != "" && !r.has(join(path, needs)) {
		r.bad(path, "programme.missing", "key", needs)
	}
	if c.Kind == CouponPercent && c.Value > 100 {
		r.bad(path+".value", "programme.too_big", "value", num(c.Value), "max", "100")
	}
	r.refers(path+".points", "point type", c.Points, d.pointIDs())
	r.checkValidity(path, c.Valid)
	if c.Code == "unique" && c.SharedCode != "" {
		r.bad(path+".shared_code", "programme.needs", "key", "shared_code", "other", "code: shared")
	}
	if c.Code == "shared" && c.Valid.Days > 0 {
		r.bad(path+".valid.days", "programme.contradiction", "key", "code: shared", "other", "valid.days")
	}
}

func (r *reader) checkValidity(path string, v Validity) {
	path += ".valid"
	r.ordered(path, v.From, v.To)
	if r.has(path) && v.Days == 0 && v.To == 0 && !r.has(path+".days") && !r.has(path+".to") {
		r.bad(path, "programme.exactly_one", "keys", "to, days")
	}
	if v.Days > 0 && (v.From != 0 || v.To != 0) {
		r.bad(path, "programme.contradiction", "key", "days", "other", "from, to")
	}
}
