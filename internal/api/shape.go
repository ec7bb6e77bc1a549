package api

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"

	"joren/internal/clock"
	"joren/internal/purchase"
)

// shape is what JSON of a Go type may look like; it is made once per type.
type shape struct {
	kind   kind
	null   bool // null may stand here
	fields map[string]field
	names  []string // by field number
	need   uint64   // field numbers that must be there
	elem   *shape   // of a list or dictionary
	text   func(string) string
}

type field struct {
	no int
	*shape
}

type kind uint8

const (
	isAny    kind = iota
	isRaw         // checked elsewhere; here only the syntax counts
	isObject      // with known fields
	isDict        // with free keys
	isList
	isText
	isWhole
	isTruth
)

func (k kind) String() string {
	return [...]string{"any", "any", "object", "object", "array", "string", "integer", "boolean"}[k]
}

var shapes sync.Map // reflect.Type → *shape

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s := makeShape(t)
	shapes.Store(t, s)
	return s
}

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func makeShape(t reflect.Type) *shape {
	if t.Kind() == reflect.Pointer {
		s := *makeShape(t.Elem())
		s.null = true
		return &s
	}
	switch p := reflect.PointerTo(t); {
	case p.Implements(unmarshaler):
		return &shape{kind: isRaw}
	case p.Implements(textUnmarshaler):
		return &shape{kind: isText, text: probe(t)}
	}
	switch t.Kind() {
	case reflect.Struct:
		s := &shape{kind: isObject, fields: map[string]field{}}
		s.add(t)
		return s
	case reflect.Map:
		return &shape{kind: isDict, elem: makeShape(t.Elem())}
	case reflect.Slice:
		return &shape{kind: isList, elem: makeShape(t.Elem())}
	case reflect.String:
		return &shape{kind: isText}
	case reflect.Bool:
		return &shape{kind: isTruth}
	case reflect.Int, reflect.Int64:
		return &shape{kind: isWhole}
	case reflect.Interface:
		return &shape{kind: isAny, null: true}
	}
	panic("api: no body may have a " + t.String())
}

func (s *shape) add(t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			s.add(f.Type)
			continue
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			panic("api: " + t.String() + "." + f.Name + " has no name in JSON")
		}
		no := len(s.names)
		if no == 64 {
			panic("api: " + t.String() + " has too many fields")
		}
		s.names = append(s.names, name)
		s.fields[name] = field{no, makeShape(f.Type)}
		if !strings.Contains(rest, "omit") && f.Tag.Get("required") != "false" {
			s.need |= 1 << no
		}
	}
}

// probe tells what is wrong with a text that a type reads, "" when nothing.
func probe(t reflect.Type) func(string) string {
	code := map[reflect.Type]string{
		reflect.TypeFor[clock.Instant](): "time.invalid", reflect.TypeFor[clock.Day](): "date.invalid", reflect.TypeFor[purchase.Rate](): "tax.rate_invalid",
	}[t]
	if code == "" {
		code = "json.value"
	}
	return func(s string) string {
		if reflect.New(t).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)) != nil {
			return code
		}
		return ""
	}
}
