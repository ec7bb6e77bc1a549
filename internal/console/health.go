package console

import (
	"context"
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/jobs"
	"joren/internal/outbox"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) healthRoutes() {
	c.get("/settings/health", staff.SettingsView, c.healthPage)
	c.command("settings.health", "/settings/health", staff.SettingsView)
}

// vitals is what the health page shows.
type vitals struct {
	version   string
	info      db.Info
	counts    db.Counts
	jobs      map[jobs.State]int64
	schedules []jobs.Schedule
	consumers []outbox.Status
	events    int64
}

func (c *Console) healthPage(w http.ResponseWriter, r *http.Request) error {
	v := vitals{version: c.Version, counts: c.db.Counts()}
	var err error
	if v.info, err = c.db.Info(r.Context()); err != nil {
		return err
	}
	err = c.read(r, func(tx *db.Tx) (err error) {
		if v.jobs, err = jobs.Counts(tx); err != nil {
			return err
		}
		if v.schedules, err = jobs.Schedules(tx); err != nil {
			return err
		}
		if v.consumers, err = outbox.Statuses(tx); err != nil {
			return err
		}
		v.events, err = outbox.Last(tx)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, healthPage(settingsTabs(r, "/settings/health"), v))
}

// ills are the sentences about what needs someone, none when all is well.
func (v vitals) ills(ctx context.Context) []ui.Notice {
	var out []ui.Notice
	if n := v.jobs[jobs.Dead]; n > 0 {
		out = append(out, ui.Notice{Tone: "bad", Title: ui.T(ctx, "health.dead", "n", n), Links: []ui.Link{{Label: ui.T(ctx, "health.see_jobs"), Href: "/jobs?state=dead"}}})
	}
	parked := int64(0)
	for _, s := range v.consumers {
		parked += s.Parked
		if s.Code != "" {
			out = append(out, ui.Notice{Tone: "warn", Title: ui.T(ctx, "health.stuck", "name", s.Name), Text: i18n.Fault(ui.Lang(ctx), s.Code, nil)})
		}
	}
	if parked > 0 {
		out = append(out, ui.Notice{Tone: "bad", Title: ui.T(ctx, "health.parked", "n", parked), Links: []ui.Link{{Label: ui.T(ctx, "health.see_parked"), Href: "/jobs/parked"}}})
	}
	return out
}

func engineText(i db.Info) string {
	name := map[db.Engine]string{db.SQLite: "SQLite", db.Postgres: "PostgreSQL"}[i.Engine]
	return name + " " + i.Version
}

// sizeText is a size in the unit that suits it.
func sizeText(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	x, u := float64(n), 0
	for x >= 1000 && u < len(units)-1 {
		x, u = x/1000, u+1
	}
	if u == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", x, units[u])
}

func scheduleTable(ctx context.Context, v vitals) ui.Table {
	t := ui.Table{ID: "schedules", Cards: true, Caption: ui.T(ctx, "health.schedules"), Empty: ui.Empty(ui.T(ctx, "health.no_schedules"), nil),
		Columns: []ui.Column{{Label: ui.T(ctx, "health.work")}, {Label: ui.T(ctx, "health.last"), Keep: true}, {Label: ui.T(ctx, "health.next"), Keep: true}}}
	for _, s := range v.schedules {
		last := whenText(ctx, s.LastAt)
		if s.LastAt == 0 {
			last = ui.T(ctx, "health.never")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(kindName(ctx, s.Name)), ui.Text(last), ui.Text(whenText(ctx, s.NextAt))}})
	}
	return t
}

func consumerTable(ctx context.Context, v vitals) ui.Table {
	t := ui.Table{ID: "consumers", Caption: ui.T(ctx, "health.consumers"), Empty: ui.Empty(ui.T(ctx, "health.no_consumers"), nil),
		Columns: []ui.Column{{Label: ui.T(ctx, "health.work")}, {Label: ui.T(ctx, "health.behind"), Num: true}, {Label: ui.T(ctx, "health.set_aside"), Num: true}}}
	for _, s := range v.consumers {
		aside := ui.Number(s.Parked)
		if s.Parked > 0 {
			aside = ui.To("/jobs/parked", i18n.Number(s.Parked))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(kindName(ctx, s.Name)), ui.Number(s.Behind), aside}})
	}
	return t
}
