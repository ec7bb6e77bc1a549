package rules

import (
	"math"
	"sort"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"joren/internal/clock"
)

// Bounds on what a condition may cost. Sizes are what the static estimate
// assumes of the largest purchase; cost is in cel-go's units, about one per
// step.
const (
	maxSource = 4000 // characters of one condition
	maxCost   = 50_000
	runCost   = 500_000 // at run time, for conditions left to cel-go
	manyLines = 500
	manyTags  = 20
	longText  = 200
)

// provider tells cel-go the typed objects of a vocabulary.
type provider struct {
	types.Provider // the standard one
	byType         map[string]map[string]*types.FieldType
}

func (p provider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := p.byType[name]; ok {
		return types.NewTypeTypeWithParam(objectType(strings.TrimPrefix(name, "joren."))), true
	}
	return p.Provider.FindStructType(name)
}

func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	fs, ok := p.byType[name]
	if !ok {
		return p.Provider.FindStructFieldNames(name)
	}
	names := make([]string, 0, len(fs))
	for n := range fs {
		names = append(names, n)
	}
	sort.Strings(names)
	return names, true
}

func (p provider) FindStructFieldType(name, fieldName string) (*types.FieldType, bool) {
	fs, ok := p.byType[name]
	if !ok {
		return p.Provider.FindStructFieldType(name, fieldName)
	}
	f, ok := fs[fieldName]
	return f, ok
}

func (p provider) NewValue(name string, m map[string]ref.Val) ref.Val {
	if _, ok := p.byType[name]; ok {
		return types.NewErr("objects cannot be made in a condition")
	}
	return p.Provider.NewValue(name, m)
}

var adapter = types.DefaultTypeAdapter

// celFields turns a field table into what cel-go asks for.
func celFields[T any](fs fields[T]) map[string]*types.FieldType {
	out := make(map[string]*types.FieldType, len(fs))
	for name, f := range fs {
		out[name] = &types.FieldType{
			Type:    celType(f.kind, f.object),
			IsSet:   func(x any) bool { return f.has(x.(T)) },
			GetFrom: func(x any) (any, error) { return celValue(f, x.(T)), nil },
		}
	}
	return out
}

func celType(k kind, object string) *types.Type {
	switch k {
	case kindInt:
		return types.IntType
	case kindText:
		return types.StringType
	case kindBool:
		return types.BoolType
	case kindDate:
		return dateType
	case kindTexts:
		return types.NewListType(types.StringType)
	case kindLines:
		return types.NewListType(objectType("line"))
	case kindObject:
		return objectType(object)
	}
	return types.DynType
}

func celValue[T any](f field[T], t T) ref.Val {
	switch f.kind {
	case kindInt:
		return types.Int(f.num(t))
	case kindText:
		return types.String(f.str(t))
	case kindBool:
		return types.Bool(f.yes(t))
	case kindDate:
		return dateValue(f.num(t))
	case kindTexts:
		return types.NewStringList(adapter, f.strs(t))
	case kindLines:
		return celLines(any(t).(*view))
	}
	return objectValue{objectType(f.object), t}
}

func celLines(v *view) ref.Val {
	vals := make([]ref.Val, len(v.lines))
	for i := range v.lines {
		vals[i] = objectValue{objectType("line"), &v.lines[i]}
	}
	return types.NewRefValList(adapter, vals)
}

// newEnv is the CEL environment of a vocabulary; withLine adds the variable
// line, onlyLine leaves nothing else.
func (voc *vocabulary) newEnv(subject Subject) (*cel.Env, error) {
	p := provider{Provider: types.NewEmptyRegistry(), byType: map[string]map[string]*types.FieldType{
		"joren.line": celFields(lineFields), "joren.product": celFields(productFields), "joren.date": celFields(dateFields),
	}}
	for name, fs := range voc.objects {
		p.byType["joren."+name] = celFields(fs)
	}
	opts := []cel.EnvOption{
		cel.CustomTypeProvider(p), cel.ParserExpressionSizeLimit(maxSource), cel.ParserRecursionLimit(60),
		cel.Function("date", cel.Overload("date_text", []*cel.Type{cel.StringType}, dateType, cel.UnaryBinding(celDate))),
		cel.Function("add_days", cel.MemberOverload("date_add_days", []*cel.Type{dateType, cel.IntType}, dateType, cel.BinaryBinding(celAddDays))),
		cel.Function(operators.Subtract, cel.Overload("subtract_joren_date", []*cel.Type{dateType, dateType}, cel.IntType)),
	}
	for _, op := range []string{operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals} {
		opts = append(opts, cel.Function(op, cel.Overload(strings.Trim(op, "_")+"_joren_date", []*cel.Type{dateType, dateType}, cel.BoolType)))
	}
	if subject != OfGoods {
		for _, n := range []string{"purchase", "member", "stats", "event", "now"} {
			opts = append(opts, cel.Variable(n, objectType(n)))
		}
		opts = append(opts,
			cel.Function("in_segment", cel.MemberOverload("member_in_segment", []*cel.Type{objectType("member"), cel.StringType}, cel.BoolType, cel.BinaryBinding(celInSegment))),
			cel.Function("product", cel.MemberOverload("stats_product", []*cel.Type{objectType("stats"), cel.StringType}, objectType("product"), cel.BinaryBinding(celProduct))),
			cel.Function("event", cel.MemberOverload("stats_event", []*cel.Type{objectType("stats"), cel.StringType}, objectType("product"), cel.BinaryBinding(celEvent))))
	}
	if subject != OfOccasion {
		opts = append(opts, cel.Variable("line", objectType("line")))
	}
	return cel.NewEnv(opts...)
}

func celDate(x ref.Val) ref.Val {
	s, ok := x.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(x)
	}
	d, err := clock.ParseDay(string(s))
	if err != nil {
		return types.WrapErr(errBadDate)
	}
	return dateValue(d)
}

func celAddDays(x, y ref.Val) ref.Val {
	d, ok := x.(dateValue)
	n, ok2 := y.(types.Int)
	if !ok || !ok2 {
		return types.MaybeNoSuchOverloadErr(y)
	}
	r, err := addDays(int64(d), int64(n))
	if err != nil {
		return types.WrapErr(err)
	}
	return dateValue(r)
}

// addDays refuses to leave the calendar.
func addDays(d, n int64) (int64, error) {
	if n > math.MaxInt32 || n < -math.MaxInt32 || d+n > 3_000_000 || d+n < 1 {
		return 0, errBadDate
	}
	return d + n, nil
}

func celInSegment(x, y ref.Val) ref.Val {
	v, ok := x.Value().(*view)
	s, ok2 := y.(types.String)
	if !ok || !ok2 {
		return types.MaybeNoSuchOverloadErr(y)
	}
	return types.Bool(contains(v.f.Member.Segments, string(s)))
}

func celProduct(x, y ref.Val) ref.Val { return celCounted(x, y, (*view).product) }

func celEvent(x, y ref.Val) ref.Val { return celCounted(x, y, (*view).happened) }

func celCounted(x, y ref.Val, of func(*view, string) ProductStats) ref.Val {
	v, ok := x.Value().(*view)
	s, ok2 := y.(types.String)
	if !ok || !ok2 {
		return types.MaybeNoSuchOverloadErr(y)
	}
	return objectValue{objectType("product"), of(v, string(s))}
}

// sizes bounds lists and texts for the static cost estimate.
type sizes struct{}

func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	switch n.Type().Kind() {
	case types.ListKind:
		if ps := n.Path(); len(ps) > 0 && ps[len(ps)-1] == "lines" {
			return &cost.SizeEstimate{Min: 0, Max: manyLines}
		}
		return &cost.SizeEstimate{Min: 0, Max: manyTags}
	case types.StringKind:
		return &cost.SizeEstimate{Min: 0, Max: longText}
	}
	return nil
}

func (sizes) EstimateCallCost(_, _ string, _ *cost.AstNode, _ []cost.AstNode) *cost.CallEstimate {
	return nil
}
