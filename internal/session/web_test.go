package session

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"joren/internal/staff"
)

func TestEveryRouteLetsInWhomItsPolicyNamesAndNobodyElse(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		clients := map[staff.Role]*browser{"": h.browser()}
		for _, role := range staff.Roles {
			h.hire("x-"+string(role), role)
			clients[role] = h.signIn("x-" + string(role))
		}
		checked := 0
		for _, route := range h.web.Routes.All() {
			if route.Method != http.MethodGet || route.Pattern == "/boom" || route.Pattern == "/assets/{file}" {
				continue
			}
			for role, b := range clients {
				checked++
				a := b.get(strings.NewReplacer("{token}", "NOSUCH", "{$}", "").Replace(route.Pattern))
				passed := a.StatusCode != 403 && !strings.HasPrefix(a.Header.Get("Location"), "/sign-in")
				if passed != route.Policy.Open(role) {
					t.Errorf("%s %s (%s) as %q: status %d", route.Method, route.Pattern, route.Policy, role, a.StatusCode)
				}
			}
		}
		if checked < 7*5 {
			t.Errorf("only %d pairs of route and role", checked)
		}
	})
}

func TestPostsToGuardedRoutesAreRefusedWithoutASignIn(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		n := 0
		for _, route := range h.web.Routes.All() {
			if route.Method == http.MethodPost && !route.Policy.Open("") {
				n++
				h.browser().post(route.Pattern).want(t, 401)
			}
		}
		if n < 3 {
			t.Errorf("only %d guarded posts", n)
		}
	})
}

func TestEveryAnswerCarriesTheStrictPolicy(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		for _, path := range []string{"/sign-in", "/_components", "/nowhere", "/boom", "/assets/none.css"} {
			a := h.browser().get(path)
			csp := a.Header.Get("Content-Security-Policy")
			if !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("%s: Content-Security-Policy %q", path, csp)
			}
			if a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(a.Header.Get("X-Request-Id"), "req_") {
				t.Errorf("%s: headers %v", path, a.Header)
			}
			for _, bad := range []string{"<style", " style=", " onclick=", "<script>"} {
				if strings.Contains(a.body, bad) {
					t.Errorf("%s carries %q", path, bad)
				}
			}
		}
	})
}

func TestAPostFromAnotherSiteIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		b := h.signIn("boss")
		r, _ := http.NewRequest("POST", h.url+"/sign-out", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		b.do(r).want(t, 403)
		r, _ = http.NewRequest("POST", h.url+"/sign-out", nil)
		r.Header.Set("Origin", "https://evil.example")
		b.do(r).want(t, 403)
		b.get("/").want(t, 200)
	})
}

func TestADefectShowsItsNumberAndNothingElse(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		a := h.browser().get("/boom").want(t, 500, "Something failed on our side")
		id := a.Header.Get("X-Request-Id")
		if !strings.Contains(a.body, id) || strings.Contains(a.body, "secret") {
			t.Errorf("the page says %.400s", a.body)
		}
		if log := h.log.String(); !strings.Contains(log, id) || strings.Contains(log, "03-1234-5678") {
			t.Errorf("the log says %.900s", log)
		}
	})
}

func TestAnOversizedRequestIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.browser().post("/small", "a", "b").want(t, 200)
		h.browser().post("/small", "a", strings.Repeat("b", 100)).want(t, 429, "too large")
	})
}

func TestTheLogNamesRoutesNotTokensOrQueries(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.browser().get("/start/SECRETTOKEN99?q=yamada")
		log := h.log.String()
		if !strings.Contains(log, "GET /start/{token}") || strings.Contains(log, "SECRETTOKEN99") || strings.Contains(log, "yamada") {
			t.Errorf("the log says %s", log)
		}
	})
}

func TestTheLogBlanksSecretsAndPeople(t *testing.T) {
	var b bytes.Buffer
	l := slog.New(Redact(slog.NewTextHandler(&b, nil)))
	l.With("phone", "0312345678").Info("call jk_0123456789ABCDEFGHJKMNPQRS for hana@example.com", "Password", "x1", "note", "tel 090-1234-5678",
		slog.Group("in", "member_name", "山田", "points", 12))
	for _, bad := range []string{"0312345678", "jk_0123", "hana@", "x1", "090-1234", "山田"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%s reached the log: %s", bad, b.String())
		}
	}
	if !strings.Contains(b.String(), "in.points=12") {
		t.Errorf("figures are lost: %s", b.String())
	}
}

func TestTheCookieIsHostBoundAndSecureExceptOnThisMachine(t *testing.T) {
	for _, c := range []struct {
		host   string
		tls    bool
		name   string
		secure bool
	}{
		{"localhost:8080", false, "joren_session", false}, {"127.0.0.1:8080", false, "joren_session", false}, {"[::1]:8080", false, "joren_session", false},
		{"localhost:8443", true, "__Host-joren_session", true}, {"shop.example", false, "__Host-joren_session", true},
		{"shop.example", true, "__Host-joren_session", true}, {"192.168.1.5:8080", false, "__Host-joren_session", true}, {"localhost.evil.example", false, "__Host-joren_session", true},
	} {
		r := httptest.NewRequest("GET", "http://"+c.host+"/", nil)
		if r.TLS = nil; c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		w := httptest.NewRecorder()
		setToken(w, r, "t", life)
		got := w.Result().Cookies()[0]
		if got.Name != c.name || got.Secure != c.secure || !got.HttpOnly || got.Domain != "" || got.Path != "/" {
			t.Errorf("%s tls=%v: %s", c.host, c.tls, got)
		}
	}
}
