package plan

import (
	"os"
	"strings"
	"testing"

	"joren/internal/i18n"
)

// Whatever text is handed in: a programme or problems, never both and never a
// panic; every problem has its place and its sentence in both languages; and
// what was taken can be told, compared and warned of.
func FuzzParse(f *testing.F) {
	for _, name := range Templates() {
		b, err := Template(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	b, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add(small)
	for _, s := range []string{"", "a", "[]", "{}", "- - - -", "a: &a [*a]", "<<: {a: b}", "? [a]\n: b", "a: !!binary x", "a: |\n", "a:\n\t- b", "---\na: 1\n---\nb: 2",
		strings.Repeat("[", 5000), strings.Repeat("- ", 5000), strings.Repeat("a: {", 3000), "points: {a: }", "rules: [null, 1, {}, []]", "\xff", "a: \"\\x\"", "%YAML", "a: 'b", small,
		"tiers: {levels: [{enter: {a: 1}}], metric: {all: [], any: []}}", "limits: [{window: []}]", "name: {ja: {}, en: []}", "exclude: \"((((((\"", "points:\n  \"\": {}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, bad := Parse([]byte(src))
		if (p == nil) == (len(bad) == 0) {
			t.Fatalf("a programme: %v, problems: %d", p != nil, len(bad))
		}
		for _, x := range bad {
			if x.Line < 1 {
				t.Errorf("%s at %q has no line", x.Code, x.Path)
			}
			for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
				Report("x.yaml", bad, l)
				if s := x.Text(l); s == "" || strings.Contains(s, "fault.") {
					t.Errorf("%s is told as %q", x.Code, s)
				}
			}
		}
		if p == nil {
			return
		}
		p.Warnings()
		for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
			if len(Terms(p, l).Paragraphs) == 0 {
				t.Error("no terms")
			}
		}
		if cs := Diff(p, p); len(cs) != 0 {
			t.Errorf("it differs from itself: %+v", cs)
		}
	})
}
