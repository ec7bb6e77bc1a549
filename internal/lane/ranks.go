package lane

import (
	"joren/internal/plan"
	"joren/internal/rules"
	"joren/internal/tier"
)

// TierRules turns the tiers of published versions, in order of their start,
// into package tier's words: each version's hold from its first day on. nil
// when no version has tiers.
func TierRules(versions []*plan.Programme) *tier.Rules {
	var last *tier.Rules
	for _, p := range versions {
		if p.Tiers == nil {
			continue
		}
		r := tierRules(p.Tiers)
		if last != nil {
			r.Since, r.Before = p.EffectiveFrom, last
		}
		last = r
	}
	return last
}

func tierRules(t *plan.Tiers) *tier.Rules {
	r := &tier.Rules{
		Any:    t.Metric.Join == plan.JoinAny,
		Window: tier.Window{Months: t.Window.Months, Days: t.Window.Days, StartMonth: t.Window.Start},
		Evaluation: tier.Evaluation{
			Kind:   map[plan.EvaluationKind]tier.EvaluationKind{plan.EvaluateMonthEnd: tier.MonthEnd, plan.EvaluateOnDates: tier.OnDates}[t.Evaluation.Kind],
			Dates:  t.Evaluation.Dates,
			Settle: t.SettlingDays,
		},
		NextPeriod: t.NextPeriod,
		Downgrade:  map[plan.DowngradeHow]tier.Downgrade{plan.DowngradeOneStep: tier.OneStep, plan.DowngradeFull: tier.Full}[t.Downgrade.How],
		Grace:      t.Downgrade.GraceDays,
		LossAtOnce: t.LossAtOnce,
	}
	r.Window.Kind = map[plan.WindowKind]tier.WindowKind{plan.WindowCalendar: tier.Calendar, plan.WindowRolling: tier.Rolling, plan.WindowAnniversary: tier.Anniversary}[t.Window.Kind]
	for _, m := range t.Metric.Parts {
		r.Metrics = append(r.Metrics, map[plan.MeasureKind]tier.Metric{plan.EarnedPoints: tier.EarnedPoints, plan.Orders: tier.Orders,
			plan.Visits: tier.Visits, plan.StatusPoints: tier.Status}[m.Kind])
	}
	for _, l := range t.Levels {
		r.Levels = append(r.Levels, tier.Level{ID: l.ID, Enter: l.Enter, Keep: l.Keep, Manual: l.Manual})
	}
	return r
}

// ranks loads the members' standing, for the judge and for the answer.
func (b *batch) ranks(desks []*Desk) error {
	if b.tiers == nil {
		return nil
	}
	var asks []*rules.Ask
	var at []*Desk
	for _, d := range desks {
		if d.idle() || d.Member == nil || d.ask == nil && !d.Want.Rank {
			continue
		}
		a := d.ask
		if a == nil {
			d.Facts.Member.JoinedOn = d.Member.JoinedOn
			a = &rules.Ask{Member: d.Member.ID, At: d.At, Day: d.Day, Facts: &d.Facts}
		}
		asks, at = append(asks, a), append(at, d)
	}
	if len(asks) == 0 {
		return nil
	}
	cards, err := tier.FillFacts(b.tx, b.tiers, asks)
	if err != nil {
		return err
	}
	var deep []*tier.Card
	for i, c := range cards {
		at[i].Card = c
		if at[i].Want.Forecast && at[i].ask == nil {
			deep = append(deep, c) // a return's answer shows the rank after it
		}
	}
	if len(deep) == 0 {
		return nil
	}
	return tier.Deepen(b.tx, b.tiers, deep)
}
