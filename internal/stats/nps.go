package stats

import "math"

// Votes are the answers to "would you recommend us" (0–10): 9–10 promote,
// 7–8 are passive, 0–6 detract. No answer is no vote.
type Votes struct{ Promoters, Passives, Detractors int }

// N is how many answered.
func (v Votes) N() int { return v.Promoters + v.Passives + v.Detractors }

// NPS is the net promoter score, −100…100, with the adjusted-Wald interval:
// three answers are added, 3/4 promoters, 3/4 detractors, 3/2 passives, the
// best of those compared by Rocks 2016 (The American Statistician 70). Value
// is the plain score; the interval is centred a little nearer to 0.
func NPS(v Votes, level float64) (Interval, error) {
	if v.Promoters < 0 || v.Passives < 0 || v.Detractors < 0 || !(level > 0 && level < 1) {
		return Interval{}, &BadInput{"votes below 0, or level not within 0 and 1", -1}
	}
	if v.N() == 0 {
		return Interval{}, &NotEnough{FewAnswers, 0, 1}
	}
	centre, se := v.adjusted()
	iv := Plain(centre, se, level)
	iv.Value = 100 * float64(v.Promoters-v.Detractors) / float64(v.N())
	iv.Low, iv.High = max(-100, iv.Low), min(100, iv.High)
	return iv, nil
}

func (v Votes) adjusted() (centre, se float64) {
	n := float64(v.N()) + 3
	p, d := (float64(v.Promoters)+0.75)/n, (float64(v.Detractors)+0.75)/n
	return 100 * (p - d), 100 * math.Sqrt((p+d-(p-d)*(p-d))/n)
}

// NPSChange is the score of later minus earlier; the two waves are
// independent, so their adjusted variances add.
func NPSChange(earlier, later Votes, level float64) (Interval, error) {
	a, err := NPS(earlier, level)
	if err != nil {
		return Interval{}, err
	}
	b, err := NPS(later, level)
	if err != nil {
		return Interval{}, err
	}
	ca, sa := earlier.adjusted()
	cb, sb := later.adjusted()
	iv := Plain(cb-ca, math.Hypot(sa, sb), level)
	iv.Value = b.Value - a.Value
	iv.Low, iv.High = max(-200, iv.Low), min(200, iv.High)
	return iv, nil
}
