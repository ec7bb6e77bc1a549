package stats

import (
	"math"
	"slices"
)

// Platt turns a score into a probability: 1/(1+e^−(Slope·score+Bias))
// (Platt 1999).
type Platt struct{ Slope, Bias float64 }

// FitPlatt fits the curve by maximum likelihood with a trace of ridge, so that
// separated classes keep it finite.
func FitPlatt(score []float64, labels []bool) (Platt, error) {
	m, err := FitLogistic([][]float64{score}, labels, 1e-3)
	if err != nil {
		return Platt{}, err
	}
	if m.Scale[0] == 0 {
		return Platt{0, m.Bias}, nil
	}
	slope := m.Coef[0] / m.Scale[0]
	return Platt{slope, m.Bias - slope*m.Centre[0]}, nil
}

// P is the probability at a score.
func (c Platt) P(score float64) float64 { return sigmoid(c.Slope*score + c.Bias) }

// Isotonic is the best rising curve from scores to probabilities (Ayer et
// al. 1955, pool adjacent violators), linear between the centres of its
// levels, flat outside them.
type Isotonic struct{ At, Level []float64 }

// FitIsotonic pools labels along rising scores; equal scores are one point.
func FitIsotonic(score []float64, labels []bool) (*Isotonic, error) {
	if err := checkColumns([][]float64{score}, len(labels)); err != nil {
		return nil, err
	}
	pos := count(labels)
	if rare := min(pos, len(labels)-pos); rare < LeastRare {
		return nil, &NotEnough{OneOutcome, float64(rare), LeastRare}
	}
	type pool struct{ n, pos, score float64 }
	var pools []pool
	order := ordered(score)
	for i := 0; i < len(order); {
		var p pool
		for j := i; j < len(order) && score[order[j]] == score[order[i]]; j++ {
			p.n++
			p.score += score[order[j]]
			if labels[order[j]] {
				p.pos++
			}
		}
		i += int(p.n)
		for len(pools) > 0 {
			last := pools[len(pools)-1]
			if last.pos*p.n < p.pos*last.n {
				break
			}
			p = pool{p.n + last.n, p.pos + last.pos, p.score + last.score}
			pools = pools[:len(pools)-1]
		}
		pools = append(pools, p)
	}
	c := &Isotonic{}
	for _, p := range pools {
		c.At = append(c.At, p.score/p.n)
		c.Level = append(c.Level, p.pos/p.n)
	}
	return c, nil
}

// P is the probability at a score.
func (c *Isotonic) P(score float64) float64 {
	i, _ := slices.BinarySearch(c.At, score)
	switch {
	case i == 0:
		return c.Level[0]
	case i == len(c.At):
		return c.Level[i-1]
	}
	w := (score - c.At[i-1]) / (c.At[i] - c.At[i-1])
	return c.Level[i-1] + w*(c.Level[i]-c.Level[i-1])
}

// CalibrationError is the expected calibration error in bins of equal width:
// the mean distance of what was said from what came, weighted by customers
// (Naeini et al. 2015). What is no probability is
// taken as the nearest one.
func CalibrationError(prob []float64, came []bool, bins int) float64 {
	bins = max(1, bins)
	said, happened := make([]total, bins), make([]float64, bins)
	for i, p := range prob {
		if !(p > 0) { // also NaN
			p = 0
		}
		p = min(1, p)
		b := min(bins-1, int(p*float64(bins)))
		said[b].add(p)
		if came[i] {
			happened[b]++
		}
	}
	var sum total
	for b := range said {
		sum.add(math.Abs(said[b].value() - happened[b]))
	}
	return sum.value() / float64(max(1, len(prob)))
}

// LogLoss is the mean of −ln of the probability given to what came.
// Probabilities are held 10⁻¹⁵ away from 0 and 1.
func LogLoss(prob []float64, came []bool) float64 {
	var sum total
	for i, p := range prob {
		p = min(1-1e-15, max(1e-15, p))
		if came[i] {
			sum.add(-math.Log(p))
		} else {
			sum.add(-math.Log1p(-p))
		}
	}
	return sum.value() / float64(max(1, len(prob)))
}

// Brier is the mean squared error of probabilities (Brier 1950).
func Brier(prob []float64, came []bool) float64 {
	var sum total
	for i, p := range prob {
		if came[i] {
			p = 1 - p
		}
		sum.add(p * p)
	}
	return sum.value() / float64(max(1, len(prob)))
}
