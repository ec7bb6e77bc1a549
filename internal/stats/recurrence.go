package stats

import "math"

// Recurrence collects how long it takes until something happens to a subject
// again, in whole units. The zero value is empty.
//
// Pooling all gaps into a Kaplan–Meier curve would be wrong twice: the last
// gap of everybody is open, and long gaps are cut by the end of watching more
// often than short ones; and who repeats often would count often. So it is the
// estimator of Wang & Chang (1999, Journal of the American Statistical
// Association 94, 146–153; `wc_fit` in R's survrec): a subject with k ended
// gaps brings each with weight 1/k and leaves her open one out; one without an
// ended gap brings her open one, as watched so far. Each subject weighs one.
type Recurrence struct {
	Subjects  int // with at least one unit watched
	Repeaters int // with at least one gap that ended
	Gaps      int // that ended

	ended, open []float64 // weight by length
	watched     []int     // subjects by all the time they have been watched
}

// Add takes one subject: gaps that ended, each at least 1, and how long the
// last one has been open. One who has neither says nothing and is left out.
func (r *Recurrence) Add(gaps []int, open int) {
	all := max(0, open)
	for _, g := range gaps {
		all += g
	}
	if all == 0 {
		return
	}
	for len(r.watched) <= all {
		r.watched = append(r.watched, 0)
	}
	r.watched[all]++
	if len(gaps) == 0 {
		r.Subjects++
		r.open = stretched(r.open, open)
		r.open[open]++
		return
	}
	r.Subjects, r.Repeaters, r.Gaps = r.Subjects+1, r.Repeaters+1, r.Gaps+len(gaps)
	for _, g := range gaps {
		r.ended = stretched(r.ended, g)
		r.ended[g] += 1 / float64(len(gaps))
	}
}

func stretched(s []float64, at int) []float64 {
	for len(s) <= at {
		s = append(s, 0)
	}
	return s
}

// Return is what a [Recurrence] says. Quartiles are of those who came back
// within Within units, corrected for those who have not been watched as long;
// who never comes back is in Share alone.
type Return struct {
	Subjects, Repeaters, Gaps int
	Within                    int      // units that enough subjects have been watched for
	Share                     Interval // of subjects that come back within Within
	Quarter, Median, Late     int      // by when a quarter, half, three quarters of the returns have come
	Low, High                 int      // interval of Median
}

// LeastReturned is how many subjects must have come back for a [Return].
const LeastReturned = 10

// Estimate says how many come back and when. The share's interval is Wilson's
// with the effective number of Cutler & Ederer (1958) from Greenwood's
// variance; the median's is Woodruff's (1952) with the repeaters as its n.
// Subjects count as independent of each other, gaps of one subject do not.
//
// What is missing: FewRepeaters.
func (r *Recurrence) Estimate(level float64) (Return, error) {
	out := Return{Subjects: r.Subjects, Repeaters: r.Repeaters, Gaps: r.Gaps}
	if r.Repeaters < LeastReturned {
		return out, &NotEnough{FewRepeaters, float64(r.Repeaters), LeastReturned}
	}
	come, greenwood := r.curve()
	out.Within = len(come) - 1
	share := come[out.Within]
	if share <= 0 {
		return out, &NotEnough{FewRepeaters, 0, LeastReturned}
	}
	n := r.effective(share, greenwood)
	iv, err := Wilson(int(math.Round(share*n)), int(math.Round(n)), level)
	if err != nil {
		return out, err
	}
	out.Share = Interval{share, min(iv.Low, share), max(iv.High, share), level}
	half := normalQuantile(level) * 0.5 / math.Sqrt(float64(r.Repeaters))
	at := func(q float64) int {
		for t, f := range come {
			if f >= q*share-1e-12 && t > 0 {
				return t
			}
		}
		return out.Within
	}
	out.Quarter, out.Median, out.Late = at(0.25), at(0.5), at(0.75)
	out.Low, out.High = at(max(0, 0.5-half)), at(min(1, 0.5+half))
	return out, nil
}

// effective is the number of subjects that would give the curve's variance had
// all been watched to its end.
func (r *Recurrence) effective(share, greenwood float64) float64 {
	if share >= 1 || greenwood <= 0 {
		return float64(r.Subjects)
	}
	return min(float64(r.Subjects), max(1, share/((1-share)*greenwood)))
}

// reach is the longest time that ten subjects, and one in twenty, have been
// watched for: beyond it the curve would rest on a few.
func (r *Recurrence) reach() int {
	have := 0
	for t := len(r.watched) - 1; t > 0; t-- {
		if have += r.watched[t]; have >= LeastReturned && 20*have >= r.Subjects {
			return t
		}
	}
	return 0
}

// curve is the share that has come back by each length within reach, and
// Greenwood's sum at its end.
func (r *Recurrence) curve() (come []float64, greenwood float64) {
	var all total
	for _, w := range r.ended {
		all.add(w)
	}
	for _, w := range r.open {
		all.add(w)
	}
	risk, stay := all.value(), 1.0
	come = []float64{0}
	for t := 1; t <= r.reach(); t++ {
		d, c := weight(r.ended, t), weight(r.open, t)
		if left := risk - d; d > 0 && left > 1e-9 {
			greenwood += d / (risk * left)
			stay *= left / risk
		} else if d > 0 {
			stay = 0
		}
		come = append(come, 1-stay)
		risk = max(0, risk-d-c)
	}
	return come, greenwood
}

func weight(s []float64, at int) float64 {
	if at < len(s) {
		return s[at]
	}
	return 0
}

// ComeBack is the share that has come back by t units, as far as the curve
// goes, and how far that is.
func (r *Recurrence) ComeBack(t int) (share float64, within int) {
	come, _ := r.curve()
	within = min(t, len(come)-1)
	return come[within], within
}
