package plan

import (
	"time"

	"joren/internal/clock"
)

// Parse reads and checks a document. It returns either a programme or all
// problems at once: shape, unknown keys, references, contradictions and
// conditions that do not compile. It never panics, whatever src is.
func Parse(src []byte) (*Programme, Problems) { return ParseVersion(src, 0) }

// ParseVersion is Parse for a stored version; awards carry its number.
func ParseVersion(src []byte, number int) (*Programme, Problems) {
	r := newReader()
	root := r.tree(src)
	var d document
	if root == nil || !r.object("", root, &d) {
		return nil, r.problems.sorted()
	}
	p := d.programme(r)
	p.Version, p.Spec.Version = number, number
	r.check(&d, p)
	r.compile(&d, p)
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	p.source, p.lines = append([]byte(nil), src...), r.lines
	return p, nil
}

// programme turns the document into its meaning; what is missing takes its
// default.
func (d *document) programme(r *reader) *Programme {
	p := &Programme{
		ID: d.Programme, Name: d.Name, Currency: d.Currency, ZoneName: d.Zone, EffectiveFrom: d.EffectiveFrom,
		ApplyToExisting: d.ApplyToExisting == "if_better", FiscalStart: d.FiscalStart, WeekStart: d.WeekStart,
		LastEarnOn: d.LastEarnOn, LastSpendOn: d.LastSpendOn, ClaimDays: d.ClaimDays, NoticeDays: d.NoticeDays,
		Withdrawal: d.Withdrawal, Basis: d.Basis.basis(), Exclude: d.Exclude, Words: d.Words, Attributes: d.Attributes,
		Events: d.Events, Rewards: d.Rewards, Coupons: d.Coupons, Entitlements: d.Entitlements, Bookings: d.Bookings,
		Perks: d.Perks, Household: d.Household,
	}
	p.defaults(r)
	for _, x := range d.Points {
		p.Points = append(p.Points, x.policy())
	}
	if d.Tiers != nil {
		p.Tiers = d.Tiers.tiers(r, p)
	}
	p.Spec = d.spec(r, p)
	return p
}

func (p *Programme) defaults(r *reader) {
	if p.ZoneName == "" {
		p.ZoneName = "Asia/Tokyo"
	}
	if !r.has("week_start") {
		p.WeekStart = time.Monday
	}
	if p.FiscalStart == 0 {
		p.FiscalStart = time.January
	}
	if !r.has("notice_days") {
		p.NoticeDays = 30
	}
	if p.Withdrawal.Points == "" {
		p.Withdrawal.Points = "forfeit"
	}
	for i := range p.Coupons {
		p.Coupons[i].Name = p.Coupons[i].Name.Or(p.Coupons[i].ID)
	}
	for i := range p.Bookings {
		p.Bookings[i].Name = p.Bookings[i].Name.Or(p.Bookings[i].Resource)
	}
	p.householdDefaults()
}

func (p *Programme) householdDefaults() {
	if h := p.Household; h != nil {
		if h.Points == "" {
			h.Points = "own"
		}
		if h.Tier == "" {
			h.Tier = "own"
		}
	}
}

func (d pointDoc) policy() PointPolicy {
	p := PointPolicy{ID: d.ID, Name: d.Name, Value: d.Value, PaidAs: d.PaidAs, Consume: d.Consume, Returns: d.Returns,
		IfExpired: RefundGrace, GraceDays: 30, WriteOffMonths: d.WriteOff, Spend: d.Spend}
	p.Terms.Class, p.Terms.Pending, p.Terms.Expiry = d.Class, d.Pending.Pending, d.Expiry.Expiry
	if p.Terms.Class == "" {
		p.Terms.Class = "base"
	}
	if p.PaidAs == "" {
		p.PaidAs = PaidAsDiscount
	}
	if p.Returns == "" {
		p.Returns = ReturnDebt
	}
	if p.Spend.Unit == 0 {
		p.Spend.Unit = 1
	}
	if d.Refund != nil {
		p.IfExpired, p.GraceDays = d.Refund.IfExpired, 0
		if p.IfExpired == RefundGrace {
			p.GraceDays = max(d.Refund.Days, 30*b2i(d.Refund.Days == 0))
		}
	}
	return p
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// tiers turns the document's ranks into their meaning.
func (d *tiersDoc) tiers(r *reader, p *Programme) *Tiers {
	t := &Tiers{Metric: d.Metric.Metric, Window: d.Window.TierWindow, Evaluation: d.Evaluation.Evaluation, SettlingDays: d.Settling,
		NextPeriod: d.Upgrade == "next_period", Downgrade: d.Downgrade.Downgrade, LossAtOnce: d.ReturnLoss == "at_once"}
	if t.Evaluation.Kind == "" {
		t.Evaluation.Kind = EvaluateDaily
	}
	if t.Downgrade.How == "" {
		t.Downgrade.How = DowngradeFull
	}
	if t.Window.Kind == WindowCalendar && t.Window.Start == 0 {
		t.Window.Start = p.FiscalStart
	}
	for i, m := range t.Metric.Parts {
		if m.Kind == EarnedPoints && m.Points == "" && len(p.Points) > 0 {
			t.Metric.Parts[i].Points = p.Points[0].ID
		}
	}
	for i, l := range d.Levels {
		t.Levels = append(t.Levels, l.level(r, at("tiers.levels", i), t.Metric))
	}
	return t
}

func (l levelDoc) level(r *reader, path string, m Metric) Level {
	out := Level{ID: l.ID, Name: l.Name, Benefits: l.Benefits, OnEnter: l.OnEnter, Manual: l.Manual}
	switch {
	case l.Manual:
		if l.Enter != nil || l.Keep != nil {
			r.bad(path, "programme.contradiction", "key", "manual", "other", "enter, keep")
		}
		return out
	case l.Enter == nil:
		r.bad(path, "programme.missing", "key", "enter")
		return out
	}
	out.Enter = l.Enter.amounts(r, path+".enter", m)
	out.Keep = out.Enter
	if l.Keep != nil {
		out.Keep = l.Keep.amounts(r, path+".keep", m)
	}
	return out
}

// amounts are the thresholds in the order of the metric's parts. 0 alone is
// enough for the lowest rank.
func (a *amountForm) amounts(r *reader, path string, m Metric) []int64 {
	out := make([]int64, len(m.Parts))
	if a.one != nil {
		if len(out) == 1 {
			out[0] = *a.one
		} else if *a.one != 0 {
			r.bad(path, "tier.threshold_per_metric", "metrics", joined(m.names()))
		}
		return out
	}
	names := m.names()
	seen := map[string]bool{}
	for _, x := range a.byName {
		seen[x.Tier] = true
		known := false
		for i, n := range names {
			if n == x.Tier {
				out[i], known = x.Amount, true
			}
		}
		if !known {
			r.bad(join(path, x.Tier), "programme.unknown_key", "key", x.Tier, "hint", hint(x.Tier, names), "known", joined(names))
		}
	}
	for _, n := range names {
		if !seen[n] && r.has(path) && len(a.byName) > 0 {
			r.bad(path, "programme.missing", "key", n)
		}
	}
	return out
}

// Name is how thresholds call the measure: its kind, or the point type.
func (m Measure) Name() string {
	if m.Kind == StatusPoints {
		return m.Points
	}
	return string(m.Kind)
}

func (m Metric) names() []string {
	var out []string
	for _, p := range m.Parts {
		out = append(out, p.Name())
	}
	return out
}

// exampleDay is the day the terms' example is told for: 15 November on or
// after the version begins.
func exampleDay(from clock.Day) clock.Day {
	y, _, _ := from.Date()
	d := clock.Date(y, time.November, 15)
	if d < from {
		d = clock.Date(y+1, time.November, 15)
	}
	return d
}
