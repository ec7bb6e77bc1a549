package console

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"joren/internal/audit"
	"joren/internal/i18n"
	"joren/internal/member"
)

func TestAnEntryIsToldInWords(t *testing.T) {
	e := audit.Entry{Subject: "staff", Before: audit.Values{"role": "cashier", "status": "active"}, After: audit.Values{"role": "manager", "status": "disabled", "active": true,
		"fields": []any{"name", "memo"}, "version": json.Number("5"), "points": json.Number("-1200"), "lost.regular": json.Number("40"), "name_en": ""}}
	for l, want := range map[i18n.Lang]string{
		i18n.EN: "Open: yes, Fields changed: name and memo, Points lost (regular): 40, Points: −1,200, Role: Cashier → Manager, Status: Active → Disabled",
		i18n.JA: "営業中：はい、変えた項目：氏名・メモ、失効したポイント（regular）：40、ポイント数：−1,200、役割：レジ担当 → 店長、状態：有効 → 停止中",
	} {
		if got := changeWords(l, e); got != want {
			t.Errorf("%s: %s\nwant %s", l, got, want)
		}
	}
	if got := changeText(e); !strings.Contains(got, "points: -1200") || !strings.Contains(got, "role: cashier → manager") {
		t.Errorf("the file says %s", got)
	}
}

// Every key that any package writes into the log has its word.
func TestEveryKeyOfTheLogHasAWord(t *testing.T) {
	seen := 0
	for _, root := range []string{"../../internal", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			for _, key := range loggedKeys(f) {
				if seen++; key != "version" && !i18n.Has("audits.key."+key) {
					t.Errorf("%s: %q has no word", path, key)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 50 {
		t.Errorf("only %d keys found", seen)
	}
	for field := range valuesOf(member.Person{}) {
		if !i18n.Has("audits.field." + field) {
			t.Errorf("the field %q has no word", field)
		}
	}
}

// loggedKeys are the literal keys of audit.Values in a file.
func loggedKeys(f *ast.File) (keys []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if of, ok := lit.Type.(*ast.SelectorExpr); !ok || of.Sel.Name != "Values" {
			return true
		} else if pkg, ok := of.X.(*ast.Ident); !ok || pkg.Name != "audit" {
			return true
		}
		for _, x := range lit.Elts {
			if k, ok := x.(*ast.KeyValueExpr).Key.(*ast.BasicLit); ok {
				if s, err := strconv.Unquote(k.Value); err == nil {
					keys = append(keys, s)
				}
			}
		}
		return true
	})
	return keys
}
