package console

import (
	"joren/internal/i18n"
	"joren/internal/tier"
)

func number(n int64) string { return i18n.Number(n) }

// measure shows a value of a rank's metric with its unit.
func (s *scene) measure(m tier.Metric, n int64) string {
	switch m {
	case tier.NetSpend:
		return s.money(n)
	case tier.EarnedPoints, tier.Status:
		return s.points(n)
	}
	return s.t("console.rank.times", "n", n)
}

// rankWords says a standing and its forecast in plain sentences (SEMANTICS §7
// T8): where she stands, what keeps the rank, what reaches the next, and what
// happens without another purchase and at the present pace.
func (s *scene) rankWords(x *tier.Standing) []string {
	m := s.tiers.Metrics[0]
	name := s.level(x.Current)
	var out []string
	add := func(key string, args ...any) { out = append(out, s.t("console.rank."+key, args...)) }
	switch {
	case x.ValidUntil != 0 && x.GraceUntil > x.ValidUntil:
		add("holds_grace", "rank", name, "until", x.ValidUntil, "grace", x.GraceUntil)
	case x.ValidUntil != 0:
		add("holds", "rank", name, "until", x.ValidUntil)
	default:
		add("is", "rank", name)
	}
	if x.Manual {
		add("manual")
	}
	if x.From != 0 {
		add("window", "from", x.From, "to", x.To, "metric", s.measure(m, x.Metric))
	} else {
		add("total", "metric", s.measure(m, x.Metric))
	}
	if x.Index > 0 && x.ToKeep > 0 {
		add("keep", "rank", name, "more", s.measure(m, x.ToKeep))
	} else if x.Index > 0 && x.ValidUntil != 0 {
		add("kept", "rank", name)
	}
	if x.Next != "" {
		add("next", "rank", s.level(x.Next), "more", s.measure(m, x.ToNext))
	} else {
		add("top")
	}
	out = append(out, s.parts(x)...)
	if x.IfNothing != "" && x.IfNothing != x.Current {
		add("nothing", "rank", s.level(x.IfNothing))
	}
	if x.AtPace != nil {
		add("pace", "days", x.AtPace.Days, "of", x.AtPace.Of, "rank", s.level(x.AtPace.Tier), "metric", s.measure(m, x.AtPace.Metric))
		if x.AtPace.Days < steadyPace {
			add("pace_early", "days", x.AtPace.Days)
		}
	}
	return out
}

// steadyPace is how many days a pace has to rest on before it is shown without
// a warning: one purchase on the day of joining would make anybody the highest
// rank by the end of the year.
const steadyPace = 28

// parts adds the further metrics of a rank that asks for several.
func (s *scene) parts(x *tier.Standing) (out []string) {
	for _, p := range x.Parts {
		out = append(out, s.t("console.rank.part", "what", s.t("console.metric."+metricNames[p.Metric]), "now", s.measure(p.Metric, p.Value), "more", s.measure(p.Metric, p.ToNext)))
	}
	return out
}

var metricNames = map[tier.Metric]string{tier.NetSpend: "net_spend", tier.EarnedPoints: "earned_points", tier.Orders: "orders", tier.Visits: "visits", tier.Status: "status"}
