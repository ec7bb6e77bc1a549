package plan

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"joren/internal/label"
)

// A form is a value that may be written in more than one way. read fills it;
// shape is its JSON Schema.
type form interface {
	read(r *reader, path string, n ast.Node)
	shape() schema
}

// field is what the y tag of a struct field says. The reader and the schema
// are both made from it, so they cannot disagree.
//
//	y:"key,req,id,keyed,min=N,max=N,one=a|b|c"
type field struct {
	index int
	key   string
	about string
	req   bool // must be given
	id    bool // an identifier
	keyed bool // a list written as mapping from id to the rest
	min   *int64
	max   *int64
	one   []string
	typ   reflect.Type
}

func fieldsOf(t reflect.Type) []field {
	var fs []field
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("y")
		if !ok {
			continue
		}
		parts := strings.Split(tag, ",")
		f := field{index: i, key: parts[0], about: t.Field(i).Tag.Get("about"), typ: t.Field(i).Type}
		for _, p := range parts[1:] {
			f.option(p)
		}
		fs = append(fs, f)
	}
	return fs
}

func (f *field) option(p string) {
	name, value, _ := strings.Cut(p, "=")
	switch name {
	case "req":
		f.req = true
	case "id":
		f.id = true
	case "keyed":
		f.keyed = true
	case "one":
		f.one = strings.Split(value, "|")
	case "min", "max":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			panic("plan: bad tag " + p)
		}
		if name == "min" {
			f.min = &n
		} else {
			f.max = &n
		}
	default:
		panic("plan: bad tag " + p)
	}
}

// object fills the struct v points to from a mapping; keys already read by
// the caller are named in also.
func (r *reader) object(path string, n ast.Node, v any, also ...string) bool {
	es, ok := r.entries(path, n)
	if !ok {
		return false
	}
	s := reflect.ValueOf(v).Elem()
	fs := fieldsOf(s.Type())
	for _, e := range es {
		i := slices.IndexFunc(fs, func(f field) bool { return f.key == e.key })
		if i < 0 {
			if !slices.Contains(also, e.key) {
				r.unknown(path, e.key, fs, also)
			}
			continue
		}
		r.value(join(path, e.key), e.value, s.Field(fs[i].index), fs[i])
	}
	for _, f := range fs {
		if f.req && !r.has(join(path, f.key)) {
			r.bad(path, "programme.missing", "key", f.key)
		}
	}
	return true
}

func (r *reader) unknown(path, key string, fs []field, also []string) {
	known := slices.Clone(also)
	for _, f := range fs {
		known = append(known, f.key)
	}
	r.bad(join(path, key), "programme.unknown_key", "key", key, "hint", hint(key, known), "known", strings.Join(known, ", "))
}

// value fills v from n.
func (r *reader) value(path string, n ast.Node, v reflect.Value, f field) {
	if isNil(n) || n.Type() == ast.NullType {
		r.bad(path, "programme.empty_value")
		return
	}
	switch n.Type() {
	case ast.AnchorType, ast.AliasType, ast.TagType, ast.MergeKeyType:
		r.bad(path, "programme.no_alias")
		return
	}
	if fm, ok := v.Addr().Interface().(form); ok {
		fm.read(r, path, n)
		return
	}
	if name, ok := v.Addr().Interface().(*label.Text); ok {
		r.name(path, n, name)
		return
	}
	if sc, ok := scalars[v.Type()]; ok {
		r.scalar(path, n, v, f, sc)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.value(path, n, v.Elem(), f)
	case reflect.Struct:
		r.object(path, n, v.Addr().Interface())
	case reflect.Slice:
		r.slice(path, n, v, f)
	case reflect.Map:
		r.mapping(path, n, v)
	case reflect.String:
		r.word(path, n, v, f)
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			r.bad(path, "programme.not_a_bool", "found", shown(n))
			return
		}
		v.SetBool(b.Value)
	case reflect.Int, reflect.Int64:
		r.integer(path, n, v, f)
	default:
		panic("plan: cannot read a " + v.Type().String())
	}
}

func (r *reader) slice(path string, n ast.Node, v reflect.Value, f field) {
	item := f
	item.keyed = false
	if f.keyed {
		r.keyed(path, n, v)
		return
	}
	ns, ok := r.items(path, n)
	if !ok {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(ns), len(ns)))
	for i, x := range ns {
		r.value(at(path, i), x, v.Index(i), item)
	}
}

// keyed fills a slice of structs with an ID from a mapping, in its order. A
// struct with a short form may be given by that alone.
func (r *reader) keyed(path string, n ast.Node, v reflect.Value) {
	es, ok := r.entries(path, n)
	if !ok {
		return
	}
	for _, e := range es {
		x := reflect.New(v.Type().Elem()).Elem()
		x.FieldByName("ID").SetString(e.key)
		p := join(path, e.key)
		r.identifier(p, e.key)
		if s, ok := text(e.value); ok && x.Type() == reflect.TypeFor[Attribute]() {
			a := x.Addr().Interface().(*Attribute)
			r.short(p, s, a)
		} else {
			r.value(p, e.value, x, field{})
		}
		v.Set(reflect.Append(v, x))
	}
}

func (r *reader) mapping(path string, n ast.Node, v reflect.Value) {
	es, ok := r.entries(path, n)
	if !ok {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range es {
		x := reflect.New(v.Type().Elem()).Elem()
		r.value(join(path, e.key), e.value, x, field{})
		v.SetMapIndex(reflect.ValueOf(e.key), x)
	}
}

func (r *reader) word(path string, n ast.Node, v reflect.Value, f field) {
	var s string
	switch x := n.(type) {
	case *ast.StringNode:
		s = x.Value
	case *ast.LiteralNode:
		if x.Value != nil {
			s = x.Value.Value
		}
	default:
		r.bad(path, "programme.not_text", "found", shown(n))
		return
	}
	switch {
	case strings.TrimSpace(s) == "":
		r.bad(path, "programme.empty_value")
		return
	case len(s) > 4000:
		r.bad(path, "programme.text_too_long", "max", 4000)
		return
	case f.one != nil && !slices.Contains(f.one, s):
		r.notOne(path, s, f.one)
		return
	case f.id && !r.identifier(path, s):
		return
	}
	v.SetString(s)
}

func (r *reader) notOne(path, s string, one []string) {
	r.bad(path, "programme.bad_value", "value", s, "allowed", strings.Join(one, ", "))
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,63}$`)

func (r *reader) identifier(path, s string) bool {
	if !idPattern.MatchString(s) {
		r.bad(path, "programme.bad_id", "value", s)
		return false
	}
	return true
}

// maxInteger keeps products of two figures of a document within int64.
const maxInteger = 1_000_000_000_000

func (r *reader) number(path string, n ast.Node) (int64, bool) {
	s, ok := n.(*ast.IntegerNode)
	if !ok {
		r.bad(path, "programme.not_an_integer", "found", shown(n))
		return 0, false
	}
	x, err := strconv.ParseInt(s.GetToken().Value, 10, 64)
	if err != nil {
		r.bad(path, "programme.not_an_integer", "found", shown(n))
		return 0, false
	}
	if x < -maxInteger {
		r.bad(path, "programme.too_small", "value", s.GetToken().Value, "least", strconv.Itoa(-maxInteger))
		return 0, false
	}
	if x > maxInteger {
		r.bad(path, "programme.too_big", "value", s.GetToken().Value, "max", strconv.Itoa(maxInteger))
		return 0, false
	}
	return x, true
}

func (r *reader) integer(path string, n ast.Node, v reflect.Value, f field) {
	x, ok := r.number(path, n)
	if ok && r.within(path, x, f) {
		v.SetInt(x)
	}
}

func (r *reader) within(path string, x int64, f field) bool {
	switch {
	case f.min != nil && x < *f.min:
		r.bad(path, "programme.too_small", "value", strconv.FormatInt(x, 10), "least", strconv.FormatInt(*f.min, 10))
	case f.max != nil && x > *f.max:
		r.bad(path, "programme.too_big", "value", strconv.FormatInt(x, 10), "max", strconv.FormatInt(*f.max, 10))
	default:
		return true
	}
	return false
}

// name reads {ja, en} or one text for both languages.
func (r *reader) name(path string, n ast.Node, t *label.Text) {
	if s, ok := text(n); ok {
		*t = label.Text{JA: s, EN: s}
		return
	}
	var d struct {
		JA string `y:"ja"`
		EN string `y:"en"`
	}
	if r.object(path, n, &d) && d.JA == "" && d.EN == "" {
		r.bad(path, "programme.empty_value")
	}
	*t = label.Text{JA: d.JA, EN: d.EN}
}
