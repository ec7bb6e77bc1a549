package api

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"joren/internal/audience"
	"joren/internal/clock"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/lane"
	"joren/internal/measure"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/sale"
	"joren/internal/sign"
	"joren/internal/staff"
	"joren/internal/tier"
)

// shop is the café behind its API, on a clock the test sets.
type shop struct {
	t    testing.TB
	db   *db.DB
	api  *server
	now  clock.Instant
	log  bytes.Buffer
	keys map[staff.Scope]string
	lang string
	edit func(programme string) string // of the template; nil leaves it
}

func (s *shop) clock() clock.Clock {
	tick := func() clock.Instant { return s.now }
	return clock.Clock{Shop: tick, Wall: tick}
}

const opening = "2026-04-01T09:00:00+09:00"

// cafes runs a test on both engines with the café's programme published and a
// key of each scope.
func cafes(t *testing.T, fn func(t *testing.T, s *shop)) {
	t.Helper()
	edited(t, nil, fn)
}

// edited is cafes under a programme of its own.
func edited(t *testing.T, edit func(programme string) string, fn func(t *testing.T, s *shop)) {
	t.Helper()
	s := &shop{edit: edit}
	s.at(opening)
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s.at(opening)
		s.log.Reset()
		s.open(t, d)
		fn(t, s)
	}, dbtest.WithClock(s.clock()))
}

// open publishes the programme and puts the face on top.
func (s *shop) open(t testing.TB, d *db.DB) {
	t.Helper()
	src, err := plan.Template("cafe")
	if err != nil {
		t.Fatal(err)
	}
	if s.edit != nil {
		src = []byte(s.edit(string(src)))
	}
	s.t, s.db, s.lang, s.keys = t, d, "en", map[staff.Scope]string{}
	s.write(func(tx *db.Tx) error {
		if _, err := programme.Publish(tx, src, programme.Order{}); err != nil {
			return err
		}
		for _, scope := range staff.Scopes {
			_, secret, err := staff.NewKey(tx, string(scope), []staff.Scope{scope}, ident.ID{})
			if err != nil {
				return err
			}
			s.keys[scope] = secret
		}
		return nil
	})
	members, versions := member.New(sign.New()), &programme.Cache{}
	l := lane.New(d, members, versions)
	t.Cleanup(l.Close)
	s.api = newServer(Deps{DB: d, Sales: sale.New(l), Members: members, Programmes: versions, Waiting: l.Waiting,
		Books:    &day.Books{Programmes: versions},
		Insight:  &insight.Board{Store: insight.NewStore(d, measure.Shop{Programmes: versions, Members: members}), Horizon: 30, Zone: func(*db.Tx) (clock.Zone, error) { return clock.Tokyo, nil }},
		Audience: &audience.Audience{DB: d, Members: members, Programmes: versions},
		Log:      slog.New(slog.NewTextHandler(&s.log, nil)), Limits: Limits{PerSecond: -1},
		People: &people.People{Members: members, Policies: people.PoliciesOf(versions), Programme: func(tx *db.Tx) (*plan.Programme, error) { return versions.At(tx, tx.Now) }, Zone: func(tx *db.Tx) (clock.Zone, error) {
			p, err := versions.At(tx, tx.Now)
			if err != nil {
				return clock.Zone{}, err
			}
			return p.Zone, nil
		}}})
}

func (s *shop) write(fn func(*db.Tx) error) {
	s.t.Helper()
	if err := s.db.Write(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) at(when string) { s.now = clock.MustInstant(when) }

// reply is what came back.
type reply struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   string
}

// ask sends a request with the key of a scope; headers are pairs.
func (s *shop) ask(scope staff.Scope, method, path, body string, headers ...string) reply {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "203.0.113.9:4711"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if scope != "" {
		r.Header.Set("Authorization", "Bearer "+s.keys[scope])
	}
	r.Header.Set("Accept-Language", s.lang)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return reply{s.t, method + " " + path, w.Code, w.Header(), w.Body.String()}
}

func (s *shop) get(path string) reply { s.t.Helper(); return s.ask(staff.ScopeRead, "GET", path, "") }

func (s *shop) post(path, body string, headers ...string) reply {
	s.t.Helper()
	return s.ask(staff.ScopeWrite, "POST", path, body, headers...)
}

// keyed posts with an idempotency key.
func (s *shop) keyed(path, body, key string) reply {
	s.t.Helper()
	return s.post(path, body, "Idempotency-Key", key)
}

func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: status %d, want %d: %s", r.what, r.status, status, r.body)
	}
	return r
}

// problem checks a refusal and gives the problem.
func (r reply) problem(status int, code string) (p struct {
	Code, Detail, Title, Retryable, Type string
	RequestID                            string `json:"request_id"`
	Status                               int
	Errors                               []map[string]any
}) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		r.t.Fatalf("%s: %d %q: %v", r.what, r.status, r.body, err)
	}
	if r.status != status || p.Code != code || p.Status != status || r.header.Get("Content-Type") != "application/problem+json" {
		r.t.Errorf("%s: %d %s, want %d %s: %s", r.what, r.status, p.Code, status, code, r.body)
	}
	return p
}

func (r reply) into(v any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		r.t.Fatalf("%s: %q: %v", r.what, r.body, err)
	}
}

// field is one value of the body.
func (r reply) field(path ...string) any {
	r.t.Helper()
	var v any
	r.into(&v)
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

func (r reply) text(path ...string) string { s, _ := r.field(path...).(string); return s }

// theRegular is the member of EXAMPLES §2 as she stands before her purchase:
// lots A 400 (until 30 November) and B 500 (until 31 March 2027), 19 visits,
// silver with 18,400 yen in the half-year, 60 points of this month's 150 on
// five-days.
func (s *shop) theRegular() string {
	s.t.Helper()
	id := s.post("/v1/members", `{"name":"山田 花子","card":"2900000123458","joined_on":"2026-04-01"}`).want(201).text("id")
	s.at("2026-11-10T12:00:00+09:00")
	s.keyed("/v1/adjustments", `{"member":"`+id+`","type":"regular","points":400,"reason":"opening","expires_on":"2026-11-30"}`, "a").want(201)
	s.keyed("/v1/adjustments", `{"member":"`+id+`","type":"regular","points":500,"reason":"opening","expires_on":"2027-03-31"}`, "b").want(201)
	m, err := ident.Member.Parse(id)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO purchase_stats (member_id, visits, orders, spend, first_on, last_on, last_at) VALUES ($1, 19, 19, 40000, '2026-04-02', '2026-11-10', $2)`, m, s.now); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO limit_counter (holder_id, limit_id, store, window_from, used) VALUES ($1, 'five-days.1', '', '2026-11-01', 60)`, m); err != nil {
			return err
		}
		p, err := s.api.Programmes.At(tx, s.now)
		if err != nil {
			return err
		}
		r := lane.TierRules([]*plan.Programme{p})
		if err := tier.Give(tx, r, []tier.Grant{{ID: ident.New(), Member: m, Opening: true, Level: "silver", From: clock.MustDay("2026-10-01"), Until: clock.MustDay("2027-03-31"), RecordedAt: s.now}}); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO tier_event (member_id, at, id, on_day, day, spend, points, orders, status) VALUES ($1, $2, $3, '2026-11-10', '2026-11-10', 18400, 0, 1, 0)`, m, s.now, ident.New())
		return err
	})
	return id
}

// purchaseBody is the purchase of EXAMPLES §4, paid in part from a hold.
func purchaseBody(hold string) string {
	return strings.Replace(purchaseExample, "hld_01920000000070008000000000000001", hold, 1)
}

// openSQLite opens a shop on SQLite alone, for what no database decides.
func (s *shop) openSQLite(t testing.TB) {
	t.Helper()
	if s.now == 0 {
		s.at(opening)
	}
	s.open(t, dbtest.SQLite(t, dbtest.WithClock(s.clock())))
}
