package session

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"joren/internal/staff"
)

// Handler answers a request or says why not; what it returns becomes the
// error page. It must not have written anything then.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Policy states who may open a route. Its zero value is refused, so no route
// can be without one.
type Policy struct {
	kind string
	need staff.Permission
}

var (
	// Public routes are open to everybody.
	Public = Policy{kind: "public"}
	// SignedIn routes are open to every member of staff.
	SignedIn = Policy{kind: "signed-in"}
	// ByKey routes ask for an API key themselves.
	ByKey = Policy{kind: "key"}
)

// Need is the policy of routes for those whose role carries p.
func Need(p staff.Permission) Policy { return Policy{"permission", p} }

// Open reports whether a role may pass; role "" is nobody.
func (p Policy) Open(role staff.Role) bool {
	switch p.kind {
	case "public", "key":
		return true
	case "signed-in":
		return role.Known()
	case "permission":
		return staff.Can(role, p.need)
	}
	return false
}

// String is "public", "signed-in", "key" or the permission.
func (p Policy) String() string {
	if p.kind == "permission" {
		return string(p.need)
	}
	return p.kind
}

// Route is an address with its policy.
type Route struct {
	Method  string // GET also answers HEAD
	Pattern string // of http.ServeMux, without method: /members/{id}
	Policy  Policy
	Body    int64         // bytes a request may carry
	Timeout time.Duration // 0 has none, for downloads

	serve Handler
}

// Option changes a route's limits.
type Option func(*Route)

// Body lets a request carry n bytes instead of 1 MiB.
func Body(n int64) Option { return func(r *Route) { r.Body = n } }

// Timeout lets a request take d instead of 30 seconds; 0 is no limit.
func Timeout(d time.Duration) Option { return func(r *Route) { r.Timeout = d } }

// Routes is the list of all addresses. Faces add theirs at start.
type Routes struct{ list []Route }

// Handle adds a route. It panics without a policy and when the address is
// taken.
func (rs *Routes) Handle(method, pattern string, p Policy, h Handler, opts ...Option) {
	if p.kind == "" || p.kind == "permission" && !slices.Contains(staff.Permissions, p.need) {
		panic(fmt.Sprintf("session: web route without policy: %s %s", method, pattern))
	}
	if method == "" || !strings.HasPrefix(pattern, "/") || h == nil {
		panic(fmt.Sprintf("session: incomplete route %q %q", method, pattern))
	}
	if slices.ContainsFunc(rs.list, func(r Route) bool { return r.Method == method && r.Pattern == pattern }) {
		panic(fmt.Sprintf("session: route %s %s stands twice", method, pattern))
	}
	r := Route{Method: method, Pattern: pattern, Policy: p, Body: 1 << 20, Timeout: 30 * time.Second, serve: h}
	for _, o := range opts {
		o(&r)
	}
	rs.list = append(rs.list, r)
}

// Get adds a page.
func (rs *Routes) Get(pattern string, p Policy, h Handler, opts ...Option) {
	rs.Handle(http.MethodGet, pattern, p, h, opts...)
}

// Post adds an action.
func (rs *Routes) Post(pattern string, p Policy, h Handler, opts ...Option) {
	rs.Handle(http.MethodPost, pattern, p, h, opts...)
}

// All lists every route by pattern and method.
func (rs *Routes) All() []Route {
	all := slices.Clone(rs.list)
	slices.SortFunc(all, func(a, b Route) int { return strings.Compare(a.Pattern+" "+a.Method, b.Pattern+" "+b.Method) })
	return all
}
