package console

import (
	"net/http"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/insight"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) insightRoutes() {
	if c.Insight == nil {
		return
	}
	for _, p := range insightPages() {
		c.get("/insight"+p.path, staff.InsightView, func(w http.ResponseWriter, r *http.Request) error { return p.show(c, w, r) }, session.Timeout(0))
		c.command("insight.page"+p.path, "/insight"+p.path, staff.InsightView)
	}
	c.insightReportRoutes()
	c.get("/insight/pairs", staff.InsightView, c.insightPairs, session.Timeout(0))
	c.command("insight.page/pairs", "/insight/pairs", staff.InsightView)
	c.get("/insight/products/{no}", staff.InsightView, c.insightProduct, session.Timeout(0))
	c.get("/insight/gaps", staff.InsightView, c.insightGap, session.Timeout(0))
	c.rail(ui.Insight, "/insight", staff.InsightView)
}

// insightPage is a page of Insight: where it stands under /insight and what
// shows it. Its name is in the catalogue under insight.page and its path, the
// sentence below the title under insight.lead and its path.
type insightPage struct {
	path string
	show func(c *Console, w http.ResponseWriter, r *http.Request) error
}

// insightPages lists the pages in the order of the tabs. A page is one entry
// here: route, tab and palette follow from it.
func insightPages() []insightPage {
	return []insightPage{
		{"", (*Console).insightHome},
		{"/members", (*Console).insightMembers},
		{"/cohorts", (*Console).insightCohorts},
		{"/map", (*Console).insightMap},
		{"/mix", (*Console).insightMix},
		{"/metrics", (*Console).insightMetrics},
		{"/products", (*Console).insightProducts},
		{"/due", (*Console).insightDue},
		{"/model", (*Console).insightModel},
		{"/reports", (*Console).insightReports},
	}
}

// insightTabs are the pages of Insight with the present one marked.
func (s *scene) insightTabs(at string) []ui.Tab {
	var out []ui.Tab
	for _, p := range insightPages() {
		out = append(out, ui.Tab{Label: s.t("insight.page" + p.path), Href: "/insight" + p.path, On: p.path == at})
	}
	if s.accounts {
		out = append(out, ui.Tab{Label: s.t("insight.page/liability"), Href: "/insight/liability", On: at == "/liability"})
	}
	return append(out, ui.Tab{Label: s.t("segment.page"), Href: "/segments", On: at == "segments"})
}

func (s *scene) insightMeta(at string) ui.Meta {
	return ui.Meta{Title: s.t("ui.word.insight"), Lead: s.t("insight.lead" + at), Word: ui.Insight, Wide: true, Tabs: s.insightTabs(at)}
}

// insightScene is the scene of a page without a filter.
func (c *Console) insightScene(r *http.Request) (s *scene, err error) {
	err = c.read(r, func(tx *db.Tx) (err error) { s, err = c.scene(r, tx); return err })
	return s, err
}

// insightNotYet says why nothing can be measured yet; other errors stay.
func (c *Console) insightNotYet(w http.ResponseWriter, r *http.Request, s *scene, at string, err error) error {
	if !fault.Is(err, "programme.none_in_force") {
		return err
	}
	n := ui.Notice{Tone: "info", Title: s.t("insight.no_programme"), Text: s.t("insight.no_programme_why"), Links: []ui.Link{{Label: s.t("console.home.no_programme_do"), Href: "/programme"}}}
	return ui.Render(w, r, http.StatusOK, insightEmptyView(s, at, n))
}

// notEnough is a notice of what is missing; nil when nothing is.
func (s *scene) notEnough(err error) *ui.Notice {
	if err == nil {
		return nil
	}
	return &ui.Notice{Tone: "info", Title: s.t("insight.not_enough"), Text: insight.Explain(s.lang, err)}
}
