package console

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/audience"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/segment"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

// segmentPage is one segment with who is in it.
type segmentPage struct {
	question
	s      *scene
	x      segment.Segment
	broken error
	norms  segment.Norms
	all    int64
	rows   []segment.Membership
	pager  ui.Pager
	people map[ident.ID]owner
	snaps  []segment.Snapshot
	sizes  []segment.Size
	usedBy []string
	form   ui.Form // of a snapshot
}

var segmentList = ui.ListSpec{Size: 50}

func (c *Console) segment(w http.ResponseWriter, r *http.Request) error {
	return c.showSegment(w, r, http.StatusOK, ui.Form{})
}

func (c *Console) showSegment(w http.ResponseWriter, r *http.Request, status int, f ui.Form) error {
	p := segmentPage{question: c.ask(r, segmentList), form: f}
	p.list.Path = segmentURL(r.PathValue("id"))
	if err := c.read(r, func(tx *db.Tx) error { return c.fillSegment(r, tx, &p) }); err != nil {
		return err
	}
	if p.file() {
		return c.exportSegment(w, r)
	}
	if p.bad() {
		status = p.status()
	}
	return ui.Render(w, r, status, segmentView(p))
}

func (c *Console) fillSegment(r *http.Request, tx *db.Tx, p *segmentPage) (err error) {
	if p.s, err = c.scene(r, tx); err != nil {
		return err
	}
	if p.x, err = segment.Get(tx, r.PathValue("id")); err != nil {
		return err
	}
	k, err := c.Audience.Known(tx)
	if err != nil {
		return err
	}
	p.broken, p.usedBy = k.Broken[p.x.ID], k.Set.UsedBy(p.x.ID)
	now, err := segment.Current(tx)
	if err != nil {
		return err
	}
	p.norms = now.Norms
	if p.all, err = c.Members.CountJoined(tx, 1, clock.Date(9999, 12, 31)); err != nil {
		return err
	}
	if p.sizes, err = segment.Sizes(tx, p.x.ID, p.s.today-3*trendDays); err != nil {
		return err
	}
	if p.snaps, err = segment.Snapshots(tx, p.x.ID); err != nil {
		return err
	}
	return c.fillSegmentRows(r, tx, p)
}

func (c *Console) fillSegmentRows(r *http.Request, tx *db.Tx, p *segmentPage) error {
	from, back := placeOf(&p.question, parsed(ident.Member))
	rows, err := segment.In(tx, p.x.ID, from, back, p.list.Size+1)
	if err != nil {
		return err
	}
	p.rows, p.pager = pages(rows, p.list.Size, !from.IsZero(), back, func(x segment.Membership) string { return ident.Member.Text(x.Member) })
	p.pager.Total = int(p.x.Members)
	if !can(r, staff.MembersView) { // others see figures, not names
		return nil
	}
	ids := make([]ident.ID, len(p.rows))
	for i, x := range p.rows {
		ids[i] = x.Member
	}
	p.people, err = c.owners(tx, p.s, ids)
	return err
}

func (p segmentPage) meta(ctx context.Context) ui.Meta {
	m := p.s.segmentMeta(p.x.Name.In(p.s.lang), "", ui.Link{})
	if !may(ctx, staff.ProgrammeEdit) {
		return m
	}
	m.More = []ui.Button{{Label: p.s.t("segment.edit"), Kind: "secondary", Href: segmentURL(p.x.ID) + "/edit"}}
	turn := func(label, kind string, to segment.State) ui.Button {
		return ui.Button{Label: p.s.t(label), Kind: kind, Post: segmentURL(p.x.ID) + "/state", Hidden: map[string]string{"to": string(to), "seen": strconv.FormatInt(p.x.Version, 10)}}
	}
	if p.x.State == segment.Active {
		m.More = append(m.More, turn("segment.put_away", "text", segment.Archived))
	} else {
		on := turn("segment.switch_on", "", segment.Active)
		m.Action = &on
	}
	return m
}

func (p segmentPage) counted() bool { return p.x.State == segment.Active && p.x.FilledAt != 0 }

func (p segmentPage) tiles() []ui.NumberTile {
	s := p.s
	out := []ui.NumberTile{{Label: s.t("segment.members"), Value: s.segmentCount(p.x), Unit: s.t("console.unit.people"), Href: "#members", Note: s.t("segment.as_of", "when", s.when(s.now))}}
	if p.counted() {
		out = append(out, ui.NumberTile{Label: s.t("segment.share"), Value: shareText(p.x.Members, p.all), Href: "/members", Note: s.t("segment.of_members", "n", p.all)})
	}
	return out
}

// chart shows the segment's size at the beginning of days.
func (p segmentPage) chart() ui.Chart {
	s := p.s
	ch := ui.Chart{ID: "sizes", Title: s.t("segment.trend"), Kind: ui.Line, XName: s.t("segment.day"), Series: []ui.Series{{Name: s.t("segment.members")}}}
	for _, z := range p.sizes {
		ch.X = append(ch.X, z.Day.String())
		ch.Series[0].Values = append(ch.Series[0].Values, z.Members)
	}
	first, last := p.sizes[0], p.sizes[len(p.sizes)-1]
	ch.Reading = s.t("segment.trend_says", "from", first.Day, "was", first.Members, "to", last.Day, "is", last.Members)
	return ch
}

func (p segmentPage) table() ui.Table {
	s := p.s
	t := ui.Table{ID: "who", Cards: true, Caption: s.t("segment.who"), List: p.list, Pager: p.pager, CSV: true, Empty: ui.Empty(s.t("segment.nobody"), nil),
		Columns: []ui.Column{{Label: s.t("insight.who")}, {Label: s.t("segment.since"), Keep: true}, {Label: s.t("segment.reason"), Keep: true}}}
	for _, x := range p.rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{p.who(x.Member), ui.Text(s.when(x.Since)), ui.To(memberURL(x.Member)+"/segments#"+p.x.ID, s.t("segment.why_in"))}})
	}
	return t
}

func (p segmentPage) who(id ident.ID) templ.Component {
	if o, ok := p.people[id]; ok {
		return ui.To(o.href, o.name)
	}
	return ui.Text(veiled(id))
}

// veiled is a member's id for who may see figures only.
func veiled(id ident.ID) string {
	text := ident.Member.Text(id)
	return text[:4] + "…" + text[len(text)-6:]
}

// cuts are the lowest figures of each class today.
func (p segmentPage) cuts() ui.Table {
	s := p.s
	t := ui.Table{ID: "cuts", Caption: s.t("segment.cuts"), List: ui.List{Path: segmentURL(p.x.ID)}, Columns: []ui.Column{{Label: s.t("segment.class"), Num: true}, {Label: s.t("segment.recency"), Keep: true}, {Label: s.t("segment.frequency"), Num: true}, {Label: s.t("segment.money"), Num: true}}}
	for k := segment.Classes; k >= 2; k-- {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(strconv.Itoa(k)), ui.Text(p.cut(p.norms.Recency[k-2], func(v int64) string { return s.t("segment.from_day", "day", s.day(clock.Day(v))) })),
			ui.Text(p.cut(p.norms.Frequency[k-2], func(v int64) string { return s.t("segment.from_visits", "n", v) })), ui.Text(p.cut(p.norms.Money[k-2], func(v int64) string { return s.t("segment.from_money", "money", s.money(v)) }))}})
	}
	t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text("1"), ui.Text(s.t("segment.below")), ui.Text(s.t("segment.below")), ui.Text(s.t("segment.below"))}})
	return t
}

func (p segmentPage) cut(v int64, say func(int64) string) string {
	if v == segment.NoClass {
		return "–"
	}
	return say(v)
}

func (p segmentPage) snapshots(ctx context.Context) ui.Table {
	s := p.s
	t := ui.Table{ID: "snapshots", Caption: s.t("segment.snapshots"), List: ui.List{Path: segmentURL(p.x.ID)}, Empty: ui.Empty(s.t("segment.no_snapshots"), nil),
		Columns: []ui.Column{{Label: s.t("segment.name")}, {Label: s.t("segment.taken"), Keep: true}, {Label: s.t("segment.members"), Num: true}, {Label: s.t("segment.asked_then"), Wide: true}, {Label: s.t("segment.file")}}}
	for _, x := range p.snaps {
		file := ui.Text("")
		if may(ctx, staff.InsightExport) {
			file = ui.To(segmentURL(p.x.ID)+"/snapshots/"+ident.Snapshot.Text(x.ID), "CSV")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(x.Name), ui.Text(s.when(x.TakenAt)), ui.Text(i18n.Number(x.Members)), sentences(s.says().Explain(&x.Definition)), file}})
	}
	return t
}

// turnSegment switches a segment on or puts it away.
func (c *Console) turnSegment(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	seen := madeFrom(r.PostForm, "seen")
	to, id := segment.State(r.PostForm.Get("to")), r.PathValue("id")
	if to != segment.Active && to != segment.Archived && to != segment.Draft {
		return fault.New(fault.Invalid, "segment.bad_state")
	}
	err := c.write(r, func(tx *db.Tx) error {
		was, err := segment.Get(tx, id)
		if err != nil {
			return err
		}
		if was.State == to {
			return errSame
		}
		s, err := c.Audience.Turn(tx, id, to, seen)
		if err != nil {
			return err
		}
		return segmentEntry(r, tx, "segment.turned", s)
	})
	if fault.Is(err, "segment.changed") {
		return c.showSegment(w, r, http.StatusConflict, ui.Form{Overtaken: &ui.Overtaken{Button: true}})
	}
	if fault.Is(err, "segment.in_use") || fault.Is(err, "segment.invalid") {
		f := ui.NewForm(lang(r), r.PostForm, err)
		return c.showSegment(w, r, session.Status(fault.Of(err).Kind), f)
	}
	if err == nil && to == segment.Active {
		return c.settled(w, r, id, "segment.on")
	}
	return saved(w, r, err, "segment.off", segmentURL(id))
}

func (c *Console) freezeSegment(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := c.write(r, func(tx *db.Tx) error {
		snap, err := segment.Freeze(tx, id, r.PostForm.Get("name"), session.Must(r.Context()).User.ID)
		if err != nil {
			return err
		}
		x, err := segment.Get(tx, id)
		if err != nil {
			return err
		}
		x.Members = snap.Members
		return segmentEntry(r, tx, "segment.frozen", x)
	})
	if correctable(err) {
		return c.showSegment(w, r, session.Status(fault.Of(err).Kind), ui.NewForm(lang(r), r.PostForm, err))
	}
	if err != nil {
		return err
	}
	ui.Flash(w, "good", "segment.frozen")
	return see(w, r, segmentURL(id)+"#snapshots")
}

// exportSegment writes who is in a segment now.
func (c *Console) exportSegment(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	return c.export(w, r, staff.InsightExport, "segment", nil, func(tx *db.Tx, out *intake.CSVWriter) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		if err := out.Row(s.heads("", "insight.score.member", "console.member.number", "console.member.name", "segment.since")...); err != nil {
			return err
		}
		after := ident.ID{}
		for n := 0; n < maxRows; {
			list, err := segment.In(tx, id, after, false, 500)
			if err != nil || len(list) == 0 {
				return err
			}
			ids := make([]ident.ID, len(list))
			since := make(map[ident.ID]string, len(list))
			for i, x := range list {
				ids[i], since[x.Member] = x.Member, s.stamp(x.Since)
			}
			if err := c.memberLines(r, tx, s, out, ids, since); err != nil {
				return err
			}
			after, n = list[len(list)-1].Member, n+len(list)
		}
		return nil
	})
}

// memberLines writes members, by name only for who may take names along.
func (c *Console) memberLines(r *http.Request, tx *db.Tx, s *scene, out *intake.CSVWriter, ids []ident.ID, since map[ident.ID]string) error {
	var people map[ident.ID]owner
	if can(r, staff.MembersExport) {
		var err error
		if people, err = c.owners(tx, s, ids); err != nil {
			return err
		}
	}
	for _, id := range ids {
		o := people[id]
		if err := out.Text(ident.Member.Text(id)).Text(o.number).Text(o.name).Text(since[id]).End(); err != nil {
			return err
		}
	}
	return nil
}

// snapshotFile writes who was in a segment when a snapshot was taken.
func (c *Console) snapshotFile(w http.ResponseWriter, r *http.Request) error {
	id, err := ident.Snapshot.Parse(r.PathValue("snapshot"))
	if err != nil {
		return fault.New(fault.NotFound, "segment.snapshot_unknown")
	}
	var snap segment.Snapshot
	if err := c.read(r, func(tx *db.Tx) (err error) { snap, err = segment.SnapshotOf(tx, id); return err }); err != nil {
		return err
	}
	return c.export(w, r, staff.InsightExport, "snapshot", nil, func(tx *db.Tx, out *intake.CSVWriter) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		if err := out.Row(s.heads("", "insight.score.member", "console.member.number", "console.member.name", "segment.taken")...); err != nil {
			return err
		}
		after := ident.ID{}
		for n := 0; n < maxRows; {
			ids, err := segment.Frozen(tx, id, after, 500)
			if err != nil || len(ids) == 0 {
				return err
			}
			since := make(map[ident.ID]string, len(ids))
			for _, m := range ids {
				since[m] = s.stamp(snap.TakenAt)
			}
			if err := c.memberLines(r, tx, s, out, ids, since); err != nil {
				return err
			}
			after, n = ids[len(ids)-1], n+len(ids)
		}
		return nil
	})
}

// whyPage tells of each segment whether a member is in it, and why.
type whyPage struct {
	s      *scene
	who    owner
	places []audience.Place
}

func (c *Console) whySegments(w http.ResponseWriter, r *http.Request) error {
	id, err := ident.Member.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "member.unknown")
	}
	var p whyPage
	err = c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		p.who = owner{name: veiled(id)}
		if can(r, staff.MembersView) {
			people, err := c.owners(tx, p.s, []ident.ID{id})
			if err != nil {
				return err
			}
			p.who = people[id]
		}
		p.places, err = c.Audience.Why(tx, id, p.s.says())
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, whyView(p))
}
