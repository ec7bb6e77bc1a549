package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"joren/internal/i18n"
	"joren/internal/ui"
)

// manual is the OpenAPI document as a page shows it.
type manual struct {
	About  string
	Groups []manualGroup
	Shapes []manualShape
}

type manualGroup struct {
	Name, About string
	Operations  []manualOperation
}

type manualOperation struct {
	ID, Method, Path string
	Summary          string
	Detail           []string
	Params           []manualField
	Body, Example    string // body: name of a shape
	Answers          []manualAnswer
}

type manualAnswer struct{ Status, About, Shape string }

type manualShape struct {
	Name   string
	Fields []manualField
}

type manualField struct {
	Name, In, Type, Shape, About string
	Required                     bool
}

// manualOf reads the document; what the page says is what the document says.
func manualOf(doc *huma.OpenAPI) manual {
	m := manual{About: doc.Info.Description}
	for _, t := range doc.Tags {
		g := manualGroup{Name: t.Name, About: t.Description}
		for _, path := range sortedKeys(doc.Paths) {
			p := doc.Paths[path]
			for _, op := range []*huma.Operation{p.Get, p.Post, p.Patch} {
				if op != nil && slices.Contains(op.Tags, t.Name) {
					g.Operations = append(g.Operations, operationOf(op))
				}
			}
		}
		m.Groups = append(m.Groups, g)
	}
	all := doc.Components.Schemas.Map()
	for _, name := range sortedKeys(all) {
		s := manualShape{Name: name}
		for _, f := range sortedKeys(all[name].Properties) {
			s.Fields = append(s.Fields, fieldOf(f, all[name].Properties[f], slices.Contains(all[name].Required, f)))
		}
		m.Shapes = append(m.Shapes, s)
	}
	return m
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func operationOf(op *huma.Operation) manualOperation {
	o := manualOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Detail: strings.Split(op.Description, "\n\n")}
	for _, p := range op.Parameters {
		f := fieldOf(p.Name, p.Schema, p.Required)
		f.In, f.About = p.In, p.Description
		o.Params = append(o.Params, f)
	}
	if b := op.RequestBody; b != nil && b.Content["application/json"] != nil { // a file has no shape
		media := b.Content["application/json"]
		o.Body = shapeName(media.Schema)
		if media.Example != nil {
			text, _ := json.MarshalIndent(media.Example, "", "  ")
			o.Example = string(text)
		}
	}
	for _, status := range sortedKeys(op.Responses) {
		a := manualAnswer{Status: status, About: op.Responses[status].Description}
		for _, media := range op.Responses[status].Content {
			a.Shape = shapeName(media.Schema)
		}
		o.Answers = append(o.Answers, a)
	}
	return o
}

func shapeName(s *huma.Schema) string { return strings.TrimPrefix(s.Ref, "#/components/schemas/") }

func fieldOf(name string, s *huma.Schema, required bool) manualField {
	f := manualField{Name: name, Required: required, About: s.Description, Type: s.Type, Shape: shapeName(s)}
	inner := s
	if s.Type == huma.TypeArray {
		inner, f.Type, f.Shape = s.Items, "array", shapeName(s.Items)
		if f.Shape == "" {
			f.Type = "array of " + s.Items.Type
		}
	}
	if inner.Format != "" {
		f.Type += " (" + inner.Format + ")"
	}
	if len(inner.Enum) > 0 {
		var ws []string
		for _, w := range inner.Enum {
			if s, ok := w.(string); ok {
				ws = append(ws, s)
			}
		}
		f.About = strings.TrimSpace(strings.Join(ws, " | ") + ". " + f.About)
	}
	return f
}

// pagePolicy holds also where no outer handler sets one.
const pagePolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

func (s *server) getReference(m manual) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := ui.View{Lang: i18n.Parse(r.Header.Get("Accept-Language")), Back: "/docs/api"}
		if c, err := r.Cookie("lang"); err == nil && (c.Value == "ja" || c.Value == "en") {
			v.Lang = i18n.Lang(c.Value)
		}
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		r = r.WithContext(ui.With(r.Context(), v))
		if err := ui.Render(w, r, http.StatusOK, referencePage(m)); err != nil {
			s.begin(w, r, &route{Method: "GET", Path: "/docs/api"}).fail(err)
		}
	}
}
