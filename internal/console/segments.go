package console

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/segment"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) segmentRoutes() {
	if c.Audience == nil {
		return
	}
	c.get("/segments", staff.InsightView, c.segments)
	c.get("/segments/new", staff.ProgrammeEdit, c.newSegment)
	c.post("/segments/new", staff.ProgrammeEdit, c.addSegment, session.Timeout(0))
	c.post("/segments/offered", staff.ProgrammeEdit, c.takeOffer, session.Timeout(0))
	c.get("/segments/preview", staff.ProgrammeEdit, c.previewSegment, session.Timeout(0))
	c.get("/segments/{id}", staff.InsightView, c.segment, session.Timeout(0))
	c.get("/segments/{id}/edit", staff.ProgrammeEdit, c.editSegment)
	c.post("/segments/{id}/edit", staff.ProgrammeEdit, c.saveSegment, session.Timeout(0))
	c.post("/segments/{id}/state", staff.ProgrammeEdit, c.turnSegment, session.Timeout(0))
	c.post("/segments/{id}/snapshots", staff.ProgrammeEdit, c.freezeSegment, session.Timeout(0))
	c.get("/segments/{id}/snapshots/{snapshot}", staff.InsightExport, c.snapshotFile, session.Timeout(0))
	c.get("/members/{id}/segments", staff.InsightView, c.whySegments)
	c.command("segment.page", "/segments", staff.InsightView)
}

func segmentURL(id string) string { return "/segments/" + id }

func (s *scene) segmentMeta(title, lead string, under ...ui.Link) ui.Meta {
	m := ui.Meta{Title: title, Lead: lead, Word: ui.Insight, Wide: true}
	if len(under) == 0 {
		s.navigate(&m, "segments")
	} else {
		m.Crumbs = append([]ui.Link{{Label: s.t("ui.word.insight"), Href: "/insight"}, {Label: s.t("segment.page"), Href: "/segments"}}, under[1:]...)
	}
	return m
}

// says puts segments into words with the shop's names.
func (s *scene) says() segment.Speaker { return segment.Speaker{Speaker: s.speaker()} }

// segmentsPage lists the segments and those a shop may switch on.
type segmentsPage struct {
	s       *scene
	list    []segment.Segment
	broken  map[string]error
	sizes   map[string][]int64 // of the last weeks
	members int64
}

// trendDays is how far back a list shows sizes.
const trendDays = 28

func (c *Console) segments(w http.ResponseWriter, r *http.Request) error {
	p := segmentsPage{sizes: map[string][]int64{}}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if p.list, err = segment.List(tx, ""); err != nil {
			return err
		}
		k, err := c.Audience.Known(tx)
		if err != nil {
			return err
		}
		p.broken = k.Broken
		for _, x := range p.list {
			sizes, err := segment.Sizes(tx, x.ID, p.s.today-trendDays)
			if err != nil {
				return err
			}
			for _, z := range sizes {
				p.sizes[x.ID] = append(p.sizes[x.ID], z.Members)
			}
		}
		p.members, err = c.Members.CountJoined(tx, 1, clock.Date(9999, 12, 31))
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, segmentsView(p))
}

func (p segmentsPage) meta(ctx context.Context) ui.Meta {
	m := p.s.segmentMeta(p.s.t("segment.page"), p.s.t("segment.lead"))
	if may(ctx, staff.ProgrammeEdit) {
		m.Action = &ui.Button{Label: p.s.t("segment.new"), Href: "/segments/new"}
	}
	return m
}

func (p segmentsPage) table() ui.Table {
	s := p.s
	t := ui.Table{ID: "segments", Caption: s.t("segment.page"), List: ui.List{Path: "/segments"}, Empty: ui.Empty(s.t("segment.none_lead"), nil),
		Columns: []ui.Column{{Label: s.t("segment.name"), Keep: true}, {Label: s.t("segment.members"), Num: true}, {Label: s.t("segment.share")}, {Label: s.t("segment.state")}, {Label: s.t("segment.asks"), Wide: true}}}
	trends := p.trends()
	if trends {
		t.Columns = append(t.Columns, ui.Column{Label: s.t("segment.trend")})
	}
	for _, x := range p.list {
		row := ui.Row{Muted: x.State == segment.Archived, Cells: []templ.Component{ui.To(segmentURL(x.ID), x.Name.In(s.lang)), p.count(x), p.share(x),
			s.segmentBadge(x, p.broken[x.ID]), asking(s.says().Explain(&x.Definition))}}
		if trends {
			row.Cells = append(row.Cells, p.trend(x))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// count leads to who is in it.
func (p segmentsPage) count(x segment.Segment) templ.Component {
	n := p.s.segmentCount(x)
	if n == "–" {
		return ui.Text(n)
	}
	return ui.To(segmentURL(x.ID)+"#members", n)
}

// trends reports whether any segment has been counted on two days.
func (p segmentsPage) trends() bool {
	for _, x := range p.list {
		if len(p.sizes[x.ID]) > 1 {
			return true
		}
	}
	return false
}

// trend is a line of two days or more.
func (p segmentsPage) trend(x segment.Segment) templ.Component {
	if len(p.sizes[x.ID]) < 2 {
		return ui.Text("")
	}
	return ui.Sparkline(p.sizes[x.ID])
}

// share is a bar of how much of the shop a segment is.
func (p segmentsPage) share(x segment.Segment) templ.Component {
	if x.State != segment.Active || x.FilledAt == 0 || p.members == 0 {
		return ui.Text("")
	}
	return shareBar(x.Members, p.members, p.s.t("segment.share_of", "name", x.Name.In(p.s.lang)))
}

// shareText is n of all in per cent.
func shareText(n, all int64) string { return percent(n, all) + "%" }

// segmentCount is how many are in it; a dash where that is not known.
func (s *scene) segmentCount(x segment.Segment) string {
	if x.State != segment.Active || x.FilledAt == 0 {
		return "–"
	}
	return i18n.Number(x.Members)
}

func (s *scene) segmentBadge(x segment.Segment, broken error) templ.Component {
	switch {
	case broken != nil:
		return ui.Badge("bad", s.t("segment.broken"))
	case x.State == segment.Active && x.FilledAt == 0:
		return ui.Badge("info", s.t("segment.counting"))
	case x.State == segment.Active:
		return ui.Badge("good", s.t("segment.state.active"))
	}
	return ui.Badge("", s.t("segment.state."+string(x.State)))
}

// offer is a segment a shop may switch on.
type offer struct {
	id, name, why string
	asks          []string
}

// offers are those not there yet.
func (p segmentsPage) offers() (out []offer) {
	have := map[string]bool{}
	for _, x := range p.list {
		have[x.ID] = true
	}
	for _, o := range segment.Offered {
		if !have[o.ID] {
			out = append(out, offer{o.ID, p.s.t("segment.offered." + o.ID), p.s.t("segment.offered." + o.ID + "_why"), p.s.says().Explain(&o.Definition)})
		}
	}
	return out
}

// takeOffer switches an offered segment on.
func (c *Console) takeOffer(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	x, ok := segment.Offer(r.PostForm.Get("id"))
	if !ok {
		return fault.New(fault.NotFound, "segment.unknown", "id", r.PostForm.Get("id"))
	}
	err := c.write(r, func(tx *db.Tx) error {
		s, err := c.Audience.Create(tx, x)
		if err == nil {
			s, err = c.Audience.Turn(tx, s.ID, segment.Active, s.Version)
		}
		if err != nil {
			return err
		}
		return segmentEntry(r, tx, "segment.switched_on", s)
	})
	if err != nil {
		return err
	}
	return c.settled(w, r, x.ID, "segment.on")
}

// settled waits for a segment to be counted where that takes a moment, and
// leads to it.
func (c *Console) settled(w http.ResponseWriter, r *http.Request, id, flash string) error {
	ordered, err := c.Audience.Settle(r.Context())
	if err != nil {
		return err
	}
	if ordered {
		c.Jobs.Wake()
	}
	ui.Flash(w, "good", flash)
	return see(w, r, segmentURL(id))
}

func segmentEntry(r *http.Request, tx *db.Tx, code string, s segment.Segment) error {
	e := session.Entry(r, code, "segment", ident.ID{})
	e.After = audit.Values{"id": s.ID, "name": s.Name.JA, "name_en": s.Name.EN, "state": string(s.State), "when": s.Definition.When}
	return audit.Append(tx, e)
}
