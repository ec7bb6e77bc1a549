package plan

import (
	"encoding/json"
	"reflect"
	"strings"

	"joren/internal/label"
)

// schema is a JSON Schema (draft 2020-12) as a JSON object.
type schema map[string]any

// Schema is the JSON Schema of the programme document, for editors. It is
// made from the structs the reader fills. [Parse] checks more than it:
// references, conditions and contradictions.
func Schema() []byte {
	s := objectSchema[document]()
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = "https://joren.example/programme.schema.json"
	s["title"] = "Joren programme"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}

func objectSchema[T any]() schema { return structSchema(reflect.TypeFor[T]()) }

func structSchema(t reflect.Type) schema {
	props, req := schema{}, []any{}
	for _, f := range fieldsOf(t) {
		p := fieldSchema(f)
		if f.about != "" {
			p["description"] = f.about
		}
		props[f.key] = p
		if f.req {
			req = append(req, f.key)
		}
	}
	s := schema{"type": "object", "properties": props, "additionalProperties": false}
	if len(req) > 0 {
		s["required"] = req
	}
	return s
}

func fieldSchema(f field) schema {
	t := f.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if fm, ok := reflect.New(t).Interface().(form); ok {
		return fm.shape()
	}
	if t == reflect.TypeFor[label.Text]() {
		s := schema{"type": "string", "minLength": 1}
		return either(schema{"type": "string", "minLength": 1},
			schema{"type": "object", "properties": schema{"ja": s, "en": s}, "minProperties": 1, "additionalProperties": false})
	}
	if sc, ok := scalars[t]; ok {
		return sc.make()
	}
	switch t.Kind() {
	case reflect.Struct:
		return structSchema(t)
	case reflect.Slice:
		return sliceSchema(f, t)
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": fieldSchema(field{typ: t.Elem()})}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.String:
		return textSchema(f)
	}
	return numberSchema(f)
}

func sliceSchema(f field, t reflect.Type) schema {
	item := f
	item.typ, item.keyed = t.Elem(), false
	s := fieldSchema(item)
	if !f.keyed {
		return schema{"type": "array", "items": s}
	}
	if t.Elem() == reflect.TypeFor[Attribute]() {
		s = either(schema{"enum": []any{"text", "int", "bool", "date", "choice"}}, s)
	}
	return schema{"type": "object", "propertyNames": schema{"pattern": idPattern.String()}, "additionalProperties": s}
}

func textSchema(f field) schema {
	switch {
	case f.one != nil:
		return schema{"enum": wordsOf(f.one)}
	case f.id:
		return schema{"type": "string", "pattern": idPattern.String()}
	}
	return schema{"type": "string", "minLength": 1}
}

func numberSchema(f field) schema {
	s := schema{"type": "integer"}
	if f.min != nil {
		s["minimum"] = *f.min
	}
	if f.max != nil {
		s["maximum"] = *f.max
	}
	return s
}

func either(ss ...schema) schema {
	forms := make([]any, len(ss))
	for i, s := range ss {
		forms[i] = s
	}
	return schema{"anyOf": forms}
}

func wordsOf(one []string) []any {
	out := make([]any, len(one))
	for i, w := range one {
		out[i] = w
	}
	return out
}

// words is one of these.
func words(one []string) schema { return schema{"enum": wordsOf(one)} }

func joined(keys []string) string { return strings.Join(keys, ", ") }
