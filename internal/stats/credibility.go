package stats

// Spread sums up how values of one class vary within its subjects and between
// them. The zero value is empty.
type Spread struct {
	values, subjects, within float64 // counts; within: sum of squares about each subject's own mean
	degrees                  float64 // of within
	squares, sum, square     float64 // Σn², Σn·mean, Σn·mean²
}

// Add takes one subject's values.
func (s *Spread) Add(values []float64) {
	if len(values) == 0 {
		return
	}
	n, m := float64(len(values)), Mean(values)
	for _, v := range values {
		s.within += (v - m) * (v - m)
	}
	s.values, s.subjects, s.degrees = s.values+n, s.subjects+1, s.degrees+n-1
	s.squares, s.sum, s.square = s.squares+n*n, s.sum+n*m, s.square+n*m*m
}

// Credibility says how far a subject's own mean may be believed against that
// of her class.
type Credibility struct {
	Within  float64 // variance of one subject's values about her own mean
	Between float64 // variance of subjects' true means about their class's
}

// LeastDegrees is how many repeats of subjects a credibility is learned from.
const LeastDegrees = 30

// Believe learns from all classes together, each about its own mean: the
// moment estimators of Bühlmann & Straub (1970), pooled. Subjects who differ
// no more than chance makes them have Between = 0.
//
// What is missing: FewAnswers (values beyond the subjects' firsts).
func Believe(classes []Spread) (Credibility, error) {
	var within, degrees, between, room total
	for _, s := range classes {
		within.add(s.within)
		degrees.add(s.degrees)
	}
	if d := degrees.value(); d < LeastDegrees {
		return Credibility{}, &NotEnough{FewAnswers, d, LeastDegrees}
	}
	c := Credibility{Within: within.value() / degrees.value()}
	for _, s := range classes {
		if s.subjects < 2 {
			continue
		}
		between.add(s.square - s.sum*s.sum/s.values - (s.subjects-1)*c.Within)
		room.add(s.values - s.squares/s.values)
	}
	if room.value() > 0 {
		c.Between = max(0, between.value()/room.value())
	}
	return c, nil
}

// Factor is the weight Z = n / (n + within/between) of the mean of n own
// values; the class has 1 − Z (Bühlmann 1967).
func (c Credibility) Factor(n int) float64 {
	if n <= 0 || c.Between <= 0 {
		return 0
	}
	own := float64(n) * c.Between
	return own / (own + c.Within)
}

// Variance is that of a next value about the shrunk mean of n own values.
func (c Credibility) Variance(n int) float64 {
	return c.Within + c.Between*(1-c.Factor(n))
}
