package rules

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"joren/internal/clock"
)

// comparison is an operand of the form "figure operator value"; it lets a
// refusal tell the actual figure and how much was missing.
type comparison struct {
	op   string
	x, y node  // y is unused for in
	mod  int64 // x % mod == y; x is then the figure before the remainder
}

// mirrored is the operator with its sides exchanged.
var mirrored = map[string]string{operators.Equals: operators.Equals, operators.NotEquals: operators.NotEquals, operators.Less: operators.Greater,
	operators.LessEquals: operators.GreaterEquals, operators.Greater: operators.Less, operators.GreaterEquals: operators.LessEquals}

func (cc *condCompiler) comparison(a *cel.Ast) *comparison {
	e := a.NativeRep().Expr()
	if e.Kind() != ast.CallKind || len(e.AsCall().Args()) != 2 {
		return nil
	}
	op := e.AsCall().FunctionName()
	left, right := e.AsCall().Args()[0], e.AsCall().Args()[1]
	c := &closure{voc: cc.voc, bound: map[string]node{}}
	if op == operators.In {
		if x := c.expr(left); !x.lit && (x.kind == kindInt || x.kind == kindText) {
			return &comparison{op: op, x: x}
		}
		return nil
	}
	if mirrored[op] == "" {
		return nil
	}
	if left.Kind() == ast.LiteralKind {
		op, left, right = mirrored[op], right, left
	}
	out := &comparison{op: op, y: c.expr(right)}
	if k, of, ok := remainder(left); ok && op == operators.Equals {
		out.mod, left = k, of
	}
	if out.x = c.expr(left); out.x.kind != out.y.kind || out.x.lit {
		return nil
	}
	return out
}

// remainder takes x % k apart.
func remainder(e ast.Expr) (k int64, of ast.Expr, ok bool) {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.Modulo {
		return 0, nil, false
	}
	k, ok = intLiteral(e.AsCall().Args()[1])
	return k, e.AsCall().Args()[0], ok && k > 0
}

// explain adds to args which operand failed, the actual figure, and how much
// was missing where more would have helped.
func (p *part) explain(args Args, v *view) Args {
	args = append(args, Word("failed", p.src))
	c := p.cmp
	if c == nil {
		return args
	}
	switch c.x.kind {
	case kindText:
		if s, err := c.x.str(v); err == nil {
			args = append(args, Word("actual", s))
		}
	case kindDate:
		if n, err := c.x.num(v); err == nil {
			args = append(args, Word("actual", clock.Day(n).String()))
		}
	case kindInt:
		n, err := c.x.num(v)
		if err != nil {
			return args
		}
		args = append(args, Num("actual", n))
		if short := c.missing(v, n); short > 0 {
			args = append(args, Num("missing", short))
		}
	}
	return args
}

func (c *comparison) missing(v *view, n int64) int64 {
	if c.op == operators.In {
		return 0
	}
	want, err := c.y.num(v)
	if err != nil {
		return 0
	}
	switch {
	case c.mod > 0 && n >= 0 && want >= 0 && want < c.mod:
		return (want - n%c.mod + c.mod) % c.mod
	case c.op == operators.GreaterEquals && c.mod == 0:
		return diff(want, n)
	case c.op == operators.Greater && c.mod == 0:
		if d := diff(want, n); d < unlimited {
			return d + 1
		}
	}
	return 0
}

// diff is a − b, 0 when that leaves the integers.
func diff(a, b int64) int64 {
	d, err := subInts(a, b)
	if err != nil {
		return 0
	}
	return d
}
