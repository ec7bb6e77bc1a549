package console

import (
	"slices"
	"strings"
	"testing"
	"time"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/staff"
)

// template is a shipped document with pairs of text replaced.
func template(t *testing.T, name string, swaps ...string) string {
	t.Helper()
	b, err := plan.Template(name)
	if err != nil {
		t.Fatal(err)
	}
	src := string(b)
	for i := 0; i < len(swaps); i += 2 {
		if !strings.Contains(src, swaps[i]) {
			t.Fatalf("the template %s does not say %q", name, swaps[i])
		}
		src = strings.ReplaceAll(src, swaps[i], swaps[i+1])
	}
	return src
}

func TestAShopBeginsFromATemplateAndPublishesItsFirstProgramme(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.get("/programme").ok(200).has("div.empty", `a[href=/programme/new]`)
		c.get("/programme/new").ok(200).has(`a[href=/programme/new?template=cafe]`, `a[href=/programme/new?template=salon]`, `a[href=/programme/new?template=shop]`)
		c.get("/programme/new?template=cafe").ok(200).has("textarea#f-source").says("programme: hidamari")
		c.get("/programme/new?template=none").ok(404)

		src := template(t, "cafe")
		c.post("/programme/new", "source", strings.ReplaceAll(src, "\n", "\r\n"), "do", "check").ok(200).says("No mistakes found", "Hidamari Points").has("textarea#f-source")
		c.follow(c.post("/programme/new", "source", strings.ReplaceAll(src, "\n", "\r\n"), "note", "the first", "do", "save")).ok(200).
			says("Version 1 is saved as a draft.", "Draft", "the first").has(`a[href=/programme/versions/1/publish]`)
		o.read(func(tx *db.Tx) error {
			b, err := programme.Source(tx, 1)
			if string(b) != src {
				t.Error("the document was changed on its way")
			}
			return err
		})
		if got := c.get("/programme/versions/1/yaml").ok(200); got.body != src || got.Header.Get("Content-Disposition") != `attachment; filename="programme-1.yaml"` {
			t.Errorf("download: %s", got.Header)
		}
		c.get("/programme/versions/1/publish").ok(200).says("This is the first version").lacks("input#f-short")
		c.follow(c.publish(1)).ok(200).says("Version 1 is published and in force.", "In force")
		c.get("/programme").ok(200).says("Version 1 is in force", "Terms for members")
		c.get("/programme?terms=ja").ok(200).has(`div[lang=ja]`).says("ポイントの獲得")
		if got := strings.Join(o.deeds(), " "); got != "programme.published programme.saved" {
			t.Errorf("deeds %s", got)
		}
	})
}

func TestMistakesStandAtTheirLinesAndNothingIsStored(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Marketer)
		bad := template(t, "cafe", "kind: base, steps", "kind: bsae, steps", "week_start: monday", "week_start: mondey")
		page := c.post("/programme/new", "source", bad, "do", "save").ok(422).has("ul.marks", "textarea#f-source[aria-invalid]", "div.error-summary").says("bsae")
		line := strings.Count(bad[:strings.Index(bad, "mondey")], "\n") + 1
		if !slices.ContainsFunc(page.find("a"), func(e tag) bool { return e.attrs["data-line"] == itoaTest(line) }) {
			t.Errorf("no mark leads to line %d", line)
		}
		o.read(func(tx *db.Tx) error {
			vs, err := programme.Versions(tx)
			if len(vs) != 0 {
				t.Errorf("stored: %+v", vs)
			}
			return err
		})
		for _, junk := range []string{"", "{", "\x00\xff", strings.Repeat("[", 5000), "a: &a [*a]"} {
			c.post("/programme/new", "source", junk, "do", "check").ok(422).has("ul.marks")
		}
	})
}

func itoaTest(n int) string {
	s := ""
	for ; n > 0; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	return s
}

func TestAWorseVersionTellsWhoIsAffectedAndAsksForShortNotice(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		c := o.clerk(staff.Owner)
		worse := template(t, "cafe", "effective_from: 2026-04-01", "effective_from: 2026-12-01", "months: 12, from: activation", "months: 6, from: activation")
		c.follow(c.post("/programme/new", "source", worse, "do", "save")).ok(200).says("Changes against version 1", "Worse").has("span.badge.bad")
		page := c.get("/programme/versions/2/publish").ok(200).says("Members would hear of it too late", "30 days", "Tue 22 December 2026", "Members in Silver").has("input#f-short", `a[href=/members]`, "span.badge.bad")
		if !slices.ContainsFunc(page.find("a.tile"), func(e tag) bool { return strings.HasPrefix(e.attrs["href"], "/members?tier=") }) {
			t.Error("no tile leads to the members of a rank")
		}
		c.publish(2).ok(422).has("p#f-short-error").says("Tue 22 December 2026")
		c.follow(c.publish(2, "short", "yes")).ok(200).says("It takes effect on Tue 1 December 2026", "Scheduled")
		c.get("/programme").says("Version 2 takes effect on")
		c.get("/programme/versions/2/publish").ok(409)
		c.get("/programme/versions/2/edit").ok(409)
		c.follow(c.post("/programme/versions/2/withdraw")).ok(200).says("Version 2 is withdrawn", "Draft")
		c.post("/programme/versions/2/withdraw").ok(409)
		c.post("/programme/versions/1/withdraw").ok(409)
		if got := strings.Join(o.deeds(), " "); got != "programme.withdrawn programme.published programme.saved" {
			t.Errorf("deeds %s", got)
		}
	})
}

func TestABetterVersionNeedsNoNotice(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		c := o.clerk(staff.Manager)
		better := template(t, "cafe", "effective_from: 2026-04-01", "effective_from: 2026-11-23", "months: 12, from: activation", "months: 18, from: activation")
		c.post("/programme/new", "source", better, "do", "save").ok(303)
		c.get("/programme/versions/2/publish").ok(200).lacks("input#f-short").says("Better")
		c.publish(2).ok(303)
		o.wait(24 * time.Hour)
		o.clerk(staff.Owner).get("/programme").says("Version 2 is in force", "Superseded") // the night ended the session
	})
}

func TestTwoPeopleEditingADraftDoNotOverwriteEachOther(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		c := o.clerk(staff.Manager)
		next := template(t, "cafe", "effective_from: 2026-04-01", "effective_from: 2027-02-01")
		c.post("/programme/new", "source", next, "do", "save").ok(303)
		seen := c.get("/programme/versions/2/edit").ok(200).value("input[name=seen]", "value")
		c.post("/programme/versions/2/edit", "source", next+"# one\n", "seen", seen, "do", "save").ok(303)
		c.post("/programme/versions/2/edit", "source", next+"# two\n", "seen", seen, "do", "save").ok(409).says("# two", "Somebody else changed this while you had it open")
		c.get("/programme/versions/2/edit").says("# one")
		c.publish(2).ok(303)
		kept := c.post("/programme/versions/2/edit", "source", strings.Replace(next, "2027-02-01", "2027-03-01", 1)+"# three\n", "seen", seen, "do", "save").ok(409).says("Version 2 is published", "# three")
		c.follow(c.send("/programme/new", kept.formAt("/programme/new"))).ok(200).says("Version 3", "# three")
		c.get("/programme/versions/9").ok(404)
		c.get("/programme/versions/x/edit").ok(404)
		c.get("/programme/new?from=1").ok(200).says("effective_from: 2026-04-01")
	})
}

func TestAVersionThatDoesNotFitSaysWhyAndStaysADraft(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		c := o.clerk(staff.Owner)
		for i, x := range []struct{ swap, to, says string }{
			{"effective_from: 2026-04-01", "effective_from: 2026-05-01", "has begun already"},
			{"programme: hidamari", "programme: other", "another programme"},
			{"currency: JPY ", "currency: USD ", "The currency cannot change"},
		} {
			c.post("/programme/new", "source", template(t, "cafe", x.swap, x.to), "do", "save").ok(303)
			page := c.publish(i + 2)
			if page.StatusCode != 409 && page.StatusCode != 422 {
				t.Errorf("%s: status %d", x.to, page.StatusCode)
			}
			page.has("div.error-summary").says(x.says)
		}
	})
	if f := fault.New(fault.Invalid, "x"); correctable(nil) || !correctable(f) {
		t.Error("correctable")
	}
}
