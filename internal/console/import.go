package console

import (
	"cmp"
	"context"
	"encoding/hex"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"joren/internal/audit"
	"joren/internal/blob"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

// filePrefix marks uploaded files in addresses.
const filePrefix ident.Prefix = "fil"

// maxUpload is the largest file that is taken, in bytes.
const maxUpload = 1 << 30

func (c *Console) importRoutes() {
	c.get("/import", staff.ImportRun, c.importsPage)
	c.post("/import", staff.ImportRun, c.upload, session.Body(maxUpload+1<<20), session.Timeout(0))
	c.get("/import/files/{id}", staff.ImportRun, c.filePage, session.Timeout(0))
	c.get("/import/files/{id}/errors", staff.ImportRun, c.fileErrors, session.Timeout(0))
	c.post("/import/files/{id}/run", staff.ImportRun, c.orderImport)
	c.mappingRoutes()
	c.importRunRoutes()
	c.command("imports.title", "/import", staff.ImportRun)
}

var importTones = map[string]string{"running": "info", "paused": "warn", "done": "good", "failed": "bad"}

func importState(ctx context.Context, m intake.Import) templ.Component {
	return ui.Badge(importTones[m.State], ui.T(ctx, "imports.state."+m.State))
}

func (c *Console) importsPage(w http.ResponseWriter, r *http.Request) error {
	return c.showImports(w, r, http.StatusOK, nil)
}

func (c *Console) showImports(w http.ResponseWriter, r *http.Request, status int, why error) error {
	var list []intake.Import
	err := c.read(r, func(tx *db.Tx) (err error) { list, err = intake.Imports(tx, 100); return err })
	if err != nil {
		return err
	}
	t, err := importTable(r.Context(), list)
	if err != nil {
		return err
	}
	f := ui.NewForm(lang(r), nil, why)
	for i := range f.Errors {
		f.Errors[i].Name = "file"
	}
	return ui.Render(w, r, status, importsPage(f, t))
}

func importTable(ctx context.Context, list []intake.Import) (ui.Table, error) {
	t := ui.Table{ID: "imports", Caption: ui.T(ctx, "imports.title"), Empty: ui.Empty(ui.T(ctx, "imports.empty"), nil),
		Columns: []ui.Column{{Label: ui.T(ctx, "imports.file")}, {Label: ui.T(ctx, "stores.state")}, {Label: ui.T(ctx, "imports.profile")}, {Label: ui.T(ctx, "imports.purchases"), Num: true},
			{Label: ui.T(ctx, "imports.members_new"), Num: true}, {Label: ui.T(ctx, "imports.refused"), Num: true}, {Label: ui.T(ctx, "imports.started"), Keep: true}}}
	for _, m := range list {
		n, err := m.Counts()
		if err != nil {
			return t, err
		}
		if rep, ok, err := m.Ended(); err != nil {
			return t, err
		} else if ok {
			n = rep.Would
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.To("/import/reports/"+ident.Import.Text(m.ID), m.File), importState(ctx, m), ui.Text(profileName(ctx, m.Profile)),
			ui.Number(int64(n.Purchases)), ui.Number(int64(n.MembersNew)), ui.Number(int64(n.Refused)), ui.Text(whenText(ctx, m.StartedAt))}})
	}
	return t, nil
}

// profileName is what a shipped profile is called; a saved mapping has the
// name its maker gave.
func profileName(ctx context.Context, name string) string {
	if a, b, both := strings.Cut(name, "+"); both { // the files of one export
		return profileName(ctx, a) + " + " + profileName(ctx, b)
	}
	if key := "imports.profile." + name; i18n.Has(key) {
		return ui.T(ctx, key)
	}
	return name
}

// upload stores the file as it arrives and leads to its dry run.
func (c *Console) upload(w http.ResponseWriter, r *http.Request) error {
	f, err := c.receive(r)
	if fa := fault.Of(err); fa != nil && (fa.Kind == fault.Invalid || fa.Kind == fault.Conflict) {
		return c.showImports(w, r, session.Status(fa.Kind), err)
	}
	if err != nil {
		return err
	}
	err = c.write(r, func(tx *db.Tx) error {
		e := session.Entry(r, "import.uploaded", "file", f.ID)
		e.After = audit.Values{"bytes": f.Size, "sha256": hex.EncodeToString(f.SHA256[:])}
		return audit.Append(tx, e)
	})
	if err != nil {
		return err
	}
	return see(w, r, "/import/files/"+filePrefix.Text(f.ID))
}

// maxFiles is how many files of one export are taken at once.
const maxFiles = 24

// receive reads the parts "file" of the form into the database; several are
// the files of one export and become one.
func (c *Console) receive(r *http.Request) (blob.File, error) {
	missing := fault.New(fault.Invalid, "imports.no_file")
	form, err := r.MultipartReader()
	if err != nil {
		return blob.File{}, missing
	}
	var files []blob.File
	for len(files) < maxFiles {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return blob.File{}, err
		}
		if part.FormName() != "file" {
			continue
		}
		f, err := c.receivePart(r, part, missing)
		if err != nil {
			return f, err
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return blob.File{}, missing
	}
	return intake.Together(r.Context(), c.db, files, maxUpload)
}

func (c *Console) receivePart(r *http.Request, part *multipart.Part, missing error) (blob.File, error) {
	name := fileName(part.FileName())
	if name == "" {
		return blob.File{}, missing
	}
	f, err := blob.Upload(r.Context(), c.db, name, intake.FileType, part, maxUpload)
	if err == nil && f.Size == 0 {
		err = fault.New(fault.Invalid, "csv.empty")
	}
	return f, err
}

// fileName is the last part of the name a browser sent, at most 200 bytes of
// it: some send whole paths.
func fileName(s string) string {
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	if s == "." || s == "/" {
		return ""
	}
	for len(s) > 200 {
		_, n := utf8.DecodeRuneInString(s)
		s = s[n:]
	}
	return strings.ToValidUTF8(s, "?")
}

// fileOf is the uploaded file of the address.
func fileOf(r *http.Request) (ident.ID, error) {
	id, err := filePrefix.Parse(r.PathValue("id"))
	if err != nil {
		return id, fault.New(fault.NotFound, "blob.unknown")
	}
	return id, nil
}

// trial is a dry run of an uploaded file.
type trial struct {
	file    ident.ID
	name    string
	mapping string   // "" is told by the header
	names   []string // profiles and saved mappings to choose from
	report  *intake.Report
	why     error // why the file cannot be read with this mapping
	history bool
}

// unreadableBy reports that a file could not be read, and will not be when it
// is tried again as it is.
func unreadableBy(code string) bool {
	return strings.HasPrefix(code, "csv.") || strings.HasPrefix(code, "mapping.")
}

// unreadable reports that no other mapping could read the file.
func (t trial) unreadable() bool {
	if t.why == nil {
		return false
	}
	switch fault.Of(t.why).Code {
	case "csv.empty", "csv.binary", "csv.spreadsheet", "csv.compressed", "csv.line_too_long", "csv.truncated":
		return true
	}
	return false
}

func (t trial) href(more string, pairs ...string) string {
	q := url.Values{}
	if t.mapping != "" {
		q.Set("mapping", t.mapping)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	s := "/import/files/" + filePrefix.Text(t.file) + more
	if len(q) > 0 {
		s += "?" + q.Encode()
	}
	return s
}

// try reads the whole file and says what importing it would do.
func (c *Console) try(r *http.Request) (t trial, err error) {
	if t.file, err = fileOf(r); err != nil {
		return t, err
	}
	asks := c.names(r, "mapping")
	t.mapping = asks.wanted.Get("mapping")
	if err := c.read(r, func(tx *db.Tx) (err error) { t.names, err = mappingNames(tx); return err }); err != nil {
		return t, err
	}
	src, err := intake.FromBlob(r.Context(), c.db, t.file, t.mapping)
	t.name = src.Name
	if why := cmp.Or(asks.why, err); asks.bad() || fault.Is(err, "mapping.unknown") {
		t.why = why
		return t, nil
	}
	if err != nil {
		return t, err
	}
	t.report, err = intake.DryRun(r.Context(), src, intake.Seen(c.db), nil)
	if err == nil {
		t.history = old(t.report, session.Settings(r.Context()).Calendar(), c.db.Clock().Shop())
	}
	if err == nil && c.Judge != nil { // reading was quick, and said whether to judge it as history
		t.report, err = intake.DryRun(r.Context(), src, intake.Seen(c.db), c.Judge(t.history))
	}
	if correctable(err) {
		t.why, err = err, nil
	}
	return t, err
}

func mappingNames(tx *db.Tx) ([]string, error) {
	names := intake.ProfileNames()
	saved, err := intake.Mappings(tx)
	for _, m := range saved {
		names = append(names, m.Name)
	}
	return names, err
}

func (c *Console) filePage(w http.ResponseWriter, r *http.Request) error {
	t, err := c.try(r)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if t.why != nil {
		status = http.StatusUnprocessableEntity
	}
	return ui.Render(w, r, status, filePage(t))
}

// old reports that a file tells of days before yesterday: then it is taken as
// history unless the person says otherwise.
func old(rep *intake.Report, z clock.Zone, now clock.Instant) bool {
	return len(rep.Period) == 2 && rep.Period[1] < z.Day(now)-1
}

// fileErrors is the errors table of a dry run as a file.
func (c *Console) fileErrors(w http.ResponseWriter, r *http.Request) error {
	t, err := c.try(r)
	if err != nil {
		return err
	}
	if t.why != nil {
		return t.why
	}
	download(w, "text/csv; charset=utf-8", "errors.csv")
	return t.report.WriteErrors(w, lang(r))
}

// orderImport makes the job that imports the file and leads to its progress.
func (c *Console) orderImport(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	file, err := fileOf(r)
	if err != nil {
		return err
	}
	var job ident.ID
	err = c.write(r, func(tx *db.Tx) (err error) {
		o := intake.Order{File: file, Mapping: r.PostForm.Get("mapping"), History: r.PostForm.Get("history") == "yes"}
		if job, err = intake.Enqueue(tx, o); err != nil {
			return err
		}
		e := session.Entry(r, "import.ordered", "job", job)
		e.After = audit.Values{"file": filePrefix.Text(file), "mapping": o.Mapping, "history": o.History}
		return audit.Append(tx, e)
	})
	if fault.Is(err, "mapping.unknown") { // the file's page says so, at the choice
		return see(w, r, trial{file: file, mapping: r.PostForm.Get("mapping")}.href(""))
	}
	if err != nil {
		return err
	}
	c.wakeJobs()
	return see(w, r, "/import/jobs/"+ident.Job.Text(job))
}

// problemTable is the errors (id "errors") as EXAMPLES §5 lists them, or the
// notes (id "notes"), the first of many.
func problemTable(ctx context.Context, id string, ps []intake.Problem, most int) ui.Table {
	what, do := ui.T(ctx, "imports.what"), ui.T(ctx, "imports.do")
	if id == "notes" {
		what, do = ui.T(ctx, "imports.note_what"), ui.T(ctx, "imports.note_do")
	}
	t := ui.Table{ID: id, Caption: ui.T(ctx, "imports."+id), Columns: []ui.Column{{Label: ui.T(ctx, "imports.row"), Num: true}, {Label: ui.T(ctx, "imports.column")}, {Label: ui.T(ctx, "imports.value")},
		{Label: what}, {Label: do}}, Pager: ui.Pager{Shown: min(most, len(ps)), Total: len(ps)}}
	for _, p := range ps[:min(most, len(ps))] {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(strconv.Itoa(p.Row)), ui.Text(p.Column), ui.Text(p.Value), ui.Text(p.What(ui.Lang(ctx))), ui.Text(p.Do(ui.Lang(ctx)))}})
	}
	return t
}
