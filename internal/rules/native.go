package rules

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"joren/internal/clock"
)

// node is an expression as a Go closure. Exactly the function of its kind is
// set; kindOther means the form is left to cel-go.
type node struct {
	kind   kind
	num    func(*view) (int64, error) // kindInt, kindDate
	str    func(*view) (string, error)
	yes    func(*view) (bool, error)
	strs   func(*view) ([]string, error)
	line   func(*view) *Line
	prod   func(*view) (ProductStats, error)
	object string // kindObject
	lit    bool   // a constant, its value in n, s or b
	n      int64
	s      string
	b      bool
}

var other node

// closure compiles checked expressions to closures.
type closure struct {
	voc   *vocabulary
	bound map[string]node // names bound by exists() and the like
}

func (cc *condCompiler) native(a *cel.Ast) node {
	return (&closure{voc: cc.voc, bound: map[string]node{}}).expr(a.NativeRep().Expr())
}

func (c *closure) expr(e ast.Expr) node {
	switch e.Kind() {
	case ast.LiteralKind:
		return literal(e)
	case ast.IdentKind:
		return c.ident(e.AsIdent())
	case ast.SelectKind:
		return c.selection(e.AsSelect())
	case ast.CallKind:
		return c.call(e.AsCall())
	case ast.ComprehensionKind:
		return c.comprehension(e.AsComprehension())
	}
	return other
}

func literal(e ast.Expr) node {
	switch x := e.AsLiteral().(type) {
	case types.Int:
		return intConst(int64(x))
	case types.String:
		return textConst(string(x))
	case types.Bool:
		return boolConst(bool(x))
	}
	return other
}

func intConst(n int64) node {
	return node{kind: kindInt, lit: true, n: n, num: func(*view) (int64, error) { return n, nil }}
}

func textConst(s string) node {
	return node{kind: kindText, lit: true, s: s, str: func(*view) (string, error) { return s, nil }}
}

func boolConst(b bool) node {
	return node{kind: kindBool, lit: true, b: b, yes: func(*view) (bool, error) { return b, nil }}
}

func (c *closure) ident(name string) node {
	if n, ok := c.bound[name]; ok {
		return n
	}
	switch name {
	case "line":
		return node{kind: kindLine, line: func(v *view) *Line { return v.line }}
	case "purchase", "member", "stats", "event", "now":
		return node{kind: kindObject, object: name}
	}
	return other
}

func (c *closure) selection(s ast.SelectExpr) node {
	of := c.expr(s.Operand())
	name := s.FieldName()
	switch of.kind {
	case kindObject:
		f, ok := c.voc.objects[of.object][name]
		if !ok {
			return other
		}
		return read(f, s.IsTestOnly(), func(v *view) (*view, error) { return v, nil })
	case kindLine:
		if of.line == nil {
			return other
		}
		return read(lineFields[name], s.IsTestOnly(), func(v *view) (*Line, error) { return of.line(v), nil })
	case kindProduct:
		return read(productFields[name], s.IsTestOnly(), of.prod)
	case kindDate:
		return read(dateFields[name], s.IsTestOnly(), func(v *view) (clock.Day, error) { n, err := of.num(v); return clock.Day(n), err })
	}
	return other
}

// read is the closure of a field of the object at gives.
func read[T any](f field[T], has bool, at func(*view) (T, error)) node {
	if f.kind == kindOther {
		return other
	}
	if has {
		return node{kind: kindBool, yes: func(v *view) (bool, error) {
			t, err := at(v)
			return err == nil && f.has(t), err
		}}
	}
	n := node{kind: f.kind, object: f.object}
	switch f.kind {
	case kindInt, kindDate:
		n.num = func(v *view) (int64, error) {
			t, err := at(v)
			if err != nil {
				return 0, err
			}
			return f.num(t), nil
		}
	case kindText:
		n.str = func(v *view) (string, error) {
			t, err := at(v)
			if err != nil {
				return "", err
			}
			return f.str(t), nil
		}
	case kindBool:
		n.yes = func(v *view) (bool, error) {
			t, err := at(v)
			return err == nil && f.yes(t), err
		}
	case kindTexts:
		n.strs = func(v *view) ([]string, error) {
			t, err := at(v)
			if err != nil {
				return nil, err
			}
			return f.strs(t), nil
		}
	}
	return n
}

func (c *closure) call(e ast.CallExpr) node {
	var args []node
	if e.IsMemberFunction() {
		args = append(args, c.expr(e.Target()))
	}
	for _, a := range e.Args() {
		if a.Kind() == ast.ListKind && e.FunctionName() == operators.In {
			return c.inList(c.expr(e.Args()[0]), a.AsList().Elements())
		}
		args = append(args, c.expr(a))
	}
	for _, a := range args {
		if a.kind == kindOther {
			return other
		}
	}
	switch len(args) {
	case 1:
		return unary(e.FunctionName(), args[0])
	case 2:
		return c.binary(e.FunctionName(), args[0], args[1])
	case 3:
		if e.FunctionName() == operators.Conditional {
			return conditional(args[0], args[1], args[2])
		}
	}
	return other
}

// inList is x in ['a', 'b'] with constants.
func (c *closure) inList(x node, elems []ast.Expr) node {
	var texts []string
	var nums []int64
	for _, e := range elems {
		if s, ok := textLiteral(e); ok && x.kind == kindText {
			texts = append(texts, s)
		} else if n, ok := intLiteral(e); ok && x.kind == kindInt {
			nums = append(nums, n)
		} else {
			return other
		}
	}
	switch x.kind {
	case kindText:
		return node{kind: kindBool, yes: func(v *view) (bool, error) {
			s, err := x.str(v)
			return err == nil && contains(texts, s), err
		}}
	case kindInt:
		return node{kind: kindBool, yes: func(v *view) (bool, error) {
			n, err := x.num(v)
			if err != nil {
				return false, err
			}
			for _, k := range nums {
				if k == n {
					return true, nil
				}
			}
			return false, nil
		}}
	}
	return other
}

// comprehension knows the forms that exists(), all() and exists_one() expand
// to, over the lines of the cart and over texts.
func (c *closure) comprehension(e ast.ComprehensionExpr) node {
	over := c.expr(e.IterRange())
	depth := len(c.bound)
	if e.HasIterVar2() || depth >= maxDepth || over.kind != kindLines && over.kind != kindTexts {
		return other
	}
	if _, shadows := c.bound[e.IterVar()]; shadows {
		return other
	}
	form, pred := macro(e)
	if form == "" {
		return other
	}
	if over.kind == kindLines {
		c.bound[e.IterVar()] = node{kind: kindLine, line: func(v *view) *Line { return v.lineAt[depth] }}
	} else {
		c.bound[e.IterVar()] = node{kind: kindText, str: func(v *view) (string, error) { return v.textAt[depth], nil }}
	}
	p := c.expr(pred)
	delete(c.bound, e.IterVar())
	if p.kind != kindBool {
		return other
	}
	return node{kind: kindBool, yes: loop(form, over, p.yes, depth)}
}

// macro recognises an expanded macro and its predicate.
func macro(e ast.ComprehensionExpr) (form string, pred ast.Expr) {
	step, accu := e.LoopStep(), e.AccuVar()
	if step.Kind() != ast.CallKind || e.AccuInit().Kind() != ast.LiteralKind {
		return "", nil
	}
	call := step.AsCall()
	isAccu := func(x ast.Expr) bool { return x.Kind() == ast.IdentKind && x.AsIdent() == accu }
	init := e.AccuInit().AsLiteral()
	switch {
	case len(call.Args()) < 2:
	case call.FunctionName() == operators.LogicalOr && init == types.False && isAccu(call.Args()[0]) && isAccu(e.Result()):
		return "exists", call.Args()[1]
	case call.FunctionName() == operators.LogicalAnd && init == types.True && isAccu(call.Args()[0]) && isAccu(e.Result()):
		return "all", call.Args()[1]
	case call.FunctionName() == operators.Conditional && init == types.IntZero && isAccu(call.Args()[2]):
		return "exists_one", call.Args()[0]
	}
	return "", nil
}

// loop runs a predicate over the elements. As in CEL an element that decides
// outweighs one without an answer; exists_one needs all answers.
func loop(form string, over node, pred func(*view) (bool, error), depth int) func(*view) (bool, error) {
	return func(v *view) (bool, error) {
		texts, n := []string(nil), len(v.lines)
		if over.kind == kindTexts {
			var err error
			if texts, err = over.strs(v); err != nil {
				return false, err
			}
			n = len(texts)
		}
		var bad error
		hits := 0
		for i := range n {
			if over.kind == kindTexts {
				v.textAt[depth] = texts[i]
			} else {
				v.lineAt[depth] = &v.lines[i]
			}
			ok, err := pred(v)
			switch {
			case err != nil:
				if bad == nil {
					bad = err
				}
			case ok && form == "exists":
				return true, nil
			case !ok && form == "all":
				return false, nil
			case ok:
				hits++
			}
		}
		if bad != nil {
			return false, bad
		}
		return form == "all" || form == "exists_one" && hits == 1, nil
	}
}
