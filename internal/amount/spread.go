package amount

import "math/bits"

// Spread splits total over weights by largest remainder: each part gets the
// floor of its share, and what is left goes one by one to the largest
// remainders, ties to the earlier part. The parts sum to total. Weights and
// total must be >= 0; when all weights are 0 the first part takes all.
func Spread(total int64, weights []int64) []int64 {
	parts := make([]int64, len(weights))
	SpreadInto(parts, total, weights)
	return parts
}

// SpreadInto is Spread into a slice of the caller.
func SpreadInto(parts []int64, total int64, weights []int64) {
	if len(weights) == 0 {
		return
	}
	var sumHi, sum uint64
	for _, w := range weights {
		if w < 0 {
			panic("amount: negative weight")
		}
		var carry uint64
		sum, carry = bits.Add64(sum, uint64(w), 0)
		sumHi += carry
	}
	if total < 0 || sumHi != 0 {
		panic("amount: Spread wants total >= 0 and weights that sum to less than 2^64")
	}
	if sum == 0 {
		clear(parts)
		parts[0] = total
		return
	}
	left := total
	rem := make([]uint64, len(weights))
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		q, r := bits.Div64(hi, lo, sum)
		parts[i], rem[i] = int64(q), r
		left -= int64(q)
	}
	for ; left > 0; left-- {
		best := -1
		for i, r := range rem {
			if r > 0 && (best < 0 || r > rem[best]) {
				best = i
			}
		}
		parts[best]++
		rem[best] = 0
	}
}
