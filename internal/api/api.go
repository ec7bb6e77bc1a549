package api

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"joren/internal/audience"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/insight"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/programme"
	"joren/internal/sale"
)

// Deps are what the face works with.
type Deps struct {
	DB         *db.DB
	Sales      *sale.Sales
	People     *people.People
	Members    *member.Members
	Programmes *programme.Cache
	Log        *slog.Logger
	Limits     Limits
	Waiting    func() int                      // requests waiting for a commit, for the metrics; nil leaves it out
	Jobs       *jobs.Runner                    // woken when an import was ordered; nil leaves that to its own round
	Judge      func(history bool) intake.Judge // says what recording a file would do; nil leaves the points out of the dry run
	Audience   *audience.Audience              // nil: 503 on what counts segments
	Insight    *insight.Board                  // nil: 503 on what measures loyalty
	Books      *day.Books                      // what open points are worth
}

// Prefixes are the paths the handler answers: mount it on each. A prefix that
// ends in a slash stands for everything under it.
var Prefixes = []string{"/v1/", "/openapi.json", "/docs/api", "/healthz", "/readyz", "/metrics"}

// server is the face at work.
type server struct {
	Deps
	mux     *http.ServeMux
	doc     huma.API
	keys    *keyring
	limits  *limiter
	flights flights
	metrics *metrics
	read    reader
	routes  []*route
}

// New makes the handler. It is safe for concurrent use; everything it needs is
// made once, here.
func New(d Deps) http.Handler { return newServer(d) }

func newServer(d Deps) *server {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	mux := http.NewServeMux()
	s := &server{Deps: d, mux: mux, doc: newDocument(mux), keys: newKeyring(d.DB), limits: newLimiter(d.Limits, d.DB.Clock()), metrics: newMetrics(d)}
	s.read = reader{programmes: d.Programmes}
	for _, add := range []func(){s.purchases, s.returns, s.events, s.members, s.reading, s.points, s.programme, s.imports, s.insights, s.segments, s.liabilities, s.running} {
		add()
	}
	mux.HandleFunc("/", s.nowhere)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// nowhere answers what no route does: 405 where another method would do,
// 404 otherwise.
func (s *server) nowhere(w http.ResponseWriter, r *http.Request) {
	c := s.begin(w, r, &route{Path: "/"})
	var allow []string
	probe := *r
	for _, m := range []string{"GET", "POST", "PATCH"} {
		probe.Method = m
		if _, pattern := s.mux.Handler(&probe); pattern != "/" && pattern != "" {
			allow = append(allow, m)
		}
	}
	if len(allow) == 0 {
		c.fail(fault.New(fault.NotFound, "request.no_route"))
		return
	}
	if slices.Contains(allow, "GET") {
		allow = append(allow, "HEAD")
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	c.fail(fault.New(fault.Invalid, "request.method", "allowed", strings.Join(allow, ", ")))
}
