package session

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/shop"
	"joren/internal/staff"
)

// house is a running web over a fresh database with hands for its clock.
type house struct {
	t   *testing.T
	db  *db.DB
	web *Web
	url string
	log *lockedBuffer

	mu sync.Mutex
	at clock.Instant
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (h *house) now() clock.Instant {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func (h *house) clock() clock.Clock { return clock.Clock{Shop: h.now, Wall: h.now} }

// newHouse opens a web over the database that open makes.
func newHouse(t *testing.T, open func(h *house) *db.DB) *house {
	h := &house{t: t, at: clock.MustInstant("2026-11-22T10:00:00Z"), log: &lockedBuffer{}}
	h.db = open(h)
	h.web = New(h.db, slog.New(Redact(slog.NewJSONHandler(h.log, nil))))
	h.web.Routes.Get("/{$}", SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, "home of "+Must(r.Context()).User.Name)
		return err
	})
	h.web.Routes.Get("/cash", Need(staff.TillUse), func(w http.ResponseWriter, r *http.Request) error { return nil })
	h.web.Routes.Get("/boom", Public, func(http.ResponseWriter, *http.Request) error { panic("secret of 03-1234-5678") })
	h.web.Routes.Post("/small", Public, func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(r.Body)
		return err
	}, Body(10))
	// The address is read when a request comes, so a test may still change the web.
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.web.Handler().ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

// onBoth runs fn in a house on each engine.
func onBoth(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Run("sqlite", func(t *testing.T) {
		fn(t, newHouse(t, func(h *house) *db.DB { return dbtest.SQLite(t, dbtest.WithClock(h.clock())) }))
	})
	t.Run("postgres", func(t *testing.T) {
		fn(t, newHouse(t, func(h *house) *db.DB { return dbtest.Postgres(t, dbtest.WithClock(h.clock())) }))
	})
}

// browser is a client with cookies that follows no redirect.
type browser struct {
	h *house
	c *http.Client
}

func (h *house) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	*http.Response
	body string
}

func (b *browser) do(r *http.Request) answer {
	b.h.t.Helper()
	res, err := b.c.Do(r)
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return answer{res, string(body)}
}

func (b *browser) get(path string) answer {
	r, _ := http.NewRequest("GET", b.h.url+path, nil)
	r.Header.Set("Accept-Language", "en")
	return b.do(r)
}

func (b *browser) post(path string, kv ...string) answer {
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	r, _ := http.NewRequest("POST", b.h.url+path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", "en")
	return b.do(r)
}

func (a answer) want(t *testing.T, status int, parts ...string) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("%s %s: status %d, want %d\n%.600s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.body)
	}
	for _, p := range parts {
		if !strings.Contains(a.body, p) && !strings.Contains(a.Header.Get("Location"), p) {
			t.Errorf("%s %s: %q is missing in\n%.1500s", a.Request.Method, a.Request.URL.Path, p, a.body)
		}
	}
	return a
}

const password = "tall trees grow slowly"

func (h *house) hire(login string, role staff.Role) staff.User {
	h.t.Helper()
	hash, err := staff.Hash(context.Background(), password)
	if err != nil {
		h.t.Fatal(err)
	}
	var u staff.User
	h.write(func(tx *db.Tx) (err error) {
		u, err = staff.Create(tx, staff.User{Login: login, Name: strings.ToUpper(login), Role: role, Status: staff.Active, Password: hash, PasswordAt: tx.Wall})
		return err
	})
	return u
}

func (h *house) write(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Write(context.Background(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) signIn(login string) *browser {
	h.t.Helper()
	b := h.browser()
	b.post("/sign-in", "login", login, "password", password).want(h.t, 303)
	return b
}

func TestTheOwnersLinkLeadsThroughSetUpToTheFirstPage(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		var path string
		h.write(func(tx *db.Tx) (err error) { path, err = OwnerLink(tx); return err })
		var ordered shop.Setup
		h.web.OnSetup = func(_ *http.Request, _ *db.Tx, s shop.Settings) (string, error) {
			ordered = s.Setup
			return "/next", nil
		}

		b := h.browser()
		b.get("/").want(t, 303, "/sign-in?next=%2F")
		b.get("/sign-in").want(t, 200, "There is no owner yet")
		b.get(path).want(t, 200, "Create the owner")
		b.get(path).want(t, 200, "Create the owner")
		b.post(path, "name", "Hana", "login", "hana@example.com", "password", "short").want(t, 422, "Please check 1 thing", "at least 10 characters")
		b.post(path, "name", "", "login", "hana@example.com", "password", password).want(t, 422, "Enter a name")
		a := b.post(path, "name", "Hana", "login", "hana@example.com", "password", password).want(t, 303, "/setup")
		checkCookie(t, a)
		h.browser().get(path).want(t, 404, "used or is out of date")

		b.get("/setup").want(t, 200, "Name of the shop")
		b.post("/setup", "name", "", "lang", "ja", "zone", "Asia/Tokyo", "currency", "JPY").want(t, 422, `href="#f-name"`)
		b.post("/setup", "name", "ひだまり", "lang", "ja", "zone", "Asia/Tokyo", "currency", "JPY", "day_starts", "05:00", "start", "sample").want(t, 303, "/next")
		if ordered != shop.Sample {
			t.Errorf("set-up ordered %q", ordered)
		}
		b.post("/setup", "name", "again", "lang", "ja", "zone", "Asia/Tokyo", "currency", "JPY").want(t, 409)
		b.get("/").want(t, 200, "home of Hana")
		h.checkAudit("shop.set_up session.opened staff.joined")
	})
}

func checkCookie(t *testing.T, a answer) {
	t.Helper()
	for _, c := range a.Cookies() {
		if c.Name == cookieName && c.HttpOnly && c.SameSite == http.SameSiteLaxMode && c.Path == "/" && len(c.Value) == 52 {
			return
		}
	}
	t.Errorf("cookies %v", a.Cookies())
}

func (h *house) checkAudit(want string) {
	h.t.Helper()
	err := h.db.Read(context.Background(), func(tx *db.Tx) error {
		es, err := audit.List(tx, audit.Filter{})
		var got []string
		for _, e := range es {
			got = append(got, e.Action)
			if e.ActorID.IsZero() || !strings.HasPrefix(e.RequestID, "req_") {
				h.t.Errorf("%s has no actor or request: %+v", e.Action, e)
			}
		}
		if strings.Join(got, " ") != want {
			h.t.Errorf("audit %v, want %s", got, want)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestAWrongLoginAWrongPasswordAndADisabledUserReadTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		gone := h.hire("gone", staff.Cashier)
		h.write(func(tx *db.Tx) error { return staff.SetStatus(tx, gone.ID, staff.Disabled) })
		var first string
		for _, in := range [][2]string{{"boss", "not the password"}, {"nobody", password}, {"gone", password}} {
			a := h.browser().post("/sign-in", "login", in[0], "password", in[1]).want(t, 401, "The login or the password is wrong.")
			same := regexp.MustCompile(`value="(boss|nobody|gone)"|req_[0-9a-f]+`).ReplaceAllString(a.body, "")
			if first == "" {
				first = same
			}
			if same != first {
				t.Errorf("the answer to %s differs", in[0])
			}
			if strings.Contains(a.body, in[1]) {
				t.Error("the password came back on the page")
			}
		}
	})
}

func TestGuessingIsSlowedDownAndOthersAreNotHeldUp(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		for range loginBurst {
			h.browser().post("/sign-in", "login", "boss", "password", "guess guess guess").want(t, 401)
		}
		if a := h.browser().post("/sign-in", "login", "boss", "password", password).want(t, 429, "Too many tries"); a.Header.Get("Retry-After") != "60" {
			t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
		}
		h.hire("other", staff.Cashier)
		h.signIn("other")
		h.wait(time.Minute)
		h.signIn("boss")
	})
}

func TestSigningInMakesANewSessionAndEndsTheOldOne(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		b := h.signIn("boss")
		u, _ := url.Parse(h.url)
		old := b.c.Jar.Cookies(u)[0].Value
		b.post("/sign-in", "login", "boss", "password", password).want(t, 303)
		if b.c.Jar.Cookies(u)[0].Value == old {
			t.Error("the token was kept")
		}
		thief := h.browser()
		thief.c.Jar.SetCookies(u, []*http.Cookie{{Name: cookieName, Value: old}})
		thief.get("/").want(t, 303, "/sign-in")
	})
}

func TestASessionEndsAfterTwelveIdleHoursAndFourteenDays(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		b := h.signIn("boss")
		h.wait(11 * time.Hour)
		b.get("/").want(t, 200)
		h.wait(11 * time.Hour)
		b.get("/").want(t, 200)
		h.wait(12*time.Hour + time.Second)
		b.get("/").want(t, 303, "/sign-in")

		b = h.signIn("boss")
		for range 14*24/8 - 1 {
			h.wait(8 * time.Hour)
			b.get("/").want(t, 200)
		}
		h.wait(8 * time.Hour)
		b.get("/").want(t, 303, "/sign-in")
		h.write(func(tx *db.Tx) error {
			n, err := Sweep(tx)
			if n < 1 {
				t.Errorf("swept %d sessions", n)
			}
			return err
		})
	})
}

func TestANewPasswordSignsOutEveryOtherDevice(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		here, there := h.signIn("boss"), h.signIn("boss")
		here.post("/me/password", "present", "not this one", "password", "a brand new phrase").want(t, 422, "present password is wrong")
		here.post("/me/password", "present", password, "password", "1234567890").want(t, 422, "too common")
		here.post("/me/password", "present", password, "password", "a brand new phrase").want(t, 303, "/me")
		here.get("/").want(t, 200)
		there.get("/").want(t, 303, "/sign-in")
		h.browser().post("/sign-in", "login", "boss", "password", password).want(t, 401)
	})
}

func TestADeviceCanBeSignedOutFromAnotherButOnlyByItsOwner(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		h.hire("till", staff.Cashier)
		here, there, other := h.signIn("boss"), h.signIn("boss"), h.signIn("till")
		page := here.get("/me").want(t, 200, "This device", "Sign out")
		ids := regexp.MustCompile(`value="(ses_[0-9a-f]+)"`).FindAllStringSubmatch(page.body, -1)
		if len(ids) != 1 {
			t.Fatalf("%d other devices on the page", len(ids))
		}
		other.post("/me/sessions/revoke", "id", ids[0][1]).want(t, 404)
		there.get("/").want(t, 200)
		here.post("/me/sessions/revoke", "id", ids[0][1]).want(t, 303)
		there.get("/").want(t, 303, "/sign-in")
		here.get("/").want(t, 200)
	})
}

func TestADisabledUserIsOutAtTheNextRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		u := h.hire("till", staff.Cashier)
		b := h.signIn("till")
		b.get("/cash").want(t, 200)
		h.write(func(tx *db.Tx) error { return staff.SetStatus(tx, u.ID, staff.Disabled) })
		b.get("/cash").want(t, 303, "/sign-in")
	})
}

func TestSigningOutEndsTheSessionOnTheServer(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		b := h.signIn("boss")
		u, _ := url.Parse(h.url)
		token := b.c.Jar.Cookies(u)[0]
		b.post("/sign-out").want(t, 303, "/sign-in")
		b.c.Jar.SetCookies(u, []*http.Cookie{token})
		b.get("/").want(t, 303, "/sign-in")
	})
}

func TestAfterSignInOneComesBackToThisSiteOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		for next, want := range map[string]string{"/cash?a=1": "/cash?a=1", "//evil.example/": "/", "https://evil.example/": "/", "/\\evil.example": "/", "": "/"} {
			a := h.browser().post("/sign-in", "login", "boss", "password", password, "next", next)
			if got := a.Header.Get("Location"); got != want {
				t.Errorf("next %q leads to %q", next, got)
			}
		}
	})
}

func TestLanguageAndColoursFollowThePerson(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		b := h.signIn("boss")
		b.get("/me").want(t, 200, `<html lang="en"`)
		b.post("/preferences", "lang", "ja", "theme", "dark", "back", "/me").want(t, 303, "/me")
		b.get("/me").want(t, 200, `<html lang="ja"`, `data-theme="dark"`, "自分の設定")
		h.signIn("boss").get("/me").want(t, 200, `<html lang="ja"`)
		anonymous := h.browser()
		anonymous.get("/sign-in").want(t, 200, `<html lang="en"`)
		anonymous.post("/preferences", "lang", "ja").want(t, 303)
		anonymous.get("/sign-in").want(t, 200, `<html lang="ja"`)
	})
}

func TestADemosClockStandsOnEveryPage(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.write(func(tx *db.Tx) error { return shop.SetClock(tx, h.now()) })
		h.browser().get("/sign-in").want(t, 200, "Shop clock Sun 22 November 2026")
		h.browser().get("/nowhere").want(t, 404, "Shop clock Sun 22 November 2026")
	})
}

func TestAnInvitedPersonChoosesAPasswordAndComesIn(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.hire("boss", staff.Owner)
		var token string
		h.write(func(tx *db.Tx) (err error) {
			_, token, err = staff.Invite(tx, staff.User{Login: "ken", Name: "Ken", Role: staff.Cashier})
			return err
		})
		b := h.browser()
		b.get(InvitePath(token)).want(t, 200, "Welcome, Ken")
		b.post(InvitePath(token), "password", password).want(t, 303)
		b.get("/cash").want(t, 200)
		b.get("/setup").want(t, 403, "Your role does not allow this")
	})
}

func TestAPolicyIsNeededForEveryRoute(t *testing.T) {
	for name, p := range map[string]Policy{"none": {}, "unknown permission": Need("no.such")} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: the route was taken", name)
				}
			}()
			(&Routes{}).Get("/x", p, func(http.ResponseWriter, *http.Request) error { return nil })
		}()
	}
}

func TestFaultsBecomeTheirStatus(t *testing.T) {
	for k, want := range map[fault.Kind]int{fault.Internal: 500, fault.Invalid: 422, fault.NotFound: 404, fault.Conflict: 409, fault.Forbidden: 403,
		fault.Unauthenticated: 401, fault.Limited: 429, fault.Unavailable: 503, fault.Ambiguous: 503} {
		if got := Status(k); got != want {
			t.Errorf("%s is %d, want %d", k, got, want)
		}
	}
}
