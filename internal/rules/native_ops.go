package rules

import (
	"math"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/common/operators"

	"joren/internal/amount"
	"joren/internal/clock"
)

func unary(name string, x node) node {
	switch {
	case name == operators.LogicalNot && x.kind == kindBool:
		return node{kind: kindBool, yes: func(v *view) (bool, error) { b, err := x.yes(v); return err == nil && !b, err }}
	case name == operators.Negate && x.kind == kindInt:
		return node{kind: kindInt, num: func(v *view) (int64, error) {
			n, err := x.num(v)
			if err == nil && n == math.MinInt64 {
				err = errOverflow
			}
			return -n, err
		}}
	case name == "size" && x.kind == kindText:
		return node{kind: kindInt, num: func(v *view) (int64, error) {
			s, err := x.str(v)
			return int64(utf8.RuneCountInString(s)), err
		}}
	case name == "size" && x.kind == kindTexts:
		return node{kind: kindInt, num: func(v *view) (int64, error) { s, err := x.strs(v); return int64(len(s)), err }}
	case name == "size" && x.kind == kindLines:
		return node{kind: kindInt, num: func(v *view) (int64, error) { return int64(len(v.lines)), nil }}
	case name == "date" && x.kind == kindText && x.lit:
		if d, err := clock.ParseDay(x.s); err == nil {
			n := intConst(int64(d))
			n.kind = kindDate
			return n
		}
	}
	return other
}

func (c *closure) binary(name string, x, y node) node {
	switch name {
	case operators.LogicalAnd, operators.LogicalOr:
		if x.kind == kindBool && y.kind == kindBool {
			return logic(name == operators.LogicalOr, x.yes, y.yes)
		}
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return compare(name, x, y)
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo:
		return arithmetic(name, x, y)
	case operators.In:
		if x.kind == kindText && y.kind == kindTexts {
			return inTexts(x, y)
		}
	case "startsWith", "endsWith", "contains":
		if x.kind == kindText && y.kind == kindText {
			return textTest(name, x, y)
		}
	case "in_segment":
		if x.kind == kindObject && y.kind == kindText {
			return inTexts(y, node{strs: func(v *view) ([]string, error) { return v.f.Member.Segments, nil }})
		}
	case "product":
		if x.kind == kindObject && y.kind == kindText {
			return counted(y, (*view).product)
		}
	case "event":
		if x.kind == kindObject && y.kind == kindText {
			return counted(y, (*view).happened)
		}
	case "add_days":
		if x.kind == kindDate && y.kind == kindInt {
			n := both(x, y, addDays)
			n.kind = kindDate
			return n
		}
	}
	return other
}

// counted is stats.product(sku) or stats.event(kind).
func counted(name node, of func(*view, string) ProductStats) node {
	return node{kind: kindProduct, prod: func(v *view) (ProductStats, error) {
		s, err := name.str(v)
		if err != nil {
			return ProductStats{}, err
		}
		return of(v, s), nil
	}}
}

// logic is && and ||: an operand that decides outweighs one without an answer,
// on either side.
func logic(or bool, x, y func(*view) (bool, error)) node {
	return node{kind: kindBool, yes: func(v *view) (bool, error) {
		a, err := x(v)
		if err == nil && a == or {
			return or, nil
		}
		b, err2 := y(v)
		switch {
		case err2 == nil && b == or:
			return or, nil
		case err != nil:
			return false, err
		case err2 != nil:
			return false, err2
		}
		return !or, nil
	}}
}

func conditional(cond, x, y node) node {
	if cond.kind != kindBool || x.kind != y.kind {
		return other
	}
	n := node{kind: x.kind}
	switch x.kind {
	case kindInt, kindDate:
		n.num = func(v *view) (int64, error) {
			if ok, err := cond.yes(v); err != nil {
				return 0, err
			} else if ok {
				return x.num(v)
			}
			return y.num(v)
		}
	case kindText:
		n.str = func(v *view) (string, error) {
			if ok, err := cond.yes(v); err != nil {
				return "", err
			} else if ok {
				return x.str(v)
			}
			return y.str(v)
		}
	case kindBool:
		n.yes = func(v *view) (bool, error) {
			if ok, err := cond.yes(v); err != nil {
				return false, err
			} else if ok {
				return x.yes(v)
			}
			return y.yes(v)
		}
	default:
		return other
	}
	return n
}

func compare(name string, x, y node) node {
	if x.kind != y.kind {
		return other
	}
	switch x.kind {
	case kindInt, kindDate:
		return compareNums(name, x, y)
	case kindText:
		return node{kind: kindBool, yes: func(v *view) (bool, error) {
			a, err := x.str(v)
			if err != nil {
				return false, err
			}
			b, err := y.str(v)
			if err != nil {
				return false, err
			}
			return holds(name, strings.Compare(a, b)), nil
		}}
	case kindBool:
		if name != operators.Equals && name != operators.NotEquals {
			return other
		}
		return node{kind: kindBool, yes: func(v *view) (bool, error) {
			a, err := x.yes(v)
			if err != nil {
				return false, err
			}
			b, err := y.yes(v)
			return err == nil && (a == b) == (name == operators.Equals), err
		}}
	}
	return other
}

func compareNums(name string, x, y node) node {
	if y.lit { // the usual case: a field and a constant
		k := y.n
		return node{kind: kindBool, yes: func(v *view) (bool, error) {
			a, err := x.num(v)
			return err == nil && holds(name, order(a, k)), err
		}}
	}
	return node{kind: kindBool, yes: func(v *view) (bool, error) {
		a, err := x.num(v)
		if err != nil {
			return false, err
		}
		b, err := y.num(v)
		return err == nil && holds(name, order(a, b)), err
	}}
}

func order(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func holds(op string, cmp int) bool {
	switch op {
	case operators.Equals:
		return cmp == 0
	case operators.NotEquals:
		return cmp != 0
	case operators.Less:
		return cmp < 0
	case operators.LessEquals:
		return cmp <= 0
	case operators.Greater:
		return cmp > 0
	}
	return cmp >= 0
}

// arithmetic is + - * / % on integers, text + text and date − date (days).
func arithmetic(name string, x, y node) node {
	switch {
	case x.kind == kindInt && y.kind == kindInt:
		return both(x, y, map[string]func(a, b int64) (int64, error){operators.Add: addInts, operators.Subtract: subInts,
			operators.Multiply: mulInts, operators.Divide: divInts, operators.Modulo: modInts}[name])
	case x.kind == kindDate && y.kind == kindDate && name == operators.Subtract:
		return both(x, y, subInts)
	case x.kind == kindText && y.kind == kindText && name == operators.Add:
		return node{kind: kindText, str: func(v *view) (string, error) {
			a, err := x.str(v)
			if err != nil {
				return "", err
			}
			b, err := y.str(v)
			return a + b, err
		}}
	}
	return other
}

func both(x, y node, f func(a, b int64) (int64, error)) node {
	return node{kind: kindInt, num: func(v *view) (int64, error) {
		a, err := x.num(v)
		if err != nil {
			return 0, err
		}
		b, err := y.num(v)
		if err != nil {
			return 0, err
		}
		return f(a, b)
	}}
}

func addInts(a, b int64) (int64, error) {
	if c, err := amount.Add(a, b); err == nil {
		return c, nil
	}
	return 0, errOverflow
}

func subInts(a, b int64) (int64, error) {
	if c := a - b; (c < a) == (b > 0) || b == 0 {
		return c, nil
	}
	return 0, errOverflow
}

// mulInts knows that the smallest integer may be multiplied by one.
func mulInts(a, b int64) (int64, error) {
	switch {
	case a == 1:
		return b, nil
	case b == 1:
		return a, nil
	}
	if c, err := amount.Mul(a, b); err == nil {
		return c, nil
	}
	return 0, errOverflow
}

func divInts(a, b int64) (int64, error) {
	switch {
	case b == 0:
		return 0, errDivide
	case a == math.MinInt64 && b == -1:
		return 0, errOverflow
	}
	return a / b, nil
}

func modInts(a, b int64) (int64, error) {
	switch {
	case b == 0:
		return 0, errModulus
	case a == math.MinInt64 && b == -1:
		return 0, errOverflow
	}
	return a % b, nil
}

func inTexts(x, list node) node {
	return node{kind: kindBool, yes: func(v *view) (bool, error) {
		s, err := x.str(v)
		if err != nil {
			return false, err
		}
		l, err := list.strs(v)
		return err == nil && contains(l, s), err
	}}
}

func textTest(name string, x, y node) node {
	f := map[string]func(s, t string) bool{"startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix, "contains": strings.Contains}[name]
	return node{kind: kindBool, yes: func(v *view) (bool, error) {
		a, err := x.str(v)
		if err != nil {
			return false, err
		}
		b, err := y.str(v)
		return err == nil && f(a, b), err
	}}
}
