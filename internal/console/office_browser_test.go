package console

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/jobs"
	"joren/internal/staff"
	"joren/internal/ui/uitest"
)

func TestProgrammeImportJobsAndSettingsAreAccessibleInBothLanguagesAndWidths(t *testing.T) {
	b := uitest.Start(t)
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	o.cafe()
	sink := o.importing()
	c := o.clerk(staff.Owner)
	shots := map[string]string{"settings": "/settings", "store-new": "/settings/stores/new", "staff": "/settings/staff", "staff-new": "/settings/staff/new", "keys": "/settings/keys", "key-new": "/settings/keys/new",
		"audit": "/settings/audit", "health": "/settings/health", "jobs": "/jobs", "parked": "/jobs/parked", "programme": "/programme", "programme-new": "/programme/new", "import": "/import",
		"staff-one": "/settings/staff/" + ident.Staff.Text(c.user.ID), "editor": "/programme/new?template=salon"}
	c.post("/settings/stores", "code", "honten", "name", "本店", "name_en", "Main shop")
	c.post("/settings/keys", "name", "レジ2号", "scopes", "read", "scopes", "write")
	worse := template(t, "cafe", "effective_from: 2026-04-01", "effective_from: 2026-12-01", "months: 12, from: activation", "months: 6, from: activation")
	c.post("/programme/new", "source", worse, "do", "save", "note", "有効期限を半年に").ok(303)
	shots["version"], shots["publish"], shots["edit"] = "/programme/versions/2", "/programme/versions/2/publish", "/programme/versions/2/edit"

	c.order("first.csv", strings.ReplaceAll(orders, "P1", "Q1"))
	o.runJobs()
	file := c.upload("/import", "受注_20261102.csv", []byte(orders)).ok(303).Header.Get("Location")
	shots["trial"], shots["mapping"] = file, file+"/mapping"
	job := c.post(file+"/run", "history", "yes").ok(303).Header.Get("Location")
	u, _ := url.Parse(o.url)
	cookies := map[string]string{"joren_session": c.http.Jar.Cookies(u)[0].Value}
	look := func(name, path string, l uitest.Look) {
		l.Cookies = cookies
		t.Run(l.Name(name), func(t *testing.T) {
			tab := b.Open(t, o.url+path, l)
			tab.Check()
			if dir := os.Getenv("SHOTS"); dir != "" {
				tab.Shot(dir, l.Name(name))
			}
		})
	}
	for name, path := range shots {
		look(name, path, uitest.Look{Lang: "ja", Width: 1280})
		look(name, path, uitest.Look{Lang: "en", Width: 390})
		if os.Getenv("SHOTS") != "" { // the other two looks differ in nothing that could fail alone
			look(name, path, uitest.Look{Lang: "en", Width: 1280})
			look(name, path, uitest.Look{Lang: "ja", Width: 390})
		}
	}
	sink.fail = fault.New(fault.Invalid, "amount.overflow")
	o.runJobs()
	for _, m := range o.imports() {
		name := "report-" + m.State
		look(name, "/import/reports/"+ident.Import.Text(m.ID), uitest.Look{Lang: "ja", Width: 1280})
		look(name, "/import/reports/"+ident.Import.Text(m.ID), uitest.Look{Lang: "en", Width: 390})
	}
	// Looked at when it is over: while it runs the page comes anew by itself,
	// in the middle of being looked at.
	look("import-job", job, uitest.Look{Lang: "ja", Width: 1280})
	look("import-job", job, uitest.Look{Lang: "en", Width: 390})
	look("jobs-dead", "/jobs?state="+string(jobs.Dead), uitest.Look{Lang: "ja", Width: 1280})
	look("jobs-dead", "/jobs?state="+string(jobs.Dead), uitest.Look{Lang: "en", Width: 390})
}
