package rules

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"joren/internal/clock"
)

// check parses and type-checks a condition and estimates its cost.
func (cc *condCompiler) check(env *cel.Env, src string) (*cel.Ast, []Problem) {
	parsed, iss := env.Parse(src)
	if iss.Err() != nil {
		return nil, syntaxProblems(iss.Errors())
	}
	checked, iss := env.Check(parsed)
	if iss.Err() != nil {
		return nil, cc.typeProblems(env, parsed, iss.Errors())
	}
	if checked.OutputType().Kind() != types.BoolKind {
		return nil, []Problem{problem("", "condition.not_bool", "type", checked.OutputType().String())}
	}
	if bad := cc.literals(checked); bad != nil {
		return nil, bad
	}
	est, err := env.EstimateCost(checked, sizes{})
	if err != nil || est.Max > maxCost {
		return nil, []Problem{problem("", "condition.too_costly", "cost", int64(min(est.Max, math.MaxInt64)), "max", maxCost)}
	}
	return checked, nil
}

// syntaxProblems tells the first error only: what follows it is noise.
func syntaxProblems(errs []*cel.Error) []Problem {
	return []Problem{problem("", "condition.syntax", "column", column(errs[0].Location), "text", firstLine(errs[0].Message))}
}

func column(l common.Location) int { return l.Column() + 1 }

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	s, _, _ = strings.Cut(s, " expecting ") // a list of the parser's tokens helps nobody
	return strings.TrimPrefix(s, "Syntax error: ")
}

var (
	undefinedField = regexp.MustCompile(`^undefined field '([^']*)'`)
	undeclared     = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
)

func (cc *condCompiler) typeProblems(env *cel.Env, parsed *cel.Ast, errs []*cel.Error) []Problem {
	byID := map[int64]ast.Expr{}
	ast.PostOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) { byID[e.ID()] = e }))
	var out []Problem
	for _, e := range errs {
		col := column(e.Location)
		if m := undefinedField.FindStringSubmatch(e.Message); m != nil {
			of, known := "", []string(nil)
			if x := byID[e.ExprID]; x != nil && x.Kind() == ast.SelectKind {
				of, known = cc.owner(x.AsSelect().Operand())
			}
			out = append(out, problem("", "condition.unknown_field", "field", m[1], "of", of, "column", col, "hint", hint(m[1], known)))
		} else if m := undeclared.FindStringSubmatch(e.Message); m != nil {
			var known []string
			for _, v := range env.Variables() {
				known = append(known, v.Name())
			}
			out = append(out, problem("", "condition.unknown_name", "name", m[1], "column", col, "hint", hint(m[1], known)))
		} else {
			out = append(out, problem("", "condition.type", "column", col, "text", firstLine(e.Message)))
		}
	}
	return out
}

// owner names the object an expression stands for and lists its fields.
func (cc *condCompiler) owner(e ast.Expr) (string, []string) {
	name := ""
	switch e.Kind() {
	case ast.IdentKind:
		name = e.AsIdent()
	case ast.SelectKind:
		name = e.AsSelect().FieldName()
	case ast.CallKind:
		name = e.AsCall().FunctionName()
	}
	switch fs, ok := cc.voc.objects[name]; {
	case ok && e.Kind() != ast.CallKind:
		return name, slices.Sorted(maps.Keys(fs))
	case name == "product", name == "event" && e.Kind() == ast.CallKind:
		return name, slices.Sorted(maps.Keys(productFields))
	case e.Kind() == ast.IdentKind: // line, or a name bound by exists() and the like
		return name, slices.Sorted(maps.Keys(lineFields))
	}
	return name, slices.Sorted(maps.Keys(dateFields))
}

// literals refuses constants that can never be right: dates that do not
// exist, and tiers and weekdays nobody knows.
func (cc *condCompiler) literals(a *cel.Ast) []Problem {
	var out []Problem
	ast.PostOrderVisit(a.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		call := e.AsCall()
		switch call.FunctionName() {
		case "date":
			if s, ok := textLiteral(call.Args()[0]); ok {
				if _, err := clock.ParseDay(s); err != nil {
					out = append(out, problem("", "condition.bad_date", "value", s))
				}
			}
		case "event":
			if call.IsMemberFunction() {
				out = append(out, cc.knownKind(call.Args()[0])...)
			}
		case operators.Equals, operators.NotEquals, operators.In:
			out = append(out, cc.knownValues(call.Args()[0], call.Args()[1])...)
			if call.FunctionName() != operators.In {
				out = append(out, cc.knownValues(call.Args()[1], call.Args()[0])...)
			}
		}
	}))
	return out
}

// knownKind wants the kind of stats.event as a constant, so that it is known
// what to load.
func (cc *condCompiler) knownKind(e ast.Expr) []Problem {
	kind, ok := textLiteral(e)
	if !ok {
		return []Problem{problem("", "condition.event_constant")}
	}
	if known := cc.voc.words.Kinds; len(known) > 0 && !contains(known, kind) {
		return []Problem{problem("", "condition.unknown_value", "value", kind, "of", "stats.event", "hint", hint(kind, known))}
	}
	return nil
}

func (cc *condCompiler) knownValues(x, literal ast.Expr) []Problem {
	path := pathOf(x)
	var known []string
	switch path {
	case "member.tier":
		known = cc.voc.words.Tiers
	case "purchase.weekday", "now.weekday":
		known = weekdayNames[:]
	}
	if len(known) == 0 {
		return nil
	}
	values := []ast.Expr{literal}
	if literal.Kind() == ast.ListKind {
		values = literal.AsList().Elements()
	}
	var out []Problem
	for _, l := range values {
		if s, ok := textLiteral(l); ok && s != "" && !contains(known, s) {
			out = append(out, problem("", "condition.unknown_value", "value", s, "of", path, "hint", hint(s, known)))
		}
	}
	return out
}

func textLiteral(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
}

func intLiteral(e ast.Expr) (int64, bool) {
	if e.Kind() != ast.LiteralKind {
		return 0, false
	}
	n, ok := e.AsLiteral().(types.Int)
	return int64(n), ok
}

// pathOf is "member.attr.city" for a chain of fields, else "".
func pathOf(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		if p := pathOf(e.AsSelect().Operand()); p != "" {
			return p + "." + e.AsSelect().FieldName()
		}
	}
	return ""
}
