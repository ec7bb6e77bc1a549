package console

import (
	"net/http"

	"joren/internal/db"
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
		c.insightGet(p.path, p.path, p.show)
		c.command("insight.page"+p.path, "/insight"+p.path, staff.InsightView)
	}
	c.insightReportRoutes()
	c.insightGet("/pairs", "/products", (*Console).insightPairs)
	c.command("insight.page/pairs", "/insight/pairs", staff.InsightView)
	c.insightGet("/products/{no}", "/products", (*Console).insightProduct)
	c.insightGet("/gaps", "/products", (*Console).insightGap)
	c.rail(ui.Insight, "/insight", staff.InsightView)
}

// insightGet is a page of Insight. What is not read yet is no reason to wait:
// the page says so and comes anew.
func (c *Console) insightGet(path, tab string, show func(*Console, http.ResponseWriter, *http.Request) error) {
	c.get("/insight"+path, staff.InsightView, func(w http.ResponseWriter, r *http.Request) error {
		err := show(c, w, r)
		if insight.Waiting(err) && !wantsCSV(r) {
			return c.insightReading(w, r, tab)
		}
		return err
	}, session.Timeout(0))
}

// insightPage is a page of Insight: where it stands under /insight, the group
// of pages it belongs to, and what shows it. Its name is in the catalogue
// under insight.page and its path, the sentence below the title under
// insight.lead and its path.
type insightPage struct {
	path, group string
	show        func(c *Console, w http.ResponseWriter, r *http.Request) error
}

// insightPages lists the pages in their order. A page is one entry here:
// route, navigation and palette follow from it.
func insightPages() []insightPage {
	return []insightPage{
		{"", "overview", (*Console).insightHome},
		{"/members", "customers", (*Console).insightMembers},
		{"/map", "customers", (*Console).insightMap},
		{"/cohorts", "customers", (*Console).insightCohorts},
		{"/mix", "customers", (*Console).insightMix},
		{"/products", "products", (*Console).insightProducts},
		{"/due", "products", (*Console).insightDue},
		{"/metrics", "trust", (*Console).insightMetrics},
		{"/model", "trust", (*Console).insightModel},
		{"/reports", "trust", (*Console).insightReports},
	}
}

// insightTab is an entry of the navigation.
type insightTab struct{ at, group, label, href string }

// insightNav are the pages one may go to, those of other rooms among them.
func (s *scene) insightNav() (out []insightTab) {
	for _, p := range insightPages() {
		if p.group == "products" && p.path == "/products" { // segments close the customers
			out = append(out, insightTab{"segments", "customers", s.t("segment.page"), "/segments"})
		}
		out = append(out, insightTab{p.path, p.group, s.t("insight.page" + p.path), "/insight" + p.path})
	}
	if s.accounts {
		out = append(out, insightTab{"/liability", "money", s.t("insight.page/liability"), "/insight/liability"})
	}
	return out
}

var insightGroups = []string{"overview", "customers", "products", "money", "trust"}

// navigate puts the groups of Insight on a page, and the pages of the present
// one where there are several.
func (s *scene) navigate(m *ui.Meta, at string) {
	nav := s.insightNav()
	here := ""
	for _, x := range nav {
		if x.at == at {
			here = x.group
		}
	}
	for _, g := range insightGroups {
		var pages []insightTab
		for _, x := range nav {
			if x.group == g {
				pages = append(pages, x)
			}
		}
		if len(pages) == 0 {
			continue
		}
		m.Tabs = append(m.Tabs, ui.Tab{Label: s.t("insight.group." + g), Href: pages[0].href, On: g == here, Group: len(pages) > 1})
		if g == here && len(pages) > 1 {
			for _, x := range pages {
				m.Sub = append(m.Sub, ui.Tab{Label: x.label, Href: x.href, On: x.at == at})
			}
		}
	}
}

func (s *scene) insightMeta(at string) ui.Meta {
	m := ui.Meta{Title: s.t("insight.page" + at), Lead: s.t("insight.lead" + at), Word: ui.Insight, Wide: true}
	if at == "" {
		m.Title = s.t("ui.word.insight")
	}
	s.navigate(&m, at)
	return m
}

// insightScene is the scene of a page without a filter.
func (c *Console) insightScene(r *http.Request) (s *scene, err error) {
	err = c.read(r, func(tx *db.Tx) (err error) { s, err = c.scene(r, tx); return err })
	return s, err
}

// notEnough is a notice of what is missing; nil when nothing is, or when it is
// only still to be worked out.
func (s *scene) notEnough(err error) *ui.Notice {
	if err == nil || insight.Waiting(err) {
		return nil
	}
	return &ui.Notice{Tone: "info", Title: s.t("insight.not_enough"), Text: insight.Explain(s.lang, err)}
}
