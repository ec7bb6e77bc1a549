package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"joren/internal/fault"
	"joren/internal/staff"
)

// route is one operation: what it is, who may, and how a repeat is told.
type route struct {
	Method, Path string
	Tag          string
	Summary      string
	Detail       string
	Scope        staff.Scope // "" lets everybody in
	Status       []int       // of success, the usual one first
	Once         once
	MaxBody      int64 // bytes; 0 is usualBody
	Upload       bool  // the body is a file, read by the route as it comes
	Timeout      time.Duration
	Answers      map[int]reflect.Type // where a status has a shape of its own
	Example      string               // a body, for the document

	op string // operation id
}

// once says how a route's repeats are told from new requests.
type once uint8

const (
	reads     once = iota // it changes nothing, or a repeat is harmless by itself
	mayKey                // natural keys tell; an Idempotency-Key makes the repeat answer alike
	needsKey              // nothing else tells: the header is required
	usualBody = 1 << 20
	usualTime = 30 * time.Second
)

// answer is what a route gives back.
type answer[T any] struct {
	status   int // 0 is the route's usual one
	body     T
	stored   json.RawMessage // an answer given before, word for word
	replayed bool
	file     *download // instead of body
}

// download is an answer that is a file.
type download struct {
	name  string
	form  string // content type; "" is CSV in UTF-8
	write func(io.Writer) error
}

// CSV marks a route whose answer is a CSV file.
type CSV struct{}

func ok[T any](body T) answer[T] { return answer[T]{body: body} }

// handle adds a route. In has fields with the tags path and query and a field
// Body; Out is the JSON of success.
func handle[In, Out any](s *server, rt route, fn func(*call, *In) (answer[Out], error)) {
	rt.op = operationID(rt.Method, rt.Path)
	if len(rt.Status) == 0 {
		rt.Status = []int{http.StatusOK}
	}
	p := inputOf(reflect.TypeFor[In]())
	s.document(&rt, p, reflect.TypeFor[Out]())
	s.routes = append(s.routes, &rt)
	seen := s.metrics.of(&rt)
	s.mux.HandleFunc(rt.Method+" "+rt.Path, func(w http.ResponseWriter, r *http.Request) {
		c := s.begin(w, r, &rt)
		start := s.DB.Clock().Wall()
		defer func() { seen.note(c.status, s.DB.Clock().Wall().Sub(start)) }()
		defer c.recover()
		ctx, cancel := context.WithTimeout(r.Context(), c.timeout())
		defer cancel()
		c.ctx = ctx
		if err := c.admit(); err != nil {
			c.fail(err)
			return
		}
		defer c.release()
		var in In
		if err := p.read(c, reflect.ValueOf(&in).Elem()); err != nil {
			c.fail(err)
			return
		}
		a, err := settle(c, &in, fn)
		if err != nil {
			c.fail(err)
			return
		}
		if a.status == 0 {
			a.status = rt.Status[0]
		}
		if a.file != nil {
			c.sendFile(a.status, a.file)
			return
		}
		c.send(a.status, &a.body, a.stored, a.replayed)
	})
}

// operationID is a stable name such as post-holds-id-commit.
func operationID(method, path string) string {
	path = strings.TrimPrefix(path, "/v1")
	return strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "", ".", "-").Replace(path)
}

func (c *call) timeout() time.Duration {
	if c.route.Timeout > 0 {
		return c.route.Timeout
	}
	return usualTime
}

// recover turns a panic into a problem; the log has the rest.
func (c *call) recover() {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	c.server.Log.ErrorContext(c.r.Context(), "panic", "request", c.id, "value", fmt.Sprint(p), "stack", string(debug.Stack()))
	if c.status == 0 {
		c.fail(fault.New(fault.Internal, "internal"))
	}
}

// appender is an answer that knows how it is written.
type appender interface{ AppendJSON([]byte) []byte }

// send writes an answer. Everything a key may see is private: no cache keeps
// it.
func (c *call) send(status int, body any, stored json.RawMessage, replayed bool) {
	buf := buffers.get()
	defer buffers.put(buf)
	if stored != nil {
		buf.Write(stored)
		buf.WriteByte('\n')
	} else if own, ok := body.(appender); ok {
		buf.Write(append(own.AppendJSON(buf.AvailableBuffer()), '\n'))
	} else {
		enc := json.NewEncoder(buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(body); err != nil {
			c.fail(fmt.Errorf("api: %s: %w", c.route.op, err))
			return
		}
	}
	h := c.w.Header()
	if replayed {
		h["Idempotent-Replayed"] = trueHeader
	}
	h["Content-Type"] = jsonType
	h["Cache-Control"] = noStore
	h["Content-Length"] = []string{strconv.Itoa(buf.Len())}
	c.status = status
	c.w.WriteHeader(status)
	_, _ = c.w.Write(buf.Bytes())
}

// sendFile writes a file as it is made; what fails on the way breaks it off.
func (c *call) sendFile(status int, f *download) {
	h := c.w.Header()
	h["Content-Type"] = []string{cmp.Or(f.form, "text/csv; charset=utf-8")}
	h["Content-Disposition"] = []string{`attachment; filename="` + f.name + `"`}
	h["Cache-Control"] = noStore
	c.status = status
	c.w.WriteHeader(status)
	if err := f.write(c.w); err != nil {
		c.server.Log.WarnContext(c.r.Context(), "download", "request", c.id, "error", err.Error())
		panic(http.ErrAbortHandler)
	}
}

var (
	jsonType    = []string{"application/json"}
	problemType = []string{"application/problem+json"}
	noStore     = []string{"no-store"}
	trueHeader  = []string{"true"}
)
