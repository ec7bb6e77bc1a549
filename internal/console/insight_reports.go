package console

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"joren/internal/audit"
	"joren/internal/blob"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/text"
	"joren/internal/ui"
)

func (c *Console) insightReportRoutes() {
	c.post("/insight/reports/plan", staff.SettingsEdit, c.saveReportPlan)
	c.post("/insight/reports/margins", staff.SettingsEdit, c.saveMargins)
	c.get("/insight/reports/{id}/{kind}", staff.InsightExport, c.reportFile, session.Timeout(0))
}

// reportsPage lists the reports that are kept, and holds what Insight is told
// by the shop.
type reportsPage struct {
	s       *scene
	list    []insight.Filed
	plan    insight.Plan
	margins insight.Margins
	planned ui.Form
	priced  ui.Form
	edit    bool
	take    bool
}

const mostReports = 60

func (c *Console) insightReports(w http.ResponseWriter, r *http.Request) error {
	return c.showReports(w, r, http.StatusOK, ui.Form{}, ui.Form{})
}

func (c *Console) showReports(w http.ResponseWriter, r *http.Request, status int, planned, priced ui.Form) error {
	p := reportsPage{planned: planned, priced: priced, edit: can(r, staff.SettingsEdit), take: can(r, staff.InsightExport)}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if p.list, err = insight.Reports(tx, mostReports); err != nil {
			return err
		}
		if p.plan, err = insight.LoadPlan(tx); err != nil {
			return err
		}
		p.margins, err = insight.LoadMargins(tx)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, reportsView(p))
}

func (p reportsPage) table() ui.Table {
	s := p.s
	t := ui.Table{ID: "reports", Caption: s.t("insight.reports"), List: ui.List{Path: "/insight/reports"}, Empty: ui.Empty(s.t("insight.reports_none"), nil),
		Columns: []ui.Column{{Label: s.t("insight.report.of"), Keep: true}, {Label: s.t("insight.report.every")}, {Label: s.t("ui.language")}, {Label: s.t("insight.report.made_at"), Keep: true}, {Label: s.t("insight.report.files")}}}
	for _, f := range p.list {
		files := ui.Text("–")
		if p.take {
			files = reportLinks(reportURL(f.ID, "page"), reportURL(f.ID, "figures"))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(s.day(f.First) + " – " + s.day(f.Last)), ui.Text(s.t("insight.every." + string(f.Every))), ui.Text(s.t("insight.lang." + string(f.Lang))), ui.Text(s.when(f.MadeAt)), files}})
	}
	return t
}

func reportURL(id ident.ID, kind string) string {
	return fmt.Sprintf("/insight/reports/%s/%s", id, kind)
}

func (p reportsPage) every() ui.Field {
	on := p.plan.Every
	if v := p.planned.Value("every"); v != "" {
		on = insight.Every(v)
	}
	f := ui.Field{Name: "every", Label: p.s.t("insight.report.every"), Error: p.planned.Error("every")}
	for _, e := range []insight.Every{insight.Never, insight.EachWeek, insight.EachMonth} {
		f.Options = append(f.Options, ui.Option{Value: string(e), Label: p.s.t("insight.every." + string(e)), On: e == on})
	}
	return f
}

func (p reportsPage) langs() ui.Field {
	on := p.plan.Langs
	if v := p.planned.Value("langs"); v != "" {
		on = v
	}
	f := ui.Field{Name: "langs", Label: p.s.t("ui.language"), Width: "short", Error: p.planned.Error("langs")}
	for _, l := range []string{"ja", "en", "both"} {
		f.Options = append(f.Options, ui.Option{Value: l, Label: p.s.t("insight.lang." + l), On: l == on})
	}
	return f
}

// marginDefault and marginLines are the rates as a person types them.
func (p reportsPage) marginDefault() ui.Field {
	f := ui.Field{Name: "rate", Label: p.s.t("insight.margin_rate"), Hint: p.s.t("insight.margin_hint"), Width: "short", InputMode: "decimal", Error: p.priced.Error("rate"), Value: p.priced.Value("rate")}
	if v, ok := p.margins[""]; ok && !p.priced.Values.Has("rate") {
		f.Value = percentText(v)
	}
	return f
}

func (p reportsPage) marginLines() ui.Field {
	f := ui.Field{Name: "products", Label: p.s.t("insight.margin_products"), Hint: p.s.t("insight.margin_products_hint"), Rows: 6, Error: p.priced.Error("products"), Value: p.priced.Value("products")}
	if p.priced.Values.Has("products") {
		return f
	}
	var lines []string
	for product, rate := range p.margins {
		if product != "" {
			lines = append(lines, product+", "+percentText(rate))
		}
	}
	slices.Sort(lines)
	f.Value = strings.Join(lines, "\n")
	return f
}

// percentText writes ten-thousandths as per cent: 3050 is 30.5.
func percentText(v int64) string { return strconv.FormatFloat(float64(v)/100, 'f', -1, 64) }

// percentIn reads per cent with at most two places as ten-thousandths.
func percentIn(s string) (int64, bool) {
	n, err := text.Minor(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(s), "%"), "％"), 2)
	return n, err == nil && n >= 0 && n <= 10000
}

// marginsIn reads the form. A line is a product, a comma or tab, and its rate.
func marginsIn(rate, products string) (insight.Margins, error) {
	m := insight.Margins{}
	if strings.TrimSpace(rate) != "" {
		n, ok := percentIn(rate)
		if !ok {
			return nil, fault.New(fault.Invalid, "insight.margins").With(fault.At("rate", "insight.margin_none", "value", rate))
		}
		m[""] = n
	}
	for i, line := range strings.Split(products, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		at := strings.LastIndexAny(line, ",\t，、")
		if at <= 0 {
			return nil, fault.New(fault.Invalid, "insight.margins").With(fault.At("products", "insight.margin_line", "line", i+1))
		}
		n, ok := percentIn(strings.TrimLeft(line[at:], ",\t，、 "))
		if !ok {
			return nil, fault.New(fault.Invalid, "insight.margins").With(fault.At("products", "insight.margin_line", "line", i+1))
		}
		m[strings.TrimSpace(line[:at])] = n
	}
	if _, ok := m[""]; !ok && len(m) > 0 {
		return nil, fault.New(fault.Invalid, "insight.margins").With(fault.At("rate", "insight.margin_default"))
	}
	return m, nil
}

func (c *Console) saveMargins(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	m, err := marginsIn(r.PostForm.Get("rate"), r.PostForm.Get("products"))
	if err == nil {
		err = c.write(r, func(tx *db.Tx) error {
			was, err := insight.LoadMargins(tx)
			if err != nil {
				return err
			}
			if maps.Equal(was, m) {
				return errSame
			}
			if err := insight.SaveMargins(tx, m); err != nil {
				return err
			}
			e := session.Entry(r, "insight.margins", "insight", ident.ID{})
			e.After = audit.Values{"products": strconv.Itoa(len(m))}
			return audit.Append(tx, e)
		})
	}
	if correctable(err) {
		return c.showReports(w, r, http.StatusUnprocessableEntity, ui.Form{}, ui.NewForm(lang(r), r.PostForm, err))
	}
	if err != nil && err != errSame {
		return err
	}
	return see(w, r, "/insight/reports")
}

// saveReportPlan keeps the plan and has its newest report made.
func (c *Console) saveReportPlan(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	p := insight.Plan{Every: insight.Every(r.PostForm.Get("every")), Langs: r.PostForm.Get("langs")}
	err := c.write(r, func(tx *db.Tx) error {
		was, err := insight.LoadPlan(tx)
		if err != nil {
			return err
		}
		if err := insight.SavePlan(tx, p); err != nil {
			return err
		}
		if p.Every != insight.Never {
			if err := insight.OrderReport(tx); err != nil {
				return err
			}
		}
		if p == was {
			return nil
		}
		e := session.Entry(r, "insight.plan", "insight", ident.ID{})
		e.After = audit.Values{"every": string(p.Every), "langs": p.Langs}
		return audit.Append(tx, e)
	})
	if correctable(err) {
		return c.showReports(w, r, http.StatusUnprocessableEntity, ui.NewForm(lang(r), r.PostForm, err), ui.Form{})
	}
	if err != nil {
		return err
	}
	c.Jobs.Wake()
	return see(w, r, "/insight/reports")
}

// reportFile hands a kept report out. The page is a file to save and print: it
// brings its own style, which pages of the console may not.
func (c *Console) reportFile(w http.ResponseWriter, r *http.Request) error {
	var id ident.ID
	kind := r.PathValue("kind")
	if err := id.UnmarshalText([]byte(r.PathValue("id"))); err != nil || kind != "page" && kind != "figures" {
		return fault.New(fault.NotFound, "insight.report_unknown")
	}
	var f insight.Filed
	if err := c.read(r, func(tx *db.Tx) (err error) { f, err = insight.ReportByID(tx, id); return err }); err != nil {
		return err
	}
	file := f.Page
	if kind == "figures" {
		file = f.Figures
	}
	err := c.write(r, func(tx *db.Tx) error {
		e := session.Entry(r, "insight.report.exported", "insight", ident.ID{})
		e.After = audit.Values{"from": f.First.String(), "to": f.Last.String(), "lang": string(f.Lang)}
		return audit.Append(tx, e)
	})
	if err != nil {
		return err
	}
	meta, body, err := blob.Open(r.Context(), c.db, file)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", meta.ContentType)
	h.Set("Content-Disposition", `attachment; filename="`+meta.Name+`"`)
	h.Set("Cache-Control", "no-store")
	_, err = io.Copy(w, body)
	return err
}

// dueSays is when the next report comes.
func (p reportsPage) dueSays() string {
	s := p.s
	if p.plan.Every == insight.Never {
		return s.t("insight.report.off")
	}
	_, last := p.plan.Every.Period(s.today)
	return s.t("insight.report.next", "day", i18n.Day(s.lang, last+1))
}
