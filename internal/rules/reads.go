package rules

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
)

// reads is what a condition looks at, so that only that is loaded and told.
type reads struct {
	paths    map[string]bool // "member.tier", "stats.visit_no" …
	products []string        // SKUs named by stats.product('…')
	anySKU   bool            // stats.product(line.sku): those of the cart
}

func newReads() reads { return reads{paths: map[string]bool{}} }

func (r *reads) has(prefix string) bool {
	for p := range r.paths {
		if strings.HasPrefix(p, prefix) {
			return true
		}
	}
	return false
}

func (cc *condCompiler) collect(a *cel.Ast, r *reads) {
	ast.PostOrderVisit(a.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			if p := pathOf(e); p != "" {
				r.paths[p] = true
			}
		case ast.CallKind:
			call := e.AsCall()
			if !call.IsMemberFunction() {
				return
			}
			switch call.FunctionName() {
			case "in_segment":
				r.paths["member.segments"] = true
			case "product":
				if s, ok := textLiteral(call.Args()[0]); ok {
					r.products = append(r.products, s)
				} else {
					r.anySKU = true
				}
			}
		}
	}))
}

// needs adds what must be loaded for the condition.
func (r *reads) needs(n *Needs) {
	n.Stats = n.Stats || r.has("stats.")
	n.Attributes = n.Attributes || r.has("member.attr")
	n.Birthday = n.Birthday || r.has("member.birthday") || r.has("member.age") || r.has("member.is_")
	n.Segments = n.Segments || r.has("member.segments")
	n.Products = n.Products || r.anySKU
	for _, p := range r.products {
		if !contains(n.ProductIDs, p) {
			n.ProductIDs = append(n.ProductIDs, p)
		}
	}
}
