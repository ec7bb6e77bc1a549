package console

import (
	"fmt"
	"html"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/i18n"
	"joren/internal/shop"
	"joren/internal/staff"
)

// formAt is what a browser sends of the form that posts to a path when its
// first button is pressed.
func (s sheet) formAt(action string) url.Values {
	s.t.Helper()
	start := regexp.MustCompile(`<form[^>]*action="` + regexp.QuoteMeta(html.EscapeString(action)) + `"[^>]*>`).FindStringIndex(s.body)
	if start == nil {
		s.t.Fatalf("%s: no form to %s in\n%.2500s", s.path(), action, s.main())
	}
	body, _, _ := strings.Cut(s.body[start[0]:], "</form>")
	out, selected, pressed := url.Values{}, "", false
	for _, m := range tagForm.FindAllStringSubmatch(body, -1) {
		a := map[string]string{}
		for _, x := range attrForm.FindAllStringSubmatch(m[2], -1) {
			a[x[1]] = html.UnescapeString(x[2])
		}
		_, on := a["checked"]
		switch m[1] {
		case "input":
			if a["type"] != "checkbox" && a["type"] != "radio" || on {
				out.Add(a["name"], a["value"])
			}
		case "textarea":
			out.Add(a["name"], strings.ReplaceAll(strings.TrimPrefix(html.UnescapeString(m[3]), "\n"), "\n", "\r\n"))
		case "select":
			selected = a["name"]
		case "option":
			if _, chosen := a["selected"]; chosen || !out.Has(selected) {
				out.Set(selected, a["value"])
			}
		case "button":
			if !pressed && a["name"] != "" {
				out.Add(a["name"], a["value"])
			}
			pressed = true
		}
	}
	return out
}

// send posts values.
func (c *clerk) send(path string, v url.Values) sheet {
	var kv []string
	for _, k := range slices.Sorted(maps.Keys(v)) {
		for _, x := range v[k] {
			kv = append(kv, k, x)
		}
	}
	return c.post(path, kv...)
}

// publish sends the form of a version's page as it stands, with more filled in;
// of a version that has none, nothing.
func (c *clerk) publish(number int, kv ...string) sheet {
	path := "/programme/versions/" + itoaTest(number) + "/publish"
	v := url.Values{}
	if page := c.get(path); page.StatusCode == 200 {
		v = page.formAt(path)
	}
	for i := 0; i < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	return c.send(path, v)
}

// refilled is v with some fields filled in anew.
func refilled(v, change url.Values) url.Values {
	out := maps.Clone(v)
	maps.Copy(out, change)
	return out
}

// overtakenForm is a form two people have open.
type overtakenForm struct {
	file         string // that holds it
	path         string
	version      string // its hidden field
	theirs, mine url.Values
	now          map[string]string // by field that differs: what is said to be recorded now
}

// overtakenForms are all of them, in an office where a store, a member, a
// segment and a draft stand.
func overtakenForms(o *sold, l i18n.Lang, draft string) []overtakenForm {
	in := func(ja, en string) string {
		if l == i18n.JA {
			return ja
		}
		return en
	}
	empty := i18n.T(l, "ui.recorded.empty")
	var s shop.Store
	o.read(func(tx *db.Tx) error {
		list, err := shop.Stores(tx)
		s = list[0]
		return err
	})
	return []overtakenForm{
		{"settings.templ", "/settings", "version",
			url.Values{"name": {"ひだまり喫茶"}, "shop_lang": {"en"}, "day_starts": {"05:00"}},
			url.Values{"name": {"ひだまり茶房"}, "name_en": {" Hidamari Café"}, "zone": {"Asia/Seoul"}},
			map[string]string{"name": "ひだまり喫茶", "shop_lang": "English", "day_starts": "05:00", "zone": "Asia/Tokyo"}},
		{"stores.templ", storePath(s), "version",
			url.Values{"name": {"総本店"}, "name_en": {""}},
			url.Values{"name": {"本店 "}, "name_en": {"Head shop"}, "zone": {"Asia/Seoul"}},
			map[string]string{"name": "総本店", "name_en": empty, "zone": i18n.T(l, "stores.zone_of_shop")}},
		{"member_form.templ", o.url() + "/edit", "version",
			url.Values{"phone": {"080-1111-2222"}, "gender": {"female"}, "memo": {"窓際の席\r\n砂糖なし"}},
			url.Values{"name": {"山田　 花子"}, "phone": {"０９０ １２３４ ５６７８"}, "gender": {"male"}, "anniversaries": {"05-10 結婚記念日"}, "external_source": {"eccube"}, "external_id": {"77"}},
			map[string]string{"phone": "080", "gender": i18n.T(l, "console.gender.female"), "memo": "窓際の席\n砂糖なし", "anniversaries": empty, "external_id": empty}},
		{"segments.templ", "/segments/often/edit", "seen",
			url.Values{"stages": {"regular", "champion"}, "score_from": {"40"}},
			url.Values{"name_en": {" Often"}, "frequency": {"5", "4"}, "when": {"stats.visits >= 4"}},
			map[string]string{"stages": in("常連、優良", "regular, champion"), "score_from": "40", "score_to": "100", "frequency": i18n.T(l, "ui.recorded.none"), "when": "stats.visits >= 3"}},
		{"programme.templ", "/programme/versions/2/edit", "seen",
			url.Values{"source": {draft + "# one\n"}},
			url.Values{"source": {draft + "# two\n"}},
			map[string]string{"source": in("1行が消え、1行が加わります", "takes 1 line from the draft and adds 1")}},
		{"liability_settings.templ", "/insight/liability/settings", "version",
			url.Values{"sale": {"on_use"}, "accounts.provision": {"521 ポイント引当金"}, "reason": {"auditor"}},
			url.Values{"gift": {"on_use"}, "accounts.sales": {" 売上高 "}, "reason": {"accountant"}},
			map[string]string{"sale": i18n.T(l, "liability.choose.on_use"), "gift": i18n.T(l, "liability.choose.provision"), "accounts.provision": "521 ポイント引当金"}},
	}
}

// contest has a clerk write what is missing of that.
func (o *sold) contest(t *testing.T, c *clerk, l i18n.Lang) []overtakenForm {
	c.post("/segments/new", "id", "often", "name_ja", "よく来る人", "name_en", "Often", "when", "stats.visits >= 3", "do", "save").ok(303)
	draft := strings.Replace(cafeSource(t), "2026-04-01", "2027-04-01", 1)
	c.post("/programme/new", "source", draft, "do", "save").ok(303)
	return overtakenForms(o, l, draft)
}

// contested is an office with something to change of each kind.
func contested(t *testing.T, fn func(t *testing.T, o *sold, c *clerk, forms []overtakenForm)) {
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		t.Run(string(l), func(t *testing.T) {
			sales(t, func(t *testing.T, o *sold) {
				c := o.clerk(staff.Owner)
				c.lang = string(l)
				fn(t, o, c, o.contest(t, c, l))
			})
		})
	}
}

func TestWhoeverIsOvertakenSeesWhatIsRecordedNowAndSavesKnowingly(t *testing.T) {
	contested(t, func(t *testing.T, o *sold, c *clerk, forms []overtakenForm) {
		a, b, l := c, o.clerk(staff.Manager), i18n.Lang(c.lang)
		b.lang = c.lang
		for _, f := range forms {
			theirs, mine := a.get(f.path).ok(200).formAt(f.path), b.get(f.path).ok(200).formAt(f.path)
			a.send(f.path, refilled(theirs, f.theirs)).ok(303)
			recorded, deeds := a.get(f.path).formAt(f.path), len(o.deeds())
			met := b.send(f.path, refilled(mine, f.mine)).ok(409).has("div.error-summary[role=alert]", "a[href="+f.path+"]").says(i18n.T(l, "ui.overtaken.title"), i18n.T(l, "ui.overtaken.how"))
			if n := len(met.find("p.now")); n != len(f.now) {
				t.Errorf("%s: %d fields are marked, want %d\n%s", f.path, n, len(f.now), met.main())
			}
			for name, words := range f.now {
				met.has("p[id=f-"+name+"-now]", "a[href=#f-"+name+"]").says(words)
				if !slices.ContainsFunc(met.els, func(e tag) bool {
					return slices.Contains(strings.Fields(e.attrs["aria-describedby"]), "f-"+name+"-now")
				}) {
					t.Errorf("%s: nothing is described by what is recorded of %s", f.path, name)
				}
				if said := met.nowOf(name); !strings.Contains(said, words) {
					t.Errorf("%s: of %s is said %q, want %q", f.path, name, said, words)
				}
			}
			again := met.formAt(f.path)
			if is := again.Get(f.version); is != recorded.Get(f.version) || is == mine.Get(f.version) {
				t.Errorf("%s: made from %s now, recorded is %s, was %s", f.path, is, recorded.Get(f.version), mine.Get(f.version))
			}
			for k, v := range f.mine {
				if !slices.Equal(again[k], v) && strings.ReplaceAll(again.Get(k), "\r\n", "\n") != v[0] {
					t.Errorf("%s: %s was sent as %q and comes back as %q", f.path, k, v, again[k])
				}
			}
			if now := a.get(f.path).formAt(f.path); fmt.Sprint(now) != fmt.Sprint(recorded) || len(o.deeds()) != deeds {
				t.Errorf("%s: something was written: %v, was %v", f.path, now, recorded)
			}
			b.send(f.path, again).ok(303)
			if len(o.deeds()) != deeds+1 {
				t.Errorf("%s: the audit log learned %d deeds", f.path, len(o.deeds())-deeds)
			}
			b.get(f.path).ok(200).lacks("p.now", "div.error-summary")
		}
	})
}

// nowOf is what a page says is recorded now of a field.
func (s sheet) nowOf(name string) string {
	_, rest, _ := strings.Cut(s.body, `id="f-`+name+`-now"`)
	rest, _, _ = strings.Cut(rest, "</p>")
	return html.UnescapeString(rest)
}

func TestWhoeverWantedTheSameHasNothingLeftToSave(t *testing.T) {
	contested(t, func(t *testing.T, o *sold, c *clerk, forms []overtakenForm) {
		l := i18n.Lang(c.lang)
		for _, f := range forms {
			form := refilled(c.get(f.path).ok(200).formAt(f.path), f.mine)
			c.send(f.path, form).ok(303)
			met := c.send(f.path, form).ok(409).has("div.error-summary", "a[href="+f.path+"]").lacks("p.now").says(i18n.T(l, "ui.overtaken.same_title"), i18n.T(l, "ui.overtaken.same_how"))
			deeds := len(o.deeds())
			c.follow(c.send(f.path, met.formAt(f.path))).ok(200).says(i18n.T(l, "console.unchanged"))
			if len(o.deeds()) != deeds {
				t.Errorf("%s: the audit log learned of it", f.path)
			}
		}
	})
}

func TestWhatSomebodyElseChangedIsNotSwitchedUnseen(t *testing.T) {
	contested(t, func(t *testing.T, o *sold, c *clerk, forms []overtakenForm) {
		l := i18n.Lang(c.lang)
		for _, x := range []struct {
			form                     overtakenForm
			page, action, key, value string
		}{{forms[1], forms[1].path, forms[1].path, "active", "no"}, {forms[3], "/segments/often", "/segments/often/state", "to", "active"}} {
			version := c.get(x.page).ok(200).value("input[name="+x.form.version+"]", "value")
			c.send(x.form.path, refilled(c.get(x.form.path).formAt(x.form.path), x.form.theirs)).ok(303)
			deeds := len(o.deeds())
			met := c.post(x.action, x.key, x.value, x.form.version, version).ok(409).has("div.error-summary").lacks("p.now").says(i18n.T(l, "ui.overtaken.button_how"))
			if len(o.deeds()) != deeds {
				t.Errorf("%s: the audit log learned of it", x.page)
			}
			now := met.find("input[name=" + x.form.version + "]")
			c.post(x.action, x.key, x.value, x.form.version, now[len(now)-1].attrs["value"]).ok(303)
		}
	})
}

func TestWhoIsOvertakenWithWhatCannotBeRecordedIsToldOneAfterTheOther(t *testing.T) {
	contested(t, func(t *testing.T, o *sold, c *clerk, forms []overtakenForm) {
		edit := forms[2].path
		mine := c.get(edit).ok(200).formAt(edit)
		c.send(edit, refilled(mine, forms[2].theirs)).ok(303)
		mine.Set("phone", "12")
		mine.Set("birthday", "2030-01-01")
		met := c.send(edit, mine).ok(409).has("p#f-phone-now", "p#f-birthday-now").lacks("p.error")
		wrong := c.send(edit, met.formAt(edit)).ok(422).has("p#f-phone-error", "p#f-birthday-error").lacks("p.now")
		right := refilled(wrong.formAt(edit), url.Values{"phone": {"090-1234-5678"}, "birthday": {"1990-02-28"}})
		c.send(edit, right).ok(303)
	})
}

// hiddenVersion is a field that says what a form was made from.
// A draft that somebody edited after it was looked at is looked at again before
// it judges anybody's purchases.
func TestADraftIsPublishedAsItWasLookedAt(t *testing.T) {
	contested(t, func(t *testing.T, o *sold, c *clerk, forms []overtakenForm) {
		l := i18n.Lang(c.lang)
		edit := forms[slices.IndexFunc(forms, func(f overtakenForm) bool {
			return strings.HasSuffix(f.path, "/edit") && strings.HasPrefix(f.path, "/programme/")
		})]
		page := strings.TrimSuffix(edit.path, "/edit") + "/publish"
		looked := c.get(page).ok(200).formAt(page)
		o.clerk(staff.Manager).send(edit.path, refilled(c.get(edit.path).formAt(edit.path), edit.theirs)).ok(303)
		for _, sent := range []url.Values{looked, {}} {
			met := c.send(page, refilled(sent, url.Values{"short": {"yes"}})).ok(409).has("div.error-summary[role=alert]").says(i18n.T(l, "ui.overtaken.button_how"))
			if now := met.formAt(page).Get("hash"); now == looked.Get("hash") || now == "" {
				t.Errorf("the page is of draft %q, looked at was %q", now, looked.Get("hash"))
			}
		}
		c.send(page, refilled(c.get(page).formAt(page), url.Values{"short": {"yes"}})).ok(303)
	})
}

var hiddenVersion = regexp.MustCompile(`type="hidden" name="(version|seen)"`)

func TestEveryFormMadeFromAVersionIsMetWhenItIsOvertaken(t *testing.T) {
	var covered, found []string
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) }).sold()
	for _, f := range overtakenForms(o, i18n.EN, "") {
		covered = append(covered, f.file)
	}
	pages, err := filepath.Glob("*.templ")
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages", err)
	}
	for _, page := range pages {
		for range hiddenVersion.FindAllString(read(t, page), -1) {
			found = append(found, page)
		}
	}
	slices.Sort(covered)
	if !slices.Equal(covered, found) {
		t.Errorf("forms made from a version stand in %v, tested when overtaken are those of %v", found, covered)
	}
	sources, _ := filepath.Glob("*.go")
	for _, name := range sources {
		src := read(t, name)
		if strings.Contains(src, "madeFrom(") && name != "same.go" && !strings.HasSuffix(name, "_test.go") && !strings.Contains(strings.ToLower(src), "overtaken") {
			t.Errorf("%s changes what a form was made from and has no answer for who is overtaken", name)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
