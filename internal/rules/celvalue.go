package rules

import (
	"errors"
	"fmt"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"joren/internal/clock"
)

// objectValue shows an object of the vocabulary to cel-go.
type objectValue struct {
	t *types.Type
	v any // *view, *Line or ProductStats
}

func (o objectValue) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("rules: no native form of %s", o.t)
}

func (o objectValue) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return o.t
	}
	return types.NewErr("no conversion from %s", o.t)
}

func (o objectValue) Equal(other ref.Val) ref.Val {
	x, ok := other.(objectValue)
	return types.Bool(ok && x.v == o.v)
}

func (o objectValue) Type() ref.Type { return o.t }
func (o objectValue) Value() any     { return o.v }

// dateValue shows a business day to cel-go.
type dateValue clock.Day

var dateType = types.NewObjectType("joren.date", traits.ComparerType, traits.SubtractorType)

func (d dateValue) ConvertToNative(t reflect.Type) (any, error) {
	return nil, errors.New("rules: no native form of a date")
}

func (d dateValue) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case types.TypeType:
		return dateType
	case types.StringType:
		return types.String(clock.Day(d).String())
	}
	return types.NewErr("no conversion from a date")
}

func (d dateValue) Equal(other ref.Val) ref.Val {
	x, ok := other.(dateValue)
	return types.Bool(ok && x == d)
}

func (d dateValue) Type() ref.Type { return dateType }
func (d dateValue) Value() any     { return clock.Day(d) }

func (d dateValue) Compare(other ref.Val) ref.Val {
	x, ok := other.(dateValue)
	switch {
	case !ok:
		return types.MaybeNoSuchOverloadErr(other)
	case d < x:
		return types.IntNegOne
	case d > x:
		return types.IntOne
	}
	return types.IntZero
}

// Subtract is the number of days between two dates.
func (d dateValue) Subtract(other ref.Val) ref.Val {
	x, ok := other.(dateValue)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return types.Int(int64(d) - int64(x))
}

// celVars resolves the variables of a condition for cel-go.
type celVars struct{ v *view }

func (c celVars) ResolveName(name string) (any, bool) {
	switch name {
	case "line":
		if c.v.line == nil {
			return nil, false
		}
		return objectValue{objectType("line"), c.v.line}, true
	case "purchase", "member", "stats", "event", "now":
		return objectValue{objectType(name), c.v}, true
	}
	return nil, false
}

func (c celVars) Parent() cel.Activation { return nil }

var objectTypes = func() map[string]*types.Type {
	m := map[string]*types.Type{"date": dateType}
	for _, n := range []string{"purchase", "delivery", "member", "stats", "event", "now", "attr", "fields", "line", "product"} {
		m[n] = types.NewObjectType("joren." + n)
	}
	return m
}()

func objectType(name string) *types.Type { return objectTypes[name] }
