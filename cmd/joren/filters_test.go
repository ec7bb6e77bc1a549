package main

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"joren/internal/api"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/sale"
	"joren/internal/session"
	"joren/internal/staff"
)

// figures are one metric as one of the three shows it.
type figures struct{ value, n, shown string }

// Whatever is asked for, the page, its file and the API tell the same figures:
// a thousand filters, drawn from a fixed seed.
func TestScreenFileAndAPIAreTheSameUnderAThousandFilters(t *testing.T) {
	a, err := open(t.Context(), place{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	f := &asker{t: t, a: a, client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	f.open()
	f.settle()
	r := rand.New(rand.NewPCG(2026, 11))
	told, empty, refused := 0, 0, 0
	house, rows := rooms(), map[string]int{}
	for i := range 1000 {
		q := anyQuery(r)
		m := &house[i%len(house)]
		if n := f.visit(m, r, q); n < 0 {
			refused++
		} else {
			rows[m.path] += n
		}
		file, status := f.file(q)
		if status != 200 {
			f.refuse(q, status)
			refused++
			continue
		}
		screen, answer := f.screen(q), f.answer(q)
		if len(file) != len(insight.Registry) || len(screen) != len(file) || len(answer) != len(file) {
			t.Fatalf("filter %d %s: %d figures in the file, %d on screen, %d from the API", i, q, len(file), len(screen), len(answer))
		}
		for id, x := range file {
			if answer[id].value != x.value || answer[id].n != x.n {
				t.Errorf("filter %d %s: %s is %+v in the file, %+v from the API", i, q, id, x, answer[id])
			}
			if screen[id].shown != x.shown || screen[id].n != x.n {
				t.Errorf("filter %d %s: %s is %+v in the file, %+v on screen", i, q, id, x, screen[id])
			}
			if x.value == "" {
				empty++
			} else if x.value != "0" {
				told++
			}
		}
		if t.Failed() {
			return
		}
	}
	for _, m := range house {
		if rows[m.path] < 100 {
			t.Errorf("only %d rows of %s were compared", rows[m.path], m.path)
		}
	}
	if told < 3000 || empty < 1000 || refused < 100 {
		t.Errorf("%d figures above zero, %d that could not be told, %d questions refused: the filters ask too little", told, empty, refused)
	}
}

// asker asks the three faces.
type asker struct {
	t      *testing.T
	a      *app
	client *http.Client
	url    string
	key    string
	cookie *http.Cookie
	names  map[string]string // of members, by id
}

func (f *asker) open() {
	src, err := plan.Template("cafe")
	if err != nil {
		f.t.Fatal(err)
	}
	var who []ident.ID
	f.names = map[string]string{}
	f.write(func(tx *db.Tx) error {
		if _, err := programme.Publish(tx, src, programme.Order{}); err != nil {
			return err
		}
		skin := member.Attribute{ID: "skin", Type: rules.AttrChoice, Choices: []string{"dry", "oily"}}
		skin.Name.JA = "肌質"
		if err := f.a.members.Define(tx, skin); err != nil {
			return err
		}
		if err := insight.SaveMargins(tx, insight.Margins{"": 3000, "A": 5500}); err != nil {
			return err
		}
		for n := range 48 {
			p := member.Person{Name: fmt.Sprint("客", n), Birthday: clock.Date(1950+n, 3, 4), Area: []string{"東京都", "大阪府", ""}[n%3], Gender: []member.Gender{member.Female, member.Male, ""}[n%3],
				Attributes: member.Attributes{"skin": []string{"dry", "oily"}[n%2]}}
			made, err := f.a.people.Enrol(tx, people.Present, []people.Request{{Newcomer: member.Newcomer{Person: p, JoinedOn: clock.MustDay("2026-04-01") + clock.Day(n%30), JoinStore: []string{"honten", "ekimae"}[n%2], JoinSource: []string{"till", "web", "referral"}[n%3]}}})
			if err != nil {
				return err
			}
			who = append(who, made[0].Member.ID)
			f.names[ident.Member.Text(made[0].Member.ID)] = p.Name
		}
		u, err := staff.Create(tx, staff.User{Login: "owner", Name: "Owner", Role: staff.Owner, Status: staff.Active})
		if err != nil {
			return err
		}
		token, _, err := session.Open(tx, u.ID, "127.0.0.0", "test")
		f.cookie = &http.Cookie{Name: "joren_session", Value: token}
		if err == nil {
			f.key, err = newKey(tx)
		}
		return err
	})
	f.trade(who)
	s := httptest.NewServer(faces(f.a, slog.New(slog.NewTextHandler(io.Discard, nil)), listener{RateLimit: -1}))
	f.t.Cleanup(s.Close)
	f.url = s.URL
}

// trade records half a year of purchases, guests among them.
func (f *asker) trade(who []ident.ID) {
	r := rand.New(rand.NewPCG(5, 5))
	var docs []sale.Document
	for n := range 280 {
		at := clock.Tokyo.Start(clock.MustDay("2026-05-02")+clock.Day(n*180/280)) + 3*3600*1_000_000
		buyer := ""
		if n%9 > 0 {
			buyer = ident.Member.Text(who[r.IntN(1+r.IntN(len(who)))])
		}
		yen := 500 + 10*r.IntN(200)
		in, err := purchase.Decode(fmt.Appendf(nil, `{"source":"till","order_no":"%d","member":%q,"store":%q,"channel":%q,"occurred_at":%q,"total":%d,
			"lines":[{"no":1,"sku":%q,"name":%q,"category":%q,"quantity":1,"amount":%d,"tax_rate":"0.10"}]}`, n, buyer, []string{"honten", "ekimae"}[r.IntN(2)], []string{"shop", "web"}[r.IntN(2)], at, yen, []string{"A", "B"}[n%2], []string{"ブレンド", "食パン"}[n%2], []string{"coffee", "bread"}[n%2], yen))
		if err != nil {
			f.t.Fatal(err)
		}
		docs = append(docs, sale.Document{Sale: in})
	}
	done, err := f.a.sales.Documents(f.t.Context(), docs, sale.By{Actor: "test", Brief: true})
	for _, d := range done {
		if err == nil {
			err = d.Err
		}
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *asker) write(fn func(tx *db.Tx) error) {
	f.t.Helper()
	if err := f.a.db.Write(f.t.Context(), fn); err != nil {
		f.t.Fatal(err)
	}
}

// anyQuery draws a filter: each field mostly left out, sometimes a word that
// nobody has.
func anyQuery(r *rand.Rand) string {
	q := url.Values{}
	pick := func(name string, words ...string) {
		if r.IntN(5) == 0 {
			q.Set(name, words[r.IntN(len(words))])
		}
	}
	pick("store", "honten", "ekimae", "nowhere")
	pick("channel", "shop", "web")
	pick("tier", "bronze", "silver", "gold")
	pick("age", insight.Ages...)
	pick("gender", "female", "male", "other")
	pick("area", "東京都", "大阪府", "沖縄県")
	pick("own", "skin:dry", "skin:oily", "skin:none", "hair:long")
	pick("join_store", "honten", "ekimae")
	pick("join_source", "till", "web", "referral")
	span := func(from, to string) {
		first := clock.MustDay("2026-04-01") + clock.Day(r.IntN(220))
		if r.IntN(3) == 0 {
			q.Set(from, first.String())
		}
		if r.IntN(3) == 0 {
			q.Set(to, (first + clock.Day(r.IntN(120))).String())
		}
	}
	span("from", "to")
	if r.IntN(3) == 0 {
		span("cohort_from", "cohort_to")
	}
	return "?" + q.Encode()
}

// settle waits for the first reading of everything that is worked out behind
// the pages.
func (f *asker) settle() {
	f.t.Helper()
	for _, path := range []string{"metrics", "members", "products", "due", "models"} {
		for until := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			body, status := f.ask("/v1/insight/"+path, f.byKey)
			if status == 200 {
				break
			}
			if status != 503 || time.Now().After(until) {
				f.t.Fatalf("%s: status %d\n%.600s", path, status, body)
			}
		}
	}
}

// refuse looks whether page and API refuse what the file does.
func (f *asker) refuse(q string, file int) {
	f.t.Helper()
	_, page := f.ask("/insight/metrics"+q, f.signedIn)
	if _, answer := f.ask("/v1/insight/metrics"+q, f.byKey); file != 422 || page != file || answer != file {
		f.t.Errorf("%s: the page answers %d, the file %d, the API %d", q, page, file, answer)
	}
}

func (f *asker) get(path string, dress func(*http.Request)) []byte {
	f.t.Helper()
	body, status := f.ask(path, dress)
	if status != 200 {
		f.t.Fatalf("%s: status %d\n%.600s", path, status, body)
	}
	return body
}

func (f *asker) ask(path string, dress func(*http.Request)) ([]byte, int) {
	f.t.Helper()
	req, _ := http.NewRequest("GET", f.url+path, nil)
	req.Header.Set("Accept-Language", "en")
	dress(req)
	res, err := f.client.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(path, err)
	}
	return body, res.StatusCode
}

func (f *asker) signedIn(r *http.Request) { r.AddCookie(f.cookie) }
func (f *asker) byKey(r *http.Request)    { r.Header.Set("Authorization", "Bearer "+f.key) }

func (f *asker) file(q string) (map[string]figures, int) {
	rows, status := f.rows("/insight/metrics" + q + "&format=csv")
	out := map[string]figures{}
	for _, row := range rows {
		out[row[0]] = figures{value: row[3], n: row[4], shown: shown(f.t, row)}
	}
	return out, status
}

// shown is how a page must write what the file says.
func shown(t *testing.T, row []string) string {
	v := insight.Value{Metric: insight.Find(row[0])}
	if row[3] == "" {
		return "–"
	}
	var err error
	if v.Value, err = strconv.ParseFloat(row[3], 64); err != nil {
		t.Fatal(err)
	}
	return v.In(i18n.EN, "JPY")
}

func (f *asker) answer(q string) map[string]figures {
	var table api.MetricTable
	if err := json.Unmarshal(f.get("/v1/insight/metrics"+q, f.byKey), &table); err != nil {
		f.t.Fatal(err)
	}
	out := map[string]figures{}
	for _, m := range table.Groups[0].Metrics {
		x := figures{n: strconv.Itoa(m.N)}
		if m.Value != nil {
			x.value = insight.Figure(*m.Value)
		}
		out[m.Metric] = x
	}
	return out
}

var (
	metricRow = regexp.MustCompile(`(?s)<strong id="(\w+)">.*?<td class="num[^"]*"[^>]*>(.*?)</td>.*?<td class="num[^"]*"[^>]*>.*?</td>.*?<td class="num[^"]*"[^>]*>(.*?)</td>`)
	anyTag    = regexp.MustCompile(`<[^>]*>`)
)

func (f *asker) screen(q string) map[string]figures {
	out := map[string]figures{}
	text := func(s string) string { return strings.TrimSpace(html.UnescapeString(anyTag.ReplaceAllString(s, ""))) }
	for _, m := range metricRow.FindAllStringSubmatch(string(f.get("/insight/metrics"+q, f.signedIn)), -1) {
		out[m[1]] = figures{shown: text(m[2]), n: strings.ReplaceAll(text(m[3]), ",", "")}
	}
	return out
}
