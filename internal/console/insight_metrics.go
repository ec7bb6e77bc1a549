package console

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/intake"
	"joren/internal/ledger"
	"joren/internal/staff"
	"joren/internal/ui"
)

var metricList = cutList(ui.ListSpec{Filters: []string{"check"}})

// metricsPage is the dictionary of metrics with their figures.
type metricsPage struct {
	cut
	values []insight.Value
	test   *insight.SelfTest // nil while the first is under way
	now    bool              // the test is of this filter, made for this page
	done   bool              // that test has been made; another is shown until then
	export bool
}

// insightMetrics shows the registry under a filter, as a page or as a file of
// the same figures.
func (c *Console) insightMetrics(w http.ResponseWriter, r *http.Request) (err error) {
	p := metricsPage{export: can(r, staff.InsightExport)}
	if p.cut, err = c.cut(r, metricList); err != nil {
		return err
	}
	p.now = p.said("check")
	if p.values, err = c.Insight.Metrics(r.Context(), p.f); err != nil {
		return c.insightNotYet(w, r, p.unready("/metrics"), err)
	}
	if p.file() {
		return c.exportMetrics(w, r, p.list.Filter, p.values)
	}
	if p.now {
		if p.test, p.done, err = c.Insight.SelfTestOf(r.Context(), p.f); !p.done {
			again(w)
		}
	} else {
		p.test, err = c.Insight.LastSelfTest(r.Context())
	}
	if err != nil {
		return err
	}
	return ui.Render(w, r, p.status(), metricsView(p))
}

func (c *Console) exportMetrics(w http.ResponseWriter, r *http.Request, filter url.Values, values []insight.Value) error {
	return c.export(w, r, staff.InsightExport, "metrics", filter, func(_ *db.Tx, out *intake.CSVWriter) error {
		for _, row := range insight.Table(lang(r), values) {
			if err := out.Row(row...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p metricsPage) table() ui.Table {
	s := p.s
	t := ui.Table{ID: "metrics", Caption: s.t("insight.page/metrics"), List: p.list, CSV: p.export,
		Columns: []ui.Column{{Label: s.t("insight.metric"), Wide: true}, {Label: s.t("insight.value"), Num: true}, {Label: s.t("insight.range"), Num: true}, {Label: s.t("insight.count"), Num: true},
			{Label: s.t("insight.unit"), Keep: true, Minor: true}, {Label: s.t("insight.tested"), Keep: true}}}
	for _, v := range p.values {
		figure := v.In(s.lang, s.currency)
		value := ui.Text(figure)
		if href := p.rows(v); href != "" {
			value = ui.To(href, figure)
		}
		about := v.Metric.Formula(s.lang)
		if v.Missing != nil {
			about += s.t("insight.missing_because", "why", insight.Explain(s.lang, v.Missing))
		}
		t.Rows = append(t.Rows, ui.Row{Muted: v.Missing != nil, Cells: []templ.Component{metricName(v.Metric.ID, v.Metric.Name(s.lang), about), value, ui.Text(v.Range(s.lang, s.currency)),
			ui.Text(i18n.Number(int64(v.N))), ui.Text(s.t("insight.unit." + string(v.Metric.Unit))), p.tested(v.Metric)}})
	}
	return t
}

// rows leads to the rows a figure counts; "" where no list holds just those.
func (p cut) rows(v insight.Value) string {
	if v.Missing != nil {
		return ""
	}
	switch v.Metric.ID {
	case "members", "ranked_share":
		return p.members(insight.Everyone)
	case "new_members", "source_known", "referral_share", "cost_per_new":
		return p.members(insight.Joined)
	case "repeat_rate":
		return p.members(insight.Repeated)
	case "orders", "gross_sales", "net_sales", "returned_share", "member_share", "margin", "margin_rate":
		return p.sales()
	case "points_issued", "issue_rate":
		return p.points(ledger.Issued)
	case "points_used", "use_rate", "programme_cost":
		return p.points(ledger.Redeemed)
	case "points_expired", "breakage":
		return p.points(ledger.Expired)
	}
	return p.members(insight.Bought)
}

// points leads to the journal where it knows the filter's conditions.
func (p cut) points(what ledger.Contra) string {
	if p.f != (insight.Filter{From: p.f.From, To: p.f.To, Store: p.f.Store}) {
		return ""
	}
	return p.link("/points", "what", string(what), "type", p.s.mainType())
}

// tested says whether a metric counted twice came out the same.
func (p metricsPage) tested(m *insight.Metric) templ.Component {
	if p.test == nil || p.test.Of(m.ID) == nil {
		return ui.Text("–")
	}
	c := p.test.Of(m.ID)
	if c.Same {
		return ui.Badge("good", p.s.t("insight.same"))
	}
	plain := c.Plain.Say(p.s.lang, p.s.currency)
	if p.test.One > 1 { // not of whom the page shows
		return ui.Badge("bad", p.s.t("insight.differs_part", "fast", c.Fast.Say(p.s.lang, p.s.currency), "plain", plain))
	}
	return ui.Badge("bad", p.s.t("insight.differs", "plain", plain))
}

// testSays is the self-test in one sentence.
func (p metricsPage) testSays() string {
	s := p.s
	if p.test == nil || p.now && !p.done {
		return s.t("insight.test_running")
	}
	of := s.t("insight.test_whole")
	if p.now && p.says() != "" {
		of = p.says()
	}
	if p.test.One > 1 {
		of = s.t("insight.test_part", "of", of, "one", p.test.One)
	}
	key := "insight.test_ok"
	if p.test.Differs() > 0 {
		key = "insight.test_bad"
	}
	return s.t(key, "n", len(p.test.Checks), "bad", p.test.Differs(), "of", of, "when", i18n.Time(s.lang, p.s.zone.Local(p.test.At)), "ms", p.test.Took.Milliseconds())
}
