package api

import (
	"encoding/json"
	"reflect"
	"strconv"
	"unicode/utf8"

	"joren/internal/fault"
)

// A checker walks over a body once, beside its shape, fills what the body is
// read into, and gathers everything encoding/json would let pass or would stop
// at: unknown fields, keys in another case, keys that stand twice, missing
// fields, numbers that are not whole or do not fit, numbers written as texts,
// null, NUL characters, broken UTF-8. What it lets pass means what encoding/json
// says it means; a fuzz test holds it to that.
type checker struct {
	b    []byte
	i    int
	stop bool // the syntax is broken: what follows means nothing
	path []step
	bad  []fault.Field

	copied string  // b, when a text was read
	few    [6]step // where path begins: as deep as a purchase goes
}

type step struct {
	name  string // of a known field
	key   []byte // of a free one
	index int    // in a list, when name and key are empty
}

const (
	maxDepth  = 32
	maxPlaces = 100 // of wrong places told; more help nobody
	maxName   = 64  // of an unknown key told
)

// strict reads a body into v and is what is wrong with it, nil when it has the
// shape. The zero v reads nothing.
func strict(body []byte, s *shape, v reflect.Value) []fault.Field {
	c := checker{b: body}
	c.path = c.few[:0]
	if !utf8.Valid(body) {
		c.fault("text.encoding")
		return c.bad
	}
	c.value(s, v)
	if c.space(); !c.stop && c.i < len(c.b) {
		c.fault("json.trailing", "position", int64(c.i))
	}
	return c.bad
}

func (c *checker) fault(code string, args ...any) {
	if len(c.bad) < maxPlaces {
		c.bad = append(c.bad, fault.At(c.where(), code, args...))
	}
}

func (c *checker) syntax() {
	if !c.stop {
		c.stop = true
		c.fault("json.syntax", "position", int64(c.i))
	}
}

// where is the path of the present place: lines[2].quantity.
func (c *checker) where() string {
	var b []byte
	for _, s := range c.path {
		switch {
		case s.name != "" || s.key != nil:
			if len(b) > 0 {
				b = append(b, '.')
			}
			b = append(append(b, s.name...), tellable(string(s.key))...)
		default:
			b = append(strconv.AppendInt(append(b, '['), int64(s.index), 10), ']')
		}
	}
	return string(b)
}

// tellable is a key as it may come back: keys the caller made up could be
// anything, a phone number or an address too.
func tellable(k string) string {
	if k == "" {
		return ""
	}
	if len(k) > maxName || k[0] >= '0' && k[0] <= '9' {
		return "?"
	}
	for _, x := range []byte(k) {
		if !(x >= 'a' && x <= 'z' || x >= 'A' && x <= 'Z' || x >= '0' && x <= '9' || x == '_' || x == '-') {
			return "?"
		}
	}
	return k
}

var unchecked = &shape{kind: isRaw}

// noTarget reads into nothing.
var noTarget reflect.Value

func (c *checker) value(s *shape, v reflect.Value) {
	x := c.next()
	if v.IsValid() {
		if s.aside() {
			c.aside(s, v)
			return
		}
		if x != 'n' && v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
	}
	switch {
	case x == '{':
		c.object(c.fit(s, &v, isObject, isDict), v)
	case x == '[':
		c.list(c.fit(s, &v, isList, isList), v)
	case x == '"':
		c.word(c.fit(s, &v, isText, isText), v)
	case x == '-' || x >= '0' && x <= '9':
		c.number(c.fit(s, &v, isWhole, isWhole), v)
	case x == 't':
		c.fit(s, &v, isTruth, isTruth)
		c.truth("true", v)
	case x == 'f':
		c.fit(s, &v, isTruth, isTruth)
		c.truth("false", v)
	case x == 'n':
		c.null(s)
	default:
		c.syntax()
	}
}

// aside walks over a value that has no fixed shape, or a reading of its own,
// and then lets encoding/json read it.
func (c *checker) aside(s *shape, v reflect.Value) {
	from, before := c.i, len(c.bad)
	if own, ok := v.Addr().Interface().(interface{ readFrom(*checker) }); ok {
		if own.readFrom(c); c.i > from {
			return
		}
		v = noTarget
	}
	if c.value(s, noTarget); c.stop || len(c.bad) > before || !v.IsValid() {
		return
	}
	var err error
	if own, ok := v.Addr().Interface().(json.Unmarshaler); ok {
		err = own.UnmarshalJSON(c.b[from:c.i])
	} else {
		err = json.Unmarshal(c.b[from:c.i], v.Addr().Interface())
	}
	if err != nil {
		c.fault("json.value")
	}
}

// fit is the shape to go on with: s when it is of one of the kinds, anything,
// read into nothing, after telling that it is not.
func (c *checker) fit(s *shape, v *reflect.Value, one, other kind) *shape {
	if s.kind == one || s.kind == other || s.kind == isAny || s.kind == isRaw {
		return s
	}
	*v = noTarget
	c.fault("json.type", "got", one.String(), "expected", s.kind.String())
	return unchecked
}

func (c *checker) push(s step) bool {
	if len(c.path) == maxDepth {
		c.stop = true
		c.fault("json.too_deep", "max", int64(maxDepth))
		return false
	}
	c.path = append(c.path, s)
	return true
}

func (c *checker) pop() { c.path = c.path[:len(c.path)-1] }

func (c *checker) list(s *shape, v reflect.Value) {
	elem := s.elem
	if elem == nil {
		elem = s
	}
	c.i++
	if c.next() == ']' {
		if c.i++; v.IsValid() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		return
	}
	for n := 0; ; n++ {
		if !c.push(step{index: n}) {
			return
		}
		c.value(elem, another(v, n))
		c.pop()
		if c.stop || c.end(']') {
			return
		}
	}
}

// another makes room for the n-th element of a list.
func another(v reflect.Value, n int) reflect.Value {
	if !v.IsValid() {
		return v
	}
	if n == v.Cap() {
		v.Grow(max(4, n))
	}
	v.SetLen(n + 1)
	return v.Index(n)
}

// end takes a comma or the closing byte; true when the list is over or broken.
func (c *checker) end(closing byte) bool {
	switch c.next() {
	case ',':
		c.i++
		return false
	case closing:
		c.i++
	default:
		c.syntax()
	}
	return true
}

// decode reads a body into v, strictly. Fault: request.malformed with every
// wrong place.
func decode(body []byte, v any, s *shape) error {
	if bad := strict(body, s, reflect.ValueOf(v).Elem()); len(bad) > 0 {
		return fault.New(fault.Invalid, "request.malformed").With(bad...)
	}
	return nil
}
