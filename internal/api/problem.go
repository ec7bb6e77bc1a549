package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/idem"
	"joren/internal/label"
	"joren/internal/session"
)

// Problem is a refusal or failure as RFC 9457 has it.
type Problem struct {
	Type      string  `json:"type" format:"uri" doc:"names the kind of problem; it is not meant to be fetched"`
	Title     string  `json:"title" doc:"the kind of problem in words"`
	Status    int     `json:"status"`
	Code      string  `json:"code" doc:"stable; decide by it, never by texts"`
	Detail    string  `json:"detail" doc:"what is wrong here and what to do, in the language of Accept-Language"`
	Retryable string  `json:"retryable" enum:"yes,no,same_key_only" doc:"same_key_only: the outcome is not known; the same request with the same Idempotency-Key finds out"`
	RequestID string  `json:"request_id"`
	Errors    []Place `json:"errors,omitempty" doc:"what is wrong where, all at once"`
}

// Place is one wrong place of a request.
type Place struct {
	Field string
	Code  string
	Line  int // of a document, 0 for none
	Args  fault.Args
}

// Schema describes what MarshalJSON writes.
func (Place) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Required: []string{"field", "code"}, AdditionalProperties: true, Properties: map[string]*huma.Schema{
		"field": {Type: huma.TypeString, Description: "path in the body, such as lines[2].quantity, or the name of a parameter"},
		"code":  {Type: huma.TypeString},
		"line":  {Type: huma.TypeInteger, Description: "line in a document"},
	}}
}

// MarshalJSON writes field, code and then the arguments by name.
func (p Place) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	put := func(k string, v any) error {
		x, err := json.Marshal(v)
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(k) + ":")
		b.Write(x)
		return err
	}
	if err := errors.Join(put("field", p.Field), put("code", p.Code)); err != nil {
		return nil, err
	}
	if p.Line > 0 {
		_ = put("line", p.Line)
	}
	for _, k := range slices.Sorted(maps.Keys(p.Args)) {
		name := k
		if k == "field" || k == "code" || k == "line" {
			name = "arg_" + k // those mean the place itself
		}
		if err := put(name, plain(p.Args[k])); err != nil {
			return nil, err
		}
	}
	return []byte("{" + b.String() + "}"), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Place) UnmarshalJSON(b []byte) error {
	var known struct {
		Field string `json:"field"`
		Code  string `json:"code"`
		Line  int    `json:"line"`
	}
	if err := json.Unmarshal(b, &known); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var args map[string]any
	if err := dec.Decode(&args); err != nil {
		return err
	}
	for _, k := range []string{"field", "code", "line"} {
		delete(args, k)
		if v, ok := args["arg_"+k]; ok {
			delete(args, "arg_"+k)
			args[k] = v
		}
	}
	*p = Place{Field: known.Field, Code: known.Code, Line: known.Line, Args: args}
	return nil
}

// plain is an argument as JSON has it: numbers and truths as they are,
// everything else as text.
func plain(v any) any {
	switch x := v.(type) {
	case json.Number, string, bool, json.Marshaler:
		return x
	case fmt.Stringer:
		return x.String()
	}
	switch reflect.ValueOf(v).Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v
	}
	return fmt.Sprint(v)
}

// problemBase is the address space of problem types. RFC 9457 asks for a URI,
// not for a page behind it.
const problemBase = "https://joren.example/problems/"

// encode writes a problem as every answer is written: the characters of HTML
// are left alone.
func (p *Problem) encode() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		panic("api: a problem that is no JSON: " + err.Error()) // plain makes every argument one
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// statuses are those that differ from what the kind says.
var statuses = map[string]int{
	"request.media_type": http.StatusUnsupportedMediaType,
	"import.media_type":  http.StatusUnsupportedMediaType,
	"blob.too_large":     http.StatusRequestEntityTooLarge,
	"request.too_large":  http.StatusRequestEntityTooLarge,
	"request.method":     http.StatusMethodNotAllowed,
}

// statusOf is the HTTP status of a fault on a route. What is not found is a 404
// only where the path names it; something unknown in a body is a 422.
func statusOf(rt *route, f *fault.Fault) int {
	if s, ok := statuses[f.Code]; ok {
		return s
	}
	if f.Kind == fault.NotFound && rt.Method == http.MethodPost && !strings.Contains(rt.Path, "{") {
		return http.StatusUnprocessableEntity
	}
	return session.Status(f.Kind)
}

func retryable(f *fault.Fault) string {
	switch {
	case f.Kind == fault.Ambiguous, f.Code == "idempotency.in_progress":
		return "same_key_only"
	case f.Kind == fault.Limited, f.Kind == fault.Unavailable:
		return "yes"
	}
	return "no"
}

// titleOf is the kind of problem in words: a sentence of its own where the
// catalogue has one, or that of its status.
func titleOf(l i18n.Lang, code string, status int) string {
	if key := "api.title." + code; i18n.Has(key) {
		return i18n.T(l, key)
	}
	return i18n.T(l, "api.title.status_"+strconv.Itoa(status))
}

// problem makes a problem of an error on a route.
func (c *call) problem(err error) *Problem {
	f := c.faultOf(err)
	l := c.lang()
	status := statusOf(c.route, f)
	p := &Problem{Type: problemBase + f.Code, Title: titleOf(l, f.Code, status), Status: status, Code: f.Code,
		Detail: i18n.Fault(l, f.Code, f.Args), Retryable: retryable(f), RequestID: c.id}
	for _, x := range f.Fields {
		p.Errors = append(p.Errors, Place{Field: tellablePath(x.Path), Code: x.Code, Line: x.Line, Args: spoken(l, x.Args)})
	}
	p.Errors = append(p.Errors, c.place(f)...)
	return p
}

// spoken gives arguments that are texts in both languages in one.
func spoken(l i18n.Lang, args fault.Args) fault.Args {
	out := args
	for k, v := range args {
		if t, ok := v.(label.Text); ok {
			if out = maps.Clone(out); t.IsZero() {
				delete(out, k)
			} else {
				out[k] = t.In(l)
			}
		}
	}
	return out
}

// tellablePath is a path without what a caller may have made up in it.
func tellablePath(path string) string {
	parts := strings.Split(path, ".")
	for i, p := range parts {
		name, index, in := strings.Cut(p, "[")
		if parts[i] = tellable(name); in {
			parts[i] += "[" + index
		}
	}
	return strings.Join(parts, ".")
}

// faultOf finds the fault of an error and logs defects; what a defect says
// stays in the log.
func (c *call) faultOf(err error) *fault.Fault {
	f := fault.Of(err)
	switch {
	case f.Kind != fault.Internal:
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Unavailable, "request.too_slow")
	case errors.Is(err, context.Canceled):
		return fault.New(fault.Unavailable, "request.gone")
	}
	c.server.Log.ErrorContext(c.r.Context(), "defect", "request", c.id, "route", c.route.op, "error", err.Error())
	return fault.New(fault.Internal, "internal")
}

// fail sends the problem of an error.
func (c *call) fail(err error) {
	h := c.w.Header()
	h.Set("Content-Language", string(c.lang()))
	var again *idem.Refused
	if errors.As(err, &again) {
		if !again.Fresh {
			h["Idempotent-Replayed"] = trueHeader
		}
		c.sendProblem(again.Status, again.Body)
		return
	}
	p := c.problem(err)
	if f := fault.Of(err); f.Kind == fault.Limited || p.Status == http.StatusServiceUnavailable || f.Code == "idempotency.in_progress" {
		h.Set("Retry-After", retryAfter(f))
	}
	c.sendProblem(p.Status, p.encode())
}

func (c *call) sendProblem(status int, body []byte) {
	h := c.w.Header()
	h["Content-Type"] = problemType
	h["Cache-Control"] = noStore
	c.status = status
	c.w.WriteHeader(status)
	_, _ = c.w.Write(append(bytes.Clone(body), '\n'))
}

func retryAfter(f *fault.Fault) string {
	if s, ok := f.Args["seconds"]; ok {
		return fmt.Sprint(s)
	}
	return "1"
}
