package plan

import "joren/internal/rules"

// fact is a figure of a paragraph; good is 1 when more is better for members
// and -1 when less is.
type fact struct{ n, good int64 }

// facts are the figures of each paragraph of the terms, in a fixed order.
func facts(p *Programme) map[string][]fact {
	m := map[string][]fact{}
	add := func(key string, good int64, ns ...int64) {
		for _, n := range ns {
			m[key] = append(m[key], fact{n, good})
		}
	}
	for i, x := range p.Points {
		key := "points." + x.ID
		if i == 0 {
			key = "use"
			add("returns", 1, int64(x.GraceDays))
		} else {
			add(key, 1, int64(x.GraceDays))
		}
		lifeFacts(key, x.Terms, add)
		spend := "points." + x.ID + ".spend"
		add(spend, 1, x.Value, x.Spend.Maximum, x.Spend.MaxPercent)
		add(spend, -1, x.Spend.Unit, x.Spend.Minimum, x.Spend.MinOrder, int64(x.WriteOffMonths))
	}
	ruleFacts(p, add)
	for _, l := range p.Spec.Limits {
		limitFacts("limits."+l.ID, l, add)
	}
	tierFacts(p, add)
	perkFacts(p, add)
	add("claim_days", 1, int64(p.ClaimDays))
	add("withdrawal", 1, int64(p.Withdrawal.Days))
	add("changes", 1, int64(p.NoticeDays))
	add("ends", 1, int64(p.LastEarnOn), int64(p.LastSpendOn))
	if p.Household != nil {
		add("household", 1, int64(p.Household.Members))
	}
	return m
}

type adder func(key string, good int64, ns ...int64)

func lifeFacts(key string, t rules.Terms, add adder) {
	add(key, 1, int64(t.Expiry.Months), int64(t.Expiry.Days), int64(t.Expiry.MinDays), int64(t.Pending.CancelAfterDays))
	add(key, -1, int64(t.Pending.Days), int64(t.Pending.Date))
}

func ruleFacts(p *Programme, add adder) {
	main := (&writer{p: p, l: "ja"}).mainRule()
	for i := range p.Spec.Rules {
		r := &p.Spec.Rules[i]
		rateFacts("rules."+r.ID, r, add)
		if r == main {
			rateFacts("earning", r, add)
		}
	}
}

func rateFacts(key string, r *rules.Rule, add adder) {
	add(key, 1, r.Give, r.GivePerItem, int64(r.Multiply), int64(r.To))
	add(key, -1, r.Per, int64(r.From))
	if r.Steps != nil {
		for _, s := range r.Steps.Table {
			add(key, 1, s.Give)
			add(key, -1, s.From, s.Per)
		}
	}
	if r.Window != nil {
		add(key, 1, int64(r.Window.BeforeDays), int64(r.Window.AfterDays))
	}
	if r.Terms != nil {
		lifeFacts(key, *r.Terms, add)
	}
	for _, l := range r.Limits {
		limitFacts(key, l, add)
	}
}

// limitFacts: a limit of points lets through more when its maximum rises, and
// binds on fewer days when its range shrinks.
func limitFacts(key string, l rules.Limit, add adder) {
	add(key, 1, l.Max, int64(l.From))
	add(key, -1, int64(l.To))
}

func tierFacts(p *Programme, add adder) {
	if p.Tiers == nil {
		return
	}
	for _, l := range p.Tiers.Levels {
		add("ranks", -1, l.Enter...)
		add("ranks", -1, l.Keep...)
	}
	add("tiers", 1, int64(p.Tiers.Downgrade.GraceDays))
	add("tiers", -1, int64(p.Tiers.SettlingDays))
}

func perkFacts(p *Programme, add adder) {
	for _, x := range p.Rewards {
		key := "rewards." + x.ID
		add(key, -1, x.Price.Default, int64(x.From))
		for _, t := range x.Price.ByTier {
			add(key, -1, t.Amount)
		}
		add(key, 1, x.Stock, x.PerMember.Max, int64(x.ValidDays), int64(x.To), x.Worth)
	}
	for _, x := range p.Coupons {
		key := "coupons." + x.ID
		add(key, 1, x.Value, x.Maximum, x.Limit, x.PerMember.Max, int64(x.Valid.Days), int64(x.Valid.To), int64(x.Multiply), x.Worth)
		add(key, -1, x.Minimum, int64(x.Valid.From))
	}
	for _, x := range p.Entitlements {
		add("entitlements."+x.ID, 1, x.Count, x.Worth)
	}
	for _, x := range p.Bookings {
		add("bookings."+x.ID, 1, x.Capacity, x.PerMember.Max)
	}
}
