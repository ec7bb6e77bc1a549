package stats

import "math"

// The features of a customer's past, as percentiles within the snapshot. A
// rank means the same in a window of 26 weeks and in one of 39; a number of
// days does not, and a model trained on the shorter window misreads it.
const (
	Frequency = iota // purchases
	Recency          // time since the last purchase
	Tenure           // time since the first
	Money            // sum of amounts
	Basket           // amount per purchase
	Pace             // repeats per unit of time, drawn to the pace of all
	Lateness         // time since the last purchase against the own gap
	FeatureCount
)

// FeatureNames are stable names of the features, in their order.
var FeatureNames = [FeatureCount]string{"frequency", "recency", "tenure", "money", "basket", "pace", "lateness"}

// Features makes the columns of s. Pace and Lateness are drawn to the shop's
// own mean gap, as if every customer had one more gap of that length.
func Features(s *Summary) [][]float64 {
	columns := make([][]float64, FeatureCount)
	for j := range columns {
		columns[j] = make([]float64, len(s.Who))
	}
	gap := meanGap(s)
	for i := range s.Who {
		x, since := float64(s.X[i]), s.T[i]-s.TX[i]
		for j, v := range [FeatureCount]float64{
			Frequency: x,
			Recency:   since,
			Tenure:    s.T[i],
			Money:     s.Money[i],
			Basket:    s.Money[i] / (x + 1),
			Pace:      x / (s.T[i] + gap),
			Lateness:  since / ((s.TX[i] + gap) / (x + 1)),
		} {
			columns[j][i] = v
		}
	}
	for j := range columns {
		columns[j] = Percentiles(columns[j])
	}
	return columns
}

// meanGap is the mean time between purchases of all customers with a repeat,
// a whole unit if there are none.
func meanGap(s *Summary) float64 {
	var gaps total
	n := 0
	for i, x := range s.X {
		gaps.add(s.TX[i])
		n += x
	}
	if n == 0 {
		return 1
	}
	return math.Max(1/s.Unit, gaps.value()/float64(n))
}
