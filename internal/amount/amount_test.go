package amount

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"joren/internal/fault"
	"pgregory.net/rapid"
)

func TestPartsOfASpreadSumToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(0, math.MaxInt64).Draw(t, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/64), 1, 40).Draw(t, "weights")
		parts := Spread(total, weights)
		sum := new(big.Int)
		all := new(big.Int)
		for i, p := range parts {
			sum.Add(sum, big.NewInt(p))
			all.Add(all, big.NewInt(weights[i]))
		}
		if sum.Cmp(big.NewInt(total)) != 0 {
			t.Fatalf("parts %v sum to %s, not %d", parts, sum, total)
		}
		if all.Sign() == 0 {
			return
		}
		for i, p := range parts { // every part is the floor of its share or one more
			floor := new(big.Int).Mul(big.NewInt(total), big.NewInt(weights[i]))
			floor.Div(floor, all)
			if d := p - floor.Int64(); d < 0 || d > 1 {
				t.Fatalf("part %d is %d, its share is %s", i, p, floor)
			}
		}
	})
}

func TestTheSpreadsOfTheWorkedExample(t *testing.T) {
	for _, c := range []struct {
		what    string
		total   int64
		weights []int64
		want    []int64
	}{
		{"discount 300 over the café basket", 300, []int64{3200, 2400, 500}, []int64{157, 118, 25}},
		{"10 % tax 275 over two lines", 275, []int64{2282, 475}, []int64{228, 47}},
		{"points part 550 over the eligible amounts", 550, []int64{3043, 2282, 475}, []int64{289, 216, 45}},
		{"21 points over two tax rates", 21, []int64{540, 550}, []int64{10, 11}},
		{"ties go to the earlier line", 2, []int64{1, 1, 1}, []int64{1, 1, 0}},
		{"nothing to weigh by", 5, []int64{0, 0}, []int64{5, 0}},
	} {
		if got := Spread(c.total, c.weights); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestOverflowIsAFaultNeverAWrap(t *testing.T) {
	calls := map[string]error{}
	_, calls["add up"] = Add(Points(math.MaxInt64), 1)
	_, calls["add down"] = Add(Points(math.MinInt64), -1)
	_, calls["mul"] = Mul(Money(math.MaxInt64/2+1), 2)
	_, calls["mul min"] = Mul(Money(math.MinInt64), -1)
	_, calls["muldiv"] = MulDiv(math.MaxInt64, 3, 2)
	_, calls["ceil"] = MulDivRound(math.MaxInt64, 2, 2-1, Ceil)
	for what, err := range calls {
		if !fault.Is(err, "amount.overflow") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestMulDivRoundAgreesWithBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, math.MaxInt64).Draw(t, "a")
		b := rapid.Int64Range(0, 1<<40).Draw(t, "b")
		c := rapid.Int64Range(1, math.MaxInt64).Draw(t, "c")
		r := Rounding(rapid.IntRange(0, 2).Draw(t, "rounding"))
		got, err := MulDivRound(a, b, c, r)
		num := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		switch r {
		case Ceil:
			num.Add(num, big.NewInt(c-1))
		case HalfUp: // floor((2ab + c) / 2c)
			num.Lsh(num, 1).Add(num, big.NewInt(c))
		}
		den := big.NewInt(c)
		if r == HalfUp {
			den.Lsh(den, 1)
		}
		want := num.Div(num, den)
		if !want.IsInt64() {
			if err == nil {
				t.Fatalf("want overflow, got %d", got)
			}
			return
		}
		if err != nil || got != want.Int64() {
			t.Fatalf("%d × %d / %d (%d) = %d, %v; want %s", a, b, c, r, got, err, want)
		}
	})
}
