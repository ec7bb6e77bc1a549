package api

import (
	"encoding/json"
	"net"
	"net/http"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/staff"
)

// Health says that the program runs.
type Health struct {
	Status string        `json:"status" enum:"ok"`
	Now    clock.Instant `json:"now" doc:"shop time"`
}

func (s *server) running() {
	public := func(path, summary, detail string) route {
		return route{Method: "GET", Path: path, Tag: "Running", Summary: summary, Detail: detail, Timeout: 5 * time.Second}
	}
	handle(s, public("/healthz", "Is the program alive", ""), func(c *call, _ *struct{}) (answer[Health], error) {
		return ok(Health{"ok", s.DB.Clock().Shop()}), nil
	})
	handle(s, public("/readyz", "Can it work", "It reads the database; 503 while that fails or no programme is in force. errors names which: database or programme."), s.getReady)
	s.documentPages()
	s.mux.HandleFunc("GET /metrics", s.getMetrics)
}

// getReady names what is missing: the database, or a programme in force.
func (s *server) getReady(c *call, _ *struct{}) (answer[Health], error) {
	err := s.DB.Read(c.ctx, func(tx *db.Tx) error {
		_, err := s.Programmes.At(tx, tx.Now)
		return err
	})
	if err == nil {
		return ok(Health{"ok", s.DB.Clock().Shop()}), nil
	}
	at := s.DB.Clock().Shop().String()
	switch f := fault.Of(err); {
	case f.Code == "programme.none_in_force":
		return answer[Health]{}, fault.New(fault.Unavailable, f.Code, "at", at).With(fault.At("programme", f.Code, "at", at))
	case f.Kind == fault.Unavailable:
		return answer[Health]{}, f.With(fault.At("database", f.Code))
	}
	s.Log.WarnContext(c.ctx, "not ready", "request", c.id, "error", err.Error())
	return answer[Health]{}, fault.New(fault.Unavailable, "db.unavailable").With(fault.At("database", "db.unavailable"))
}

// documentPages serves the OpenAPI document and its page for people.
func (s *server) documentPages() {
	doc, err := json.Marshal(s.doc.OpenAPI())
	if err != nil {
		panic("api: the document: " + err.Error())
	}
	s.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(doc)
	})
	s.mux.HandleFunc("GET /docs/api", s.getReference(manualOf(s.doc.OpenAPI())))
}

// getMetrics is for keys with the scope admin, and for this machine.
func (s *server) getMetrics(w http.ResponseWriter, r *http.Request) {
	rt := &route{Method: "GET", Path: "/metrics", op: "get-metrics"}
	if !local(r) {
		rt.Scope = staff.ScopeAdmin
	}
	c := s.begin(w, r, rt)
	if err := c.admit(); err != nil {
		c.fail(err)
		return
	}
	s.metrics.handler.ServeHTTP(w, r)
}

// local reports a caller on this machine who did not come through a proxy: a
// proxy on the same machine would make everybody local.
func local(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}
