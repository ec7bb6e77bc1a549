package console

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/intake"
	"joren/internal/staff"
	"joren/internal/ui"
)

var metricList = ui.ListSpec{Filters: []string{"from", "to", "store", "channel", "tier", "join_source", "join_store", "cohort_from", "cohort_to"}}

// metricsPage is the dictionary of metrics with their figures.
type metricsPage struct {
	s       *scene
	list    ui.List
	values  []insight.Value
	choices map[insight.Cut][]string
	wrong   *ui.Notice
}

// insightMetrics shows the registry under a filter, as a page or as a file of
// the same figures.
func (c *Console) insightMetrics(w http.ResponseWriter, r *http.Request) error {
	s, err := c.insightScene(r)
	if err != nil {
		return err
	}
	p := metricsPage{s: s, list: ui.ParseList(r.URL, metricList)}
	f, wrong := insight.ParseFilter(p.list.Get)
	if wrong != nil {
		p.wrong = &ui.Notice{Tone: "bad", Title: ui.Why(r.Context(), wrong)}
		f = insight.Filter{}
	}
	if p.values, err = c.Insight.Metrics(r.Context(), f); err != nil {
		return c.insightNotYet(w, r, s, "/metrics", err)
	}
	if wantsCSV(r) && wrong == nil {
		return c.exportMetrics(w, r, p.list.Filter, p.values)
	}
	p.choices = c.Insight.Choices()
	return ui.Render(w, r, http.StatusOK, metricsView(p))
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
	t := ui.Table{ID: "metrics", Caption: s.t("insight.page/metrics"), List: p.list, CSV: true,
		Columns: []ui.Column{{Label: s.t("insight.metric")}, {Label: s.t("insight.value"), Num: true}, {Label: s.t("insight.range"), Num: true}, {Label: s.t("insight.count"), Num: true}, {Label: s.t("insight.formula")}}}
	for _, v := range p.values {
		figure := v.Say(s.lang, s.currency)
		if u := s.unitOf(v.Metric); u != "" && v.Missing == nil {
			figure += " " + u
		}
		about := v.Metric.Formula(s.lang)
		if v.Missing != nil {
			about += s.t("insight.missing_because", "why", insight.Explain(s.lang, v.Missing))
		}
		t.Rows = append(t.Rows, ui.Row{Muted: v.Missing != nil, Cells: []templ.Component{metricName(v.Metric.ID, v.Metric.Name(s.lang)), ui.Text(figure), ui.Text(v.Range(s.lang, s.currency)), ui.Text(i18n.Number(int64(v.N))), ui.Text(about)}})
	}
	return t
}

// choose is a select of what a cut has; nothing to choose is no field.
func (p metricsPage) choose(by insight.Cut, label string, name func(string) string) *ui.Field {
	if len(p.choices[by]) == 0 {
		return nil
	}
	return &ui.Field{Name: string(by), Label: p.s.t(label), Width: "short", Options: p.s.options(p.list.Get(string(by)), "console.any", p.choices[by], name)}
}

func (p metricsPage) selects() []ui.Field {
	same := func(v string) string { return v }
	var out []ui.Field
	for _, f := range []*ui.Field{p.choose("store", "console.store", p.s.store), p.choose("channel", "insight.channel", same), p.choose("tier", "console.member.rank", p.s.level),
		p.choose("join_source", "insight.join_source", same), p.choose("join_store", "insight.join_store", p.s.store)} {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}

// cohortsPage is the retention triangle.
type cohortsPage struct {
	s    *scene
	list ui.List
	rows []insight.Cohort
}

var cohortList = ui.ListSpec{Filters: []string{"store", "channel", "tier"}}

func (c *Console) insightCohorts(w http.ResponseWriter, r *http.Request) error {
	s, err := c.insightScene(r)
	if err != nil {
		return err
	}
	p := cohortsPage{s: s, list: ui.ParseList(r.URL, cohortList)}
	f, err := insight.ParseFilter(p.list.Get)
	if err != nil {
		return err
	}
	if p.rows, err = c.Insight.Cohorts(r.Context(), f); err != nil {
		return c.insightNotYet(w, r, s, "/cohorts", err)
	}
	return ui.Render(w, r, http.StatusOK, cohortsView(p))
}

// says tells how many come back in the third month, over all cohorts that
// have lived to see it.
func (p cohortsPage) says() string {
	n, back := 0, 0
	for _, x := range p.rows {
		if len(x.Back) >= 3 {
			n, back = n+x.N, back+x.Back[2].Bought
		}
	}
	if n == 0 {
		return p.s.t("insight.cohorts_none")
	}
	return p.s.t("insight.cohorts_says", "n", n, "share", insight.Percent(float64(back)/float64(n)))
}

const shownMonths = 12

func (p cohortsPage) table() ui.Table {
	s := p.s
	t := ui.Table{ID: "cohorts", Caption: s.t("insight.page/cohorts"), List: p.list, Empty: ui.Empty(s.t("insight.cohorts_none"), nil),
		Columns: []ui.Column{{Label: s.t("insight.cohort"), Keep: true}, {Label: s.t("insight.score.member"), Num: true}}}
	wide := 0
	for _, x := range p.rows {
		wide = max(wide, min(shownMonths, len(x.Back)))
	}
	for k := range wide {
		t.Columns = append(t.Columns, ui.Column{Label: s.t("insight.month_after", "n", k+1), Num: true, Keep: true})
	}
	for _, x := range p.rows {
		row := ui.Row{Cells: []templ.Component{ui.Text(i18n.Month(s.lang, x.Start)), ui.To("/insight/metrics?cohort_from="+x.Start.String()+"&cohort_to="+x.Start.EndOfMonth().String(), i18n.Number(int64(x.N)))}}
		for k := range wide {
			row.Cells = append(row.Cells, retained(s, x, k))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func retained(s *scene, x insight.Cohort, k int) templ.Component {
	if k >= len(x.Back) || x.N == 0 {
		return ui.Text("")
	}
	b := x.Back[k]
	return retainedCell(insight.Percent(b.Share), s.t("insight.cell", "bought", b.Bought, "n", x.N, "low", insight.Percent(b.Low), "high", insight.Percent(b.High)))
}
