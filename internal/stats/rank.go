package stats

import (
	"cmp"
	"math"
	"slices"
)

// ranks are 1-based; ties share the mean of their places.
func ranks(v []float64) []float64 {
	order := ordered(v)
	out := make([]float64, len(v))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && v[order[j]] == v[order[i]] {
			j++
		}
		for _, at := range order[i:j] {
			out[at] = float64(i+j+1) / 2
		}
		i = j
	}
	return out
}

// ordered are the places of v by rising value; ties keep their order.
func ordered(v []float64) []int32 {
	type place struct {
		v  float64
		at int32
	}
	all := make([]place, len(v))
	for i, x := range v {
		all[i] = place{x, int32(i)}
	}
	slices.SortFunc(all, func(a, b place) int {
		switch {
		case a.v < b.v:
			return -1
		case a.v > b.v:
			return 1
		}
		return cmp.Or(cmp.Compare(a.v, b.v), cmp.Compare(a.at, b.at)) // what is no number comes first
	})
	order := make([]int32, len(v))
	for i, p := range all {
		order[i] = p.at
	}
	return order
}

// Percentiles are ranks on a scale from 0 to 1 within v, ties shared.
func Percentiles(v []float64) []float64 {
	r := ranks(v)
	for i := range r {
		r[i] = (r[i] - 0.5) / float64(len(v))
	}
	return r
}

// Spearman is the rank correlation, 0 where one side never changes.
func Spearman(a, b []float64) float64 { return correlation(ranks(a), ranks(b)) }

func correlation(a, b []float64) float64 {
	va, vb := variance(a), variance(b)
	if va == 0 || vb == 0 {
		return 0
	}
	return covariance(a, b) / math.Sqrt(va*vb)
}

// AUC is the probability that a random positive scores above a random
// negative, ties counting half (Mann & Whitney 1947).
func AUC(score []float64, positive []bool) (float64, error) {
	pos := count(positive)
	if err := cmp.Or(checkColumns([][]float64{score}, len(positive)), bothOutcomes(pos, len(positive))); err != nil {
		return 0, err
	}
	var sum total
	for i, r := range ranks(score) {
		if positive[i] {
			sum.add(r)
		}
	}
	p, n := float64(pos), float64(len(positive)-pos)
	return (sum.value() - p*(p+1)/2) / (p * n), nil
}

func count(v []bool) int {
	n := 0
	for _, b := range v {
		if b {
			n++
		}
	}
	return n
}

func bothOutcomes(pos, n int) error {
	if rare := min(pos, n-pos); rare == 0 {
		return &NotEnough{OneOutcome, float64(rare), 1}
	}
	return nil
}

// Lift is the share of positives among the top share of scores over the share
// among all. Members tied at the cut count in part, so that the order of
// equal scores has no say.
func Lift(score []float64, positive []bool, top float64) (float64, error) {
	if err := checkColumns([][]float64{score}, len(positive)); err != nil {
		return 0, err
	}
	if !(top > 0 && top <= 1) {
		return 0, &BadInput{"a top share is above 0 and at most 1", -1}
	}
	pos := count(positive)
	if pos == 0 {
		return 0, &NotEnough{OneOutcome, 0, 1}
	}
	gain := make([]float64, len(score))
	for i, p := range positive {
		if p {
			gain[i] = 1
		}
	}
	n := float64(len(score)) * top
	return captured(score, gain, n) / n / (float64(pos) / float64(len(score))), nil
}

// captured is the sum of gain over the n highest scores, ties shared.
func captured(score, gain []float64, n float64) float64 {
	order := ordered(score)
	slices.Reverse(order)
	var sum total
	for i := 0; i < len(order) && float64(i) < n; {
		j := i
		var group total
		for j < len(order) && score[order[j]] == score[order[i]] {
			group.add(gain[order[j]])
			j++
		}
		sum.add(group.value() * math.Min(1, (n-float64(i))/float64(j-i)))
		i = j
	}
	return sum.value()
}

// Gini is how unequally gain is spread along score: twice the area between
// the curve of gain captured from the highest score down and the diagonal.
// 0 is a useless score; the most a score can reach is gain's own Gini.
// Ties share; gain must not be negative.
func Gini(score, gain []float64) (float64, error) {
	if err := checkColumns([][]float64{score, gain}, len(gain)); err != nil {
		return 0, err
	}
	if len(gain) > 0 && slices.Min(gain) < 0 {
		return 0, &BadInput{"a gain is below 0", -1}
	}
	all := Sum(gain)
	if !(all > 0) {
		return 0, &NotEnough{NoVariation, all, 0}
	}
	r := ranks(score)
	var sum total
	n := float64(len(score))
	for i, g := range gain {
		sum.add(g * (2*r[i] - 1 - n))
	}
	return sum.value() / (n * all), nil
}

// GiniShare is [Gini] over the most it could be, 1 for a perfect ranking.
func GiniShare(score, gain []float64) (float64, error) {
	most, err := Gini(gain, gain)
	if err != nil {
		return 0, err
	}
	if most == 0 {
		return 0, &NotEnough{NoVariation, 0, 0}
	}
	got, err := Gini(score, gain)
	return got / most, err
}
