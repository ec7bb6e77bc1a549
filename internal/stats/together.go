package stats

import "math"

// Together counts baskets: of All, First hold one thing, Second another, Both
// hold both.
type Together struct{ Both, First, Second, All int }

// Confidence is the share of baskets with the first that hold the second too.
func (t Together) Confidence() float64 {
	if t.First == 0 {
		return 0
	}
	return float64(t.Both) / float64(t.First)
}

// Lift is how many times more often both meet than they would by chance, with
// its interval: ln lift has the variance
//
//	1/both − 1/first − 1/second + (2·lift − 1)/all
//
// by the delta method on the multinomial counts. It is the same when first and
// second change places. Nothing in common has no lift: 0 with an interval of 0.
func (t Together) Lift(level float64) Interval {
	lift, se := t.lift()
	by := math.Exp(normalQuantile(level) * se)
	return Interval{lift, lift / by, lift * by, level}
}

func (t Together) lift() (lift, se float64) {
	if t.Both <= 0 || t.First <= 0 || t.Second <= 0 || t.All <= 0 {
		return 0, 0
	}
	both, a, b, n := float64(t.Both), float64(t.First), float64(t.Second), float64(t.All)
	lift = both * n / (a * b)
	return lift, math.Sqrt(max(0, 1/both-1/a-1/b+(2*lift-1)/n))
}

// Extra is how many baskets more than by chance hold both, at the lower end of
// the lift's interval z standard errors wide: both·(1 − 1/low). It is negative
// where the lift is not surely above 1, and small where there are few baskets.
func (t Together) Extra(z float64) float64 {
	lift, se := t.lift()
	if lift == 0 {
		return 0
	}
	return float64(t.Both) * (1 - math.Exp(z*se)/lift)
}

// Corrected is the number of standard errors that one of n comparisons must
// clear for all of them together to err with probability alpha at most
// (Bonferroni; one side).
func Corrected(alpha float64, n int) float64 {
	return normalQuantile(1 - 2*alpha/float64(max(1, n)))
}

// Chance is the probability that at least Both would meet were the two
// independent: the upper tail of Fisher's exact test (1922). It is 1 where the
// counts contradict each other.
func (t Together) Chance() float64 {
	k, a, b, n := t.Both, t.First, t.Second, t.All
	if k <= 0 || k > min(a, b) || max(a, b) > n || n-a-b+k < 0 {
		return 1
	}
	at := func(k int) float64 { return math.Exp(lchoose(a, k) + lchoose(n-a, b-k) - lchoose(n, b)) }
	if float64(k)*float64(n) <= float64(a)*float64(b) { // no more than chance: what is below is the lesser part
		sum := 0.0
		for p, j := at(k-1), k-1; j >= max(0, a+b-n); j-- {
			sum += p
			p *= float64(j) * float64(n-a-b+j) / (float64(a-j+1) * float64(b-j+1))
		}
		return max(0, 1-sum)
	}
	p := at(k)
	sum := p
	for ; k < min(a, b) && p > sum*1e-12; k++ {
		p *= float64(a-k) * float64(b-k) / (float64(k+1) * float64(n-a-b+k+1))
		sum += p
	}
	return min(1, sum)
}

func lchoose(n, k int) float64 {
	return lgamma(float64(n+1)) - lgamma(float64(k+1)) - lgamma(float64(n-k+1))
}
