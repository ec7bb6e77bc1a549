package plan

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write docs/programme.schema.json")

const schemaFile = "../../docs/programme.schema.json"

func TestThePublishedSchemaIsTheOneTheReaderFollows(t *testing.T) {
	if *update {
		if err := os.WriteFile(schemaFile, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, Schema()) {
		t.Error("docs/programme.schema.json is out of date; run go test ./internal/plan -run Schema -update")
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("programme.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("programme.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is the document as an editor's validator sees it.
func asJSON(t *testing.T, src string) any {
	t.Helper()
	b, err := yaml.YAMLToJSON([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEveryTemplateValidatesAgainstTheSchema(t *testing.T) {
	s := compiled(t)
	for _, n := range Templates() {
		if err := s.Validate(asJSON(t, template(t, n))); err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
	if err := s.Validate(asJSON(t, everything(t))); err != nil {
		t.Errorf("everything: %v", err)
	}
}

func TestTheSchemaRefusesWhatTheReaderRefuses(t *testing.T) {
	s := compiled(t)
	for _, c := range [][2]string{
		{"mode: best", "mode: bset"}, {"fiscal_year_start: 4", "fiscal_year_start: 13"}, {"keep: 24000", "kept: 24000"},
		{"currency: JPY", "curency: JPY"}, {"effective_from: 2026-04-01", "effective_from: April"}, {"pending: {days: 7}", "pending: {days: -7}"},
		{"expiry: {months: 6, from: last_activity}", "expiry: soon"}, {"multiply: 2.000", "multiply: 0.5"}, {"id: lounge", "id: 喫煙所"},
	} {
		src := strings.Replace(template(t, "cafe"), c[0], c[1], 1)
		if s.Validate(asJSON(t, src)) == nil {
			t.Errorf("the schema takes %q", c[1])
		}
		if _, bad := Parse([]byte(src)); len(bad) == 0 {
			t.Errorf("the reader takes %q", c[1])
		}
	}
}

// keysOf gathers all keys of the structs the reader fills.
func keysOf(typ reflect.Type, seen map[reflect.Type]bool, keys map[string]bool) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || seen[typ] {
		return
	}
	seen[typ] = true
	for i := range typ.NumField() {
		if tag, ok := typ.Field(i).Tag.Lookup("y"); ok {
			key, _, _ := strings.Cut(tag, ",")
			keys[key] = true
			keysOf(typ.Field(i).Type, seen, keys)
		}
	}
}

func TestEveryKeyOfTheStructsIsInTheSchemaWithItsMeaning(t *testing.T) {
	var doc any
	if err := json.Unmarshal(Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	have, mute := map[string]bool{}, map[string]bool{}
	var walk func(x any)
	walk = func(x any) {
		switch x := x.(type) {
		case map[string]any:
			if props, ok := x["properties"].(map[string]any); ok {
				for k, v := range props {
					have[k] = true
					if m, _ := v.(map[string]any); m["description"] == nil && k != "ja" && k != "en" && k != "default" {
						mute[k] = true
					}
				}
			}
			for _, v := range x {
				walk(v)
			}
		case []any:
			for _, v := range x {
				walk(v)
			}
		}
	}
	walk(doc)
	keys := map[string]bool{}
	seen := map[reflect.Type]bool{}
	for _, x := range []any{document{}, pendingDoc{}, expiryDoc{}, rangeDoc{}, countDoc{}, metricDoc{}, measureDoc{}, tierWindowDoc{}, evaluationDoc{}, downgradeDoc{}} {
		keysOf(reflect.TypeOf(x), seen, keys)
	}
	for k := range keys {
		if !have[k] {
			t.Errorf("the schema lacks %s", k)
		}
	}
	for k := range mute {
		t.Errorf("%s says nothing of its meaning", k)
	}
}
