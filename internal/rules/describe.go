package rules

import (
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"joren/internal/clock"
	"joren/internal/i18n"
)

// DescribeCondition says a condition in words: the common forms as sentences,
// anything else as its source in quotes. Amounts are taken as yen; use a
// [Speaker] for another currency and the shop's names.
func DescribeCondition(l i18n.Lang, src string) string { return Speaker{Lang: l}.Condition(src) }

// Condition says a condition in words.
func (s Speaker) Condition(src string) string {
	d := s.parse(src)
	if d == nil {
		return s.quoted(src)
	}
	return s.phrase(d)
}

func (s Speaker) quoted(src string) string {
	return s.t("rules.say.source", "source", strings.TrimSpace(src))
}

// said is a parsed condition or part of one.
type said struct {
	e   ast.Expr
	src string
}

// plainEnv parses without expanding macros, so that exists() stays readable.
var plainEnv = sync.OnceValue(func() *cel.Env {
	env, err := cel.NewCustomEnv(cel.ClearMacros(), cel.ParserExpressionSizeLimit(maxSource), cel.ParserRecursionLimit(60))
	if err != nil {
		panic("rules: CEL parser: " + err.Error())
	}
	return env
})

func (s Speaker) parse(src string) *said {
	a, iss := plainEnv().Parse(src)
	if iss.Err() != nil {
		return nil
	}
	return &said{a.NativeRep().Expr(), src}
}

// figure is the field a comparison looks at, "" when it is none.
func (d *said) figure() string {
	if d.e.Kind() != ast.CallKind || len(d.e.AsCall().Args()) != 2 {
		return ""
	}
	left := d.e.AsCall().Args()[0]
	if left.Kind() == ast.LiteralKind {
		left = d.e.AsCall().Args()[1]
	}
	if _, of, ok := remainder(left); ok {
		left = of
	}
	return pathOf(left)
}

func (s Speaker) phrase(d *said) string {
	if out := s.say(d.e, d); out != "" {
		return out
	}
	return s.quoted(d.src)
}

// say is "" for what it has no words for; the whole is then quoted.
func (s Speaker) say(e ast.Expr, d *said) string {
	if e.Kind() == ast.SelectKind {
		return s.flag(pathOf(e), true)
	}
	if e.Kind() != ast.CallKind {
		return ""
	}
	call := e.AsCall()
	args := call.Args()
	switch op := call.FunctionName(); op {
	case operators.LogicalAnd, operators.LogicalOr:
		return s.join(op, args, d)
	case operators.LogicalNot:
		if p := pathOf(args[0]); p != "" {
			return s.flag(p, false)
		}
		if x := s.say(args[0], d); x != "" {
			return s.t("rules.say.not", "x", x)
		}
	case operators.In:
		return s.in(args[0], args[1])
	case "in_segment":
		if name, ok := textLiteral(args[0]); ok {
			return s.t("rules.say.segment", "segment", s.name("segment", name))
		}
	case "exists":
		if len(args) == 2 && call.IsMemberFunction() && pathOf(call.Target()) == "purchase.lines" {
			if x := s.say(args[1], d); x != "" {
				return s.t("rules.say.some_line", "x", x)
			}
		}
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return s.relation(op, args[0], args[1])
	}
	return ""
}

func (s Speaker) join(op string, args []ast.Expr, d *said) string {
	a, b := s.say(args[0], d), s.say(args[1], d)
	if a == "" || b == "" {
		return ""
	}
	if op == operators.LogicalOr {
		return s.t("rules.say.or", "a", a, "b", b)
	}
	return s.t("rules.say.and", "a", a, "b", b)
}

// flag is a yes-or-no field.
func (s Speaker) flag(path string, yes bool) string {
	key := "rules.flag." + fieldKey(path)
	if !i18n.Has(key) {
		if name, ok := strings.CutPrefix(path, "member.attr."); ok {
			return s.t("rules.say.attr_"+map[bool]string{true: "yes", false: "no"}[yes], "name", s.name("attribute", name))
		}
		return ""
	}
	if yes {
		return s.t(key)
	}
	return s.t("rules.say.not", "x", s.t(key))
}

// in is 'x' in a list field, or a field in a list of constants.
func (s Speaker) in(x, list ast.Expr) string {
	if v, ok := textLiteral(x); ok {
		if f := s.field(pathOf(list)); f != "" {
			return s.t("rules.say.includes", "field", f, "value", s.wordText(pathOf(list), v))
		}
		return ""
	}
	f := s.field(pathOf(x))
	if f == "" || list.Kind() != ast.ListKind {
		return ""
	}
	var vals []string
	for _, e := range list.AsList().Elements() {
		v := s.constant(pathOf(x), e)
		if v == "" {
			return ""
		}
		vals = append(vals, v)
	}
	return s.t("rules.say.one_of", "field", f, "values", strings.Join(vals, s.t("rules.say.comma")))
}

var relationKeys = map[string]string{operators.Equals: "eq", operators.NotEquals: "ne", operators.Less: "lt", operators.LessEquals: "le", operators.Greater: "gt", operators.GreaterEquals: "ge"}

func (s Speaker) relation(op string, x, y ast.Expr) string {
	if x.Kind() == ast.LiteralKind {
		op, x, y = mirrored[op], y, x
	}
	if k, of, ok := remainder(x); ok {
		rest, isInt := intLiteral(y)
		if !isInt || op != operators.Equals || pathOf(of) == "" {
			return ""
		}
		if rest == 0 && pathOf(of) == "stats.visit_no" {
			return s.t("rules.say.every_visit", "n", k)
		}
		return s.remainderText(pathOf(of), k, rest)
	}
	f, v := s.fieldOf(x), s.constant(pathOf(x), y)
	if f == "" || v == "" {
		return ""
	}
	key := "rules.say." + relationKeys[op]
	if y.Kind() == ast.CallKind && i18n.Has(key+"_date") {
		key += "_date"
	}
	return s.t(key, "field", f, "value", v)
}

func (s Speaker) remainderText(path string, k, rest int64) string {
	f := s.field(path)
	if f == "" {
		return ""
	}
	return s.t("rules.say.remainder", "field", f, "n", k, "rest", rest)
}

// fieldOf names a field or a figure of stats.product('…') or stats.event('…').
func (s Speaker) fieldOf(e ast.Expr) string {
	if e.Kind() == ast.SelectKind && e.AsSelect().Operand().Kind() == ast.CallKind {
		call := e.AsSelect().Operand().AsCall()
		if call.FunctionName() == "event" && len(call.Args()) == 1 {
			kind, ok := textLiteral(call.Args()[0])
			if key := "rules.event." + e.AsSelect().FieldName(); ok && i18n.Has(key) {
				return s.t(key, "event", s.name("event", kind))
			}
			return ""
		}
		if call.FunctionName() == "product" && len(call.Args()) == 1 {
			product := s.t("rules.say.same_product")
			if sku, ok := textLiteral(call.Args()[0]); ok {
				product = s.name("sku", sku)
			}
			if key := "rules.product." + e.AsSelect().FieldName(); i18n.Has(key) {
				return s.t(key, "product", product)
			}
		}
		return ""
	}
	return s.field(pathOf(e))
}

// field is the word for a field, "" when there is none. A line bound by
// exists() speaks like line.
func (s Speaker) field(path string) string {
	if path == "" {
		return ""
	}
	if name, ok := strings.CutPrefix(path, "member.attr."); ok {
		return s.name("attribute", name)
	}
	if name, ok := strings.CutPrefix(path, "event.fields."); ok {
		return s.name("attribute", name)
	}
	if key := "rules.field." + fieldKey(path); i18n.Has(key) {
		return s.t(key)
	}
	return ""
}

// fieldKey is the catalogue's name of a field: a name bound by exists() counts
// as line.
func fieldKey(path string) string {
	head, rest, ok := strings.Cut(path, ".")
	switch head {
	case "purchase", "member", "stats", "event", "now", "line":
		return path
	}
	if !ok {
		return path
	}
	return "line." + rest
}

// constant is a constant in words, "" for anything else.
func (s Speaker) constant(path string, e ast.Expr) string {
	if t, ok := textLiteral(e); ok {
		return s.wordText(path, t)
	}
	if n, ok := intLiteral(e); ok {
		return s.figureText(path, n)
	}
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == "date" && len(e.AsCall().Args()) == 1 {
		if t, ok := textLiteral(e.AsCall().Args()[0]); ok {
			if d, err := clock.ParseDay(t); err == nil {
				return i18n.Day(s.Lang, d)
			}
		}
	}
	return ""
}

// moneyFields are figures in minor units.
var moneyFields = map[string]bool{"purchase.eligible": true, "purchase.total": true, "purchase.shipping": true, "stats.spend": true,
	"line.amount": true, "line.unit_price": true, "line.eligible": true}

func (s Speaker) figureText(path string, n int64) string {
	if moneyFields[fieldKey(path)] {
		return s.money(n)
	}
	return i18n.Number(n)
}

// wordKinds says what an id in a field names.
var wordKinds = map[string]string{"member.tier": "tier", "line.category": "category", "line.sku": "sku", "line.tags": "tag", "purchase.store": "store",
	"member.join_store": "store", "purchase.channel": "channel", "purchase.weekday": "weekday", "now.weekday": "weekday", "member.segments": "segment"}

func (s Speaker) wordText(path, v string) string {
	if kind, ok := wordKinds[fieldKey(path)]; ok {
		return s.name(kind, v)
	}
	return v
}

// subject is what a line condition picks, as a noun: 豆, beans; a general
// word for conditions that name no single kind of goods.
func (s Speaker) subject(lines string) string {
	d := s.parse(lines)
	if d == nil || d.e.Kind() != ast.CallKind {
		return s.t("rules.say.these_goods")
	}
	call := d.e.AsCall()
	if len(call.Args()) == 2 {
		x, y := call.Args()[0], call.Args()[1]
		v, ok := textLiteral(y)
		if call.FunctionName() == operators.Equals && ok {
			return s.wordText(pathOf(x), v)
		}
		if v, ok := textLiteral(x); ok && call.FunctionName() == operators.In {
			return s.wordText(pathOf(y), v)
		}
	}
	return s.t("rules.say.these_goods")
}
