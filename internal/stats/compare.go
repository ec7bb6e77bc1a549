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
	oa, ob := ordered(a), ordered(b)
	weights := make([]float64, len(positive))
	for i := range weights {
		weights[i] = 1
	}
	value := weightedAUC(a, oa, positive, weights) - weightedAUC(b, ob, positive, weights)
	r := Random(seed)
	draws := make([]float64, 0, n)
	for range n {
		resample(weights, r)
		draws = append(draws, weightedAUC(a, oa, positive, weights)-weightedAUC(b, ob, positive, weights))
	}
	return PercentileInterval(value, draws, level)
}

// resample draws as many customers as there are, with replacement, as counts.
func resample(weights []float64, r *rand.Rand) {
	clear(weights)
	for range weights {
		weights[r.IntN(len(weights))]++
	}
}

// weightedAUC is AUC in one pass along rising scores. A draw without one of
// the outcomes counts as a coin.
func weightedAUC(score []float64, order []int, positive []bool, w []float64) float64 {
	var below, pos, wins float64 // whole numbers and halves: exact
	for i := 0; i < len(order); {
		var p, n float64
		j := i
		for ; j < len(order) && score[order[j]] == score[order[i]]; j++ {
			if at := order[j]; positive[at] {
				p += w[at]
			} else {
				n += w[at]
			}
		}
		wins += p * (below + n/2)
		below, pos, i = below+n, pos+p, j
	}
	if pos == 0 || below == 0 {
		return 0.5
	}
	return wins / (pos * below)
}
