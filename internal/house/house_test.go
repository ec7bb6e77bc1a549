// Package house checks the house against its plan: the floors drawn in
// ARCHITECTURE.md, the rules on what may be imported where, and the prefix of
// the tables a package may name.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// aFile is one Go file of the product.
type aFile struct {
	path string // from the repository root
	room string // "ledger", "cmd/joren"
	test bool
	gen  bool
	ast  *ast.File
}

func files(t *testing.T) []aFile {
	t.Helper()
	var all []aFile
	fset := token.NewFileSet()
	for _, dir := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
				return err
			}
			f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			rel, _ := filepath.Rel(root, p)
			rel = filepath.ToSlash(rel)
			all = append(all, aFile{path: rel, room: room(rel), test: strings.HasSuffix(p, "_test.go"), gen: strings.HasSuffix(p, "_templ.go"), ast: f})
			return nil
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return all
}

// room is the drawn package a file or import belongs to: a sub-package
// (db/dbtest, ui/uitest) belongs to the room above it.
func room(path string) string {
	p := strings.Split(path, "/")
	if p[0] == "cmd" {
		return p[0] + "/" + p[1]
	}
	return p[1]
}

var block = regexp.MustCompile("(?s)```imports\n(.*?)```")

// floors reads the drawing: room to height (0 is the top), and the floor names.
func floors(t *testing.T) (map[string]int, []string) {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	m := block.FindSubmatch(doc)
	if m == nil {
		t.Fatal("ARCHITECTURE.md has no imports block")
	}
	height := map[string]int{}
	var names []string
	for line := range strings.Lines(string(m[1])) {
		name, rooms, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		for _, r := range strings.Fields(rooms) {
			height[r] = len(names)
		}
		names = append(names, strings.TrimSpace(name))
	}
	return height, names
}

func TestEveryPackageStandsOnItsFloor(t *testing.T) {
	height, names := floors(t)
	seen := map[string]bool{"house": true}
	for _, f := range files(t) {
		if f.room == "house" {
			continue
		}
		seen[f.room] = true
		h, drawn := height[f.room]
		if !drawn {
			t.Errorf("%s: package %s is not drawn in ARCHITECTURE.md", f.path, f.room)
			continue
		}
		for _, imp := range f.ast.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			rest, ours := strings.CutPrefix(path, "joren/")
			if !ours || room(rest) == f.room {
				continue
			}
			other := room(rest)
			switch oh, ok := height[other]; {
			case !ok:
				t.Errorf("%s imports %s, which is not drawn", f.path, other)
			case f.test && testHelper(rest):
			case oh > h:
				t.Errorf("%s (%s) imports %s from the floor %s below it", f.path, names[h], other, names[oh])
			case oh == h && !beside[names[h]]:
				t.Errorf("%s imports its neighbour %s on the floor %s; what crosses two of them is a story", f.path, other, names[h])
			}
		}
	}
	for r := range height {
		if !seen[r] {
			t.Errorf("ARCHITECTURE.md draws %s, which does not exist", r)
		}
	}
}

// beside lists floors whose packages may use each other. Words are one
// vocabulary; tools and queue are general means without product knowledge.
var beside = map[string]bool{"words": true, "tools": true, "queue": true, "web": true}

func testHelper(path string) bool {
	return strings.HasSuffix(path, "/dbtest") || strings.HasSuffix(path, "/uitest")
}

func TestEnginesNetworkAndClockStayInTheirRooms(t *testing.T) {
	allowed := map[string][]string{
		"database/sql":            {"db"},
		"modernc.org/sqlite":      {"db"},
		"modernc.org/libc":        {"db"},
		"github.com/jackc/pgx/v5": {"db"},
		"net/http":                {"ui", "session", "api", "console", "cmd/joren", "proof"}, // proof: the load generator of joren bench
		"math/rand":               {"db"},                                                    // jitter between retries
		"math/rand/v2":            {"db", "jobs", "stats"},                                   // stats: simulations from a caller's seed, see below
		"crypto/rand":             {"ident", "sign"},
	}
	for _, f := range files(t) {
		if f.test || strings.Contains(f.path, "/dbtest/") || strings.Contains(f.path, "/uitest/") { // means for tests only
			continue
		}
		for _, imp := range f.ast.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			for bound, rooms := range allowed {
				if path == "database/sql/driver" {
					continue // how a word shows itself to a database, not a database
				}
				if (path == bound || strings.HasPrefix(path, bound+"/") && bound != "math/rand") && !slices.Contains(rooms, f.room) {
					t.Errorf("%s imports %s, which only %v may", f.path, path, rooms)
				}
			}
		}
		forbidCalls(t, f)
	}
}

// calls that read the world, and the rooms that may make them.
var calls = map[string][]string{
	"time.Now":   {"clock", "cmd/joren"},
	"time.Since": {"clock", "cmd/joren"},
	"os.Getenv":  {"cmd/joren", "ident", "sign"},
}

func forbidCalls(t *testing.T, f aFile) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		if rooms, bound := calls[pkg.Name+"."+sel.Sel.Name]; bound && !slices.Contains(rooms, f.room) {
			t.Errorf("%s calls %s.%s, which only %v may", f.path, pkg.Name, sel.Sel.Name, rooms)
		}
		return true
	})
}

// Statistics must come out the same in every run: stats may make generators
// from a seed, and may not use the unseeded ones of the library.
func TestStatsDrawsOnlyFromSeeds(t *testing.T) {
	makers := []string{"New", "NewPCG", "Rand", "Source"}
	for _, f := range files(t) {
		if f.room != "stats" || f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "rand" && !slices.Contains(makers, sel.Sel.Name) {
					t.Errorf("%s uses rand.%s, which nobody seeds", f.path, sel.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestEveryPackageHasOnePackageComment(t *testing.T) {
	comments := map[string][]string{}
	dirs := map[string]bool{}
	for _, f := range files(t) {
		dir := filepath.Dir(f.path)
		if f.room == "house" || f.test || f.gen {
			continue
		}
		dirs[dir] = true
		if f.ast.Doc != nil {
			comments[dir] = append(comments[dir], f.path)
		}
	}
	for dir := range dirs {
		if n := len(comments[dir]); n != 1 {
			t.Errorf("%s has %d package comments: %v", dir, n, comments[dir])
		}
	}
}

var tableName = regexp.MustCompile(`(?i)\b(?:from|join|into|update|delete\s+from)\s+([a-z]+)_[a-z_]+`)

// A store reads and writes only tables of its own prefix; otherwise a slice
// would be undone by its SQL. Verification and export read every table.
func TestAStoreNamesOnlyItsOwnTables(t *testing.T) {
	height, names := floors(t)
	for _, f := range files(t) {
		h, ok := height[f.room]
		if f.test || !ok || names[h] == "stories" || names[h] == "main" || names[h] == "tools" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING || !looksLikeSQL(lit.Value) {
				return true
			}
			for _, m := range tableName.FindAllStringSubmatch(lit.Value, -1) {
				if prefix := strings.ToLower(m[1]); height[prefix] != 0 && prefix != f.room {
					t.Errorf("%s names a table of %s: %s", f.path, prefix, m[0])
				}
			}
			return true
		})
	}
}

var sqlVerb = regexp.MustCompile(`\b(SELECT|INSERT|UPDATE|DELETE)\b`)

func looksLikeSQL(s string) bool { return sqlVerb.MatchString(s) }
