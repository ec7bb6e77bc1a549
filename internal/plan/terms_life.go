package plan

import (
	"fmt"
	"strings"

	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/rules"
)

// life says from when and until when points can be used. since is the word
// for what earned them.
func (w *writer) life(t rules.Terms, since string) string {
	start := w.pending(t.Pending, since)
	e := t.Expiry
	begin := w.t("life.then")
	if t.Pending.Kind == rules.PendingNone || t.Pending.Kind == rules.PendingDays && t.Pending.Days == 0 || e.Earned {
		begin = w.t("life.since", "since", since)
	}
	switch e.Kind {
	case rules.ExpiryNever:
		return w.t("life.never", "start", start)
	case rules.ExpiryFixed:
		return w.t("life.fixed", "start", start, "dates", w.monthDays(e.Dates), "min", w.minDays(e))
	case rules.ExpiryDays:
		return w.t("life.days", "start", start, "begin", begin, "days", e.Days, "end", w.rounded(e))
	case rules.ExpirySliding:
		return w.t("life.sliding", "start", start, "months", e.Months, "end", w.rounded(e))
	}
	return w.t("life.months", "start", start, "begin", begin, "months", e.Months, "end", w.rounded(e))
}

func (w *writer) pending(p rules.Pending, since string) string {
	switch {
	case p.Kind == rules.PendingDays && p.Days > 0:
		return w.t("pending.days", "days", p.Days, "since", since)
	case p.Kind == rules.PendingDate:
		return w.t("pending.date", "day", w.day(p.Date))
	case p.Kind == rules.PendingUntil && p.CancelAfterDays > 0:
		return w.t("pending.until_or", "event", w.word(p.Event), "days", p.CancelAfterDays)
	case p.Kind == rules.PendingUntil:
		return w.t("pending.until", "event", w.word(p.Event))
	}
	return w.t("pending.none")
}

func (w *writer) rounded(e rules.Expiry) string {
	keys := map[rules.Rounding]string{rules.RoundMonth: "month", rules.RoundQuarter: "quarter", rules.RoundHalf: "half", rules.RoundFiscalYear: "year"}
	if k, ok := keys[e.Round]; ok {
		return w.t("round."+k, "start", w.month(int(w.p.FiscalStart)))
	}
	if e.DayBefore {
		return w.t("round.day_before")
	}
	return w.t("round.none")
}

func (w *writer) minDays(e rules.Expiry) string {
	if e.MinDays == 0 {
		return ""
	}
	return w.t("life.min_days", "days", e.MinDays)
}

func (w *writer) monthDays(ds []clock.MonthDay) string {
	var out []string
	for _, d := range ds {
		if w.l == i18n.JA {
			out = append(out, fmt.Sprintf("%d月%d日", int(d.Month), d.Day))
		} else {
			out = append(out, fmt.Sprintf("%d %s", d.Day, d.Month))
		}
	}
	return w.list(out)
}

// month is 4月 or April.
func (w *writer) month(m int) string {
	d := clock.Date(2001, 1, 1).AddMonths(m - 1)
	_, mm, _ := d.Date()
	if w.l == i18n.JA {
		return fmt.Sprintf("%d月", int(mm))
	}
	return mm.String()
}

// day is 2027年11月30日 or 30 November 2027.
func (w *writer) day(d clock.Day) string {
	if w.l == i18n.JA {
		s := i18n.Day(w.l, d)
		return s[:strings.IndexRune(s, '（')]
	}
	_, s, _ := strings.Cut(i18n.Day(w.l, d), " ")
	return s
}

// dayOf is d without the year when that is y.
func (w *writer) dayOf(d clock.Day, y int) string {
	if dy, _, _ := d.Date(); dy != y {
		return w.day(d)
	}
	return w.monthDays([]clock.MonthDay{d.MonthDay()})
}

// example tells the life of points of one purchase.
func (w *writer) example(t rules.Terms) string {
	if t.Pending.Kind == rules.PendingUntil || t.Expiry.Kind == rules.ExpiryNever {
		return ""
	}
	bought := exampleDay(w.from)
	at := w.p.Zone.Start(bought)
	from := w.p.Zone.Day(t.Pending.Activates(bought, at, w.p.Zone))
	start := from
	if t.Expiry.Earned {
		start = bought
	}
	y, _, _ := bought.Date()
	return w.t("example", "bought", w.dayOf(bought, y), "from", w.dayOf(from, y), "until", w.day(t.Expiry.LastDay(start, w.p.FiscalStart)))
}

// returns says what a return takes and gives back.
func (w *writer) returns(p PointPolicy) string {
	refund := w.t("refund."+string(p.IfExpired), "days", p.GraceDays)
	return w.sentences(w.t("return."+string(p.Returns)), refund)
}

// paying says what points are worth and how they may be used.
func (w *writer) paying() {
	for _, p := range w.p.Points {
		if s := w.payingWith(p); s != "" {
			w.add("points."+p.ID+".spend", w.t("paying", "name", p.Name), s)
		}
	}
}

func (w *writer) payingWith(p PointPolicy) string {
	var ss []string
	if p.Value > 0 {
		ss = append(ss, w.t("value", "money", w.money(p.Value)), w.t("paid_as."+string(p.PaidAs)))
	}
	s := p.Spend
	for _, x := range []struct {
		key string
		n   int64
		arg string
	}{{"spend.unit", s.Unit - 1, i18n.Points(w.l, s.Unit)}, {"spend.minimum", s.Minimum, i18n.Points(w.l, s.Minimum)},
		{"spend.maximum", s.Maximum, i18n.Points(w.l, s.Maximum)}, {"spend.minimum_order", s.MinOrder, w.money(s.MinOrder)},
		{"spend.maximum_percent", s.MaxPercent, w.number(s.MaxPercent)}} {
		if x.n > 0 {
			ss = append(ss, w.t(x.key, "n", x.arg))
		}
	}
	if len(p.Consume) > 0 {
		ss = append(ss, w.t("consume", "classes", strings.Join(w.eachWord(p.Consume), w.t("then"))))
	} else {
		ss = append(ss, w.t("consume_soonest"))
	}
	if p.WriteOffMonths > 0 {
		ss = append(ss, w.t("write_off", "months", p.WriteOffMonths))
	}
	return w.sentences(ss...)
}

func (w *writer) eachWord(codes []string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = w.word(c)
	}
	return out
}

// pointType is the life of a further point type.
func (w *writer) pointType(p PointPolicy) {
	w.add("points."+p.ID, w.name(p.Name), w.sentences(w.life(p.Terms, w.t("got")), w.returns(p)))
}
