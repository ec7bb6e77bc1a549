package insight

import (
	"strings"

	"joren/internal/i18n"
	"joren/internal/stats"
)

// ChoiceText says which model and which features a score stands on and what
// the trial on the shop's own past gave, one sentence a line.
func ChoiceText(l i18n.Lang, c stats.Choice, chosen string) []string {
	out := []string{i18n.T(l, "insight.fit.chosen", "model", ModelName(l, chosen))}
	switch {
	case len(c.Models) > 1:
		out = append(out, i18n.T(l, "insight.choice.models", "days", c.Hold, "chosen", trialText(l, c.Models, chosen, true), "others", trialText(l, c.Models, chosen, false)))
	case len(c.Models) == 1:
		out = append(out, i18n.T(l, "insight.choice.only", "days", c.Hold, "chosen", trialText(l, c.Models, chosen, true)))
	default:
		out = append(out, i18n.T(l, "insight.choice.untried", "why", explain(l, Why(c.Untried))))
	}
	kind := i18n.T(l, "insight.features."+c.Features.String())
	if c.Loss[stats.Ranks] == 0 {
		return append(out, i18n.T(l, "insight.choice.features_untried", "features", kind))
	}
	return append(out, i18n.T(l, "insight.choice.features", "features", kind,
		"ranks", decimals(c.Loss[stats.Ranks], 4), "logs", decimals(c.Loss[stats.Logs], 4)))
}

// trialText lists the chosen model's trial, or those of the others.
func trialText(l i18n.Lang, list []stats.ModelTrial, chosen string, own bool) string {
	var out []string
	for _, t := range list {
		if (t.Name == chosen) == own {
			out = append(out, i18n.T(l, "insight.choice.trial", "model", ModelName(l, t.Name), "mae", decimals(t.MAE, 3), "total", orDash(t.NoTotal, signedPercent(t.Excess))))
		}
	}
	return strings.Join(out, i18n.T(l, "insight.choice.between"))
}

// LeadText says how the score ranks against the plain regression on recency,
// frequency and money.
func (b *Backtest) LeadText(l i18n.Lang) string {
	if b.NoLead != nil {
		return i18n.T(l, "insight.plain.none", "why", explain(l, b.NoLead))
	}
	return i18n.T(l, "insight.plain", "auc", decimals(b.Plain, 4), "lead", signed(b.Lead.Value), "low", signed(b.Lead.Low), "high", signed(b.Lead.High))
}

func signed(v float64) string {
	s := decimals(v, 4)
	if strings.HasPrefix(s, "−") {
		return s
	}
	return "+" + s
}
