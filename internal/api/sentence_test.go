package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"joren/internal/i18n"
)

// codePlaces are the calls that make a fault or a wrong place, with the number
// of the argument that is the code.
var codePlaces = map[string]int{"fault.New": 1, "fault.At": 1, ".bad": 1, "c.fault": 0}

var isCode = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)

// Every fault of the packages behind this face has its sentence in both languages.
// Faults of kind Internal never do: a caller sees "internal" and the log has
// the rest.
func TestEveryFaultHasItsSentence(t *testing.T) {
	codes := map[string]string{} // code → where it is made
	seen := map[string]bool{}
	collect(t, "api", seen, codes)
	if len(seen) < 15 || len(codes) < 150 {
		t.Fatalf("only %d codes found: the search is broken", len(codes))
	}
	for _, must := range []string{"points.insufficient", "purchase.total_mismatch", "time.future", "json.syntax", "lines.empty"} {
		if codes[must] == "" {
			t.Errorf("%s was not found: the search is broken", must)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if !i18n.Has("fault." + code) {
			t.Errorf("%s has no sentence; made at %s", code, codes[code])
		}
	}
}

// collect reads a package of the house and those it imports.
func collect(t *testing.T, pkg string, seen map[string]bool, codes map[string]string) {
	t.Helper()
	if seen[pkg] {
		return
	}
	seen[pkg] = true
	names, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("package %s: %v", pkg, err)
	}
	files := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if p, ok := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "joren/internal/"); ok {
				collect(t, p, seen, codes)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if code, ok := codeOf(call); ok {
					codes[code] = files.Position(call.Pos()).String()
				}
			}
			return true
		})
	}
}

func codeOf(call *ast.CallExpr) (string, bool) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = "." + f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok {
			if _, known := codePlaces[x.Name+name]; known {
				name = x.Name + name
			}
		}
	}
	at, ok := codePlaces[name]
	if !ok || len(call.Args) <= at {
		return "", false
	}
	if kind, ok := call.Args[0].(*ast.SelectorExpr); ok && kind.Sel.Name == "Internal" {
		return "", false
	}
	lit, ok := call.Args[at].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	code, err := strconv.Unquote(lit.Value)
	return code, err == nil && isCode.MatchString(code)
}
