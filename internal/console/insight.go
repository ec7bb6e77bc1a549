package console

import (
	"fmt"
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
	for _, x := range []struct {
		path string
		h    session.Handler
	}{
		{"/insight", c.insightHome}, {"/insight/members", c.insightMembers}, {"/insight/cohorts", c.insightCohorts},
		{"/insight/metrics", c.insightMetrics}, {"/insight/model", c.insightModel},
	} {
		c.get(x.path, staff.InsightView, x.h, session.Timeout(0))
		c.command("insight.page"+x.path[len("/insight"):], x.path, staff.InsightView)
	}
	c.rail(ui.Insight, "/insight", staff.InsightView)
}

// insightTabs are the pages of Insight with the present one marked.
func (s *scene) insightTabs(at string) []ui.Tab {
	var out []ui.Tab
	for _, p := range []string{"", "/members", "/cohorts", "/metrics", "/model"} {
		out = append(out, ui.Tab{Label: s.t("insight.page" + p), Href: "/insight" + p, On: p == at})
	}
	return append(out, ui.Tab{Label: s.t("segment.page"), Href: "/segments", On: at == "segments"})
}

func (s *scene) insightMeta(at string) ui.Meta {
	return ui.Meta{Title: s.t("ui.word.insight"), Lead: s.t("insight.lead" + at), Word: ui.Insight, Wide: true, Tabs: s.insightTabs(at)}
}

// insightScene is the scene, and a notice instead of a page where no
// programme gives the shop a day yet.
func (c *Console) insightScene(r *http.Request) (s *scene, err error) {
	err = c.read(r, func(tx *db.Tx) (err error) { s, err = c.scene(r, tx); return err })
	return s, err
}

// insightHome is what its page shows.
type insightHome struct {
	s       *scene
	r       *insight.Reading
	spread  insight.Month
	months  []insight.Month
	values  []insight.Value
	missing *ui.Notice
}

func (c *Console) insightHome(w http.ResponseWriter, r *http.Request) error {
	s, err := c.insightScene(r)
	if err != nil {
		return err
	}
	p := insightHome{s: s}
	if p.r, err = c.Insight.Reading(r.Context()); err != nil {
		return c.insightNotYet(w, r, s, "", err)
	}
	if p.spread, err = c.Insight.Spread(p.r); err != nil {
		return err
	}
	if p.values, err = c.Insight.Metrics(r.Context(), insight.Filter{From: s.today.AddMonths(-12) + 1}); err != nil {
		return err
	}
	if err := c.read(r, func(tx *db.Tx) (err error) { p.months, err = insight.Months(tx); return err }); err != nil {
		return err
	}
	p.missing = s.notEnough(p.r.Missing)
	return ui.Render(w, r, http.StatusOK, insightHomeView(p))
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

// homeMetrics stand on the first page, in this order.
var homeMetrics = []string{"repeat_rate", "f2_rate", "active_share", "interval", "basket", "net_sales"}

func (p insightHome) tiles() []ui.NumberTile {
	s := p.s
	out := []ui.NumberTile{{Label: s.t("insight.mean"), Value: p.spread.Mean.String(), Href: "/insight/members?sort=-score", Note: s.t("insight.mean_note", "n", p.spread.Members, "horizon", p.r.Horizon)}}
	if p.missing != nil {
		out[0].Value, out[0].Note = "–", s.t("insight.not_enough")
	}
	for _, id := range homeMetrics {
		for _, v := range p.values {
			if v.Metric.ID == id {
				out = append(out, s.metricTile(v))
			}
		}
	}
	return out
}

// metricTile shows a metric with its interval and how many it is about.
func (s *scene) metricTile(v insight.Value) ui.NumberTile {
	note := s.t("insight.n", "n", v.N)
	if iv := v.Range(s.lang, s.currency); iv != "" {
		note = s.t("insight.interval", "range", iv, "n", v.N)
	}
	return ui.NumberTile{Label: v.Metric.Name(s.lang), Value: v.Say(s.lang, s.currency), Unit: s.unitOf(v.Metric), Href: "/insight/metrics?from=" + (s.today.AddMonths(-12) + 1).String() + "#" + v.Metric.ID, Note: note}
}

// unitOf is what stands behind a figure; money and shares carry theirs.
func (s *scene) unitOf(m *insight.Metric) string {
	switch m.Unit {
	case insight.InShare, insight.InMoney:
		return ""
	}
	return s.t("insight.unit." + string(m.Unit))
}

// spreadChart shows how many members have which score.
func (p insightHome) spreadChart() ui.Chart {
	s := p.s
	ch := ui.Chart{ID: "spread", Title: s.t("insight.spread"), Kind: ui.Bar, XName: s.t("insight.score.score"), Series: []ui.Series{{Name: s.t("console.unit.people")}}}
	high, low := 0, 0
	for k, n := range p.spread.Spread {
		ch.X = append(ch.X, fmt.Sprintf("%d–%d", 10*k, 10*k+10))
		ch.Series[0].Values = append(ch.Series[0].Values, int64(n))
		if k >= 7 {
			high += n
		} else if k < 3 {
			low += n
		}
	}
	ch.Reading = s.t("insight.spread_says", "n", p.spread.Members, "high", high, "low", low, "horizon", p.r.Horizon)
	return ch
}

// trendChart shows the mean score at months' ends.
func (p insightHome) trendChart() ui.Chart {
	s := p.s
	ch := ui.Chart{ID: "trend", Title: s.t("insight.trend"), Kind: ui.Line, XName: s.t("insight.month"), Series: []ui.Series{{Name: s.t("insight.mean")}},
		Format: func(v int64) string { return insight.Tenths(v).String() }}
	var first, last *insight.Month
	for i := range p.months {
		m := &p.months[i]
		ch.X = append(ch.X, m.Month)
		if m.Missing != "" {
			ch.Series[0].Values = append(ch.Series[0].Values, ui.NoValue)
			continue
		}
		ch.Series[0].Values = append(ch.Series[0].Values, int64(m.Mean))
		if first == nil {
			first = m
		}
		last = m
	}
	switch {
	case first == nil:
		ch.Reading = s.t("insight.trend_none")
	default:
		ch.Reading = s.t("insight.trend_says", "from", first.Month, "to", last.Month, "was", first.Mean.String(), "is", last.Mean.String(), "n", last.Members)
	}
	return ch
}
