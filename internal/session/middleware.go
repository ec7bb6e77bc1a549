package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ui"
)

// Policy of every page: nothing from elsewhere, nothing inline, no frames.
const contentPolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// Handler is the whole of the web: every registered route behind the same
// guards.
func (web *Web) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range web.Routes.All() {
		mux.Handle(route.Method+" "+route.Pattern, web.guard(route))
	}
	mux.Handle("/", web.guard(Route{Method: "*", Pattern: "/", Policy: Public, Body: 1 << 10, Timeout: 30 * time.Second, serve: noPage}))
	return Outer(web.DB.Clock(), web.Log, mux)
}

func noPage(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "web.no_page")
}

// Outer wraps any handler in what every request needs, whoever answers it:
// an id, security headers, a refusal of cross-origin posts, one line in the
// log, and a last net for panics.
func Outer(c clock.Clock, log *slog.Logger, next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "cross-origin request refused", http.StatusForbidden)
	}))
	guarded := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newRequestID()
		r = r.WithContext(context.WithValue(r.Context(), requestKey, id))
		rec := &recorder{ResponseWriter: w}
		secure(rec.Header(), id)
		start := c.Wall()
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				log.ErrorContext(r.Context(), "panic", "request", id, "value", fmt.Sprint(p), "stack", string(debug.Stack()))
				if rec.status == 0 {
					http.Error(rec, "internal error "+id, http.StatusInternalServerError)
				}
			}
			logLine(log, r, rec, id, c.Wall().Sub(start))
		}()
		guarded.ServeHTTP(rec, r)
	})
}

func secure(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
}

// logLine writes one line per request. It names the route, not the address:
// addresses may hold one-time tokens and what someone searched for.
func logLine(log *slog.Logger, r *http.Request, rec *recorder, id string, took time.Duration) {
	status := rec.status
	if status == 0 {
		status = http.StatusOK
	}
	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelError
	}
	log.LogAttrs(r.Context(), level, "request", slog.String("request", id), slog.String("method", r.Method), slog.String("route", r.Pattern),
		slog.Int("status", status), slog.Int64("bytes", rec.bytes), slog.Duration("took", took))
}

// guard puts a route behind its policy and limits and turns what it returns
// into an error page.
func (web *Web) guard(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route.Timeout > 0 {
			ctx, cancel := context.WithTimeout(r.Context(), route.Timeout)
			defer cancel()
			r = r.WithContext(ctx)
		}
		r.Body = http.MaxBytesReader(w, r.Body, route.Body)
		if err := web.serve(w, &r, route); err != nil {
			web.Fail(w, r, err)
		}
	})
}

func (web *Web) serve(w http.ResponseWriter, r **http.Request, route Route) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); ok && errors.Is(e, http.ErrAbortHandler) {
				panic(p)
			}
			web.Log.ErrorContext((*r).Context(), "panic", "request", RequestID((*r).Context()), "value", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "internal")
		}
	}()
	if strings.HasPrefix(route.Pattern, "/assets/") {
		return route.serve(w, *r)
	}
	if *r, err = web.enter(*r); err != nil {
		return err
	}
	if err := admit((*r).Context(), route.Policy); err != nil {
		return err
	}
	return route.serve(w, *r)
}

// admit applies a policy: session.needed for nobody, web.forbidden for
// somebody whose role does not carry the permission.
func admit(ctx context.Context, p Policy) error {
	who, ok := Current(ctx)
	switch {
	case p.Open(who.User.Role):
		return nil
	case !ok:
		return fault.New(fault.Unauthenticated, "session.needed")
	}
	return fault.New(fault.Forbidden, "web.forbidden")
}

// Fail answers with the error page of err; nobody signed in is led to the
// sign-in page and back.
func (web *Web) Fail(w http.ResponseWriter, r *http.Request, err error) {
	err = bodyFault(err)
	f := fault.Of(err)
	if f.Kind == fault.Unauthenticated && f.Code == "session.needed" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	if f.Kind == fault.Internal {
		web.Log.ErrorContext(r.Context(), "defect", "request", RequestID(r.Context()), "error", err.Error())
	}
	if rec, ok := w.(*recorder); ok && rec.status != 0 {
		return // half a page is out already; the log has the rest
	}
	if f.Kind == fault.Limited || f.Kind == fault.Unavailable {
		w.Header().Set("Retry-After", retryAfter(f))
	}
	if err := ui.Render(w, r, Status(f.Kind), errorPage(f)); err != nil {
		web.Log.ErrorContext(r.Context(), "error page failed", "error", err)
		http.Error(w, "internal error "+RequestID(r.Context()), http.StatusInternalServerError)
	}
}

func retryAfter(f *fault.Fault) string {
	if s, ok := f.Args["seconds"]; ok {
		return fmt.Sprint(s)
	}
	return "5"
}

// bodyFault makes a fault of a request that was too large or took too long.
func bodyFault(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return fault.New(fault.Limited, "web.too_large", "bytes", tooLarge.Limit)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Unavailable, "web.too_slow").Because(err)
	}
	return err
}

// Status is the HTTP status of a kind of fault.
func Status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Limited:
		return http.StatusTooManyRequests
	case fault.Unavailable, fault.Ambiguous:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// recorder remembers what was sent, for the log.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush sends what is buffered, for downloads that stream.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }
