package console

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"joren/internal/audit"
	"joren/internal/clock"
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

func (c *Console) jobRoutes() {
	c.get("/jobs", staff.JobsView, c.jobsPage)
	c.post("/jobs/{id}/retry", staff.JobsManage, c.jobDeed("job.retried", jobs.Retry))
	c.post("/jobs/{id}/cancel", staff.JobsManage, c.jobDeed("job.cancelled", jobs.Cancel))
	c.post("/jobs/{id}/discard", staff.JobsManage, c.jobDeed("job.discarded", jobs.Discard))
	c.parkedRoutes()
	c.command("jobs.title", "/jobs", staff.JobsView)
}

var jobStates = []jobs.State{jobs.Running, jobs.Waiting, jobs.Dead, jobs.Done, jobs.Cancelled}

var stateWords = func() (out []string) {
	for _, s := range jobStates {
		out = append(out, string(s))
	}
	return out
}()

var jobTones = map[jobs.State]string{jobs.Running: "info", jobs.Waiting: "", jobs.Dead: "bad", jobs.Done: "good", jobs.Cancelled: ""}

// jobsView is what the list of jobs shows.
type jobsView struct {
	question
	jobs   []jobs.Info
	counts map[jobs.State]int64
	parked int64
	manage bool
}

func (c *Console) jobsPage(w http.ResponseWriter, r *http.Request) error {
	v := jobsView{question: c.ask(r, ui.ListSpec{Filters: []string{"state"}}), manage: can(r, staff.JobsManage)}
	state := v.oneOf("state", stateWords...)
	before, _ := placeOf(&v.question, parsed(ident.Job))
	if v.file() {
		return c.exportJobs(w, r, v)
	}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if v.counts, err = jobs.Counts(tx); err != nil {
			return err
		}
		if v.parked, err = parkedCount(tx); err != nil {
			return err
		}
		v.jobs, err = jobsIn(tx, heeded(&v.question, state), before, v.list.Size+1)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, v.status(), jobsPage(settingsTabs(r, "/jobs"), v))
}

// kindName is the catalogue's word for a kind of job, else the kind.
func kindName(ctx context.Context, kind string) string {
	if key := "jobs.kind." + kind; i18n.Has(key) {
		return ui.T(ctx, key)
	}
	return kind
}

var causeArg = regexp.MustCompile(`(\w+)=([^\s;:]+)`)

// causeText is the sentence for a failure. What was kept of it for the log
// still holds the values the sentence needs; when it lacks one, the reader
// gets the general sentence with the code.
func causeText(l i18n.Lang, code, words string) string {
	if code == "" {
		return ""
	}
	args := fault.Args{}
	for _, m := range causeArg.FindAllStringSubmatch(words, -1) {
		args[m[1]] = m[2]
		if n, err := strconv.ParseInt(m[2], 10, 64); err == nil {
			args[m[1]] = n
		}
	}
	s := i18n.Fault(l, code, args)
	if strings.Contains(s, "{") {
		return i18n.T(l, "fault.unknown", "code", code)
	}
	return s
}

func jobTable(ctx context.Context, v jobsView) ui.Table {
	t := ui.Table{ID: "jobs", Caption: ui.T(ctx, "jobs.title"), List: v.list, CSV: true, Empty: ui.Empty(ui.T(ctx, "jobs.empty"), nil),
		Columns: []ui.Column{{Label: ui.T(ctx, "jobs.kind")}, {Label: ui.T(ctx, "stores.state")}, {Label: ui.T(ctx, "jobs.progress")}, {Label: ui.T(ctx, "jobs.cause")},
			{Label: ui.T(ctx, "jobs.tries"), Keep: true}, {Label: ui.T(ctx, "jobs.made"), Keep: true}, {Label: ui.T(ctx, "jobs.when"), Keep: true}}}
	if v.manage {
		t.Columns = append(t.Columns, ui.Column{Label: ui.T(ctx, "session.action")})
	}
	list := v.jobs
	if len(list) > v.list.Size {
		list = list[:v.list.Size]
		t.Pager.Next = ident.Job.Text(list[len(list)-1].ID)
	}
	for _, j := range list {
		cells := []templ.Component{jobName(ctx, j), jobState(ctx, j), ui.Text(progressText(ctx, j)), ui.Text(causeText(ui.Lang(ctx), j.Code, j.Words)),
			ui.Text(strconv.Itoa(j.Tries) + "/" + strconv.Itoa(j.MaxTries)), ui.Text(whenText(ctx, j.CreatedAt)), ui.Text(whenText(ctx, jobWhen(j)))}
		if v.manage {
			cells = append(cells, jobButtons(j))
		}
		t.Rows = append(t.Rows, ui.Row{Muted: j.State == jobs.Cancelled, Cells: cells})
	}
	return t
}

// jobWhen is when it ended, or will be tried.
func jobWhen(j jobs.Info) clock.Instant {
	if j.FinishedAt != 0 {
		return j.FinishedAt
	}
	return j.RunAt
}

func jobName(ctx context.Context, j jobs.Info) templ.Component {
	if j.Kind == intake.JobKind {
		return ui.To("/import/jobs/"+ident.Job.Text(j.ID), kindName(ctx, j.Kind))
	}
	return ui.Text(kindName(ctx, j.Kind))
}

func jobState(ctx context.Context, j jobs.Info) templ.Component {
	if j.Stopping && j.State == jobs.Running {
		return ui.Badge("warn", ui.T(ctx, "jobs.stopping"))
	}
	return ui.Badge(jobTones[j.State], ui.T(ctx, "jobs.state."+string(j.State)))
}

// progressText is how far a job is: its own words where they are words.
func progressText(ctx context.Context, j jobs.Info) string {
	switch {
	case j.Kind == intake.JobKind && j.Note != "":
		return importNote(ctx, intake.ParseNote(j.Note))
	case j.Total > 0:
		return ui.T(ctx, "jobs.done_of", "done", j.Done, "total", j.Total)
	}
	return j.Note
}

// jobDeed changes one job and notes who did it.
func (c *Console) jobDeed(action string, do func(*db.Tx, ident.ID) error) session.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := r.ParseForm(); err != nil {
			return err
		}
		id, err := ident.Job.Parse(r.PathValue("id"))
		if err != nil {
			return fault.New(fault.NotFound, "jobs.unknown", "job", r.PathValue("id"))
		}
		err = c.write(r, func(tx *db.Tx) error {
			j, err := jobs.Get(tx, id)
			if err != nil {
				return err
			}
			if err := do(tx, id); err != nil {
				return err
			}
			e := session.Entry(r, action, "job", id)
			e.Before = audit.Values{"kind": j.Kind, "state": string(j.State)}
			return audit.Append(tx, e)
		})
		if err != nil {
			return err
		}
		c.wakeJobs()
		ui.Flash(w, "good", "jobs.flash."+action)
		return see(w, r, backTo(r, "/jobs"))
	}
}

// wakeJobs makes the runner look for work at once, where one runs here.
func (c *Console) wakeJobs() {
	if c.Jobs != nil {
		c.Jobs.Wake()
	}
}

// backTo is the page of this console that the form names, else instead.
func backTo(r *http.Request, instead string) string {
	back := r.PostForm.Get("back")
	if strings.HasPrefix(back, "/") && !strings.HasPrefix(back, "//") && !strings.Contains(back, "\\") {
		return back
	}
	return instead
}
