package liability

import (
	"math"
	"testing"

	"joren/internal/fault"
)

func ok(t *testing.T) func(int64, error) int64 {
	return func(n int64, err error) int64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// ASBJ Guidance No. 30, example 22 (the figures of IFRS 15 IE267 to IE270): a
// sale of 100,000 yen with 10,000 points at 1 yen, of which 9,500 are expected
// to be used; 4,500 are used in the first year and 8,500 by the end of the
// second, when 9,700 are expected; all of these by the end of the third.
func TestStandardExample(t *testing.T) {
	ok := ok(t)
	q := ok(StandAlone(10_000, 1, 950_000))
	l0 := ok(PutOff(100_000, 100_000, q))
	if q != 9_500 || l0 != 8_676 || 100_000-l0 != 91_324 {
		t.Fatalf("Q %d, put off %d, goods %d", q, l0, 100_000-l0)
	}
	before := int64(0)
	for _, y := range []struct{ used, expected, revenue, left int64 }{
		{4_500, 9_500, 4_110, 4_566}, {8_500, 9_700, 3_493, 1_073}, {9_700, 9_700, 1_073, 0},
	} {
		earned := ok(Earned(l0, y.used, y.expected))
		if earned-before != y.revenue || l0-earned != y.left {
			t.Errorf("%d of %d used: revenue %d and liability %d, want %d and %d", y.used, y.expected, earned-before, l0-earned, y.revenue, y.left)
		}
		before = earned
	}
}

// The second check: a sale of 1,000,000 yen with 50,000 points, 45,000 of them
// expected to be used; and one of 2,000 yen with 200 points at 85 %.
func TestFurtherExamples(t *testing.T) {
	ok := ok(t)
	if l0 := ok(PutOff(1_000_000, 1_000_000, ok(StandAlone(50_000, 1, 900_000)))); l0 != 43_062 {
		t.Errorf("put off %d, want 43,062", l0)
	}
	if l0 := ok(PutOff(2_000, 2_000, ok(StandAlone(200, 1, 850_000)))); l0 != 157 {
		t.Errorf("put off %d, want 157: 156.68 rounded, which the source rounds up to 158", l0)
	}
	// KPMG's handbook, examples 10A and 10B, without its rounding to thousands.
	if l0 := ok(PutOff(100_000, 100_000, 9_700)); l0 != 8_842 {
		t.Errorf("put off %d, want 8,842", l0)
	}
	if e := ok(Earned(9_000, 4_500, 9_700)); e != 4_175 {
		t.Errorf("year 2: %d, want 4,175", e)
	}
	if e := ok(Earned(9_000, 8_500, 9_900)) - 4_175; e != 3_552 {
		t.Errorf("year 3, expectation up: %d, want 3,552", e)
	}
	if e := ok(Earned(9_000, 8_500, 9_200)) - 4_175; e != 4_140 {
		t.Errorf("year 3, expectation down: %d, want 4,140", e)
	}
}

func TestNothingPutOffWithoutPoints(t *testing.T) {
	ok := ok(t)
	for _, x := range []struct{ p, s, q int64 }{{100, 100, 0}, {0, 0, 0}, {0, 0, 50}, {0, 100, 50}} {
		if l0 := ok(PutOff(x.p, x.s, x.q)); l0 != 0 {
			t.Errorf("%+v: %d", x, l0)
		}
	}
	if ok(StandAlone(0, 1, Whole)) != 0 || ok(StandAlone(10, 1, 0)) != 0 {
		t.Error("no points or no expected use have a price")
	}
	if ok(Earned(100, 0, 0)) != 100 || ok(Earned(100, 0, 5)) != 0 {
		t.Error("earned with nothing used")
	}
}

func TestBadInputIsRefusedByCode(t *testing.T) {
	for name, x := range map[string]struct {
		code string
		f    func() (int64, error)
	}{
		"negative points":     {"liability.negative", func() (int64, error) { return StandAlone(-1, 1, Whole) }},
		"negative value":      {"liability.negative", func() (int64, error) { return StandAlone(1, -1, Whole) }},
		"more than all":       {"liability.share_invalid", func() (int64, error) { return StandAlone(1, 1, Whole+1) }},
		"less than none":      {"liability.share_invalid", func() (int64, error) { return StandAlone(1, 1, -1) }},
		"negative price":      {"liability.negative", func() (int64, error) { return PutOff(-1, 1, 1) }},
		"used above expected": {"liability.used_above_expected", func() (int64, error) { return Earned(10, 6, 5) }},
		"provision below 0":   {"liability.used_above_expected", func() (int64, error) { return Provision(6, 5, 1) }},
		"too many points":     {"amount.overflow", func() (int64, error) { return StandAlone(math.MaxInt64, 2, Whole) }},
		"too much money":      {"amount.overflow", func() (int64, error) { return PutOff(1, math.MaxInt64, 1) }},
		"provision too large": {"amount.overflow", func() (int64, error) { return Provision(0, math.MaxInt64, 2) }},
	} {
		if _, err := x.f(); !fault.Is(err, x.code) {
			t.Errorf("%s: %v, want %s", name, err, x.code)
		}
	}
}
