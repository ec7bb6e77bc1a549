package stats

import "math"

// Arm is one side of an experiment, one value per customer: the outcome, and
// the same customers' value before the experiment began (Prior, nil if there
// is none).
type Arm struct{ Outcome, Prior []float64 }

// Effect is a difference of means, treated minus held out.
type Effect struct {
	Diff, SE float64
	N        int     // customers in both arms
	Theta    float64 // slope of outcome on prior that was taken out, 0 without prior
	Saved    float64 // share of variance the prior took away, 0…1
}

// LeastArm is the least number of customers in an arm.
const LeastArm = 20

// Compare estimates the effect with CUPED (Deng, Xu, Kohavi & Walker 2013):
// the outcome less Theta·(prior − mean prior), Theta pooled over both arms.
// Assignment must be random and Prior from before it.
func Compare(treated, held Arm) (Effect, error) {
	for _, a := range []Arm{treated, held} {
		if n := len(a.Outcome); n < LeastArm {
			return Effect{}, &NotEnough{FewCustomers, float64(n), LeastArm}
		}
		columns := [][]float64{a.Outcome}
		if a.Prior != nil {
			columns = append(columns, a.Prior)
		}
		if err := checkColumns(columns, len(a.Outcome)); err != nil {
			return Effect{}, err
		}
	}
	e := Effect{N: len(treated.Outcome) + len(held.Outcome), Diff: Mean(treated.Outcome) - Mean(held.Outcome)}
	raw := errorOf(treated.Outcome) + errorOf(held.Outcome)
	if raw == 0 {
		return Effect{}, &NotEnough{NoVariation, 0, 0}
	}
	left := raw
	if treated.Prior != nil && held.Prior != nil {
		e.Theta = pooledSlope(treated, held)
		e.Diff -= e.Theta * (Mean(treated.Prior) - Mean(held.Prior))
		left = errorOf(treated.less(e.Theta)) + errorOf(held.less(e.Theta))
		e.Saved = max(0, 1-left/raw)
	}
	e.SE = math.Sqrt(left)
	return e, nil
}

func errorOf(v []float64) float64 { return variance(v) / float64(len(v)) }

func pooledSlope(a, b Arm) float64 {
	na, nb := float64(len(a.Outcome)-1), float64(len(b.Outcome)-1)
	v := na*variance(a.Prior) + nb*variance(b.Prior)
	if v == 0 {
		return 0
	}
	return (na*covariance(a.Outcome, a.Prior) + nb*covariance(b.Outcome, b.Prior)) / v
}

func (a Arm) less(theta float64) []float64 {
	out := make([]float64, len(a.Outcome))
	for i, v := range a.Outcome {
		out[i] = v - theta*a.Prior[i]
	}
	return out
}

// Fixed is the interval for one look at a planned end. Looking earlier and
// stopping breaks its level; use [Effect.Always] while the experiment runs.
func (e Effect) Fixed(level float64) Interval { return Plain(e.Diff, e.SE, level) }

// Always is an interval that holds at every look at once: an asymptotic
// confidence sequence with a normal mixture (Robbins 1970; Waudby-Smith,
// Arbour, Sinha, Kennedy & Ramdas 2024, Annals of Statistics 52). It is
// tightest near tuned customers; 5,000 is customary. Being asymptotic it
// asks for some hundred customers before the first look.
func (e Effect) Always(level, tuned float64) Interval {
	alpha := 1 - level
	rho2 := (-2*math.Log(alpha) + math.Log1p(-2*math.Log(alpha))) / tuned
	n := float64(e.N)
	s2 := e.SE * e.SE * n
	half := math.Sqrt(s2 * 2 * (n*rho2 + 1) / (n * n * rho2) * math.Log(math.Sqrt(n*rho2+1)/alpha))
	return Interval{e.Diff, e.Diff - half, e.Diff + half, level}
}

// Split is the check that customers fell into arms as planned.
type Split struct {
	P       float64
	Suspect bool // P < 0.001, the customary line: trust no effect before the cause is found
}

// SampleRatio tests counts against planned shares by χ² (sample ratio
// mismatch; Fabijan et al. 2019).
func SampleRatio(counts []int, shares []float64) (Split, error) {
	if len(counts) != len(shares) || len(counts) < 2 {
		return Split{}, &BadInput{"a count and a share for at least two arms", -1}
	}
	n, whole := 0.0, Sum(shares)
	for i, c := range counts {
		if c < 0 || !(shares[i] > 0) {
			return Split{}, &BadInput{"a count below 0 or a share not above 0", i}
		}
		n += float64(c)
	}
	var chi total
	for i, c := range counts {
		want := n * shares[i] / whole
		if want < 5 { // below, χ² is no approximation
			return Split{}, &NotEnough{FewCustomers, n, math.Ceil(5 * whole / shares[i])}
		}
		d := float64(c) - want
		chi.add(d * d / want)
	}
	p := chiSurvival(chi.value(), float64(len(counts)-1))
	return Split{p, p < 0.001}, nil
}

// Ratio is a ratio of sums over customers, such as spend per purchase, and
// its standard error by the delta method: customers are drawn, purchases are
// not independent within them.
func Ratio(top, bottom []float64) (value, se float64, err error) {
	if err := checkColumns([][]float64{top, bottom}, len(top)); err != nil {
		return 0, 0, err
	}
	if len(top) < LeastArm {
		return 0, 0, &NotEnough{FewCustomers, float64(len(top)), LeastArm}
	}
	m := Mean(bottom)
	if m == 0 {
		return 0, 0, &NotEnough{NoVariation, 0, 0}
	}
	value = Mean(top) / m
	v := variance(top) - 2*value*covariance(top, bottom) + value*value*variance(bottom)
	return value, math.Sqrt(max(0, v)/float64(len(top))) / math.Abs(m), nil
}
