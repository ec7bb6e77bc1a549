package console

import (
	"strings"
	"testing"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/shop"
	"joren/internal/staff"
)

// deeds lists the codes of the audit log, newest first.
func (o *office) deeds() (codes []string) {
	o.read(func(tx *db.Tx) error {
		list, err := audit.List(tx, audit.Filter{Limit: 200})
		for _, e := range list {
			codes = append(codes, e.Action)
		}
		return err
	})
	return codes
}

func TestTheOwnerChangesTheShopAndASecondTabIsTold(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		page := c.get("/settings").ok(200).says("ひだまりカフェ").has("input#f-name", "select#f-zone")
		version := page.value("input[name=version]", "value")
		change := []string{"version", version, "name", "ひだまり喫茶", "name_en", "Hidamari", "shop_lang", "ja", "zone", "Asia/Tokyo", "currency", "JPY", "day_starts", "０５：００"}
		c.follow(c.post("/settings", change...)).ok(200).says("The settings are saved.", "ひだまり喫茶", "05:00")
		c.post("/settings", change...).ok(409).says("The same is recorded already")
		c.post("/settings", "version", "2", "name", "", "shop_lang", "ja", "zone", "Mars/Olympus", "currency", "JPY", "day_starts", "25:00").ok(422).
			has("p#f-name-error", "p#f-zone-error", "p#f-day_starts-error", "div.error-summary").says("Mars/Olympus")
		if got := o.deeds()[0]; got != "shop.changed" {
			t.Errorf("newest deed %s", got)
		}
		o.read(func(tx *db.Tx) error {
			s, err := shop.Load(tx)
			if s.Name.JA != "ひだまり喫茶" || s.DayStarts.Hours() != 5 {
				t.Errorf("%+v", s)
			}
			return err
		})
	})
}

func TestStoresAreAddedRenamedAndDeactivated(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Manager)
		c.get("/settings/stores").ok(200).has("div.empty")
		c.follow(c.post("/settings/stores", "code", "honten", "name", "本店", "name_en", "Main shop", "zone", "")).ok(200).says("honten", "Main shop", "As the shop")
		c.post("/settings/stores", "code", "honten", "name", "別の店").ok(409).has("p#f-code-error").says("This store code is taken.")
		c.post("/settings/stores", "code", "ho nten", "name", "").ok(422).has("p#f-code-error", "p#f-name-error")
		href := ""
		for _, a := range c.get("/settings/stores").find("a") {
			if a.text == "honten" {
				href = a.attrs["href"]
			}
		}
		version := func() string {
			return c.get(href).ok(200).has("input#f-code[readonly]").value("input[name=version]", "value")
		}
		c.follow(c.post(href, "name", "本店", "name_en", "Head shop", "zone", "Asia/Tokyo", "version", version())).says("Head shop")
		c.follow(c.post(href, "active", "no", "version", version())).says("Inactive", "Head shop")
		c.follow(c.post(href, "active", "yes", "version", version())).says("Active")
		c.get("/settings/stores?format=csv").ok(200).says("honten,本店,Head shop,Asia/Tokyo,1")
		c.get("/settings/stores/sto_00000000000000000000000000000001").ok(404)
		c.get("/settings/stores/nonsense").ok(404)
		if got := strings.Join(o.deeds(), " "); got != "store.changed store.changed store.changed store.added" {
			t.Errorf("deeds %s", got)
		}
	})
}

func TestAnInvitationIsShownOnceAndARoleChangeSignsOut(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.post("/settings/staff", "login", "", "name", "", "role", "king").ok(422).has("p#f-login-error", "p#f-name-error", "p#f-role-error")
		made := c.post("/settings/staff", "login", "Hana@Example.com", "name", "花子", "role", "cashier").ok(200).has("code#link")
		link := made.find("code#link")[0].text
		if !strings.HasPrefix(link, o.url+"/start/") {
			t.Errorf("link %s", link)
		}
		o.visitor().get(strings.TrimPrefix(link, o.url)).ok(200).says("花子")
		c.get("/settings/staff").ok(200).says("花子", "hana@example.com", "Invited").silent(link)

		hana := o.clerk(staff.Agent)
		person := "/settings/staff/" + ident.Staff.Text(hana.user.ID)
		c.get(person).ok(200).has("input[name=role][value=agent]")
		c.follow(c.post(person+"/role", "role", "marketer")).says("The role is changed.", "Marketer")
		hana.get("/jobs").ok(303).says("/sign-in")
		c.follow(c.post(person+"/status", "active", "no")).says("Disabled")
		c.post(person + "/link").ok(409).says("This person is disabled")
		c.follow(c.post(person+"/status", "active", "yes")).silent("Disabled")
		again := c.post(person + "/link").ok(200).find("code#link")[0].text
		if again == link || !strings.Contains(again, "/start/") {
			t.Errorf("new link %s", again)
		}
		self := "/settings/staff/" + ident.Staff.Text(c.user.ID)
		c.post(self+"/role", "role", "manager").ok(409).says("The last owner cannot be changed")
		c.post(self+"/status", "active", "no").ok(409)
		c.get("/settings/staff").ok(200)
	})
}

func TestAnAPIKeyIsShownOnceWorksAndCanBeRevoked(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.get("/settings/keys").ok(200).has("div.empty")
		c.post("/settings/keys", "name", "").ok(422).has("p#f-name-error")
		c.post("/settings/keys", "name", "till").ok(422).has("p#f-scopes-error")
		secret := c.post("/settings/keys", "name", "till 2", "scopes", "read", "scopes", "write").ok(200).find("code#secret")[0].text
		list := c.get("/settings/keys").ok(200).says("till 2", "…"+secret[len(secret)-4:], "Read · Write", "Never").silent(secret)
		find := func() (k staff.Key, err error) {
			o.read(func(tx *db.Tx) error { k, err = staff.FindKey(tx, secret); return nil })
			return k, err
		}
		if k, err := find(); err != nil || k.Name != "till 2" || k.CreatedBy != c.user.ID {
			t.Errorf("%+v, %v", k, err)
		}
		action := ""
		for _, f := range list.find("form") {
			if strings.HasSuffix(f.attrs["action"], "/revoke") {
				action = f.attrs["action"]
			}
		}
		c.follow(c.post(action)).says("The key is revoked.", "Revoked")
		if _, err := find(); err == nil {
			t.Error("a revoked key still works")
		}
		c.post(action).ok(404)
	})
}

func TestTheAuditLogIsFilteredVerifiedAndExported(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.post("/settings/stores", "code", "=evil", "name", "=1+1").ok(303)
		c.post("/settings/keys", "name", "till", "scopes", "read").ok(200)
		page := c.get("/settings/audit").ok(200).says("Added a store", "Made an API key", "OWNER", "The chain is sound")
		if n := len(page.find("td.num")); n != 2 {
			t.Errorf("%d rows", n)
		}
		c.get("/settings/audit?area=key.").says("Made an API key").silent("Added a store")
		c.get("/settings/audit?from=2026-11-23").has("div.empty")
		c.get("/settings/audit?to=2026-11-22&who=" + ident.Staff.Text(c.user.ID)).says("Added a store")
		c.get("/settings/audit?size=1").says("after=2").silent("Added a store")
		c.get("/settings/audit?size=1&after=2").says("Added a store").silent("Made an API key")
		csv := c.get("/settings/audit?format=csv").ok(200).says("store.added", "key.made")
		if got := csv.Header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
			t.Errorf("content type %s", got)
		}
		o.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE audit_entry SET after = '{"code":"good"}' WHERE number = 1`)
			return err
		})
		c.get("/settings/audit?verify=1").says("The chain is broken", "Entry 1 was altered")
	})
}

func TestSystemHealthTellsEngineAndWhatFailed(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		name := map[db.Engine]string{db.SQLite: "SQLite 3.", db.Postgres: "PostgreSQL 15"}[o.db.Engine()]
		c.get("/settings/health").ok(200).says(name, "All is well", "Joren test").has(`a[href=/jobs?state=dead]`)
	})
}

func TestSettingsOpenOnlyForRolesThatMay(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		manager := o.clerk(staff.Manager)
		manager.get("/settings").ok(200).says("/settings/audit", "/jobs").silent("/settings/staff", "/settings/keys")
		manager.get("/settings/staff").ok(403)
		manager.get("/settings/keys").ok(403)
		cashier := o.clerk(staff.Cashier)
		for _, p := range []string{"/settings", "/settings/stores", "/settings/audit", "/settings/health", "/jobs", "/jobs/parked", "/import", "/programme"} {
			cashier.get(p).ok(403)
		}
	})
}

// TestEveryPageOfTheConsoleOpensForTheRolesOfItsPermission is the matrix of
// routes and roles: whoever has the permission passes, nobody else does.
func TestEveryPageOfTheConsoleOpensForTheRolesOfItsPermission(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		clerks := map[staff.Role]*clerk{"": o.visitor()}
		for _, role := range staff.Roles {
			clerks[role] = o.clerk(role)
		}
		pairs := 0
		for _, route := range o.console.Web.Routes.All() {
			if strings.HasPrefix(route.Pattern, "/assets/") || route.Pattern == "/_components" || route.Method != "GET" {
				continue
			}
			path := strings.NewReplacer("{$}", "", "{number}", "1", "{token}", "NONE", "{id}", "none").Replace(route.Pattern)
			for role, c := range clerks {
				a := c.get(path)
				passed := a.StatusCode != 403 && !strings.HasPrefix(a.Header.Get("Location"), "/sign-in")
				if passed != route.Policy.Open(role) || a.StatusCode >= 500 {
					t.Errorf("%s (%s) as %q: status %d", route.Pattern, route.Policy, role, a.StatusCode)
				}
				pairs++
			}
		}
		posts := 0
		for _, route := range o.console.Web.Routes.All() {
			if route.Method == "POST" && !route.Policy.Open("") {
				path := strings.NewReplacer("{number}", "1", "{id}", "none").Replace(route.Pattern)
				clerks[""].post(path).ok(401)
				for _, role := range staff.Roles {
					if !route.Policy.Open(role) {
						clerks[role].post(path).ok(403)
						posts++
					}
				}
			}
		}
		if pairs < 100 || posts < 50 {
			t.Errorf("only %d reads and %d refused writes", pairs, posts)
		}
	})
}
