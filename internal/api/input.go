package api

import (
	"encoding"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"joren/internal/fault"
)

// input is what a route takes, as its Go type says: fields with the tag path
// or query, and a field Body.
type input struct {
	params []param
	body   int // field number, -1 for none
	typ    reflect.Type
	shape  *shape
}

type param struct {
	in, name string
	field    reflect.StructField
	min, max int64 // of a number
}

func inputOf(t reflect.Type) *input {
	p := &input{body: -1}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous { // parameters that several routes share
			continue
		}
		if f.Name == "Body" {
			p.body, p.typ, p.shape = f.Index[0], f.Type, shapeOf(f.Type)
			continue
		}
		x := param{in: "path", name: f.Tag.Get("path"), field: f, min: number(f, "minimum"), max: number(f, "maximum")}
		if x.name == "" {
			x.in, x.name = "query", f.Tag.Get("query")
		}
		if x.name == "" {
			panic("api: " + t.String() + "." + f.Name + " comes from nowhere")
		}
		p.params = append(p.params, x)
	}
	return p
}

func number(f reflect.StructField, tag string) int64 {
	n, _ := strconv.ParseInt(f.Tag.Get(tag), 10, 64)
	return n
}

// completer is a body with parts that may be left out.
type completer interface{ Complete() }

// read fills v from a request. Faults: request.parameters and those of
// [call.load] and [decode].
func (p *input) read(c *call, v reflect.Value) error {
	if len(p.params) > 0 || c.r.URL.RawQuery != "" {
		if err := p.readParams(c, v); err != nil {
			return err
		}
	}
	if !c.route.Upload && (c.r.Method == "POST" || c.r.Method == "PATCH") {
		if err := c.load(); err != nil {
			return err
		}
	}
	if p.body < 0 {
		return nil
	}
	body := v.Field(p.body).Addr().Interface()
	if err := decode(c.body, body, p.shape); err != nil {
		return err
	}
	if x, ok := body.(completer); ok {
		x.Complete()
	}
	return nil
}

func (p *input) readParams(c *call, v reflect.Value) error {
	query, err := url.ParseQuery(c.r.URL.RawQuery)
	var bad []fault.Field
	if err != nil {
		bad = append(bad, fault.At("", "query.malformed"))
	}
	for _, x := range p.params {
		s, given := c.r.PathValue(x.name), true
		if x.in == "query" {
			var all []string
			all, given = query[x.name]
			delete(query, x.name)
			if len(all) > 1 {
				bad = append(bad, fault.At(x.name, "field.twice"))
				continue
			}
			if given {
				s = all[0]
			}
		}
		if !given || s == "" {
			s = x.field.Tag.Get("default")
		}
		if code, args := x.set(v.FieldByIndex(x.field.Index), s); code != "" {
			bad = append(bad, fault.At(x.name, code, args...))
		}
	}
	for _, name := range sortedNames(query) {
		bad = append(bad, fault.At(tellable(name), "query.unknown"))
	}
	if len(bad) > 0 {
		return fault.New(fault.Invalid, "request.parameters").With(bad...)
	}
	return nil
}

func sortedNames(q url.Values) []string {
	names := make([]string, 0, len(q))
	for n := range q {
		names = append(names, n)
	}
	slices.Sort(names)
	return names[:min(len(names), maxPlaces)]
}

// set reads one parameter; the code says what is wrong with it.
func (x param) set(v reflect.Value, s string) (code string, args []any) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > 1000 {
		return "text.invalid", nil
	}
	if s == "" {
		return "", nil
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if u.UnmarshalText([]byte(s)) != nil || s == "never" {
			return unreadable(v.Type()), nil
		}
		return "", nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
		return "", nil
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return "value.unknown", []any{"allowed", "true, false"}
		}
		v.SetBool(b)
		return "", nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < x.min || x.max > 0 && n > x.max {
		return "number.out_of_range", []any{"min", x.min, "max", x.max}
	}
	v.SetInt(n)
	return "", nil
}
