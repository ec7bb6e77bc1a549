package console

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) programmeRoutes() {
	c.rail(ui.Programme, "/programme", staff.ProgrammeView)
	c.get("/programme", staff.ProgrammeView, c.programmePage)
	c.get("/programme/versions/{number}", staff.ProgrammeView, c.versionPage)
	c.get("/programme/versions/{number}/yaml", staff.ProgrammeView, c.versionYAML)
	c.programmeEditRoutes()
	c.programmePublishRoutes()
	c.command("programmes.new", "/programme/new", staff.ProgrammeEdit)
}

// edition is a version with what it says. plan is nil when the stored text no
// longer reads as a programme.
type edition struct {
	programme.Version
	source []byte
	plan   *plan.Programme
}

// shelf is all versions and the one in force.
type shelf struct {
	versions []programme.Version
	force    *edition // nil without one
	names    map[ident.ID]string
}

func readShelf(tx *db.Tx) (s shelf, err error) {
	if s.versions, err = programme.Versions(tx); err != nil {
		return s, err
	}
	if s.names, err = staff.Names(tx); err != nil {
		return s, err
	}
	for _, v := range s.versions {
		if v.State == programme.InForce {
			s.force, err = readEdition(tx, v)
		}
	}
	return s, err
}

func readEdition(tx *db.Tx, v programme.Version) (*edition, error) {
	src, err := programme.Source(tx, v.Number)
	if err != nil {
		return nil, err
	}
	p, _ := plan.ParseVersion(src, v.Number)
	return &edition{v, src, p}, nil
}

// latest is the published version that starts last, to which a new one is
// compared when it is published; nil without one.
func (s shelf) latest(tx *db.Tx) (*edition, error) {
	var last *programme.Version
	for i, v := range s.versions {
		if v.PublishedAt != 0 && (last == nil || v.StartsAt > last.StartsAt) {
			last = &s.versions[i]
		}
	}
	if last == nil {
		return nil, nil
	}
	return readEdition(tx, *last)
}

// versionOf finds the version of the address.
func versionOf(tx *db.Tx, r *http.Request) (*edition, error) {
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return nil, fault.New(fault.NotFound, "programme.version_unknown", "number", r.PathValue("number"))
	}
	v, err := programme.Get(tx, n)
	if err != nil {
		return nil, err
	}
	return readEdition(tx, v)
}

func versionPath(n int, more string) string { return "/programme/versions/" + strconv.Itoa(n) + more }

// termsAsked is a page with terms: what its URL asks for, and the language the
// reader wants them in, their own by default.
func (c *Console) termsAsked(r *http.Request) (question, i18n.Lang) {
	q := c.names(r, "terms")
	return q, cmp.Or(i18n.Lang(q.word("terms", string(i18n.JA), string(i18n.EN))), lang(r))
}

func (c *Console) programmePage(w http.ResponseWriter, r *http.Request) error {
	var s shelf
	if err := c.read(r, func(tx *db.Tx) (err error) { s, err = readShelf(tx); return err }); err != nil {
		return err
	}
	q, terms := c.termsAsked(r)
	return ui.Render(w, r, q.status(), programmePage(q, s, terms, can(r, staff.ProgrammeEdit)))
}

func (c *Console) versionPage(w http.ResponseWriter, r *http.Request) error {
	var s shelf
	var e *edition
	err := c.read(r, func(tx *db.Tx) (err error) {
		if e, err = versionOf(tx, r); err != nil {
			return err
		}
		s, err = readShelf(tx)
		return err
	})
	if err != nil {
		return err
	}
	q, terms := c.termsAsked(r)
	return ui.Render(w, r, q.status(), versionPage(q, s, e, terms, versionButtons(r, e)))
}

// versionButtons is what the person may do with a version, the main thing
// first.
func versionButtons(r *http.Request, e *edition) (out []ui.Button) {
	ctx := r.Context()
	if e.State == programme.Draft && can(r, staff.ProgrammePublish) {
		out = append(out, ui.Button{Label: ui.T(ctx, "programmes.to_publish"), Href: versionPath(e.Number, "/publish")})
	}
	if e.State == programme.Draft && can(r, staff.ProgrammeEdit) {
		out = append(out, ui.Button{Label: ui.T(ctx, "programmes.edit"), Href: versionPath(e.Number, "/edit"), Kind: "secondary"})
	}
	if e.State == programme.Scheduled && can(r, staff.ProgrammePublish) {
		out = append(out, ui.Button{Label: ui.T(ctx, "programmes.withdraw"), Post: versionPath(e.Number, "/withdraw"), Kind: "danger"})
	}
	if can(r, staff.ProgrammeEdit) {
		out = append(out, ui.Button{Label: ui.T(ctx, "programmes.copy"), Href: "/programme/new?from=" + strconv.Itoa(e.Number), Kind: "secondary"})
	}
	return append(out, ui.Button{Label: ui.T(ctx, "programmes.download"), Href: versionPath(e.Number, "/yaml"), Kind: "text"})
}

func (c *Console) versionYAML(w http.ResponseWriter, r *http.Request) error {
	var e *edition
	if err := c.read(r, func(tx *db.Tx) (err error) { e, err = versionOf(tx, r); return err }); err != nil {
		return err
	}
	download(w, "application/yaml; charset=utf-8", "programme-"+strconv.Itoa(e.Number)+".yaml")
	_, err := w.Write(e.source)
	return err
}

var stateTones = map[programme.State]string{programme.InForce: "good", programme.Scheduled: "info", programme.Draft: "warn", programme.Superseded: ""}

func versionState(ctx context.Context, s programme.State) templ.Component {
	return ui.Badge(stateTones[s], ui.T(ctx, "programmes.state."+string(s)))
}

func versionTable(ctx context.Context, s shelf) ui.Table {
	t := ui.Table{ID: "versions", Caption: ui.T(ctx, "programmes.versions"), Columns: []ui.Column{{Label: ui.T(ctx, "programmes.version"), Keep: true}, {Label: ui.T(ctx, "stores.state")},
		{Label: ui.T(ctx, "programmes.from"), Keep: true}, {Label: ui.T(ctx, "programmes.note")}, {Label: ui.T(ctx, "programmes.made"), Keep: true}, {Label: ui.T(ctx, "programmes.published"), Keep: true}}}
	for i := len(s.versions) - 1; i >= 0; i-- {
		v := s.versions[i]
		t.Rows = append(t.Rows, ui.Row{Muted: v.State == programme.Superseded, Cells: []templ.Component{ui.To(versionPath(v.Number, ""), ui.T(ctx, "programmes.number", "n", v.Number)),
			versionState(ctx, v.State), ui.Text(i18n.ShortDay(ui.Lang(ctx), v.EffectiveFrom)), ui.Text(v.Note), ui.Text(byWhom(ctx, whenText(ctx, v.CreatedAt), s.names[v.CreatedBy])),
			ui.Text(byWhom(ctx, whenText(ctx, v.PublishedAt), s.names[v.PublishedBy]))}})
	}
	return t
}

func byWhom(ctx context.Context, when, name string) string {
	if name == "" {
		return when
	}
	return ui.T(ctx, "programmes.by", "when", when, "name", name)
}

// versionFacts is the head of a version.
func versionFacts(ctx context.Context, s shelf, e *edition) []ui.Fact {
	fs := []ui.Fact{{Term: ui.T(ctx, "stores.state"), Value: versionState(ctx, e.State)}, ui.Say(ui.T(ctx, "programmes.from"), i18n.Day(ui.Lang(ctx), e.EffectiveFrom)),
		ui.Say(ui.T(ctx, "programmes.made"), byWhom(ctx, whenText(ctx, e.CreatedAt), s.names[e.CreatedBy])), ui.Say(ui.T(ctx, "programmes.published"), byWhom(ctx, whenText(ctx, e.PublishedAt), s.names[e.PublishedBy]))}
	if e.Note != "" {
		f := ui.Say(ui.T(ctx, "programmes.note"), e.Note)
		f.Wide = true
		fs = append(fs, f)
	}
	return fs
}

// termFacts is the terms as terms and what they say.
func termFacts(p *plan.Programme, l i18n.Lang) []ui.Fact {
	doc := plan.Terms(p, l)
	out := make([]ui.Fact, len(doc.Paragraphs))
	for i, x := range doc.Paragraphs {
		out[i] = ui.Fact{Term: x.Heading, Value: ui.Text(x.Text), Wide: true}
	}
	return out
}

var effectTones = map[plan.Effect]string{plan.Better: "good", plan.Worse: "bad", plan.Mixed: "warn", plan.Neutral: ""}

// changeTable tells what changes, each with what it means for members.
func changeTable(ctx context.Context, changes []plan.Change) ui.Table {
	t := ui.Table{ID: "changes", Caption: ui.T(ctx, "programmes.changes"), Columns: []ui.Column{{Label: ui.T(ctx, "programmes.part")}, {Label: ui.T(ctx, "programmes.for_members")},
		{Label: ui.T(ctx, "programmes.before"), Full: true}, {Label: ui.T(ctx, "programmes.after"), Full: true}}, Empty: ui.Empty(ui.T(ctx, "programmes.no_changes"), nil)}
	for _, x := range changes {
		before, after := x.Before.In(ui.Lang(ctx)), x.After.In(ui.Lang(ctx))
		if x.What == plan.Added {
			before = ui.T(ctx, "programmes.absent")
		}
		if x.What == plan.Removed {
			after = ui.T(ctx, "programmes.gone")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(x.Heading.In(ui.Lang(ctx))), ui.Badge(effectTones[x.For], ui.T(ctx, "programmes.effect."+string(x.For))), ui.Text(before), ui.Text(after)}})
	}
	return t
}

// changesOf compares two editions; nothing when either is missing.
func changesOf(old, new *edition) []plan.Change {
	if old == nil || new == nil || old.plan == nil || new.plan == nil {
		return nil
	}
	return plan.Diff(old.plan, new.plan)
}
