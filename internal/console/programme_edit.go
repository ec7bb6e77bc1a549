package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"joren/internal/audience"
	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) programmeEditRoutes() {
	c.get("/programme/new", staff.ProgrammeEdit, c.newVersionPage)
	c.post("/programme/new", staff.ProgrammeEdit, c.saveVersion)
	c.get("/programme/versions/{number}/edit", staff.ProgrammeEdit, c.editVersionPage)
	c.post("/programme/versions/{number}/edit", staff.ProgrammeEdit, c.reviseVersion)
}

// desk is the editor with a document on it.
type desk struct {
	number   int    // of the draft; 0 for a new one
	seen     string // hash of the draft as it was opened
	source   string
	note     string
	problems plan.Problems
	errors   []ui.FieldError
	checked  *edition // the document, when it was checked and found good
	force    *edition
	met      ui.Form  // of one that was overtaken
	now      *edition // what the draft says then
}

// action is where the editor's form goes.
func (d desk) action() string {
	if d.number > 0 {
		return versionPath(d.number, "/edit")
	}
	return "/programme/new"
}

// newVersionPage offers what to begin from; with from= (a version) or
// template= it opens the editor.
func (c *Console) newVersionPage(w http.ResponseWriter, r *http.Request) error {
	asks := c.names(r, "from", "template")
	if asks.bad() {
		return asks.why
	}
	var s shelf
	var d desk
	err := c.read(r, func(tx *db.Tx) (err error) {
		if s, err = readShelf(tx); err != nil {
			return err
		}
		d, err = begin(tx, asks.wanted.Filter)
		return err
	})
	if err != nil {
		return err
	}
	if d.source == "" {
		return ui.Render(w, r, http.StatusOK, templatesPage(s))
	}
	d.force = s.force
	return ui.Render(w, r, http.StatusOK, editorPage(d))
}

func begin(tx *db.Tx, q url.Values) (d desk, err error) {
	switch {
	case q.Get("from") != "":
		n, err := strconv.Atoi(q.Get("from"))
		if err != nil {
			return d, fault.New(fault.NotFound, "programme.version_unknown", "number", q.Get("from"))
		}
		src, err := programme.Source(tx, n)
		d.source = string(src)
		return d, err
	case q.Get("template") != "":
		src, err := plan.Template(q.Get("template"))
		d.source = string(src)
		return d, err
	}
	return d, nil
}

func (c *Console) editVersionPage(w http.ResponseWriter, r *http.Request) error {
	var d desk
	err := c.read(r, func(tx *db.Tx) error {
		e, err := versionOf(tx, r)
		if err != nil {
			return err
		}
		if e.State != programme.Draft {
			return fault.New(fault.Conflict, "programme.published", "number", e.Number)
		}
		d = desk{number: e.Number, seen: e.Hash, source: string(e.source), note: e.Note}
		return nil
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, editorPage(d))
}

// sent reads the editor's form. Browsers send CR LF; documents are kept with
// LF.
func sent(r *http.Request) (d desk, err error) {
	if err := r.ParseForm(); err != nil {
		return d, err
	}
	d.source = strings.ReplaceAll(r.PostForm.Get("source"), "\r\n", "\n")
	d.note, d.seen = strings.TrimSpace(r.PostForm.Get("note")), r.PostForm.Get("seen")
	return d, nil
}

// check reads the document and, when it is good, what it changes.
func (c *Console) check(r *http.Request, d *desk) error {
	p, bad := plan.Parse([]byte(d.source))
	if d.problems = bad; len(bad) > 0 {
		d.errors = []ui.FieldError{{Name: "source", Text: ui.T(r.Context(), "programmes.problems", "n", len(bad))}}
		return nil
	}
	d.checked = &edition{programme.Version{EffectiveFrom: p.EffectiveFrom}, []byte(d.source), p}
	return c.read(r, func(tx *db.Tx) error {
		s, err := readShelf(tx)
		if err != nil {
			return err
		}
		d.force = s.force
		wrong, _, err := audience.CheckProgramme(tx, p)
		if d.problems = wrong; len(wrong) > 0 {
			d.checked, d.errors = nil, []ui.FieldError{{Name: "source", Text: ui.T(r.Context(), "programmes.problems", "n", len(wrong))}}
		}
		return err
	})
}

func (c *Console) saveVersion(w http.ResponseWriter, r *http.Request) error {
	d, err := sent(r)
	if err != nil {
		return err
	}
	return c.keep(w, r, d, func(tx *db.Tx, by ident.ID) (programme.Version, error) {
		return programme.Save(tx, []byte(d.source), by, d.note)
	})
}

func (c *Console) reviseVersion(w http.ResponseWriter, r *http.Request) error {
	d, err := sent(r)
	if err != nil {
		return err
	}
	if d.number, err = strconv.Atoi(r.PathValue("number")); err != nil {
		return fault.New(fault.NotFound, "programme.version_unknown", "number", r.PathValue("number"))
	}
	return c.keep(w, r, d, func(tx *db.Tx, _ ident.ID) (programme.Version, error) {
		v, err := programme.Revise(tx, d.number, d.seen, []byte(d.source))
		if err == nil && v.Hash == d.seen {
			err = errSame
		}
		return v, err
	})
}

// keep checks the document and stores it unless only a check was asked for.
// What cannot be stored stays in the editor, with the reason in place.
func (c *Console) keep(w http.ResponseWriter, r *http.Request, d desk, store func(tx *db.Tx, by ident.ID) (programme.Version, error)) error {
	if err := c.check(r, &d); err != nil {
		return err
	}
	if len(d.problems) > 0 {
		return ui.Render(w, r, http.StatusUnprocessableEntity, editorPage(d))
	}
	if r.PostForm.Get("do") == "check" {
		return ui.Render(w, r, http.StatusOK, editorPage(d))
	}
	var v programme.Version
	err := c.write(r, func(tx *db.Tx) (err error) {
		if v, err = store(tx, session.Must(r.Context()).User.ID); err != nil {
			return err
		}
		e := session.Entry(r, "programme.saved", "programme", ident.ID{})
		e.After = audit.Values{"number": v.Number, "hash": v.Hash}
		return audit.Append(tx, e)
	})
	if fault.Is(err, "programme.edited_meanwhile") && d.number > 0 {
		return c.draftOvertaken(w, r, d)
	}
	if fault.Is(err, "programme.published") {
		d.number, d.seen = 0, "" // what was written becomes a version of its own when it is saved again
	}
	if correctable(err) {
		d.errors = []ui.FieldError{{Name: "source", Text: ui.Why(r.Context(), err)}}
		return ui.Render(w, r, session.Status(fault.Of(err).Kind), editorPage(d))
	}
	if err == errSame {
		return saved(w, r, err, "", versionPath(v.Number, ""))
	}
	if err != nil {
		return err
	}
	ui.Flash(w, "good", "programmes.saved", "n", strconv.Itoa(v.Number))
	return see(w, r, versionPath(v.Number, ""))
}

// draftOvertaken shows a document beside the draft that somebody else saved
// first.
func (c *Console) draftOvertaken(w http.ResponseWriter, r *http.Request, d desk) error {
	if err := c.read(r, func(tx *db.Tx) (err error) { d.now, err = versionOf(tx, r); return err }); err != nil {
		return err
	}
	now := ui.Recorded{Values: url.Values{"source": {string(d.now.source)}, "seen": {d.now.Hash}}, Version: "seen", Reopen: d.action()}
	d.met = now.Meet(r.PostForm, ui.Field{Name: "source", Label: ui.T(r.Context(), "programmes.document")})
	d.seen = d.met.Value("seen")
	return ui.Render(w, r, http.StatusConflict, editorPage(d))
}

// lines are those in which the document differs from what the draft says now,
// with their neighbours; says counts them.
func (d desk) lines() []ui.DiffLine { return ui.Near(ui.Lines(string(d.now.source), d.source), 3) }

func (d desk) says(ctx context.Context) string {
	if d.met.Now("source") == nil {
		return ""
	}
	less, more := 0, 0
	for _, l := range d.lines() {
		switch l.Op {
		case '-':
			less++
		case '+':
			more++
		}
	}
	return ui.T(ctx, "programmes.now_says", "less", less, "more", more)
}

// marks are the problems beside their lines.
func (d desk) marks(ctx context.Context) []ui.Mark {
	out := make([]ui.Mark, len(d.problems))
	for i, p := range d.problems {
		out[i] = ui.Mark{Line: p.Line, Text: p.Text(ui.Lang(ctx))}
		if p.Path != "" {
			out[i].Text = p.Path + ": " + out[i].Text
		}
	}
	return out
}
