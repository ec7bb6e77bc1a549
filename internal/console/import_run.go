package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"joren/internal/audit"
	"joren/internal/blob"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) importRunRoutes() {
	c.get("/import/jobs/{id}", staff.ImportRun, c.importJobPage)
	c.post("/import/jobs/{id}/cancel", staff.ImportRun, c.cancelImport)
	c.get("/import/reports/{id}", staff.ImportRun, c.importPage, session.Timeout(0))
	c.get("/import/reports/{id}/errors", staff.ImportRun, c.importErrors, session.Timeout(0))
	c.post("/import/reports/{id}/resume", staff.ImportRun, c.resumeImport)
}

// importJob is a job that imports, with its order and, once it has begun, the
// import itself.
type importJob struct {
	jobs.Info
	order  intake.Order
	doing  intake.Import
	begun  bool
	manage bool
}

func importJobOf(tx *db.Tx, r *http.Request) (j importJob, err error) {
	unknown := fault.New(fault.NotFound, "jobs.unknown", "job", r.PathValue("id"))
	id, err := ident.Job.Parse(r.PathValue("id"))
	if err != nil {
		return j, unknown
	}
	if j.Info, err = jobs.Get(tx, id); err != nil {
		return j, err
	}
	if j.Kind != intake.JobKind {
		return j, unknown
	}
	if err := json.Unmarshal(j.Args, &j.order); err != nil {
		return j, err
	}
	f, err := blob.Stat(tx, j.order.File)
	if err != nil {
		return j, err
	}
	j.doing, j.begun, err = intake.ByHash(tx, hex.EncodeToString(f.SHA256[:]))
	j.begun = j.begun && j.doing.UpdatedAt >= j.CreatedAt // not an earlier import of the same file
	return j, err
}

// refreshSeconds is how often the page of a running import comes anew.
const refreshSeconds = 3

// importJobPage shows progress until the job is done, then leads to the
// report. It comes anew by itself: a header does it, no script.
func (c *Console) importJobPage(w http.ResponseWriter, r *http.Request) error {
	var j importJob
	if err := c.read(r, func(tx *db.Tx) (err error) { j, err = importJobOf(tx, r); return err }); err != nil {
		return err
	}
	j.manage = can(r, staff.JobsManage)
	if j.State == jobs.Done && j.begun {
		return see(w, r, "/import/reports/"+ident.Import.Text(j.doing.ID))
	}
	if j.State == jobs.Waiting || j.State == jobs.Running {
		w.Header().Set("Refresh", strconv.Itoa(refreshSeconds))
	}
	return ui.Render(w, r, http.StatusOK, importJobPage(j))
}

// importNote tells how far an import is in words.
func importNote(ctx context.Context, n intake.Note) string {
	if n.Phase == "" {
		return ui.T(ctx, "imports.waiting")
	}
	s := ui.T(ctx, "imports.phase."+n.Phase, "rows", n.Rows, "documents", n.Documents, "rate", n.Rate)
	if n.Seconds >= 0 {
		s += ui.T(ctx, "imports.left", "left", leftText(ctx, n.Seconds))
	}
	return s
}

func leftText(ctx context.Context, seconds int64) string {
	if seconds < 90 {
		return ui.T(ctx, "imports.seconds", "n", seconds)
	}
	return ui.T(ctx, "imports.minutes", "n", (seconds+59)/60)
}

func (c *Console) cancelImport(w http.ResponseWriter, r *http.Request) error {
	var j importJob
	err := c.write(r, func(tx *db.Tx) (err error) {
		if j, err = importJobOf(tx, r); err != nil {
			return err
		}
		if err := jobs.Cancel(tx, j.ID); err != nil {
			return err
		}
		e := session.Entry(r, "job.cancelled", "job", j.ID)
		e.Before = audit.Values{"kind": j.Kind, "state": string(j.State)}
		return audit.Append(tx, e)
	})
	if err != nil {
		return err
	}
	ui.Flash(w, "info", "imports.cancelling")
	return see(w, r, "/import/jobs/"+ident.Job.Text(j.ID))
}

// record is an import with what can be told of it.
type record struct {
	intake.Import
	report   *intake.Report // nil before it has ended
	counts   intake.Counts
	file     blob.File
	kept     bool // the file is still there
	job      jobs.Info
	underWay bool
	problems []intake.Problem
	notes    []intake.Problem
	all      bool   // problems holds all of them, not only what recording refused
	words    string // what the job that failed left of its fault
	cause    string
}

func importOf(tx *db.Tx, r *http.Request) (x record, err error) {
	id, err := ident.Import.Parse(r.PathValue("id"))
	if err != nil {
		return x, fault.New(fault.NotFound, "import.unknown")
	}
	if x.Import, err = intake.GetImport(tx, id); err != nil {
		return x, err
	}
	if x.job, x.underWay, err = jobs.Unfinished(tx, intake.JobKey(x.Hash)); err != nil {
		return x, err
	}
	if last, _, err := jobs.Latest(tx, intake.JobKey(x.Hash)); err != nil {
		return x, err
	} else if last.Code == x.FailureCode {
		x.words = last.Words
	}
	if x.counts, err = x.Import.Counts(); err != nil {
		return x, err
	}
	rep, ended, err := x.Import.Ended()
	if err != nil {
		return x, err
	}
	if ended {
		x.report, x.counts = &rep, rep.Would
	}
	if x.problems, err = x.Import.Refusals(); err != nil {
		return x, err
	}
	if x.notes, err = x.Import.Notes(); err != nil {
		return x, err
	}
	var digest [sha256.Size]byte
	if b, err := hex.DecodeString(x.Hash); err == nil && copy(digest[:], b) == len(digest) {
		x.file, x.kept, err = blob.Find(tx, digest)
		return x, err
	}
	return x, nil
}

// readAtOnce is the size up to which opening the page of an import reads its
// file again for what it refused.
const readAtOnce = 4 << 20

func (c *Console) importPage(w http.ResponseWriter, r *http.Request) error {
	var x record
	if err := c.read(r, func(tx *db.Tx) (err error) { x, err = importOf(tx, r); return err }); err != nil {
		return err
	}
	if x.FailureCode != "" {
		x.cause = causeText(lang(r), x.FailureCode, x.words)
	}
	if x.report != nil && x.counts.Refused > len(x.problems) && x.file.Size <= readAtOnce {
		if err := c.reread(r, &x); err != nil {
			return err
		}
	}
	return ui.Render(w, r, http.StatusOK, importPage(x))
}

// reread finds again what of the file could not be read; what recording
// refused is kept with the import.
func (c *Console) reread(r *http.Request, x *record) error {
	if !x.kept {
		return nil
	}
	src, err := intake.FromBlob(r.Context(), c.db, x.file.ID, x.Profile)
	if err != nil {
		return err
	}
	_, err = intake.Read(r.Context(), src, func(intake.Item) error { return nil }, func(ps []intake.Problem) { x.problems = append(x.problems, ps...) })
	slices.SortStableFunc(x.problems, func(a, b intake.Problem) int { return a.Row - b.Row })
	x.all = true
	return err
}

func (c *Console) importErrors(w http.ResponseWriter, r *http.Request) error {
	var x record
	if err := c.read(r, func(tx *db.Tx) (err error) { x, err = importOf(tx, r); return err }); err != nil {
		return err
	}
	if err := c.reread(r, &x); err != nil {
		return err
	}
	download(w, "text/csv; charset=utf-8", "errors.csv")
	return (&intake.Report{Problems: append(x.problems, x.notes...)}).WriteErrors(w, lang(r))
}

// resumeImport orders an import again that was stopped or failed; it goes on
// where it was.
func (c *Console) resumeImport(w http.ResponseWriter, r *http.Request) error {
	var job ident.ID
	err := c.write(r, func(tx *db.Tx) error {
		x, err := importOf(tx, r)
		switch {
		case err != nil:
			return err
		case x.State == "done":
			return fault.New(fault.Conflict, "imports.is_done")
		case !x.kept:
			return fault.New(fault.NotFound, "blob.unknown")
		}
		o := intake.Order{File: x.file.ID, Mapping: x.Profile, History: x.History}
		if last, found, err := jobs.Latest(tx, intake.JobKey(x.Hash)); err != nil {
			return err
		} else if found {
			if err := json.Unmarshal(last.Args, &o); err != nil {
				return err
			}
		}
		if job, err = intake.Enqueue(tx, o); err != nil {
			return err
		}
		e := session.Entry(r, "import.ordered", "import", x.ID)
		e.After = audit.Values{"job": ident.Job.Text(job), "resumed": true}
		return audit.Append(tx, e)
	})
	if err != nil {
		return err
	}
	c.wakeJobs()
	return see(w, r, "/import/jobs/"+ident.Job.Text(job))
}

// countTiles are the documents of a report; refused leads to the errors.
func countTiles(ctx context.Context, n intake.Counts, points *int64, done bool) []ui.NumberTile {
	t := func(key string, n int, href string) ui.NumberTile {
		return ui.NumberTile{Label: ui.T(ctx, "imports."+key), Value: i18n.Number(int64(n)), Href: href}
	}
	purchases := t("purchases", n.Purchases, "/purchases")
	if n.Guests > 0 {
		purchases.Note = ui.T(ctx, "imports.guests", "n", n.Guests)
	}
	out := []ui.NumberTile{purchases, t("returns", n.Returns, "/purchases"), t("members_new", n.MembersNew, "/members")}
	for _, x := range []struct {
		key string
		n   int
	}{{"members_changed", n.MembersChanged}, {"openings", n.Openings}, {"events", n.Events}, {"revised", n.Revised}, {"parked", n.Parked}} {
		if x.n > 0 {
			out = append(out, t(x.key, x.n, "/members"))
		}
	}
	if points != nil {
		tile := ui.NumberTile{Label: ui.T(ctx, "imports.points"), Value: i18n.Number(*points), Href: "/points"}
		if done {
			tile.Label = ui.T(ctx, "imports.points_given")
		}
		if n.Returns > 0 {
			tile.Note = ui.T(ctx, "imports.points_net")
		}
		out = append(out, tile)
	}
	out = append(out, t("known", n.AlreadyKnown, "/import"), t("refused", n.Refused, "#errors"))
	if n.Flagged > 0 {
		out = append(out, t("flagged", n.Flagged, "#notes"))
	}
	return out
}

// reportFacts are what a report says of the file.
func reportFacts(ctx context.Context, rep *intake.Report) []ui.Fact {
	l := ui.Lang(ctx)
	fs := []ui.Fact{ui.Say(ui.T(ctx, "imports.encoding"), rep.Encoding), ui.Say(ui.T(ctx, "imports.profile"), profileName(ctx, rep.Profile)), ui.Say(ui.T(ctx, "imports.rows"), i18n.Number(int64(rep.Rows)))}
	if len(rep.Period) == 2 {
		fs = append(fs, ui.Say(ui.T(ctx, "imports.period"), ui.T(ctx, "imports.from_to", "from", i18n.Day(l, rep.Period[0]), "to", i18n.Day(l, rep.Period[1]))))
		fs[len(fs)-1].Wide = true
	}
	wide := func(key, words string) {
		f := ui.Say(ui.T(ctx, key), words)
		f.Wide = true
		fs = append(fs, f)
	}
	if len(rep.Ignored) > 0 {
		wide("imports.ignored", joinWords(l, rep.Ignored))
	}
	if len(rep.Skipped) > 0 {
		wide("imports.skipped", skippedRows(ctx, rep.Skipped))
	}
	if len(rep.Fields) > 0 {
		wide("imports.changed_fields", fieldCounts(ctx, rep.Fields))
	}
	if len(rep.Left) > 0 {
		wide("imports.left_fields", fieldCounts(ctx, rep.Left))
	}
	return fs
}

// skippedRows names what rows were passed over for: what they are, or the word
// of the file that says so.
func skippedRows(ctx context.Context, by map[string]int) string {
	var words []string
	for _, what := range slices.Sorted(maps.Keys(by)) {
		n := by[what]
		if key := "imports.skipped." + what; i18n.Has(key) {
			what = ui.T(ctx, key)
		}
		words = append(words, ui.T(ctx, "imports.skipped_of", "what", what, "n", n))
	}
	return joinWords(ui.Lang(ctx), words)
}

// fieldCounts names fields with the number of members, the most first.
func fieldCounts(ctx context.Context, by map[string]int) string {
	fields := slices.Sorted(maps.Keys(by))
	slices.SortStableFunc(fields, func(a, b string) int { return by[b] - by[a] })
	words := make([]string, len(fields))
	for i, f := range fields {
		words[i] = ui.T(ctx, "imports.field_of", "field", fieldName(ctx, f), "n", by[f])
	}
	return joinWords(ui.Lang(ctx), words)
}

func joinWords(l i18n.Lang, words []string) string {
	sep := ", "
	if l == i18n.JA {
		sep = "、"
	}
	return strings.Join(words, sep)
}
