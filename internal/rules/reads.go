package rules

import (
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// reads is what a condition looks at, so that only that is loaded and told.
type reads struct {
	paths    map[string]bool // "member.tier", "stats.visit_no" …
	products []string        // SKUs named by stats.product('…')
	anySKU   bool            // stats.product(line.sku): those of the cart
	events   []string        // kinds named by stats.event('…')
	segments []string        // named by in_segment('…') or 'x' in member.segments
	vague    bool            // segments that are not named
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
				r.segment(call.Args()[0])
			case "event":
				s, _ := textLiteral(call.Args()[0])
				r.events = append(r.events, s)
			case "product":
				if s, ok := textLiteral(call.Args()[0]); ok {
					r.products = append(r.products, s)
				} else {
					r.anySKU = true
				}
			}
		}
	}))
	r.lists(a)
}

// lists finds the segments that 'x' in member.segments names; any other use
// of the list may mean all of them.
func (r *reads) lists(a *cel.Ast) {
	uses, named := 0, 0
	ast.PostOrderVisit(a.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch {
		case pathOf(e) == "member.segments":
			uses++
		case e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.In && pathOf(e.AsCall().Args()[1]) == "member.segments":
			named++
			r.segment(e.AsCall().Args()[0])
		}
	}))
	r.vague = r.vague || uses > named
}

func (r *reads) segment(e ast.Expr) {
	if s, ok := textLiteral(e); ok {
		r.segments = append(r.segments, s)
	} else {
		r.vague = true
	}
}

// Reads is what a condition looks at.
type Reads struct {
	Paths    []string // "member.tier", "stats.spend" …, sorted
	Segments []string // by name
	Vague    bool     // also segments it does not name
	Cart     bool     // also products it does not name: those of the cart
}

// Reads lists what the condition looks at.
func (c *Condition) Reads() Reads {
	r := &c.reads
	return Reads{Paths: slices.Sorted(maps.Keys(r.paths)), Segments: slices.Clone(r.segments), Vague: r.vague, Cart: r.anySKU}
}

// Needs says which facts are to be loaded for the condition.
func (c *Condition) Needs() (n Needs) {
	c.reads.needs(&n)
	return n
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
	for _, k := range r.events {
		if !contains(n.EventKinds, k) {
			n.EventKinds = append(n.EventKinds, k)
		}
	}
}
