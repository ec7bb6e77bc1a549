package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/session"
)

// TestPagesOfAShopOfAMillion measures every page of the console on a generated
// shop of a million members. It wants JOREN_SCALE to name a directory that
// holds a demo (joren demo --data DIR --no-serve), which it makes a million of
// at the first call: 16 GB and a quarter of an hour. JOREN_SCALE_COPIES asks
// for another number of copies, JOREN_SCALE_SOLD for another number of those
// that come with what they bought. With JOREN_SCALE_READING=0 it does not wait
// for Insight's first reading and leaves the page of a member out.
// JOREN_SCALE_ONLY asks for pages whose address matches an expression.
//
//	JOREN_SCALE=/somewhere/large go test -v -timeout 3h -run PagesOfAShop ./cmd/joren
func TestPagesOfAShopOfAMillion(t *testing.T) {
	dir := os.Getenv("JOREN_SCALE")
	if dir == "" {
		t.Skip("JOREN_SCALE names no directory: nothing to measure")
	}
	copies := number(t, "JOREN_SCALE_COPIES", 228)
	sold := number(t, "JOREN_SCALE_SOLD", 1+copies*2/5)
	a, err := open(t.Context(), place{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	mark := filepath.Join(dir, "grown")
	if _, err := os.Stat(mark); err != nil {
		began := time.Now()
		if err := (grow{copies: copies, sold: sold, log: t.Logf}).run(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(mark, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Logf("grown in %v", time.Since(began).Round(time.Second))
	}
	m := &meter{T: t, app: a, read: number(t, "JOREN_SCALE_READING", 1) != 0}
	began := time.Now()
	if m.read {
		if _, err := a.board.Reading(t.Context()); err != nil { // a server does it when it starts
			t.Fatal(err)
		}
		t.Logf("first reading of Insight: %v, %d MB from the system", time.Since(began).Round(time.Second), peak()>>20)
	}
	m.start()
	m.count()
	only := regexp.MustCompile(os.Getenv("JOREN_SCALE_ONLY"))
	for _, p := range m.pages() {
		if only.MatchString(p) {
			m.measure(p)
		}
	}
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise int) (n int) {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

type meter struct {
	*testing.T
	app    *app
	url    string
	client *http.Client
	read   bool // Insight has read the shop
}

// start serves the faces and signs an owner in.
func (m *meter) start() {
	srv := httptest.NewServer(faces(m.app, slog.New(slog.NewTextHandler(io.Discard, nil)), listener{}))
	m.Cleanup(srv.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		m.Fatal(err)
	}
	m.url, m.client = srv.URL, &http.Client{Jar: jar, Timeout: 10 * time.Minute}
	var link string
	if err := m.app.db.Write(m.Context(), func(tx *db.Tx) (err error) {
		for _, table := range []string{"staff_link", "session_session", "staff_user"} { // of an earlier call
			if _, err := tx.Exec(`DELETE FROM ` + table); err != nil {
				return err
			}
		}
		link, err = session.OwnerLink(tx)
		return err
	}); err != nil {
		m.Fatal(err)
	}
	r, err := m.client.PostForm(m.url+link, url.Values{"name": {"measurer"}, "login": {"measurer@example.com"}, "password": {"a password of some length"}})
	if err != nil {
		m.Fatal(err)
	}
	r.Body.Close()
}

func (m *meter) get(path string) (status int, body []byte) {
	m.Helper()
	r, err := m.client.Get(m.url + path)
	if err != nil {
		m.Fatal(err)
	}
	defer r.Body.Close()
	body, err = io.ReadAll(r.Body)
	if err != nil {
		m.Fatal(err)
	}
	return r.StatusCode, body
}

// count tells how large the shop is.
func (m *meter) count() {
	if err := m.app.db.Read(m.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"member_member", "purchase_purchase", "ledger_entry", "ledger_lot", "audit_entry"} {
			n, err := db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM `+table)
			if err != nil {
				return err
			}
			m.Logf("%s %s", i18n.Number(n), table)
		}
		return nil
	}); err != nil {
		m.Fatal(err)
	}
}

// first finds the first id of a kind that a page links to.
func (m *meter) first(page, pattern string) string {
	m.Helper()
	_, body := m.get(page)
	x := regexp.MustCompile(pattern).FindSubmatch(body)
	if x == nil {
		m.Fatalf("%s links to no %s", page, pattern)
	}
	return string(x[1])
}

func (m *meter) pages() []string {
	other := m.first("/members", `/members/(mem_[0-9a-f]+)`)
	bought := m.first("/purchases?from=2011-06-01&to=2011-06-07", `/purchases/(pur_[0-9a-f]+)`)
	var who, buyer string
	if err := m.app.db.Read(m.Context(), func(tx *db.Tx) error {
		id, err := db.One(tx, nil, db.Value[ident.ID], `SELECT id FROM staff_user LIMIT 1`)
		if who = ident.Staff.Text(id); err != nil {
			return err
		}
		id, err = db.One(tx, nil, db.Value[ident.ID], `SELECT member_id FROM purchase_stats ORDER BY orders DESC LIMIT 1 OFFSET 1000`)
		buyer = ident.Member.Text(id)
		return err
	}); err != nil {
		m.Fatal(err)
	}
	buyer, other, bought = "/members/"+buyer, "/members/"+other, "/purchases/"+bought
	pages := []string{"/", "/members", "/members?sort=joined", "/members?size=100", "/members?tier=gold", "/members?tier=silver", "/members?tier=bronze", "/members?bought=again", "/members?bought=never", "/members?tier=gold&bought=never", "/members?tier=gold&sort=joined&from=2011-01-01", "/members?tier=bronze&bought=once",
		"/members?after=2010-12-20." + far, "/members?tier=gold&after=2010-12-20." + far, "/members?status=withdrawn", "/members?from=2011-01-01&to=2011-01-31", "/members?q=" + url.QueryEscape("山田"), "/members?q=" + url.QueryEscape("さとう"), "/members?q=" + url.QueryEscape("さ"), "/members?q=" + url.QueryEscape("さとうゆ"), "/members?q=" + url.QueryEscape("たろう"),
		"/members?q=" + url.QueryEscape("佐藤 花子"), "/members?q=1234", "/members?q=u4711%40example.jp", "/members/search?q=" + url.QueryEscape("やま"), "/members/search?q=" + url.QueryEscape("さとうゆ"), "/members/search?q=1234",
		"/members/new", "/members/duplicates", buyer, buyer + "/edit", buyer + "/adjust", buyer + "/merge", buyer + "/merge?with=" + strings.TrimPrefix(other, "/members/"), buyer + "/withdraw", buyer + "/erase",
		"/purchases", "/purchases?size=100", "/purchases?from=2011-06-01&to=2011-06-30", "/purchases?only=guests", "/purchases?only=flagged", "/purchases?q=536365", "/purchases?q=c77-536365", "/purchases?store=nowhere", "/purchases?after=2010-12-20.1." + far, "/purchases?only=guests&after=2010-12-20.1." + far,
		"/purchases?member=" + strings.TrimPrefix(buyer, "/members/"), "/purchases/parked", bought, bought + "/return",
		"/points", "/points?what=issued&from=2011-06-01&to=2011-06-30", "/points?what=expired", "/points?what=spent", "/points?store=nowhere", "/points?type=nothing", "/points?after=2010-12-20.1." + far + ".1.x", "/points?member=" + strings.TrimPrefix(buyer, "/members/"), "/points/accounts",
		"/programme", "/programme/versions/1", "/programme/new", "/import", "/jobs", "/jobs/parked", "/settings", "/settings/stores", "/settings/staff", "/settings/keys", "/settings/health",
		"/settings/audit", "/settings/audit?area=programme.", "/settings/audit?area=member.", "/settings/audit?area=key.", "/settings/audit?who=" + who, "/settings/audit?from=2010-12-01&to=2010-12-31"}
	if !m.read {
		pages = slices.DeleteFunc(pages, func(p string) bool { return p == buyer })
		m.Logf("left out, because Insight has not read the shop: %s", buyer)
	}
	return pages
}

const (
	loads = 20
	far   = "00000000000000000000000000000001" // an id of a place deep in a list
)

// cpu is the processor time of this process, server and client together; 0
// where the system does not tell.
func cpu() time.Duration {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// measure loads a page once and then twenty times.
func (m *meter) measure(path string) {
	began := time.Now()
	status, body := m.get(path)
	first := time.Since(began)
	if status >= 400 || bytes.Contains(body, []byte("<title>500")) {
		m.Errorf("%s: %d", path, status)
	}
	var took []time.Duration
	spent := cpu()
	for range loads {
		began := time.Now()
		m.get(path)
		took = append(took, time.Since(began))
	}
	spent = (cpu() - spent) / loads
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	shown, _ := url.QueryUnescape(path)
	m.Logf("%-60s first %7.1f  CPU %6.1f  p50 %7.1f  p95 %7.1f ms  %3d KiB", shown, ms(first), ms(spent), ms(took[loads/2]), ms(took[loads*95/100-1]), len(body)>>10)
}
