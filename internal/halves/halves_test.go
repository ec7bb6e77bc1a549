package halves

import "testing"

func TestHalvesCoverEveryThingOnce(t *testing.T) {
	for _, n := range []int{0, 1, few - 1, few, few + 1, 1001} {
		seen := make([]int, n)
		Of(n, func(from, to int) {
			for i := from; i < to; i++ {
				seen[i]++
			}
		})
		for i, k := range seen {
			if k != 1 {
				t.Errorf("%d of %d: %d times", i, n, k)
			}
		}
	}
}

func TestAPanicInEitherHalfIsTheCallers(t *testing.T) {
	for _, bad := range []int{0, 99} {
		func() {
			defer func() {
				if p := recover(); p != bad {
					t.Errorf("recovered %v, want %d", p, bad)
				}
			}()
			Of(100, func(from, to int) {
				if from <= bad && bad < to {
					panic(bad)
				}
			})
		}()
	}
}
