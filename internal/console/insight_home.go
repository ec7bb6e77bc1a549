package console

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/ui"
)

// insightHome is what its page shows.
type insightHome struct {
	cut
	r       *insight.Reading // nil while the first is made
	spread  insight.Month
	months  []insight.Month // scores at months' ends, of the whole shop
	series  []insight.MonthValues
	daily   *ui.Zoom
	values  []insight.Value
	missing *ui.Notice
	working string // that scores at months' ends are being worked out
}

func (c *Console) insightHome(w http.ResponseWriter, r *http.Request) (err error) {
	var p insightHome
	if p.cut, err = c.cut(r, cutList(ui.ListSpec{})); err != nil {
		return err
	}
	p.lastYear()
	if p.r, err = c.Insight.Reading(r.Context()); insight.Waiting(err) {
		p.missing = new(c.stillReading(p.s))
	} else if err != nil {
		return c.insightNotYet(w, r, p.unready(""), err)
	}
	if err := c.fillHome(r.Context(), &p); err != nil {
		return c.insightNotYet(w, r, p.unready(""), err)
	}
	if done, all := c.Insight.Remembering(); all > 0 {
		p.working = p.s.t("insight.trend_working", "done", done, "all", all)
	}
	if err := c.read(r, func(tx *db.Tx) (err error) { p.months, err = insight.Months(tx); return err }); err != nil {
		return err
	}
	if p.r == nil {
		again(w)
	} else {
		p.missing = p.s.notEnough(p.r.Missing)
	}
	return ui.Render(w, r, p.status(), insightHomeView(p))
}

// homeMonths is how far back the charts by month go.
const homeMonths = 25

func (c *Console) fillHome(ctx context.Context, p *insightHome) (err error) {
	if p.r != nil {
		if p.spread, err = c.Insight.Spread(ctx, p.r, p.f); err != nil {
			return err
		}
	}
	if p.values, err = c.Insight.Metrics(ctx, p.f); err != nil {
		return err
	}
	if p.series, err = c.Insight.Monthly(ctx, p.f, homeMonths); err != nil {
		return err
	}
	first, net, err := c.Insight.Daily(ctx, p.f)
	if len(net) > 1 {
		before, after := p.s.moneyMarks()
		p.daily = &ui.Zoom{First: first, Before: before, After: after, Series: []ui.Series{{Name: p.s.t("insight.metric.net_sales"), Values: p.s.major(net)}}}
	}
	return err
}

// homeMetrics stand on the first page, in this order.
var homeMetrics = []string{"repeat_rate", "f2_rate", "active_share", "interval", "basket", "net_sales", "programme_cost"}

func (p insightHome) tiles() []ui.NumberTile {
	s := p.s
	out := []ui.NumberTile{{Label: s.t("insight.mean"), Value: "–", Href: p.link("/insight/members", "sort", "-score"), Note: s.t("insight.not_enough")}}
	switch {
	case p.r == nil:
		out[0].Note = s.t("insight.reading")
	case p.missing == nil && p.spread.Members > 0:
		out[0].Value, out[0].Note = p.spread.Mean.String(), s.t("insight.mean_note", "n", p.spread.Members, "horizon", p.r.Horizon)
	}
	for _, id := range homeMetrics {
		for _, v := range p.values {
			if v.Metric.ID == id {
				out = append(out, p.metricTile(v))
			}
		}
	}
	return out
}

// metricTile shows a metric with its interval and how many it is about.
func (p cut) metricTile(v insight.Value) ui.NumberTile {
	s := p.s
	note := s.behind(s.shortRange(v), v.Metric.Of, v.N)
	return ui.NumberTile{Label: v.Metric.Name(s.lang), Value: s.short(v), Unit: s.unitOf(v), Href: p.link("/insight/metrics") + "#" + v.Metric.ID, Note: note}
}

// behind is what stands behind a figure: its interval where it has one, and
// how many of what it is about.
func (s *scene) behind(interval string, of insight.Measure, n int) string {
	about := s.t("insight.about."+string(of), "n", n)
	if interval == "" {
		return about
	}
	return s.t("insight.interval", "range", unbroken(interval), "about", about)
}

// ofMembers is behind for a figure about members.
func (s *scene) ofMembers(interval string, n int) string {
	return s.behind(interval, insight.InPeople, n)
}

// unbroken keeps the two ends of an interval on one line.
func unbroken(interval string) string { return strings.ReplaceAll(interval, "–", "\u2060–\u2060") }

// short is a metric in the size of a tile: money in whole units from a hundred
// of them on.
func (s *scene) short(v insight.Value) string {
	if v.Missing == nil && v.Metric.Unit == insight.InMoney {
		return s.about(int64(math.Round(v.Value)))
	}
	return v.Say(s.lang, s.currency)
}

// shortRange is the interval of a metric in the size of a tile.
func (s *scene) shortRange(v insight.Value) string {
	if v.Missing == nil && v.Interval && v.Metric.Unit == insight.InMoney {
		return s.about(int64(math.Round(v.Low))) + "–" + s.about(int64(math.Round(v.High)))
	}
	return v.Range(s.lang, s.currency)
}

// unitOfMoney is how many minor units one of the currency has.
func (s *scene) unitOfMoney() (n int64) {
	n = 1
	for range s.decimals() {
		n *= 10
	}
	return n
}

// about is money in whole units from a hundred of them on.
func (s *scene) about(n int64) string {
	u := s.unitOfMoney()
	if u == 1 || n < 100*u {
		return s.money(n)
	}
	whole := s.money((n + u/2) / u * u)
	return strings.TrimSuffix(whole, "."+strings.Repeat("0", s.decimals()))
}

// moneyMarks is what stands before and after an amount: "£", or "円".
func (s *scene) moneyMarks() (before, after string) {
	before, after, _ = strings.Cut(s.about(1000*s.unitOfMoney()), "1,000")
	return before, after
}

// major are amounts in whole units, for an axis.
func (s *scene) major(list []int64) []int64 {
	u := s.unitOfMoney()
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = (v + u/2) / u
	}
	return out
}

// unitOf is what stands behind a figure; money and shares carry theirs.
func (s *scene) unitOf(v insight.Value) string {
	unit := v.Metric.Unit
	if v.Missing != nil || unit == insight.InShare || unit == insight.InMoney {
		return ""
	}
	return v.Word(s.lang, s.short(v))
}

// spreadChart shows how many members have which score.
func (p insightHome) spreadChart() ui.Chart {
	s := p.s
	ch := ui.Chart{SayX: true, ID: "spread", Title: s.t("insight.spread"), Kind: ui.Bar, XName: s.t("insight.score.score"), Series: []ui.Series{{Name: s.t("console.unit.people")}}, Reading: p.spread.Says(s.lang)}
	for k, n := range p.spread.Spread {
		ch.X = append(ch.X, fmt.Sprintf("%d–%d", 10*k, 10*k+10))
		ch.Series[0].Values = append(ch.Series[0].Values, int64(n))
		ch.Series[0].Hrefs = append(ch.Series[0].Hrefs, p.link("/insight/members", "band", fmt.Sprint(k+1)))
	}
	return ch
}

// trendChart shows the mean score at months' ends with its interval. Months
// are kept for the whole shop: a filter does not cut them. Those that knew
// less of the past than they look ahead are left out, and the chart begins
// with the first that did not.
func (p insightHome) trendChart() ui.Chart {
	s := p.s
	ch := ui.Chart{ID: "trend", Title: s.t("insight.trend"), Kind: ui.Line, XName: s.t("insight.month"), Series: []ui.Series{{Name: s.t("insight.mean")}},
		Format: func(v int64) string { return insight.Tenths(v).String() }, Reading: s.t("insight.trend_none")}
	x := &ch.Series[0]
	var first, last *insight.Month
	for i := range p.months {
		m := &p.months[i]
		told := m.Missing == "" && int(m.Day-p.r.First) >= m.Horizon
		if !told && first == nil {
			continue
		}
		ch.X = append(ch.X, i18n.ShortMonth(s.lang, m.Day))
		v, low, high := int64(ui.NoValue), int64(ui.NoValue), int64(ui.NoValue)
		if told {
			v = int64(m.Mean)
			if l, h, ok := m.Interval(); ok {
				low, high = int64(l), int64(h)
			}
			if first == nil {
				first = m
			}
			last = m
		}
		x.Values, x.Low, x.High = append(x.Values, v), append(x.Low, low), append(x.High, high)
	}
	if first != nil {
		ch.Reading = s.t("insight.trend_says", "from", i18n.Month(s.lang, first.Day), "to", i18n.Month(s.lang, last.Day), "was", first.Mean.String(), "is", last.Mean.String(), "n", last.Members)
	}
	return ch
}

// repeatChart shows the share of each month's buyers who came on two days or
// more.
func (p insightHome) repeatChart() ui.Chart {
	s := p.s
	ch := ui.Chart{ID: "repeat", Title: s.t("insight.repeat_by_month"), Kind: ui.Line, XName: s.t("insight.month"), Series: []ui.Series{{Name: s.t("insight.metric.repeat_rate")}},
		Format: func(v int64) string { return insight.Percent(float64(v) / 1000) }, Reading: s.t("insight.repeat_none")}
	x := &ch.Series[0]
	var last *insight.MonthValues
	for i := range p.series {
		m := &p.series[i]
		if !m.Ended { // its members still have days to come again
			continue
		}
		v := m.Of("repeat_rate")
		ch.X = append(ch.X, i18n.ShortMonth(s.lang, m.From))
		value, low, high := int64(ui.NoValue), int64(ui.NoValue), int64(ui.NoValue)
		if v.Missing == nil {
			value, low, high = thousandths(v.Value), thousandths(v.Low), thousandths(v.High)
			last = m
		}
		x.Values, x.Low, x.High = append(x.Values, value), append(x.Low, low), append(x.High, high)
		x.Hrefs = append(x.Hrefs, p.members(insight.Repeated, "from", m.From.String(), "to", m.To.String()))
	}
	if last != nil {
		v := last.Of("repeat_rate")
		ch.Reading = s.t("insight.repeat_says", "month", i18n.Month(s.lang, last.From), "share", insight.Percent(v.Value), "low", insight.Percent(v.Low), "high", insight.Percent(v.High), "n", v.N)
	}
	return ch
}

// salesChart shows net sales by month, and by day where a range can be chosen.
func (p insightHome) salesChart() ui.Chart {
	s := p.s
	ch := ui.Chart{ID: "sales", Title: s.t("insight.sales"), Kind: ui.Bar, XName: s.t("insight.month"), Zoom: p.daily, Series: []ui.Series{{Name: s.t("insight.metric.net_sales")}},
		Format: s.money, Reading: s.t("insight.sales_none")}
	x := &ch.Series[0]
	var best, last *insight.MonthValues
	for i := range p.series {
		m := &p.series[i]
		v := m.Of("net_sales")
		ch.X = append(ch.X, i18n.ShortMonth(s.lang, m.From))
		x.Values = append(x.Values, int64(math.Round(v.Value)))
		x.Hrefs = append(x.Hrefs, p.salesRows(m))
		if best == nil || v.Value > best.Of("net_sales").Value {
			best = m
		}
		if m.Ended {
			last = m
		}
	}
	if last != nil {
		key := "insight.sales_says"
		if best == last {
			key = "insight.sales_best"
		}
		ch.Reading = s.t(key, "month", i18n.Month(s.lang, last.From), "money", s.money(int64(last.Of("net_sales").Value)), "best", i18n.Month(s.lang, best.From), "most", s.money(int64(best.Of("net_sales").Value)))
	}
	return ch
}

// salesRows are the purchases of a month; with a condition on members, who
// made them.
func (p insightHome) salesRows(m *insight.MonthValues) string {
	return p.sales("from", m.From.String(), "to", m.To.String())
}

// sales leads to the purchases of the filter where the list of purchases knows
// its conditions, else to the members who made them.
func (p cut) sales(pairs ...string) string {
	only := insight.Filter{From: p.f.From, To: p.f.To, Store: p.f.Store}
	if p.f != only {
		return p.members(insight.Bought, pairs...)
	}
	return p.link("/purchases", pairs...)
}
