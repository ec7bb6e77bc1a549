package stats

import "math"

// The features of a customer's past.
const (
	Frequency = iota // purchases
	Recency          // time since the last purchase
	Tenure           // time since the first
	Money            // sum of amounts
	Basket           // amount per purchase
	Pace             // repeats per unit of time, drawn to the pace of all
	Lateness         // time since the last purchase against the own gap (Ranks); that time without its logarithm (Logs)
	FeatureCount
)

// FeatureNames are stable names of the features, in their order.
var FeatureNames = [FeatureCount]string{"frequency", "recency", "tenure", "money", "basket", "pace", "lateness"}

// FeatureKind is how features are measured.
type FeatureKind int

const (
	// Ranks are percentiles within the snapshot. A rank means the same in a
	// window of 26 weeks and in one of 39; a number of days does not.
	Ranks FeatureKind = iota
	// Logs are counts, times and amounts themselves, in logarithms where they
	// are skewed. They keep the distances that ranks lose.
	Logs
)

func (k FeatureKind) String() string { return [...]string{"ranks", "logs"}[k] }

// Features makes the columns of s. Pace, and Lateness of Ranks, are drawn to
// the shop's own mean gap, as if every customer had one more gap of that length.
func Features(s *Summary, kind FeatureKind) [][]float64 {
	columns := make([][]float64, FeatureCount)
	for j := range columns {
		columns[j] = make([]float64, len(s.Who))
	}
	gap := meanGap(s)
	for i := range s.Who {
		for j, v := range featuresOf(s, i, gap, kind) {
			columns[j][i] = v
		}
	}
	if kind == Ranks {
		for j := range columns {
			columns[j] = Percentiles(columns[j])
		}
	}
	return columns
}

func featuresOf(s *Summary, i int, gap float64, kind FeatureKind) [FeatureCount]float64 {
	x, since := float64(s.X[i]), s.T[i]-s.TX[i]
	out := [FeatureCount]float64{
		Frequency: x,
		Recency:   since,
		Tenure:    s.T[i],
		Money:     s.Money[i],
		Basket:    s.Money[i] / (x + 1),
		Pace:      x / (s.T[i] + gap),
		Lateness:  since / ((s.TX[i] + gap) / (x + 1)),
	}
	if kind == Logs {
		for _, j := range []int{Frequency, Recency, Money, Basket} {
			out[j] = math.Log1p(max(0, out[j]))
		}
		out[Lateness] = since
	}
	return out
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
