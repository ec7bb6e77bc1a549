package console

import (
	"bytes"
	"context"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"joren/internal/audience"
	"joren/internal/clock"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/jobs"
	"joren/internal/lane"
	loaders "joren/internal/measure"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/people"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/sale"
	"joren/internal/segment"
	"joren/internal/session"
	"joren/internal/shop"
	"joren/internal/sign"
	"joren/internal/staff"
)

// office is a console over a fresh database, with a lane, jobs and hands for
// the clock.
type office struct {
	t          *testing.T
	db         *db.DB
	console    *Console
	programmes *programme.Cache
	jobs       *jobs.Runner
	url        string

	mu sync.Mutex
	at clock.Instant
}

func (o *office) now() clock.Instant {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at
}

func (o *office) wait(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at = o.at.Add(d)
}

// open makes an office over the database that make gives.
func open(t *testing.T, make func(o ...dbtest.Option) *db.DB, consumers ...outbox.Consumer) *office {
	o := &office{t: t, at: clock.MustInstant("2026-11-22T10:00:00+09:00"), programmes: &programme.Cache{}}
	o.db = make(dbtest.WithClock(clock.Clock{Shop: o.now, Wall: o.now}))
	members := member.New(sign.New())
	l := lane.New(o.db, members, o.programmes)
	t.Cleanup(l.Close)
	o.jobs = jobs.NewRunner(o.db)
	web := session.New(o.db, slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	board := &insight.Board{Store: insight.NewStore(o.db, loaders.Shop{Programmes: o.programmes, Members: members}), Horizon: 30, Zone: o.zone, Heading: o.heading, Segments: segment.Everybody}
	o.console = New(Deps{Web: web, Sales: sale.New(l), Members: members, Programmes: o.programmes, Jobs: o.jobs, Outbox: outbox.NewNode(o.db, consumers...), Version: "test",
		Insight: board, Audience: &audience.Audience{DB: o.db, Members: members, Programmes: o.programmes, Board: board},
		Books:  &day.Books{Programmes: o.programmes},
		People: &people.People{Members: members, Policies: people.PoliciesOf(o.programmes), Zone: o.zone}})
	o.console.figures.patience = time.Minute // a busy machine is no reason to fail
	o.write(func(tx *db.Tx) error {
		s, err := shop.Load(tx)
		if err != nil {
			return err
		}
		s.Name.JA, s.Name.EN, s.Setup = "ひだまりカフェ", "Hidamari Café", shop.Empty
		_, err = shop.Save(tx, s)
		return err
	})
	s := httptest.NewServer(still(web.Handler()))
	t.Cleanup(s.Close)
	o.url = s.URL
	return o
}

// still keeps the page of a running job from coming anew by itself to whoever
// has the cookie "still": a browser in the middle of judging it.
func still(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("still"); err == nil {
			w = &withoutRefresh{w}
		}
		next.ServeHTTP(w, r)
	})
}

type withoutRefresh struct{ http.ResponseWriter }

func (w *withoutRefresh) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *withoutRefresh) WriteHeader(status int) {
	w.Header().Del("Refresh")
	w.ResponseWriter.WriteHeader(status)
}

func (w *withoutRefresh) Write(b []byte) (int, error) {
	w.Header().Del("Refresh")
	return w.ResponseWriter.Write(b)
}

// testLog shows what the server complains about beside the test's own words.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("server: %s", b)
	return len(b), nil
}

func (o *office) heading(tx *db.Tx, l i18n.Lang) (insight.Heading, error) {
	return insight.Heading{Shop: "ひだまりカフェ", Currency: "JPY"}, nil
}

func (o *office) zone(tx *db.Tx) (clock.Zone, error) {
	p, err := o.programmes.At(tx, tx.Now)
	if err != nil {
		return clock.Zone{}, err
	}
	return p.Zone, nil
}

// offices runs fn in an office on each engine.
func offices(t *testing.T, fn func(t *testing.T, o *office), consumers ...outbox.Consumer) {
	t.Run("sqlite", func(t *testing.T) {
		fn(t, open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) }, consumers...))
	})
	t.Run("postgres", func(t *testing.T) {
		fn(t, open(t, func(os ...dbtest.Option) *db.DB { return dbtest.Postgres(t, os...) }, consumers...))
	})
}

func (o *office) write(fn func(tx *db.Tx) error) {
	o.t.Helper()
	if err := o.db.Write(context.Background(), fn); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) read(fn func(tx *db.Tx) error) {
	o.t.Helper()
	if err := o.db.Read(context.Background(), fn); err != nil {
		o.t.Fatal(err)
	}
}

// cafe publishes the café's programme, in force since April.
func (o *office) cafe() {
	o.t.Helper()
	src, err := plan.Template("cafe")
	if err != nil {
		o.t.Fatal(err)
	}
	o.write(func(tx *db.Tx) error {
		_, err := programme.Publish(tx, src, programme.Order{})
		return err
	})
}

// clerk is a signed-in browser that follows no redirect.
type clerk struct {
	o    *office
	http *http.Client
	user staff.User
	lang string
}

// visitor is a browser of nobody.
func (o *office) visitor() *clerk {
	jar, _ := cookiejar.New(nil)
	return &clerk{o: o, lang: "en", http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// clerk hires somebody in a role and signs them in; the session is opened
// directly, for the sign-in page has tests of its own and costs a hash.
func (o *office) clerk(role staff.Role) *clerk {
	o.t.Helper()
	c := o.visitor()
	var token string
	o.write(func(tx *db.Tx) (err error) {
		if c.user, err = staff.Create(tx, staff.User{Login: "x-" + string(role), Name: strings.ToUpper(string(role)), Role: role, Status: staff.Active}); err != nil {
			return err
		}
		token, _, err = session.Open(tx, c.user.ID, "127.0.0.0", "test")
		return err
	})
	u, _ := url.Parse(o.url)
	c.http.Jar.SetCookies(u, []*http.Cookie{{Name: "joren_session", Value: token, Path: "/"}})
	return c
}

func (c *clerk) do(r *http.Request) sheet {
	c.o.t.Helper()
	r.Header.Set("Accept-Language", c.lang)
	res, err := c.http.Do(r)
	if err != nil {
		c.o.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.o.t.Fatal(err)
	}
	return readSheet(c.o.t, res, string(body))
}

func (c *clerk) get(path string) sheet {
	r, _ := http.NewRequest("GET", c.o.url+path, nil)
	return c.do(r)
}

func (c *clerk) post(path string, kv ...string) sheet {
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	r, _ := http.NewRequest("POST", c.o.url+path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(r)
}

// upload sends a file as a form would.
func (c *clerk) upload(path, name string, data []byte) sheet {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, _ := m.CreateFormFile("file", name)
	f.Write(data)
	m.Close()
	r, _ := http.NewRequest("POST", c.o.url+path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return c.do(r)
}

// follow opens the page a post led to.
func (c *clerk) follow(s sheet) sheet {
	c.o.t.Helper()
	if s.StatusCode != http.StatusSeeOther {
		c.o.t.Fatalf("%s: status %d, want a redirect\n%.1500s", s.path(), s.StatusCode, s.main())
	}
	return c.get(s.Header.Get("Location"))
}

// sheet is an answer and the start tags of its HTML.
type sheet struct {
	*http.Response
	t    *testing.T
	body string
	els  []tag
}

type tag struct {
	name  string
	attrs map[string]string
	text  string // up to the next tag
}

var (
	tagForm  = regexp.MustCompile(`<([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*/?>([^<]*)`)
	attrForm = regexp.MustCompile(`([a-zA-Z-]+)(?:="([^"]*)")?`)
	selForm  = regexp.MustCompile(`^([a-z0-9]*)(?:#([\w-]+))?((?:\.[\w-]+)*)((?:\[[\w-]+(?:=[^\]]*)?\])*)$`)
	condForm = regexp.MustCompile(`\[([\w-]+)(=?)([^\]]*)\]`)
)

func readSheet(t *testing.T, res *http.Response, body string) sheet {
	s := sheet{Response: res, t: t, body: body}
	for _, m := range tagForm.FindAllStringSubmatch(body, -1) {
		e := tag{m[1], map[string]string{}, strings.TrimSpace(html.UnescapeString(m[3]))}
		for _, a := range attrForm.FindAllStringSubmatch(m[2], -1) {
			e.attrs[a[1]] = html.UnescapeString(a[2])
		}
		s.els = append(s.els, e)
	}
	if strings.Contains(body, "<html") {
		if i := strings.Index(body, "["); i >= 0 {
			if m := missingText.FindString(body); m != "" {
				t.Errorf("%s: the text %s is not in the catalogue", s.path(), m)
			}
		}
	}
	return s
}

// missingText is how a key without a text shows itself.
var missingText = regexp.MustCompile(`\[[a-z_]+(\.[a-z0-9_-]+)+\]`)

func (s sheet) path() string { return s.Request.Method + " " + s.Request.URL.RequestURI() }

// find gives the elements of a selector tag#id.class[attr=value].
func (s sheet) find(selector string) (out []tag) {
	s.t.Helper()
	m := selForm.FindStringSubmatch(selector)
	if m == nil {
		s.t.Fatalf("selector %q", selector)
	}
	for _, e := range s.els {
		if e.is(m[1], m[2], m[3], m[4]) {
			out = append(out, e)
		}
	}
	return out
}

func (e tag) is(name, id, classes, conds string) bool {
	if name != "" && e.name != name || id != "" && e.attrs["id"] != id {
		return false
	}
	have := " " + e.attrs["class"] + " "
	for _, c := range strings.FieldsFunc(classes, func(r rune) bool { return r == '.' }) {
		if !strings.Contains(have, " "+c+" ") {
			return false
		}
	}
	for _, c := range condForm.FindAllStringSubmatch(conds, -1) {
		v, ok := e.attrs[c[1]]
		if !ok || c[2] == "=" && v != c[3] {
			return false
		}
	}
	return true
}

// ok wants a status.
func (s sheet) ok(status int) sheet {
	s.t.Helper()
	if s.StatusCode != status {
		s.t.Errorf("%s: status %d, want %d\n%.2500s", s.path(), s.StatusCode, status, s.main())
	}
	return s
}

// main is what stands in the page's body, tags left out.
func (s sheet) main() string {
	b := s.body
	if i := strings.Index(b, "<main"); i >= 0 {
		b = b[i:]
	}
	if i := strings.Index(b, "</main>"); i >= 0 {
		b = b[:i]
	}
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(b, "·"))
}

// says wants texts to stand in the page or its redirect.
func (s sheet) says(texts ...string) sheet {
	s.t.Helper()
	for _, x := range texts {
		if !strings.Contains(html.UnescapeString(s.body), x) && !strings.Contains(s.Header.Get("Location"), x) {
			s.t.Errorf("%s: %q is missing in\n%.2500s", s.path(), x, s.main())
		}
	}
	return s
}

// silent wants texts not to stand in the page.
func (s sheet) silent(texts ...string) sheet {
	s.t.Helper()
	for _, x := range texts {
		if strings.Contains(html.UnescapeString(s.body), x) {
			s.t.Errorf("%s: %q stands in\n%.2500s", s.path(), x, s.main())
		}
	}
	return s
}

// has wants at least one element of each selector.
func (s sheet) has(selectors ...string) sheet {
	s.t.Helper()
	for _, x := range selectors {
		if len(s.find(x)) == 0 {
			s.t.Errorf("%s: no %s in\n%.2500s", s.path(), x, s.main())
		}
	}
	return s
}

// lacks wants no element of any selector.
func (s sheet) lacks(selectors ...string) sheet {
	s.t.Helper()
	for _, x := range selectors {
		if n := len(s.find(x)); n > 0 {
			s.t.Errorf("%s: %d × %s", s.path(), n, x)
		}
	}
	return s
}

// value is the value of the first element of a selector.
func (s sheet) value(selector, attr string) string {
	s.t.Helper()
	found := s.find(selector)
	if len(found) == 0 {
		s.t.Fatalf("%s: no %s in\n%.2500s", s.path(), selector, s.main())
	}
	return found[0].attrs[attr]
}
