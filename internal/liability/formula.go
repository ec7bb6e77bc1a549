package liability

import (
	"joren/internal/amount"
	"joren/internal/fault"
)

// Share is a part of a whole in millionths: 950,000 is 95 %.
type Share int64

// Whole is all of it.
const Whole Share = 1_000_000

func rounded(a, b, c int64) (int64, error) { return amount.MulDivRound(a, b, c, amount.HalfUp) }

// StandAlone is Q, the stand-alone price of points: points × value × expected
// use, rounded half up. Value is minor units a point.
//
// Faults: liability.negative, liability.share_invalid, amount.overflow.
func StandAlone(points, value int64, use Share) (int64, error) {
	if points < 0 || value < 0 {
		return 0, fault.New(fault.Invalid, "liability.negative")
	}
	if use < 0 || use > Whole {
		return 0, fault.New(fault.Invalid, "liability.share_invalid", "share", int64(use))
	}
	worth, err := amount.Mul(points, value)
	if err != nil {
		return 0, err
	}
	return rounded(worth, int64(use), int64(Whole))
}

// PutOff is L0 = P × Q / (S + Q): the part of the price paid P that belongs to
// points of stand-alone price Q given with goods of stand-alone price S,
// rounded half up (ASBJ Guidance No. 30, example 22; IFRS 15 IE267). It is 0
// where Q is 0, whatever S is.
//
// Faults: liability.negative, amount.overflow.
func PutOff(p, s, q int64) (int64, error) {
	if p < 0 || s < 0 || q < 0 {
		return 0, fault.New(fault.Invalid, "liability.negative")
	}
	if q == 0 {
		return 0, nil
	}
	all, err := amount.Add(s, q)
	if err != nil {
		return 0, err
	}
	return rounded(p, q, all)
}

// Earned is the revenue so far of a sale's put-off part: L0 × used / expected,
// rounded half up, both counted since the issue. A new expectation changes
// what is earned from now on, L0 never. With nothing used nothing is earned;
// with everything expected used, or nothing expected any more, all of it is.
//
// Faults: liability.negative, liability.used_above_expected, amount.overflow.
func Earned(l0, used, expected int64) (int64, error) {
	if l0 < 0 || used < 0 || expected < 0 {
		return 0, fault.New(fault.Invalid, "liability.negative")
	}
	if used > expected {
		return 0, fault.New(fault.Invalid, "liability.used_above_expected", "used", used, "expected", expected)
	}
	if expected == 0 {
		return l0, nil
	}
	return rounded(l0, used, expected)
}

// Provision is what points still expected to be used cost: (expected − used) ×
// value.
//
// Faults: as [Earned].
func Provision(used, expected, value int64) (int64, error) {
	if used < 0 || expected < 0 || value < 0 {
		return 0, fault.New(fault.Invalid, "liability.negative")
	}
	if used > expected {
		return 0, fault.New(fault.Invalid, "liability.used_above_expected", "used", used, "expected", expected)
	}
	return amount.Mul(expected-used, value)
}
