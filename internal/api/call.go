package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/idem"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/sale"
	"joren/internal/session"
	"joren/internal/staff"
)

// call is one request on its way.
type call struct {
	server *server
	route  *route
	ctx    context.Context
	w      http.ResponseWriter
	r      *http.Request
	id     string // req_…, as the problem, the header and the log show it
	key    staff.Key
	body   []byte
	status int // sent; 0 is nothing yet

	held  *bytes.Buffer     // body's memory
	print *idem.Fingerprint // of the request, when it was needed
}

func (s *server) begin(w http.ResponseWriter, r *http.Request, rt *route) *call {
	c := &call{server: s, route: rt, ctx: r.Context(), w: w, r: r, id: session.RequestID(r.Context())}
	if c.id == "" {
		c.id = ident.Request.Text(ident.New())
		w.Header()["X-Request-Id"] = []string{c.id}
	}
	return c
}

func (c *call) lang() i18n.Lang { return i18n.Parse(c.r.Header.Get("Accept-Language")) }

// admit checks the key, its scope and its rate. Faults: key.missing,
// key.unknown, key.scope, rate.limited.
func (c *call) admit() error {
	if c.route.Scope == "" {
		return nil
	}
	secret, ok := bearer(c.r.Header.Get("Authorization"))
	if !ok {
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="joren"`)
		return fault.New(fault.Unauthenticated, "key.missing")
	}
	var err error
	if c.key, err = c.server.keys.find(c.ctx, secret); err != nil {
		if fault.Is(err, "key.unknown") {
			c.w.Header().Set("WWW-Authenticate", `Bearer realm="joren", error="invalid_token"`)
		}
		return err
	}
	if err := c.server.limits.take(c.key.ID, 1); err != nil {
		return err
	}
	if !c.key.Has(c.route.Scope) {
		return fault.New(fault.Forbidden, "key.scope", "scope", string(c.route.Scope))
	}
	return nil
}

func bearer(h string) (string, bool) {
	scheme, secret, ok := strings.Cut(h, " ")
	return strings.TrimSpace(secret), ok && strings.EqualFold(scheme, "Bearer") && secret != ""
}

// actor is what ledger rows and audit say about who did it.
func (c *call) actor() string { return ident.Key.Text(c.key.ID) }

// name is the caller's idempotency key; "" for none.
func (c *call) name() string { return c.r.Header.Get("Idempotency-Key") }

// idemKey is the caller's idempotency key within her API key, with the print
// of what was asked. Faults: idempotency.key_required, idempotency.key_invalid.
func (c *call) idemKey() (key idem.Key, print idem.Fingerprint, given bool, err error) {
	name := c.name()
	switch {
	case name == "" && c.route.Once == needsKey:
		return key, print, false, fault.New(fault.Invalid, "idempotency.key_required").With(fault.At("Idempotency-Key", "field.required"))
	case name == "":
		return key, print, false, nil
	case len(name) > 255 || strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r > 0x7e }):
		return key, print, false, fault.New(fault.Invalid, "idempotency.key_invalid").With(fault.At("Idempotency-Key", "idempotency.key_invalid"))
	}
	if c.print == nil || c.route.Upload { // what was uploaded is read by the route
		p := idem.Print(c.r.Method, c.r.URL.Path, c.body)
		c.print = &p
	}
	return idem.Key{Scope: c.key.ID, Name: name}, *c.print, true, nil
}

// by says to a story who asks and how it may be repeated.
func (c *call) by() (sale.By, error) {
	by := sale.By{Actor: c.actor()}
	key, print, given, err := c.idemKey()
	if given {
		by.Request = &lane.Request{Key: key, Print: print}
	}
	return by, err
}

// load reads the body. Faults: request.media_type, request.too_large,
// request.cut_off.
func (c *call) load() error {
	if t := c.r.Header.Get("Content-Type"); t != "" && t != "application/json" {
		if m, _, err := mime.ParseMediaType(t); err != nil || m != "application/json" && !strings.HasSuffix(m, "+json") {
			return fault.New(fault.Invalid, "request.media_type")
		}
	}
	most := c.route.MaxBody
	if most == 0 {
		most = usualBody
	}
	if c.r.ContentLength > most {
		return tooLarge(most)
	}
	c.held = buffers.get()
	_, err := c.held.ReadFrom(http.MaxBytesReader(c.w, c.r.Body, most))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return tooLarge(most)
	case err != nil && !errors.Is(err, io.EOF):
		return fault.New(fault.Invalid, "request.cut_off").Because(err)
	}
	c.body = c.held.Bytes()
	return nil
}

func tooLarge(most int64) error {
	return fault.New(fault.Invalid, "request.too_large", "bytes", most)
}

// release gives the body's memory back; nothing may point into it any more.
func (c *call) release() {
	if c.held != nil {
		buffers.put(c.held)
		c.held, c.body = nil, nil
	}
}

// pool keeps buffers of usual size.
type pool struct{ sync.Pool }

var buffers = &pool{sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 8<<10)) }}}

func (p *pool) get() *bytes.Buffer { return p.Get().(*bytes.Buffer) }

func (p *pool) put(b *bytes.Buffer) {
	if b.Cap() > 1<<20 {
		return
	}
	b.Reset()
	p.Put(b)
}
