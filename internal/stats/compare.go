package stats

import "math/rand/v2"

// AUCDifference is AUC(a) − AUC(b) on the same customers, with an interval by
// paired bootstrap: whole customers are drawn, n times, so that what both
// scores share cancels (Efron & Tibshirani 1993).
func AUCDifference(a, b []float64, positive []bool, n int, seed uint64, level float64) (Interval, error) {
	if err := checkColumns([][]float64{a, b}, len(positive)); err != nil {
		return Interval{}, err
	}
	pos := count(positive)
	if rare := min(pos, len(positive)-pos); rare < LeastRare {
		return Interval{}, &NotEnough{OneOutcome, float64(rare), LeastRare}
	}
	oa, ob := newRanking(a, positive), newRanking(b, positive)
	weights := make([]int32, len(positive))
	for i := range weights {
		weights[i] = 1
	}
	value := oa.auc(weights) - ob.auc(weights)
	r := Random(seed)
	draws := make([]float64, 0, n)
	for range n {
		resample(weights, r)
		draws = append(draws, oa.auc(weights)-ob.auc(weights))
	}
	return PercentileInterval(value, draws, level)
}

// resample draws as many customers as there are, with replacement, as counts.
func resample[T int32 | float64](weights []T, r *rand.Rand) {
	clear(weights)
	for range weights {
		weights[r.IntN(len(weights))]++
	}
}

// ranking is customers by rising score.
type ranking []ranked

// ranked is one of them. Masks are all ones for yes: a branch on an outcome
// would be guessed wrong every third time.
type ranked struct {
	at       int32
	positive int32
	end      bool // of those with the same score
}

func newRanking(score []float64, positive []bool) ranking {
	out := make(ranking, len(score))
	order := ordered(score)
	for i, at := range order {
		out[i] = ranked{at: at, end: i+1 == len(order) || score[order[i+1]] != score[at]}
		if positive[at] {
			out[i].positive = -1 // all bits
		}
	}
	return out
}

// auc is AUC with each customer counted w times, in one pass. A draw without
// one of the outcomes counts as a coin.
func (k ranking) auc(w []int32) float64 {
	var below, pos, twice, p, n int64 // twice the wins: ties are halves
	for _, e := range k {
		yes := w[e.at] & e.positive
		p += int64(yes)
		n += int64(w[e.at] - yes)
		if e.end {
			twice += p * (2*below + n)
			below, pos, p, n = below+n, pos+p, 0, 0
		}
	}
	if pos == 0 || below == 0 {
		return 0.5
	}
	return float64(twice) / 2 / (float64(pos) * float64(below))
}
