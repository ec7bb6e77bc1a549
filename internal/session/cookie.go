package session

import (
	"net"
	"net/http"
	"strings"
	"time"
)

const cookieName = "joren_session"

// loopback reports a request to this very machine without TLS. Browsers keep
// Secure cookies from http there, so the name without __Host- is used.
func loopback(r *http.Request) bool {
	if r.TLS != nil {
		return false
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func nameFor(r *http.Request) string {
	if loopback(r) {
		return cookieName
	}
	return "__Host-" + cookieName
}

func tokenOf(r *http.Request) string {
	c, err := r.Cookie(nameFor(r))
	if err != nil || len(c.Value) > 80 {
		return ""
	}
	return c.Value
}

func setToken(w http.ResponseWriter, r *http.Request, token string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: nameFor(r), Value: token, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: !loopback(r)})
}

func clearToken(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: nameFor(r), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: !loopback(r)})
}

// remember keeps a choice of language or colours for a year.
func remember(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, Secure: !loopback(r)})
}

// local is back when it is an address of this site, "/" otherwise, so that
// nobody can be led away after signing in.
func local(back string) string {
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n\t") {
		return "/"
	}
	return back
}
