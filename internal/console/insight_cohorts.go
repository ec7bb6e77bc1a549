package console

import (
	"math"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/staff"
	"joren/internal/ui"
)

// cohortsPage is the retention triangle.
type cohortsPage struct {
	cut
	rows   []insight.Cohort
	step   int // months: 1 or 3
	export bool
}

var cohortList = cutList(ui.ListSpec{Filters: []string{"by"}})

func (c *Console) insightCohorts(w http.ResponseWriter, r *http.Request) (err error) {
	p := cohortsPage{step: 1, export: can(r, staff.InsightExport)}
	if p.cut, err = c.cut(r, cohortList); err != nil {
		return err
	}
	if p.oneOf("by", "month", "quarter") == "quarter" {
		p.step = 3
	}
	if p.rows, err = c.Insight.Cohorts(r.Context(), p.f, p.step); err != nil {
		return c.insightNotYet(w, r, p.unready("/cohorts", p.by()), err)
	}
	if p.file() {
		return c.exportTable(w, r, "cohorts", p.list.Filter, insight.CohortTable(p.rows))
	}
	return ui.Render(w, r, p.status(), cohortsView(p))
}

func (p cohortsPage) by() ui.Field {
	return p.choice("by", p.s.t("insight.by"), "short", p.s.options(p.wanted.Get("by"), "insight.by.month", []string{"quarter"}, func(v string) string { return p.s.t("insight.by." + v) }))
}

// per is a key of words that differ by month and quarter.
func (p cohortsPage) per(key string) string {
	if p.step == 3 {
		return key + "_quarter"
	}
	return key
}

// watched is the step the sentence is about: the third month, the first
// quarter after.
func (p cohortsPage) watched() int { return 3 / p.step }

// reading tells how many come back, over all cohorts that have lived to see
// it.
func (p cohortsPage) reading() string {
	n, back := 0, 0
	for _, x := range p.rows {
		if k := p.watched(); len(x.Back) >= k {
			n, back = n+x.N, back+x.Back[k-1].Bought
		}
	}
	if n == 0 {
		return p.s.t(p.per("insight.cohorts_none"))
	}
	return p.s.t(p.per("insight.cohorts_says"), "n", n, "share", insight.Percent(float64(back)/float64(n)))
}

const shownSteps = 12

func (p cohortsPage) wide() (n int) {
	for _, x := range p.rows {
		n = max(n, min(shownSteps, len(x.Back)))
	}
	return n
}

func (p cohortsPage) table() ui.Table {
	s := p.s
	t := ui.Table{ID: "cohorts", Caption: s.t("insight.page/cohorts"), List: p.list, Empty: ui.Empty(s.t(p.per("insight.cohorts_none")), nil), CSV: p.export, Tight: true, Matrix: true,
		Columns: []ui.Column{{Label: s.t(p.per("insight.cohort")), Keep: true}, {Label: s.t("ui.word.members"), Num: true}}}
	for k := range p.wide() {
		t.Columns = append(t.Columns, ui.Column{Label: s.t(p.per("insight.month_after"), "n", k+1), Num: true, Keep: true})
	}
	for _, x := range p.rows {
		row := ui.Row{Cells: []templ.Component{ui.Text(p.name(x)), ui.To(p.cohortRows(x), i18n.Number(int64(x.N)))}, Looks: []string{"", ""}}
		for k := range p.wide() {
			cell, look := p.retained(x, k)
			row.Cells, row.Looks = append(row.Cells, cell), append(row.Looks, look)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// name is a month, or a quarter by its first and last month.
func (p cohortsPage) name(x insight.Cohort) string {
	if p.step == 1 {
		return i18n.Month(p.s.lang, x.Start)
	}
	return p.s.t("insight.quarter", "from", i18n.ShortMonth(p.s.lang, x.Start), "to", i18n.ShortMonth(p.s.lang, x.End))
}

// retained is the share of a cohort that bought in its k-th step, shaded, and
// leads to who did.
func (p cohortsPage) retained(x insight.Cohort, k int) (templ.Component, string) {
	if k >= len(x.Back) || x.N == 0 {
		return ui.Text(""), ""
	}
	b := x.Back[k]
	about := p.s.t("insight.cell", "bought", b.Bought, "n", x.N, "low", insight.Percent(b.Low), "high", insight.Percent(b.High))
	return backCell(p.backRows(x, b), wholePercent(b.Share), about), heat(b.Share, 0.5)
}

// cohortRows are the members of a cohort: store and channel do not choose
// them.
func (p cohortsPage) cohortRows(x insight.Cohort) string {
	from, to := p.bounds(x)
	return p.members(insight.Bought, "from", "", "to", "", "store", "", "channel", "", "cohort_from", from, "cohort_to", to)
}

func (p cohortsPage) backRows(x insight.Cohort, b insight.Cell) string {
	from, to := p.bounds(x)
	return p.members(insight.Bought, "from", b.From.String(), "to", b.To.String(), "cohort_from", from, "cohort_to", to)
}

// bounds are the days of first purchase of a cohort under the filter.
func (p cohortsPage) bounds(x insight.Cohort) (from, to string) {
	first, last := max(x.Start, p.f.From, p.f.CohortFrom), x.End
	for _, d := range []insight.Filter{{To: p.f.To}, {To: p.f.CohortTo}} {
		if d.To != 0 {
			last = min(last, d.To)
		}
	}
	return first.String(), last.String()
}

// wholePercent is a share without decimals, for cells that stand close; its
// interval is wider than that.
func wholePercent(v float64) string { return strconv.Itoa(int(math.Round(100*v))) + "%" }

// heat is the shade of a share, full at most; five steps tell enough and stay
// apart.
func heat(share, most float64) string {
	step := int(math.Ceil(5 * share / most))
	if share <= 0 {
		return "heat"
	}
	return "heat h" + strconv.Itoa(min(5, max(1, step)))
}
