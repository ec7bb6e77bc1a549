// Package amount is money and points: integers with checked arithmetic.
//
// Money is in the currency's minor unit (JPY: 1 = 1 yen; USD: 1 = 1 cent).
// There is no floating point between a purchase and a balance. An overflow is
// the fault amount.overflow, never a wrapped number.
package amount

import (
	"math"
	"math/bits"

	"joren/internal/fault"
)

// Money is an amount in minor units of the programme's currency.
type Money int64

// Points is a number of points of one type.
type Points int64

// Milli is a decimal with three places, held in thousandths: 1.5 is 1500.
type Milli int64

type integer interface{ ~int64 }

func overflow() *fault.Fault { return fault.New(fault.Invalid, "amount.overflow") }

// Add returns a + b or amount.overflow.
func Add[T integer](a, b T) (T, error) {
	c := a + b
	if (c > a) != (b > 0) && b != 0 {
		return 0, overflow()
	}
	return c, nil
}

// Sum adds all or returns amount.overflow.
func Sum[T integer](xs ...T) (T, error) {
	var s T
	var err error
	for _, x := range xs {
		if s, err = Add(s, x); err != nil {
			return 0, err
		}
	}
	return s, nil
}

// Mul returns a × b or amount.overflow.
func Mul[T integer](a, b T) (T, error) {
	if a == 0 || b == 0 {
		return 0, nil
	}
	c := a * b
	if c/b != a || b == -1 && a == math.MinInt64 { // whose negative does not fit and divides back to itself
		return 0, overflow()
	}
	return c, nil
}

// MulDiv returns floor(a × b / c) with a 128-bit product, for a, b >= 0 and
// c > 0; amount.overflow when the result does not fit. Negative operands are
// a defect of the caller and panic.
func MulDiv(a, b, c int64) (int64, error) {
	if a < 0 || b < 0 || c <= 0 {
		panic("amount: MulDiv wants a, b >= 0 and c > 0")
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi >= uint64(c) {
		return 0, overflow()
	}
	q, _ := bits.Div64(hi, lo, uint64(c))
	if q > math.MaxInt64 {
		return 0, overflow()
	}
	return int64(q), nil
}

// Rounding of a quotient.
type Rounding uint8

const (
	Floor  Rounding = iota
	HalfUp          // a half goes up
	Ceil
)

// MulDivRound is MulDiv with a rounding.
func MulDivRound(a, b, c int64, r Rounding) (int64, error) {
	q, err := MulDiv(a, b, c)
	if err != nil || r == Floor {
		return q, err
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	_, rem := bits.Div64(hi%uint64(c), lo, uint64(c))
	if r == Ceil && rem > 0 || r == HalfUp && rem >= uint64(c)-rem {
		return Add(q, 1)
	}
	return q, nil
}
