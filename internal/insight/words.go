package insight

import (
	"fmt"
	"math"

	"joren/internal/fault"
	"joren/internal/i18n"
)

// String is a score as people read it: 62.5.
func (t Tenths) String() string {
	sign := ""
	if t < 0 {
		sign, t = "−", -t
	}
	return fmt.Sprintf("%s%d.%d", sign, t/10, t%10)
}

// Signed is a difference of scores in words: +3.1, −0.4, ±0.0.
func (t Tenths) Signed() string {
	switch {
	case t > 0:
		return "+" + t.String()
	case t < 0:
		return "−" + (-t).String()
	}
	return "±" + t.String()
}

// explain says in words why there is no answer.
func explain(l i18n.Lang, err error) string {
	f := fault.Of(Why(err))
	return i18n.Fault(l, f.Code, f.Args)
}

// Explain says in words why there is no answer, and what is missing.
func Explain(l i18n.Lang, err error) string { return explain(l, err) }

// habit is how many visits make one: then her own gaps are four fifths of the
// pace she is judged by, and "usually" is not said of two days in a row.
const habit = 5

// Sentence says a reason with the member's own figures: "62 days since the
// last purchase; usually every 21". Money is in the shop's currency.
func (l Loyalty) Sentence(lang i18n.Lang, side, currency string) string {
	p := l.Past
	money := func(v float64) string { return i18n.Money(lang, currency, int64(math.Round(v))) }
	args := []any{"days", p.Since, "visits", p.Visits, "first", p.First, "horizon", l.Horizon,
		"gap", int(math.Round(p.Gap)), "money", money(p.Money), "each", money(p.Money / float64(max(1, p.Visits))),
		"span", int(p.Last-p.First) + 1, "known", int(p.Last-p.First) + p.Since}
	key := "insight.reason." + side
	switch {
	case p.Visits < 2 && (side == "recency" || side == "frequency"):
		key += "_once"
	case p.Visits == 2 && side == "recency":
		key += "_twice"
	case p.Visits < habit && side == "recency":
		key += "_few"
	}
	return i18n.T(lang, key, args...)
}

// Why says how she keeps to her pace, which is what one can act on: the gap
// named is the one that Rhythm is judged by.
func (w *Worth) Why(lang i18n.Lang, currency string) string {
	if past := w.Loyalty.Past; past.Visits > 1 {
		return i18n.T(lang, "insight.pace_says", "days", past.Since, "gap", int64(math.Round(w.Usual)))
	}
	return w.Loyalty.Sentence(lang, "recency", currency)
}

// Side names a side of buying.
func Side(lang i18n.Lang, side string) string { return i18n.T(lang, "insight.side."+side) }

// Headline is a member's score in one sentence, with the horizon it is about.
func (l Loyalty) Headline(lang i18n.Lang) string {
	return i18n.T(lang, "insight.headline", "horizon", l.Horizon, "share", Percent(l.Odds.Probability))
}
