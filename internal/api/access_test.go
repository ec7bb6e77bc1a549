package api

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/staff"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// somewhere is a path of a route with ids of nobody.
func somewhere(rt *route) string {
	prefix := ident.Member
	switch {
	case strings.Contains(rt.Path, "/purchases/"):
		prefix = ident.Purchase
	case strings.Contains(rt.Path, "/holds/"):
		prefix = ident.Hold
	case strings.Contains(rt.Path, "/merges/"):
		prefix = ident.Merge
	case strings.Contains(rt.Path, "/versions/"):
		return strings.Replace(rt.Path, "{n}", "99", 1)
	}
	return placeholder.ReplaceAllString(rt.Path, prefix.Text(ident.New()))
}

// The paths of EXAMPLES §4, all there; and the scope each asks for.
func TestEveryPathOfTheExamplesIsThere(t *testing.T) {
	want := strings.Fields(`
		POST/v1/members GET/v1/members GET/v1/members/{id} PATCH/v1/members/{id} POST/v1/members/{id}/withdraw POST/v1/members/{id}/erase POST/v1/members/merge POST/v1/merges/{id}/undo
		POST/v1/purchases POST/v1/purchases/preview POST/v1/purchases/bulk GET/v1/purchases/{id} GET/v1/purchases/{id}/award POST/v1/purchases/{id}/events POST/v1/returns POST/v1/events
		GET/v1/members/{id}/balance GET/v1/members/{id}/ledger GET/v1/members/{id}/lots GET/v1/members/{id}/tier
		POST/v1/holds POST/v1/holds/{id}/commit POST/v1/holds/{id}/cancel POST/v1/holds/{id}/refund POST/v1/adjustments POST/v1/transfers
		GET/v1/programme/versions POST/v1/programme/versions POST/v1/programme/versions/{n}/publish GET/v1/programme/terms GET/healthz GET/readyz`)
	s := &shop{}
	s.at(opening)
	s.openSQLite(t)
	var got []string
	for _, rt := range s.api.routes {
		got = append(got, rt.Method+rt.Path)
		if rt.Scope == "" && strings.HasPrefix(rt.Path, "/v1/") {
			t.Errorf("%s %s lets everybody in", rt.Method, rt.Path)
		}
		if rt.Method != "GET" && rt.Scope == staff.ScopeRead && !strings.HasSuffix(rt.Path, "/preview") {
			t.Errorf("%s %s changes something for a reader", rt.Method, rt.Path)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s is missing", w)
		}
	}
}

// Every route, for nobody, a stranger, a revoked key and a key of each scope.
func TestEveryRouteLetsInItsScopeAndNobodyElse(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.keys["stranger"] = "jk_" + ident.Token(32)
		var revoked staff.Key
		s.write(func(tx *db.Tx) (err error) {
			revoked, s.keys["revoked"], err = staff.NewKey(tx, "gone", []staff.Scope{staff.ScopeAdmin}, ident.ID{})
			if err == nil {
				err = staff.RevokeKey(tx, revoked.ID)
			}
			return err
		})
		for _, rt := range s.api.routes {
			body := ""
			if rt.Method != "GET" {
				body = "{}"
			}
			for _, who := range []staff.Scope{"", "stranger", "revoked", staff.ScopeRead, staff.ScopeWrite, staff.ScopeAdmin} {
				r := s.ask(who, rt.Method, somewhere(rt), body, "Idempotency-Key", ident.New().String())
				in := slices.Index(staff.Scopes, who) >= slices.Index(staff.Scopes, rt.Scope)
				switch {
				case rt.Scope == "":
					r.want(200)
				case who == "":
					r.problem(401, "key.missing")
				case who == "stranger" || who == "revoked":
					r.problem(401, "key.unknown")
				case !in:
					r.problem(403, "key.scope")
				case r.status == 401 || r.status == 403 || r.status >= 500:
					t.Errorf("%s with %s: %d %s", r.what, who, r.status, r.body)
				}
				if r.status == 401 && !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer ") {
					t.Errorf("%s: no WWW-Authenticate", r.what)
				}
			}
		}
	})
}

// The scope that the document states for each operation is the one that is
// asked for: whoever reads only the document makes no mistake.
func TestTheDocumentSaysWhoIsLetIn(t *testing.T) {
	s, doc, _ := document(t)
	n := 0
	for path, ops := range doc["paths"].(map[string]any) {
		for method, op := range ops.(map[string]any) {
			n++
			rt := &route{Method: strings.ToUpper(method), Path: path}
			scope := staff.Scope("")
			if sec, _ := op.(map[string]any)["security"].([]any); len(sec) == 1 {
				scope = staff.Scope(sec[0].(map[string]any)["key"].([]any)[0].(string))
			}
			body := ""
			if method != "get" {
				body = "{}"
			}
			for i, who := range append([]staff.Scope{""}, staff.Scopes...) {
				r := s.ask(who, rt.Method, somewhere(rt), body, "Idempotency-Key", ident.New().String())
				in := scope == "" || i > 0 && slices.Index(staff.Scopes, who) >= slices.Index(staff.Scopes, scope)
				switch {
				case in && (r.status == 401 || r.status == 403 || r.status >= 500):
					t.Errorf("%s asks for %q, and a key with %q is answered %d: %s", r.what, scope, who, r.status, r.body)
				case !in && who == "" && r.status != 401, !in && who != "" && r.status != 403:
					t.Errorf("%s asks for %q, and %q is answered %d: %s", r.what, scope, who, r.status, r.body)
				case in && strings.Contains(path, "{") && r.status != 404 && r.status != 422:
					t.Errorf("%s is nowhere and answered %d: %s", r.what, r.status, r.body)
				}
			}
		}
	}
	if n != len(s.api.routes) {
		t.Errorf("the document has %d operations, the face %d routes", n, len(s.api.routes))
	}
}

func TestAnUnknownIDInThePathIsNotFoundAndOneInABodyIsRefused(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		codes := map[string]string{"/members/": "member.unknown", "/purchases/": "purchase.unknown", "/holds/": "hold.unknown", "/merges/": "merge.unknown", "/versions/": "programme.version_unknown"}
		bodies := map[string]string{"/refund": `{"points":1}`, "/events": `{"kind":"delivered","occurred_at":"2026-04-01T00:00:00Z"}`}
		n := 0
		for _, rt := range s.api.routes {
			if !strings.Contains(rt.Path, "{") {
				continue
			}
			body := ""
			if rt.Method != "GET" {
				body = "{}"
				for end, b := range bodies {
					if strings.HasSuffix(rt.Path, end) {
						body = b
					}
				}
			}
			for part, code := range codes {
				if strings.Contains(rt.Path, part) {
					n++
					s.ask(staff.ScopeAdmin, rt.Method, somewhere(rt), body, "Idempotency-Key", ident.New().String()).problem(404, code)
					s.ask(staff.ScopeAdmin, rt.Method, placeholder.ReplaceAllString(rt.Path, "mem_x'%22;--"), body, "Idempotency-Key", ident.New().String()).problem(404, code)
				}
			}
		}
		if n < 15 {
			t.Errorf("only %d routes with ids", n)
		}
		nobody := ident.Member.Text(ident.New())
		s.keyed("/v1/holds", `{"member":"`+nobody+`","points":1}`, "k").problem(422, "member.unknown")
		s.post("/v1/purchases", strings.Replace(purchaseExample, `"card":"2900000123458"`, `"member":"`+nobody+`"`, 1)).problem(422, "member.unknown")
		s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", `{"gone":"`+nobody+`","kept":"`+nobody+`x"}`).problem(422, "member.unknown")
	})
}

func TestWhatIsNoRouteIsAProblemToo(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.get("/v1/nothing").problem(404, "request.no_route")
		r := s.ask(staff.ScopeWrite, "PUT", "/v1/members/"+ident.Member.Text(ident.New()), "{}")
		r.problem(405, "request.method")
		if got := r.header.Get("Allow"); got != "GET, PATCH, HEAD" {
			t.Errorf("Allow: %q", got)
		}
	})
}

func TestARevokedKeyEndsWithinSeconds(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		var k staff.Key
		s.write(func(tx *db.Tx) (err error) {
			k, s.keys["till"], err = staff.NewKey(tx, "till", []staff.Scope{staff.ScopeRead}, ident.ID{})
			return err
		})
		s.ask("till", "GET", "/v1/members", "").want(200)
		s.write(func(tx *db.Tx) error {
			all, err := staff.Keys(tx)
			for _, x := range all {
				if x.ID == k.ID && x.LastUsedAt != s.now {
					t.Errorf("last used %v, want %v", x.LastUsedAt, s.now)
				}
			}
			if err == nil {
				err = staff.RevokeKey(tx, k.ID)
			}
			return err
		})
		s.now = s.now.Add(keyMemory + time.Second)
		s.ask("till", "GET", "/v1/members", "").problem(401, "key.unknown")
	})
}

func TestAKeyThatAsksTooMuchIsToldWhenToComeBack(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.api.limits = newLimiter(Limits{PerSecond: 2, Burst: 3}, s.clock())
		for range 3 {
			s.get("/v1/members").want(200)
		}
		r := s.get("/v1/members")
		if p := r.problem(429, "rate.limited"); p.Retryable != "yes" || r.header.Get("Retry-After") != "1" {
			t.Errorf("%+v, Retry-After %q", p, r.header.Get("Retry-After"))
		}
		s.ask(staff.ScopeWrite, "GET", "/v1/members", "").want(200) // another key has its own
		s.now = s.now.Add(500 * time.Millisecond)
		s.get("/v1/members").want(200)
		s.get("/v1/members").problem(429, "rate.limited")
	})
}

func TestMetricsAreForThisMachineAndAdministrators(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.get("/v1/members").want(200)
		s.ask("", "GET", "/metrics", "").problem(401, "key.missing")
		s.get("/metrics").problem(403, "key.scope")
		m := s.ask(staff.ScopeAdmin, "GET", "/metrics", "").want(200)
		for _, want := range []string{`joren_api_requests_total{route="GET /v1/members",status="200"} 1`, `joren_api_request_seconds_bucket{route="GET /v1/members"`, "joren_lane_waiting 0", "joren_db_writes_total", "go_goroutines"} {
			if !strings.Contains(m.body, want) {
				t.Errorf("the metrics lack %s", want)
			}
		}
		for forwarded, status := range map[string]int{"": 200, "203.0.113.9": 401} {
			r := httptest.NewRequest("GET", "/metrics", nil)
			r.RemoteAddr = "127.0.0.1:5000"
			if forwarded != "" {
				r.Header.Set("X-Forwarded-For", forwarded)
			}
			w := httptest.NewRecorder()
			s.api.ServeHTTP(w, r)
			if w.Code != status {
				t.Errorf("from this machine, forwarded for %q: %d", forwarded, w.Code)
			}
		}
	})
}
