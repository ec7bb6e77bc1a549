package stats

import "math"

// Ladder is a development triangle run out to its end.
type Ladder struct {
	Factors  []float64  // growth from age j to j+1
	Ultimate []Interval // per cohort, what it will have reached in the end
	SE       []float64  // standard errors of Ultimate
	Total    Interval   // sum of Ultimate
	TotalSE  float64
}

// ChainLadder runs out a triangle of cumulative amounts: rows are cohorts
// from the oldest, columns ages; no row is longer than the one above.
// Standard errors are Mack's, free of a distribution (Mack 1993, ASTIN
// Bulletin 23), intervals lognormal around what is still to come. Nothing is
// assumed to happen after the last column.
func ChainLadder(triangle [][]float64, level float64) (*Ladder, error) {
	if err := checkTriangle(triangle); err != nil {
		return nil, err
	}
	ages := len(triangle[0])
	f, s2, base, err := development(triangle, ages)
	if err != nil {
		return nil, err
	}
	l := &Ladder{Factors: f}
	var ultimate, open, square total
	for i, row := range triangle {
		at, v, rel := row[len(row)-1], row[len(row)-1], 0.0
		for j := len(row) - 1; j < ages-1; j++ {
			if v > 0 {
				rel += s2[j] / (f[j] * f[j]) * (1/v + 1/base[j])
			}
			v *= f[j]
		}
		se := v * math.Sqrt(rel)
		l.Ultimate = append(l.Ultimate, lognormal(at, v, se, level))
		l.SE = append(l.SE, se)
		ultimate.add(v)
		open.add(at)
		square.add(se*se + 2*v*common(triangle[i+1:], f, s2, base, len(row)-1))
	}
	l.TotalSE = math.Sqrt(square.value())
	l.Total = lognormal(open.value(), ultimate.value(), l.TotalSE, level)
	return l, nil
}

func checkTriangle(t [][]float64) error {
	if len(t) < 3 || len(t[0]) < 3 {
		return &NotEnough{FewCohorts, float64(len(t)), 3}
	}
	for i, row := range t {
		if len(row) == 0 || i > 0 && len(row) > len(t[i-1]) {
			return &BadInput{"a cohort is empty or longer than the one before", i}
		}
		for _, v := range row {
			if !(v >= 0) || math.IsInf(v, 0) {
				return &BadInput{"a cumulative amount is below 0 or no number", i}
			}
		}
	}
	return nil
}

// development estimates factors, their variances and the amounts they rest on.
func development(t [][]float64, ages int) (f, s2, base []float64, err error) {
	f, s2, base = make([]float64, ages-1), make([]float64, ages-1), make([]float64, ages-1)
	for j := range f {
		next, n := 0.0, 0
		for _, row := range t {
			if len(row) > j+1 && row[j] > 0 {
				base[j] += row[j]
				next += row[j+1]
				n++
			}
		}
		if base[j] == 0 || next == 0 {
			return nil, nil, nil, &NotEnough{NothingIssued, float64(j), 0}
		}
		f[j] = next / base[j]
		for _, row := range t {
			if len(row) > j+1 && row[j] > 0 && n > 1 {
				d := row[j+1]/row[j] - f[j]
				s2[j] += row[j] * d * d / float64(n-1)
			}
		}
		if n == 1 {
			s2[j] = extrapolated(s2[:j])
		}
	}
	return f, s2, base, nil
}

// extrapolated is Mack's guess of a variance that one cohort cannot show.
func extrapolated(s2 []float64) float64 {
	switch n := len(s2); {
	case n == 0:
		return 0
	case n == 1 || s2[n-2] == 0:
		return s2[n-1]
	default:
		a, b := s2[n-2], s2[n-1]
		return min(b*b/a, a, b)
	}
}

// common is what the errors of factors do to a cohort and all younger ones alike.
func common(younger [][]float64, f, s2, base []float64, from int) float64 {
	sum := 0.0
	for _, row := range younger {
		v := row[len(row)-1]
		for j := len(row) - 1; j < len(f); j++ {
			v *= f[j]
		}
		sum += v
	}
	rel := 0.0
	for j := from; j < len(f); j++ {
		rel += s2[j] / (f[j] * f[j]) / base[j]
	}
	return sum * rel
}

// lognormal is the interval of a value that has reached at; what is to come is
// lognormal with the given standard error, if it is above 0.
func lognormal(at, value, se, level float64) Interval {
	open := value - at
	if open <= 0 || se == 0 {
		return Plain(value, se, level)
	}
	s2 := math.Log1p(se / open * (se / open))
	z := normalQuantile(level) * math.Sqrt(s2)
	mid := math.Log(open) - s2/2
	return Interval{value, at + math.Exp(mid-z), at + math.Exp(mid+z), level}
}
