package ui

import (
	"bytes"
	"context"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"joren/internal/i18n"
)

// element is a start tag of rendered HTML.
type element struct {
	tag   string
	attrs map[string]string
	text  string // up to the next tag
}

var (
	tagRE  = regexp.MustCompile(`<([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*/?>([^<]*)`)
	attrRE = regexp.MustCompile(`([a-zA-Z-]+)(?:="([^"]*)")?`)
	partRE = regexp.MustCompile(`^([a-z0-9]*)(?:#([\w-]+))?((?:\.[\w-]+)*)((?:\[[\w-]+(?:=[^\]]*)?\])*)$`)
	condRE = regexp.MustCompile(`\[([\w-]+)(=?)([^\]]*)\]`)
)

type page struct {
	t    *testing.T
	html string
	els  []element
}

// render shows c in a language and reads its tags.
func render(t *testing.T, l i18n.Lang, c templ.Component) page {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(With(context.Background(), View{Lang: l}), &b); err != nil {
		t.Fatal(err)
	}
	p := page{t: t, html: b.String()}
	for _, m := range tagRE.FindAllStringSubmatch(p.html, -1) {
		e := element{m[1], map[string]string{}, html.UnescapeString(m[3])}
		for _, a := range attrRE.FindAllStringSubmatch(m[2], -1) {
			e.attrs[a[1]] = html.UnescapeString(a[2])
		}
		p.els = append(p.els, e)
	}
	return p
}

// find gives the elements of a selector tag#id.class[attr=value]; all parts
// are optional.
func (p page) find(selector string) (out []element) {
	p.t.Helper()
	m := partRE.FindStringSubmatch(selector)
	if m == nil {
		p.t.Fatalf("selector %q", selector)
	}
	for _, e := range p.els {
		if e.is(m[1], m[2], m[3], m[4]) {
			out = append(out, e)
		}
	}
	return out
}

func (e element) is(tag, id, classes, conds string) bool {
	if tag != "" && e.tag != tag || id != "" && e.attrs["id"] != id {
		return false
	}
	have := " " + e.attrs["class"] + " "
	for _, c := range strings.FieldsFunc(classes, func(r rune) bool { return r == '.' }) {
		if !strings.Contains(have, " "+c+" ") {
			return false
		}
	}
	for _, c := range condRE.FindAllStringSubmatch(conds, -1) {
		v, ok := e.attrs[c[1]]
		if !ok || c[2] == "=" && v != c[3] {
			return false
		}
	}
	return true
}

// has wants n elements of each selector.
func (p page) has(n int, selectors ...string) {
	p.t.Helper()
	for _, s := range selectors {
		if got := len(p.find(s)); got != n {
			p.t.Errorf("%d × %s, want %d in\n%.1500s", got, s, n, p.html)
		}
	}
}

// says wants texts to stand in the page.
func (p page) says(texts ...string) {
	p.t.Helper()
	for _, s := range texts {
		if !strings.Contains(html.UnescapeString(p.html), s) {
			p.t.Errorf("%q is missing in\n%.1500s", s, p.html)
		}
	}
}
