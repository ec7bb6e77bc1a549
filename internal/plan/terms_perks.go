package plan

import (
	"strings"

	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/rules"
)

// between is a span of days, open ends left out.
func (w *writer) between(from, to clock.Day) string {
	switch {
	case from == 0:
		return w.t("until", "to", w.day(to))
	case to == 0:
		return w.t("from", "from", w.day(from))
	}
	return w.t("between", "from", w.day(from), "to", w.day(to))
}

// rankSummary is the paragraph 会員ランク of the opening.
func (w *writer) rankSummary() string {
	t := w.p.Tiers
	var levels []string
	for _, l := range t.Levels {
		if w.reach(l) == "" {
			continue
		}
		levels = append(levels, w.reach(l))
	}
	when := w.t("ranks.at_once")
	if t.NextPeriod {
		when = w.t("ranks.next_period")
	}
	return w.t("ranks.text", "metric", w.metric(), "levels", strings.Join(levels, w.t("ranks.comma")), "when", when)
}

// reach is "シルバー30,000円（継続24,000円）"; "" for the rank of all.
func (w *writer) reach(l Level) string {
	if l.Manual {
		return w.t("ranks.manual", "name", l.Name)
	}
	var enter, keep []string
	for i, m := range w.p.Tiers.Metric.Parts {
		if l.Enter[i] > 0 {
			enter = append(enter, w.amount(m, l.Enter[i], false))
			keep = append(keep, w.amount(m, l.Keep[i], true))
		}
	}
	if len(enter) == 0 {
		return ""
	}
	join := w.t("join." + string(w.p.Tiers.Metric.Join))
	return w.t("ranks.level", "name", l.Name, "enter", strings.Join(enter, join), "keep", strings.Join(keep, join))
}

func (w *writer) amount(m Measure, n int64, again bool) string {
	switch {
	case m.Kind == NetSpend && again:
		return w.short(n)
	case m.Kind == NetSpend:
		return w.money(n)
	case m.Kind == Orders || m.Kind == Visits:
		return w.t("times", "n", n)
	}
	return w.points(m.Points, n)
}

// metric is "4〜9月・10〜3月の対象額".
func (w *writer) metric() string {
	t := w.p.Tiers
	var parts []string
	for _, m := range t.Metric.Parts {
		name := ""
		if p, ok := w.p.Policy(m.Points); ok && m.Points != "" {
			name = w.name(p.Name)
		}
		s := w.t("metric."+string(m.Kind), "name", name)
		if m.Basis != nil {
			s = w.t("metric.basis", "metric", s, "basis", w.basis(*m.Basis))
		}
		parts = append(parts, s)
	}
	what := w.list(parts)
	win := t.Window
	switch {
	case win.Kind == WindowCalendar:
		return w.t("tier_window.calendar", "metric", what, "periods", w.periods(win))
	case win.Kind == WindowRolling && win.Months > 0:
		return w.t("tier_window.months", "metric", what, "n", win.Months)
	case win.Kind == WindowRolling:
		return w.t("tier_window.days", "metric", what, "n", win.Days)
	}
	return w.t("tier_window."+string(win.Kind), "metric", what)
}

// periods is 4〜9月・10〜3月 or "April–September and October–March".
func (w *writer) periods(win TierWindow) string {
	if win.Months == 1 {
		return w.t("each_month")
	}
	var out []string
	for m := 0; m < 12; m += win.Months {
		from := (int(win.Start)-1+m)%12 + 1
		to := (int(win.Start)-1+m+win.Months-1)%12 + 1
		a, b := w.month(from), w.month(to)
		if w.l == i18n.JA {
			a = strings.TrimSuffix(a, "月")
		}
		out = append(out, w.t("months", "from", a, "to", b))
	}
	return w.list(out)
}

// ranks are the paragraphs after the opening: review, and each rank's
// benefits.
func (w *writer) ranks() {
	t := w.p.Tiers
	if t == nil {
		return
	}
	e := w.t("evaluate."+string(t.Evaluation.Kind), "dates", w.monthDays(t.Evaluation.Dates))
	down := w.t("downgrade." + string(t.Downgrade.How))
	grace, settle := "", ""
	if t.Downgrade.GraceDays > 0 {
		grace = w.t("grace", "days", t.Downgrade.GraceDays)
	}
	if t.SettlingDays > 0 {
		settle = w.t("settling", "days", t.SettlingDays)
	}
	loss := w.t("return_loss.period_end")
	if t.LossAtOnce {
		loss = w.t("return_loss.at_once")
	}
	w.add("tiers", w.t("review"), w.sentences(e, settle, down, grace, loss))
	for _, l := range t.Levels {
		if s := w.benefits(l); s != "" {
			w.add("tiers.levels."+l.ID, w.name(l.Name), s)
		}
	}
}

func (w *writer) benefits(l Level) string {
	var ss, names []string
	for _, id := range l.Benefits {
		names = append(names, w.benefit(id))
	}
	if names != nil {
		ss = append(ss, w.t("benefits", "names", w.list(names)))
	}
	if id := l.OnEnter.Coupon + l.OnEnter.Entitlement; id != "" {
		var gifts []string
		for _, g := range []string{l.OnEnter.Coupon, l.OnEnter.Entitlement} {
			if g != "" {
				gifts = append(gifts, w.benefit(g))
			}
		}
		ss = append(ss, w.t("on_enter", "names", w.list(gifts)))
	}
	return w.sentences(ss...)
}

func (w *writer) benefit(id string) string {
	if x, ok := w.p.Entitlement(id); ok {
		return w.name(x.Name)
	}
	if x, ok := w.p.Booking(id); ok {
		return w.bookingName(x)
	}
	if x, ok := w.p.Coupon(id); ok {
		return w.couponName(x)
	}
	if x, ok := w.p.Reward(id); ok {
		return w.name(x.Name)
	}
	x, _ := find(w.p.Perks, func(x Perk) bool { return x.ID == id })
	return w.name(x.Name)
}

func (w *writer) bookingName(x Booking) string {
	if x.Name.EN != x.Resource {
		return w.name(x.Name)
	}
	return w.t("booking.of", "resource", w.word(x.Resource))
}

// perks are rewards, coupons, entitlements, bookings and own perks.
func (w *writer) perks() {
	for _, x := range w.p.Rewards {
		w.add("rewards."+x.ID, w.name(x.Name), w.reward(x))
	}
	for _, x := range w.p.Coupons {
		w.add("coupons."+x.ID, w.couponName(x), w.coupon(x))
	}
	for _, x := range w.p.Entitlements {
		w.add("entitlements."+x.ID, w.name(x.Name), w.sentences(w.t("entitlement", "window", w.t("window."+string(x.Per)), "n", x.Count), w.worth(x.Worth)))
	}
	for _, x := range w.p.Bookings {
		w.add("bookings."+x.ID, w.bookingName(x), w.booking(x))
	}
	for _, x := range w.p.Perks {
		w.add("perks."+x.ID, w.name(x.Name), w.perk(x))
	}
}

func (w *writer) worth(n int64) string {
	if n == 0 {
		return ""
	}
	return w.t("worth", "money", w.money(n))
}

func (w *writer) perMember(c CountLimit) string {
	if c.Max == 0 {
		return ""
	}
	return w.t("per_member", "window", w.t("window."+string(c.Window)), "n", c.Max)
}

func (w *writer) reward(x Reward) string {
	price := w.points(x.Points, x.Price.Default)
	for _, t := range x.Price.ByTier {
		price += w.t("price_tier", "tier", w.tierName(t.Tier), "points", w.points(x.Points, t.Amount))
	}
	ss := []string{w.t("reward", "price", price)}
	if x.From != 0 || x.To != 0 {
		ss = append(ss, w.t("offered", "when", w.between(x.From, x.To)))
	}
	if x.Stock > 0 {
		ss = append(ss, w.t("stock", "n", x.Stock))
	}
	ss = append(ss, w.perMember(x.PerMember))
	if x.ValidDays > 0 {
		ss = append(ss, w.t("valid_days", "days", x.ValidDays))
	}
	if x.Hidden {
		ss = append(ss, w.t("by_benefit"))
	}
	if x.Fulfilment == "shipped" {
		ss = append(ss, w.t("shipped"))
	}
	return w.sentences(append(ss, w.worth(x.Worth))...)
}

func (w *writer) couponName(x Coupon) string {
	if x.Name.EN != x.ID {
		return w.name(x.Name)
	}
	return w.t("coupon."+string(x.Kind), w.couponArgs(x)...)
}

func (w *writer) couponArgs(x Coupon) []any {
	return []any{"money", w.money(x.Value), "percent", x.Value, "sku", w.word(x.SKU), "multiply", i18n.Milli(int64(x.Multiply))}
}

func (w *writer) coupon(x Coupon) string {
	ss := []string{w.t("coupon_gives", "what", w.t("coupon."+string(x.Kind), w.couponArgs(x)...))}
	for _, y := range []struct {
		key string
		n   int64
		arg any
	}{{"coupon_minimum", x.Minimum, w.money(x.Minimum)}, {"coupon_maximum", x.Maximum, w.money(x.Maximum)}, {"coupon_limit", x.Limit, w.number(x.Limit)}} {
		if y.n > 0 {
			ss = append(ss, w.t(y.key, "n", y.arg))
		}
	}
	if x.Lines != "" {
		ss = append(ss, w.t("coupon_lines", "lines", w.either(x.Lines)))
	}
	if x.When != "" {
		ss = append(ss, w.t("rule.when_only", "when", w.all(x.When)))
	}
	if x.Valid.Days > 0 {
		ss = append(ss, w.t("coupon_days", "days", x.Valid.Days))
	} else {
		ss = append(ss, w.t("offered", "when", w.between(x.Valid.From, x.Valid.To)))
	}
	ss = append(ss, w.perMember(x.PerMember))
	for key, yes := range map[string]bool{"coupon_alone": !x.Stackable, "coupon_with_others": x.Stackable} {
		if yes {
			ss = append(ss, w.t(key))
		}
	}
	if x.Restore {
		ss = append(ss, w.t("coupon_restore"))
	}
	return w.sentences(append(ss, w.worth(x.Worth))...)
}

func (w *writer) booking(x Booking) string {
	var ss []string
	if x.EarlyHours > 0 {
		ss = append(ss, w.t("booking.early", "hours", x.EarlyHours, "ranks", w.list(w.ranksWith(x.ID))))
	}
	if x.Capacity > 0 {
		ss = append(ss, w.t("booking.capacity", "n", x.Capacity))
	}
	if x.SlotMinutes > 0 {
		ss = append(ss, w.t("booking.slot", "minutes", x.SlotMinutes))
	}
	return w.sentences(append(ss, w.perMember(x.PerMember))...)
}

func (w *writer) ranksWith(benefit string) []string {
	var out []string
	if w.p.Tiers != nil {
		for _, l := range w.p.Tiers.Levels {
			for _, b := range l.Benefits {
				if b == benefit {
					out = append(out, w.name(l.Name))
				}
			}
		}
	}
	if out == nil {
		return []string{w.t("booking.nobody")}
	}
	return out
}

func (w *writer) perk(x Perk) string {
	if x.On == "" {
		return w.t("perk.promise", "name", x.Name)
	}
	when := []string{w.t("on", "event", w.word(x.On))}
	if x.Window != nil {
		when = append(when, w.t("around", "before", x.Window.Before, "after", x.Window.After))
	}
	if x.When != "" {
		when = append(when, w.all(x.When))
	}
	var gifts []string
	for _, id := range []string{x.Coupon, x.Entitlement, x.Reward} {
		if id != "" {
			gifts = append(gifts, w.benefit(id))
		}
	}
	ss := []string{w.t("rule.when", "when", strings.Join(when, w.t("comma"))), w.t("perk.gives", "names", w.list(gifts))}
	if x.Once != rules.OnceNo {
		ss = append(ss, w.t("once."+string(x.Once)))
	}
	return w.sentences(ss...)
}

// closing is what holds for the programme as a whole.
func (w *writer) closing() {
	p := w.p
	if h := p.Household; h != nil {
		w.add("household", w.t("household"), w.sentences(w.t("household.members", "n", h.Members), w.t("household.points_"+h.Points), w.t("household.tier_"+h.Tier)))
	}
	if p.ClaimDays > 0 {
		w.add("claim_days", w.t("claim"), w.t("claim.text", "days", p.ClaimDays))
	}
	w.add("withdrawal", w.t("withdrawal"), w.t("withdrawal."+p.Withdrawal.Points, "days", p.Withdrawal.Days))
	existing := w.t("existing.never")
	if p.ApplyToExisting {
		existing = w.t("existing.if_better")
	}
	w.add("changes", w.t("changes"), w.sentences(w.t("changes.text", "days", p.NoticeDays), existing))
	start := w.t("starts.text", "from", w.day(p.EffectiveFrom))
	if p.Zone.Starts > 0 {
		start = w.sentences(start, w.t("day_starts", "time", timeOfDay(p.Zone.Starts).String()))
	}
	w.add("effective_from", w.t("starts"), start)
	var ends []string
	if p.LastEarnOn != 0 {
		ends = append(ends, w.t("ends.earn", "day", w.day(p.LastEarnOn)))
	}
	if p.LastSpendOn != 0 {
		ends = append(ends, w.t("ends.spend", "day", w.day(p.LastSpendOn)))
	}
	if ends != nil {
		w.add("ends", w.t("ends"), w.sentences(ends...))
	}
}
