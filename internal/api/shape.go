package api

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"

	"joren/internal/clock"
	"joren/internal/purchase"
)

// shape is what JSON of a Go type may look like; it is made once per type.
type shape struct {
	kind   kind
	null   bool // null may stand here
	fields map[string]*field
	order  []*field                                      // by field number
	need   uint64                                        // field numbers that must be there
	elem   *shape                                        // of a list or dictionary
	text   func(v reflect.Value, s string) (code string) // reads a text that means something
}

type field struct {
	no   int
	name string
	at   []int // where in its Go struct
	*shape
}

// aside reports a value that encoding/json reads, not the checker.
func (s *shape) aside() bool { return s.kind == isRaw || s.kind == isAny || s.kind == isDict }

// field is the field of a key, nil for none. Most callers send fields in the
// order of the document: guess is the number after the last one.
func (s *shape) field(key []byte, guess int) *field {
	if guess < len(s.order) && s.order[guess].name == string(key) {
		return s.order[guess]
	}
	return s.fields[string(key)]
}

// of is where the field stands in its struct.
func (f *field) of(v reflect.Value) reflect.Value {
	switch {
	case f == nil || !v.IsValid():
		return noTarget
	case len(f.at) == 1:
		return v.Field(f.at[0])
	}
	return v.FieldByIndex(f.at)
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
		return &shape{kind: isText, text: reading(t)}
	}
	switch t.Kind() {
	case reflect.Struct:
		s := &shape{kind: isObject, fields: map[string]*field{}}
		s.add(t, nil)
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

func (s *shape) add(t reflect.Type, within []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(within), i)
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			s.add(f.Type, at)
			continue
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			panic("api: " + t.String() + "." + f.Name + " has no name in JSON")
		}
		no := len(s.order)
		if no == 64 {
			panic("api: " + t.String() + " has too many fields")
		}
		s.fields[name] = &field{no, name, at, makeShape(f.Type)}
		s.order = append(s.order, s.fields[name])
		if !strings.Contains(rest, "omit") && f.Tag.Get("required") != "false" {
			s.need |= 1 << no
		}
	}
}

// reading reads a text into a type that has its own way to; the code tells what
// is wrong with it, "" when nothing.
func reading(t reflect.Type) func(reflect.Value, string) string {
	code := unreadable(t)
	return func(v reflect.Value, s string) string {
		if v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)) != nil || s == "never" { // an instant of ours, nobody else's
			return code
		}
		return ""
	}
}

// unreadable is the code for a text that a type cannot read.
func unreadable(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[clock.Instant]():
		return "time.invalid"
	case reflect.TypeFor[clock.Day]():
		return "date.invalid"
	case reflect.TypeFor[purchase.Rate]():
		return "tax.rate_invalid"
	}
	return "json.value"
}
