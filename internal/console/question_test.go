package console

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/plan"
	"joren/internal/staff"
)

// parameter is one of a page's address, with values that cannot be meant.
type parameter struct {
	name  string
	wrong []string // none: every text is a question
	how   refusal
	seen  bool // looked at closely on another page that reads it the same way
	empty bool // sent empty it is wrong too: a form was sent without what it asks
}

// refusal is how a wrong value is answered.
type refusal int

const (
	atField refusal = iota // 422, at its field
	above                  // 422, above the page: no field shows it
	gone                   // 404: what the address names is not there
	plain                  // 422 in a sentence: there is no page without it
	within                 // 422, and the part of a page that is asked says what is wrong
)

// alike are parameters that another page reads the same way.
func alike(list []parameter) []parameter {
	for i, p := range list {
		list[i].seen, list[i].wrong = true, p.wrong[:min(1, len(p.wrong))]
	}
	return list
}

// unshown are parameters of a page that has no fields for them.
func unshown(list []parameter) []parameter {
	for i := range list {
		list[i].how = above
	}
	return list
}

func days(names ...string) (out []parameter) {
	for _, n := range names {
		out = append(out, parameter{name: n, wrong: []string{"yesterday", "2026-13-01", "0"}})
	}
	return out
}

func field(name string, wrong ...string) parameter {
	return parameter{name: name, wrong: append(wrong, "zz")}
}

func link(name string, wrong ...string) parameter {
	return parameter{name: name, wrong: append(wrong, "zz"), how: above}
}

func paged() []parameter { return []parameter{link("after"), link("before")} }

func byNumber() []parameter { return []parameter{link("after", "-1", "1.5"), link("before", "-1")} }

func all(parts ...[]parameter) []parameter { return slices.Concat(parts...) }

func asks(p ...parameter) []parameter { return p }

// cuts are the parameters of Insight's filter. An area, a channel and a way of
// joining are words of the shop's own: one that nobody has chooses nobody.
func cuts() []parameter {
	return all(days("from", "to", "cohort_from", "cohort_to"), asks(field("store"), parameter{name: "channel"}, field("segment"), field("tier"), field("age", "20-30"),
		field("gender"), parameter{name: "area"}, field("own", "zz:1"), field("join_store"), parameter{name: "join_source"}))
}

var search = parameter{name: "q"}

// questions are the parameters of every page that may be read, but for those
// that any list has: format, size and, where it can be sorted, sort.
func questions() map[string][]parameter {
	return map[string][]parameter{
		"/":                                    nil,
		"/sample":                              nil,
		"/members":                             all(asks(search, field("status"), field("tier"), field("bought", "twice"), field("segment")), days("from", "to"), paged()),
		"/members/search":                      asks(search),
		"/members/new":                         nil,
		"/members/duplicates":                  paged(),
		"/members/{id}":                        all(asks(link("show")), asks(link("before", "-1"))),
		"/members/{id}/edit":                   nil,
		"/members/{id}/adjust":                 nil,
		"/members/{id}/withdraw":               nil,
		"/members/{id}/erase":                  nil,
		"/members/{id}/segments":               nil,
		"/members/{id}/merge":                  asks(parameter{name: "with", wrong: []string{ident.Member.Text(ident.New()), ""}, empty: true}),
		"/purchases":                           all(asks(search, field("store"), field("only"), link("member", ident.Member.Text(ident.New()))), days("from", "to"), paged()),
		"/purchases/parked":                    nil,
		"/purchases/{id}":                      nil,
		"/purchases/{id}/return":               nil,
		"/points":                              all(asks(field("what"), field("type"), field("store"), link("member", ident.Member.Text(ident.New()))), days("from", "to"), paged()),
		"/points/accounts":                     all(asks(field("type")), paged()),
		"/programme":                           asks(link("terms", "de")),
		"/programme/new":                       asks(parameter{name: "from", wrong: []string{"zz", "99"}, how: gone}, parameter{name: "template", wrong: []string{"zz"}, how: gone}),
		"/programme/versions/{number}":         asks(link("terms", "de")),
		"/programme/versions/{number}/yaml":    nil,
		"/programme/versions/{number}/edit":    nil,
		"/programme/versions/{number}/publish": nil,
		"/insight":                             alike(cuts()),
		"/insight/members":                     all(alike(cuts()), byNumber(), asks(field("who"), field("r", "0", "6"), field("f", "0", "6"), field("band", "0", "11"), field("rhythm"))),
		"/insight/map":                         cuts(),
		"/insight/cohorts":                     all(alike(cuts()), asks(field("by", "year"))),
		"/insight/mix":                         alike(cuts()),
		"/insight/products":                    all(asks(search, field("only"), field("category")), byNumber()),
		"/insight/products/{no}":               all(asks(link("with")), byNumber()),
		"/insight/due":                         all(asks(field("state"), field("product"), link("member", ident.Member.Text(ident.New()))), byNumber()),
		"/insight/pairs":                       byNumber(),
		"/insight/gaps":                        all(asks(parameter{name: "has", wrong: []string{"zz"}, how: gone}, parameter{name: "lacks", wrong: []string{"zz"}, how: gone}), byNumber()),
		"/insight/metrics":                     all(alike(cuts()), asks(link("check", "0"))),
		"/insight/model":                       unshown(alike(cuts())),
		"/insight/reports":                     nil,
		"/insight/reports/{id}/{kind}":         nil,
		"/insight/liability":                   asks(field("month", "2026-13", "2031-01"), field("points")),
		"/insight/liability/journal":           asks(parameter{name: "month", wrong: []string{"2031-01"}, how: gone}, parameter{name: "layout", wrong: []string{"zz"}, how: plain}, parameter{name: "names", wrong: []string{"zz"}, how: plain}),
		"/insight/liability/settings":          nil,
		"/segments":                            nil,
		"/segments/new":                        nil,
		"/segments/preview":                    asks(parameter{name: "recency", wrong: []string{"zz", "6"}, how: within}, parameter{name: "frequency", wrong: []string{"zz"}, how: within}, parameter{name: "money", wrong: []string{"zz"}, how: within}, parameter{name: "stages", wrong: []string{"zz"}, how: within}, parameter{name: "score_from", wrong: []string{"zz"}, how: within}, parameter{name: "score_to", wrong: []string{"zz"}, how: within}, parameter{name: "when", wrong: []string{"zz"}, how: within}, parameter{name: "id"}, parameter{name: "name_ja"}, parameter{name: "name_en"}),
		"/segments/{id}":                       paged(),
		"/segments/{id}/edit":                  nil,
		"/segments/{id}/snapshots/{snapshot}":  nil,
		"/import":                              nil,
		"/import/files/{id}":                   asks(field("mapping")),
		"/import/files/{id}/errors":            asks(parameter{name: "mapping", wrong: []string{"zz"}, how: gone}),
		"/import/files/{id}/mapping":           asks(parameter{name: "base", wrong: []string{"zz"}, how: gone}),
		"/import/jobs/{id}":                    nil,
		"/import/reports/{id}":                 nil,
		"/import/reports/{id}/errors":          nil,
		"/jobs":                                all(asks(field("state")), paged()),
		"/jobs/parked":                         paged(),
		"/settings":                            nil,
		"/settings/stores":                     nil,
		"/settings/stores/new":                 nil,
		"/settings/stores/{id}":                nil,
		"/settings/staff":                      nil,
		"/settings/staff/new":                  nil,
		"/settings/staff/{id}":                 nil,
		"/settings/keys":                       nil,
		"/settings/keys/new":                   nil,
		"/settings/audit":                      all(asks(field("area"), field("who", ident.Staff.Text(ident.New())), link("verify", "0")), days("from", "to"), byNumber()),
		"/settings/health":                     nil,
	}
}

// readBy gives the parameters that a page has read.
func readBy(o *office) func(route string) []string {
	var mu sync.Mutex
	seen := map[string][]string{}
	o.console.reads = func(route string, names ...string) {
		mu.Lock()
		defer mu.Unlock()
		seen[route] = append(seen[route], names...)
	}
	return func(route string) []string {
		mu.Lock()
		defer mu.Unlock()
		names := slices.Clone(seen["GET "+route])
		slices.Sort(names)
		return slices.Compact(names)
	}
}

// places are the addresses under which the office has every page.
func (o *office) places(c *clerk, hers ident.ID) map[string]string {
	o.importing()
	o.console.Insight.Register(o.jobs)
	up := c.upload("/import", "orders.csv", []byte(orders)).ok(303).Header.Get("Location")
	job := c.post(up+"/run", "history", "yes").ok(303).Header.Get("Location")
	c.post("/insight/reports/plan", "every", "month", "langs", "both").ok(303)
	o.runJobs()
	c.post("/segments/new", "id", "often", "name_ja", "よく来る人", "when", "stats.visits >= 3", "do", "on").ok(303)
	c.post("/segments/often/snapshots", "name", "now").ok(303)
	src, err := plan.Template("cafe")
	if err != nil {
		o.t.Fatal(err)
	}
	draft := c.post("/programme/new", "source", strings.Replace(string(src), "2026-04-01", "2027-04-01", 1)).ok(303).Header.Get("Location")
	first := func(page, prefix string, not ...string) string {
		for _, a := range c.get(page).ok(200).find("a") {
			href, _, _ := strings.Cut(a.attrs["href"], "?")
			if strings.HasPrefix(href, prefix) && !slices.Contains(not, href) {
				return href
			}
		}
		o.t.Fatalf("%s leads to no %s", page, prefix)
		return ""
	}
	number := strings.TrimPrefix(draft, "/programme/versions/")
	return map[string]string{"/{$}": "/", "/members/{id}": memberURL(hers), "/purchases/{id}": first("/purchases", "/purchases/pur_"), "/programme/versions/{number}": "/programme/versions/" + number,
		"/insight/products/{no}": productURL("CAKE"), "/insight/gaps": "/insight/gaps?has=drink&lacks=cup", "/insight/liability/journal": "/insight/liability/journal?layout=generic&month=2026-06",
		"/insight/reports/{id}/{kind}":        first("/insight/reports", "/insight/reports/", "/insight/reports/plan", "/insight/reports/margins"),
		"/segments/{id}/snapshots/{snapshot}": first("/segments/often", "/segments/often/snapshots/"), "/segments/{id}": "/segments/often", "/import/files/{id}": up, "/import/jobs/{id}": job,
		"/import/reports/{id}": first("/import", "/import/reports/"), "/settings/stores/{id}": first("/settings/stores", "/settings/stores/sto_"), "/settings/staff/{id}": first("/settings/staff", "/settings/staff/stf_")}
}

// addressOf is the address of a route: the longest beginning that has one.
func addressOf(route string, at map[string]string) string {
	if p, ok := at[route]; ok {
		return p
	}
	for i := len(route); i > 0; i = strings.LastIndex(route[:i], "/") {
		if p, ok := at[route[:i]]; ok {
			return p + route[i:]
		}
	}
	return route
}

func with(address, name, value string) string {
	u, _ := url.Parse(address)
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// Whatever is wrong in a page's address is told at its field, with the page
// around it: no page answers another question than the one it was asked, and no
// file is made of it.
func TestWrongValuesInAddressesAreToldAtTheirFields(t *testing.T) {
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	hers := o.drinkers()
	o.closes("2026-06")
	c := o.clerk(staff.Owner)
	at := o.places(c, hers)
	read := readBy(o)
	table := questions()
	for _, route := range o.console.Web.Routes.All() {
		known, ours := table[strings.TrimSuffix(route.Pattern, "{$}")]
		if route.Method != "GET" || !ours && elsewhere(route.Pattern) {
			continue
		}
		if !ours {
			t.Errorf("the table of questions does not know the page %s", route.Pattern)
			continue
		}
		delete(table, strings.TrimSuffix(route.Pattern, "{$}"))
		address := addressOf(route.Pattern, at)
		right := c.get(address)
		for _, name := range read(route.Pattern) {
			if !slices.ContainsFunc(known, func(p parameter) bool { return p.name == name }) {
				if p, common := commons[name]; common {
					p.how = above
					if page := right.Header.Get("Content-Type"); !strings.HasPrefix(page, "text/html") || len(known) == 0 {
						p.how = plain
					}
					known = append(known, p)
					continue
				}
				t.Errorf("%s reads %q, which the table of questions does not know", route.Pattern, name)
			}
		}
		if right.StatusCode >= 400 {
			t.Errorf("%s: status %d without a question", address, right.StatusCode)
		}
		asksNothing := with(address, "zzz", "1")
		for _, p := range known {
			if p.how != gone && p.how != plain && !p.empty {
				asksNothing = with(asksNothing, p.name, "")
			}
		}
		c.get(asksNothing).ok(right.StatusCode)
		backwards(c, address, known)
		if strings.HasPrefix(right.Header.Get("Content-Type"), "text/html") && len(known) > 0 && known[0].how < gone {
			c.get(asksNothing + "&from=%zz").ok(422).has("div.error-summary").says("not well written")
		}
		for _, p := range known {
			p.ask(c, route.Pattern, address, read)
		}
	}
	for route := range table {
		t.Errorf("there is no page %s", route)
	}
}

// commons are the parameters that any list has.
var commons = map[string]parameter{"format": link("format", "xlsx"), "size": link("size", "0", "501"), "sort": link("sort", "-zz")}

// elsewhere reports routes that are not the console's own.
func elsewhere(pattern string) bool {
	return slices.ContainsFunc([]string{"/assets/", "/sign-in", "/setup", "/invite", "/me", "/prefs", "/_components", "/start/"}, func(p string) bool { return strings.HasPrefix(pattern, p) })
}

func (p parameter) ask(c *clerk, route, address string, read func(string) []string) {
	t := c.o.t
	if !slices.Contains(read(route), p.name) && !slices.Contains([]string{"after", "before"}, p.name) {
		t.Errorf("%s does not read %q", route, p.name)
	}
	for _, v := range p.wrong {
		p.refused(c.get(with(address, p.name, v)), v)
	}
	if len(p.wrong) > 0 && !p.seen {
		v := p.wrong[0]
		c.lang = "ja"
		p.refused(c.get(with(address, p.name, v)), v)
		c.lang = "en"
		if file := c.get(with(with(address, p.name, v), "format", "csv")); p.name != "format" && p.how != within && (file.StatusCode < 400 || strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv")) {
			t.Errorf("%s: a file of another question, status %d", file.path(), file.StatusCode)
		}
	}
}

// backwards asks for periods that end before they begin.
func backwards(c *clerk, address string, known []parameter) {
	for _, p := range known {
		to := strings.Replace(p.name, "from", "to", 1)
		if p.name != to && slices.Contains(p.wrong, "yesterday") {
			p.name = to
			s := c.get(with(with(address, strings.Replace(to, "to", "from", 1), "2026-09-02"), to, "2026-09-01")).ok(422)
			if p.how == atField {
				s.has("#f-"+to+"-error", "#f-"+to+"[value=2026-09-01]")
			}
		}
	}
}

// refused looks at the answer to a wrong value.
func (p parameter) refused(s sheet, v string) {
	s.t.Helper()
	switch p.how {
	case gone:
		s.ok(404)
	case plain:
		s.ok(422)
	case within:
		s.ok(422).has("ul").lacks("html")
	case above:
		s.ok(422).has("div.error-summary").says(p.name+"="+v).has("nav", "h1")
	case atField:
		s.ok(422).has("div.error-summary", "h1", "#f-"+p.name+"-error", "a[href=#f-"+p.name+"]")
		if e := s.find("#f-" + p.name + "-error"); len(e) == 1 && (e[0].text == "" || strings.ContainsAny(e[0].text, "{}")) {
			s.t.Errorf("%s: the field says %q", s.path(), e[0].text)
		}
		f := s.find("#f-" + p.name)
		if len(f) != 1 || f[0].attrs["aria-invalid"] != "true" || !strings.Contains(f[0].attrs["aria-describedby"], "f-"+p.name+"-error") {
			s.t.Errorf("%s: the field is %v", s.path(), f)
			return
		}
		if f[0].name == "input" && f[0].attrs["value"] != v {
			s.t.Errorf("%s: the field shows %q", s.path(), f[0].attrs["value"])
		}
		if f[0].name == "select" && len(s.find("option[value="+v+"]")) == 0 {
			s.t.Errorf("%s: the field does not show %q", s.path(), v)
		}
	}
}

// What a text may not hold never comes as far as the database.
func TestTextsInAddressesAreTexts(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		c := o.clerk(staff.Owner)
		for _, path := range []string{"/members?q=%00", "/members?q=a%ff", "/members?segment=%00", "/purchases?q=%00", "/purchases?q=%fe", "/points?store=%00", "/insight/mix?area=%ff", "/settings/audit?who=%00"} {
			c.get(path).ok(422).has("div.error-summary").says("in the address cannot be read")
		}
		c.get("/members/search?q=%00").ok(200).says("[]")
		c.get("/members?tier=gold&tier=silver").ok(422).says("tier=silver")
	})
}

// A page reads its address through Console.ask, which notes what is wrong and
// tells the test above what there is to ask.
func TestOnlyAskReadsAddresses(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") || f.Name() == "question.go" {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if x, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"Query", "RawQuery", "RequestURI", "FormValue", "ParseList"}, x.Sel.Name) {
				t.Errorf("%s: %s is read beside Console.ask", f.Name(), x.Sel.Name)
			}
			return true
		})
	}
}
