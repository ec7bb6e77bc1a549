package insight

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html"
	"strings"

	"joren/internal/i18n"
	"joren/internal/ident"
)

// reportStyle makes the page readable by itself and on paper (A4).
const reportStyle = `body{font:15px/1.7 system-ui,"Hiragino Sans","Yu Gothic UI",Meiryo,"Noto Sans JP",IPAPGothic,sans-serif;color:#1a1a1c;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1.5rem}
h1{font-size:1.6rem;line-height:1.4;margin:0 0 .5rem;word-break:keep-all;overflow-wrap:anywhere;text-wrap:balance}h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:2px solid #1a1a1c}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.875rem}
th,td{padding:.3rem .5rem;border-bottom:1px solid #d8d8de;text-align:left;vertical-align:top}thead th{background:#f8f8fb}.n{text-align:right;white-space:nowrap}.s{color:#595959;font-size:.8125rem}
svg{display:block;overflow:visible;width:100%;max-width:44rem;height:auto}rect{fill:#0031d8}text{font-size:11px;fill:#595959}:lang(ja) th{word-break:auto-phrase}th:first-child{min-width:6rem}th.n{white-space:normal}
@media screen and (max-width:48rem){table{display:block;overflow-x:auto}tbody td:last-child:not(.n){min-width:16rem}text{font-size:20px}svg text:nth-of-type(even){display:none}}
@media print{body{margin:0;max-width:none;padding:0;font-size:10pt}table{font-size:8pt}th:first-child{min-width:4rem;overflow-wrap:anywhere}h2,tr,svg{break-inside:avoid}h2{break-after:avoid}@page{size:A4;margin:14mm}}`

// page writes a report in one language.
type page struct {
	bytes.Buffer
	r *Report
	l i18n.Lang
}

func (p *page) t(key string, args ...any) string { return i18n.T(p.l, key, args...) }

func (p *page) el(tag, class, text string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	fmt.Fprintf(p, "<%s%s>%s</%s>\n", tag, class, html.EscapeString(text), tag)
}

// table writes rows under a head; columns from the second on are numbers, but
// for the last when it is words.
func (p *page) table(head []string, words int, rows [][]string) {
	class := func(i int) string {
		if i == 0 || i >= len(head)-words {
			return ""
		}
		return ` class="n"`
	}
	p.WriteString("<table><thead><tr>")
	for i, h := range head {
		fmt.Fprintf(p, `<th scope="col"%s>%s</th>`, class(i), html.EscapeString(h))
	}
	p.WriteString("</tr></thead><tbody>\n")
	for _, row := range rows {
		p.WriteString("<tr>")
		for i, c := range row {
			if i == 0 {
				fmt.Fprintf(p, `<th scope="row">%s</th>`, html.EscapeString(c))
			} else {
				fmt.Fprintf(p, `<td%s>%s</td>`, class(i), html.EscapeString(c))
			}
		}
		p.WriteString("</tr>\n")
	}
	p.WriteString("</tbody></table>\n")
}

// HTML is the report as a page that needs nothing beside itself.
func (r *Report) HTML(l i18n.Lang) []byte {
	p := &page{r: r, l: l}
	title := p.t("insight.report.title", "shop", r.Shop)
	fmt.Fprintf(p, "<!DOCTYPE html>\n<html lang=%q><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>%s %s</title><style>%s</style></head><body><main>\n",
		string(l), html.EscapeString(title), r.First, reportStyle)
	p.el("h1", "", title)
	p.el("p", "", p.t("insight.report.period", "first", i18n.Day(l, r.First), "last", i18n.Day(l, r.Last)))
	p.el("p", "s", p.t("insight.report.made", "day", i18n.Day(l, r.Made)))
	p.headlines()
	p.months()
	p.scores()
	p.retention()
	p.care()
	p.figures()
	p.WriteString("</main></body></html>\n")
	return p.Bytes()
}

// CSV is the figures of both periods, unrounded. Nothing in it comes from a
// customer.
func (r *Report) CSV(l i18n.Lang) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	now, before := Table(l, r.Now), Table(l, r.Before)
	for i, row := range now {
		period, was := []string{r.First.String(), r.Last.String()}, before[i][3]
		if i == 0 {
			period, was = []string{"first_day", "last_day"}, "value_before"
		}
		_ = w.Write(append(append(period, row...), was)) // a buffer takes everything
	}
	w.Flush()
	return b.Bytes()
}

func (p *page) of(list []Value, id string) *Value {
	for i := range list {
		if list[i].Metric.ID == id {
			return &list[i]
		}
	}
	return nil
}

// headlines say the figures everybody asks for first, in sentences.
func (p *page) headlines() {
	p.el("h2", "", p.t("insight.report.headlines"))
	p.WriteString("<ul>\n")
	for _, id := range []string{"net_sales", "buyers", "repeat_rate", "new_members", "basket", "programme_cost"} {
		now, before := p.of(p.r.Now, id), p.of(p.r.Before, id)
		key := "insight.report.was"
		switch {
		case now.Missing != nil:
			key = "insight.report.untold"
		case before.Missing != nil:
			key = "insight.report.alone"
		}
		p.el("li", "", p.t(key, "name", now.Metric.Name(p.l), "now", now.In(p.l, p.r.Currency), "before", before.In(p.l, p.r.Currency), "why", p.why(now)))
	}
	p.WriteString("</ul>\n")
}

func (p *page) why(v *Value) string {
	if v.Missing == nil {
		return ""
	}
	return Explain(p.l, v.Missing)
}

// In is a value with its unit.
func (v *Value) In(l i18n.Lang, currency string) string {
	s := v.Say(l, currency)
	switch v.Metric.Unit {
	case InShare, InMoney:
		return s
	}
	if v.Missing != nil {
		return s
	}
	if l == i18n.JA {
		return s + v.Word(l, s)
	}
	return s + " " + v.Word(l, s)
}

// Word is the unit as it stands behind the figure said; English has one member
// but two members. Money and shares carry their units and have no word.
func (v *Value) Word(l i18n.Lang, said string) string {
	n := 2
	if said == "1" {
		n = 1
	}
	return i18n.T(l, "insight.value."+string(v.Metric.Unit), "n", n)
}

func (p *page) months() {
	if len(p.r.Months) == 0 {
		return
	}
	p.el("h2", "", p.t("insight.sales"))
	p.el("p", "", p.t("insight.report.months_say", "n", len(p.r.Months)))
	p.bars()
	var rows [][]string
	for i := range p.r.Months {
		m := &p.r.Months[i]
		row := []string{i18n.Month(p.l, m.From)}
		for j := range m.Values {
			row = append(row, m.Values[j].Say(p.l, p.r.Currency))
		}
		rows = append(rows, append(row, m.Of("repeat_rate").Range(p.l, p.r.Currency)))
	}
	head := []string{p.t("insight.month")}
	for _, id := range monthlyMetrics {
		head = append(head, Find(id).Name(p.l))
	}
	p.table(append(head, p.t("insight.repeat_range")), 0, rows)
}

// bars draws net sales by month; the table below says the same.
func (p *page) bars() {
	const w, h, low = 700.0, 170.0, 150.0
	most := 1.0
	for i := range p.r.Months {
		most = max(most, p.r.Months[i].Values[0].Value)
	}
	each := w / float64(len(p.r.Months))
	fmt.Fprintf(p, `<svg viewBox="0 0 %g %g" role="img" aria-label=%q>`, w, h, p.t("insight.sales"))
	for i := range p.r.Months {
		m := &p.r.Months[i]
		high := max(0.5, m.Values[0].Value/most*(low-10))
		fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"/><text x="%.1f" y="165" text-anchor="middle">%s</text>`,
			float64(i)*each+each*0.15, low-high, each*0.7, high, (float64(i)+0.5)*each, i18n.ShortMonth(p.l, m.From))
	}
	p.WriteString("</svg>\n")
}

func (p *page) scores() {
	p.el("h2", "", p.t("insight.spread"))
	if p.r.Spread.Missing != "" || p.r.Spread.Members == 0 {
		p.el("p", "", p.t("insight.not_enough"))
		return
	}
	p.el("p", "", p.r.Spread.Says(p.l))
	var head, row []string
	for k, n := range p.r.Spread.Spread {
		head, row = append(head, fmt.Sprintf("%d–%d", 10*k, 10*k+10)), append(row, i18n.Number(int64(n)))
	}
	p.table(append([]string{p.t("insight.score.score")}, head...), 0, [][]string{append([]string{p.t("insight.report.members")}, row...)})
}

// Says is the spread of scores in one sentence.
func (m *Month) Says(l i18n.Lang) string {
	high, low := 0, 0
	for k, n := range m.Spread {
		if k >= 7 {
			high += n
		} else if k < 3 {
			low += n
		}
	}
	return i18n.T(l, "insight.spread_says", "n", m.Members, "high", high, "low", low, "horizon", m.Horizon)
}

func (p *page) retention() {
	wide := 0
	for _, c := range p.r.Cohorts {
		wide = max(wide, min(6, len(c.Back)))
	}
	if wide == 0 {
		return
	}
	p.el("h2", "", p.t("insight.page/cohorts"))
	p.el("p", "", p.t("insight.report.cohorts_say"))
	head := []string{p.t("insight.cohort"), p.t("insight.report.members")}
	for k := range wide {
		head = append(head, p.t("insight.month_after", "n", k+1))
	}
	var rows [][]string
	for _, c := range p.r.Cohorts {
		row := []string{i18n.Month(p.l, c.Start), i18n.Number(int64(c.N))}
		for k := range wide {
			cell := ""
			if k < len(c.Back) && c.N > 0 {
				cell = Percent(c.Back[k].Share)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	p.table(head, 0, rows)
}

// care lists by id whom to care for: a file that leaves the shop names nobody.
func (p *page) care() {
	if len(p.r.Care) == 0 {
		return
	}
	p.el("h2", "", p.t("insight.report.care"))
	p.el("p", "", p.t("insight.report.care_say", "horizon", p.r.Horizon))
	var rows [][]string
	for _, w := range p.r.Care {
		rows = append(rows, []string{ident.Member.Text(w.Member), w.Loyalty.Score.String(), i18n.Money(p.l, p.r.Currency, int64(w.AtRisk)), w.Why(p.l, p.r.Currency)})
	}
	p.table([]string{p.t("insight.who"), p.t("insight.score.score"), p.t("insight.at_risk"), p.t("insight.why")}, 1, rows)
}

func (p *page) figures() {
	p.el("h2", "", p.t("insight.report.figures"))
	var rows [][]string
	for i := range p.r.Now {
		now, before := &p.r.Now[i], &p.r.Before[i]
		about := now.Metric.Formula(p.l)
		if now.Missing != nil {
			about += p.t("insight.missing_because", "why", p.why(now))
		}
		rows = append(rows, []string{now.Metric.Name(p.l), now.In(p.l, p.r.Currency), now.Range(p.l, p.r.Currency), i18n.Number(int64(now.N)), before.In(p.l, p.r.Currency), about})
	}
	p.table([]string{p.t("insight.metric"), p.t("insight.value"), p.t("insight.range"), p.t("insight.count"), p.t("insight.report.before"), p.t("insight.formula")}, 1, rows)
}

// Name is a report's file without its ending.
func (r *Report) Name(l i18n.Lang) string {
	return strings.Join([]string{"joren", string(r.Every), r.First.String(), string(l)}, "-")
}
