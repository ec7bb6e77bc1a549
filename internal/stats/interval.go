package stats

import "math"

// Wilson is the score interval of a share, hits of n (Wilson 1927). It never
// leaves [0, 1] and has a width even at 0 and n hits.
func Wilson(hits, n int, level float64) (Interval, error) {
	if hits < 0 || hits > n || !(level > 0 && level < 1) {
		return Interval{}, &BadInput{"hits are not within n, or level not within 0 and 1", -1}
	}
	if n == 0 {
		return Interval{}, &NotEnough{FewAnswers, 0, 1}
	}
	z := normalQuantile(level)
	m, p := float64(n), float64(hits)/float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	iv := Interval{p, max(0, centre-half), min(1, centre+half), level}
	if hits == 0 {
		iv.Low = 0
	}
	if hits == n {
		iv.High = 1
	}
	return iv, nil
}

// Plain is the normal interval of a value with a standard error.
func Plain(value, se, level float64) Interval {
	half := normalQuantile(level) * se
	return Interval{value, value - half, value + half, level}
}
