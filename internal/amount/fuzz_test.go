package amount

import (
	"math/big"
	"testing"
)

// Checked arithmetic gives what arithmetic without bounds gives, or says that
// it does not fit.
func FuzzArithmetic(f *testing.F) {
	const most, least = int64(1<<63 - 1), int64(-1 << 63)
	for _, x := range [][3]int64{{0, 0, 1}, {most, 1, 1}, {least, -1, -1}, {most, most, most}, {least, least, 1}, {5250, 2, 100}, {-7, 3, 2}, {1, 1, 0}, {most, 2, 3}, {1 << 32, 1 << 31, 1}} {
		f.Add(x[0], x[1], x[2])
	}
	f.Fuzz(func(t *testing.T, a, b, c int64) {
		x, y, z := big.NewInt(a), big.NewInt(b), big.NewInt(c)
		check := func(what string, got int64, err error, want *big.Int) {
			t.Helper()
			if (err == nil) != want.IsInt64() || err == nil && got != want.Int64() {
				t.Errorf("%s of %d, %d, %d: %d, %v; want %s", what, a, b, c, got, err, want)
			}
		}
		n, err := Add(a, b)
		check("sum", n, err, new(big.Int).Add(x, y))
		n, err = Mul(a, b)
		check("product", n, err, new(big.Int).Mul(x, y))
		if a < 0 || b < 0 || c <= 0 {
			return // MulDiv is for amounts and rates: never below zero
		}
		n, err = MulDiv(a, b, c)
		check("share", n, err, new(big.Int).Div(new(big.Int).Mul(x, y), z))
	})
}

// The parts of a spread sum to the whole, each lies within one of its exact
// share, and nothing goes to a weight of nothing.
func FuzzSpread(f *testing.F) {
	f.Add(int64(21), []byte{108, 110})
	f.Add(int64(0), []byte{1})
	f.Add(int64(1<<63-1), []byte{255, 1, 0, 255})
	f.Add(int64(5), []byte{0, 0, 0})
	f.Add(int64(-7), []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, total int64, raw []byte) {
		weights, sum := make([]int64, len(raw)), int64(0)
		for i, w := range raw {
			weights[i] = int64(w)
			sum += int64(w)
		}
		if total < 0 || sum == 0 {
			return // nothing to spread, or nowhere to
		}
		parts := Spread(total, weights)
		whole := new(big.Int)
		for i, p := range parts {
			whole.Add(whole, big.NewInt(p))
			exact := new(big.Int).Mul(big.NewInt(total), big.NewInt(weights[i]))
			off := new(big.Int).Sub(new(big.Int).Mul(big.NewInt(p), big.NewInt(sum)), exact)
			if off.CmpAbs(big.NewInt(sum)) >= 0 || weights[i] == 0 && p != 0 {
				t.Errorf("%d over %v: part %d is %d", total, weights, i, p)
			}
		}
		if whole.Cmp(big.NewInt(total)) != 0 {
			t.Errorf("%d over %v sums to %s", total, weights, whole)
		}
	})
}
