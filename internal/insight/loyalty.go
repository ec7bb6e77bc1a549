package insight

import (
	"cmp"
	"math"
	"slices"

	"joren/internal/ident"
	"joren/internal/stats"
)

// Tenths of a point: scores go from 0 to 1000 of them, whole numbers, so that
// what is shown adds up exactly.
type Tenths int64

// Parts of the loyalty score, with the weight each has among the parts that
// are known: documented defaults until a shop has the data to learn its own.
var Parts = []struct {
	Name   string
	Weight int
}{{Behaviour, 60}, {"attitude", 20}, {"advocacy", 10}, {"service", 10}}

// Behaviour is the part that follows from purchases.
const Behaviour = "behaviour"

// Extra is a part another room knows: answers, referrals, cases. Of gives a
// member's value from 0 to 100; ok is false for "nothing known", which is
// never taken for a value.
type Extra struct {
	Name string
	Of   func(member ident.ID) (value float64, ok bool)
}

// Part of a member's score.
type Part struct {
	Name   string
	Known  bool
	Value  Tenths // of its own 0 to 1000
	Gives  Tenths // to the score; the parts' sum to it
	Weight float64
}

// Reason is why the behaviour part is what it is: what a side of her buying
// adds to, or takes off, the score of an average member.
type Reason struct {
	Side   string // recency, frequency, money, tenure, pattern
	Points Tenths
}

// Loyalty is a member's score with everything that explains it.
type Loyalty struct {
	Score   Tenths
	Parts   []Part
	Average Tenths   // the behaviour part of an average member of the shop
	Reasons []Reason // of the behaviour part; with Average they sum to it
	Odds    Odds
	Past    Past
	Horizon int
}

// sides put the features together as people think of them.
var sides = []struct {
	name     string
	features []int
}{
	{"recency", []int{stats.Recency, stats.Lateness}},
	{"frequency", []int{stats.Frequency, stats.Pace}},
	{"money", []int{stats.Money, stats.Basket}},
	{"tenure", []int{stats.Tenure}},
}

// Loyalty of a member. ok is false where the behaviour part cannot be told
// and nothing else is known: she never bought, or the shop's past is too short.
func (r *Reading) Loyalty(n int32, id ident.ID, extras []Extra) (l Loyalty, ok bool) {
	l.Horizon = r.Horizon
	l.Past, _ = r.Past(n)
	var behaviour *float64
	if o, told := r.Odds(n); told {
		l.Odds = o
		v := 100 * o.Probability
		behaviour = &v
		l.Average = tenths(100 * sigmoid(r.average))
		l.Reasons = r.reasons(n, tenths(v)-l.Average)
	}
	l.Parts, l.Score, ok = mix(behaviour, id, extras)
	return l, ok
}

func tenths(v float64) Tenths { return Tenths(math.Round(10 * min(100, max(0, v)))) }

// reasons share out the distance from an average member. The log odds are a
// sum of shares, and the score is a curve over them; along the straight way
// from the average each share takes its part of the climb (Aumann & Shapley
// 1974), so the parts add up whatever their signs.
func (r *Reading) reasons(n int32, distance Tenths) []Reason {
	i, _ := r.place(n)
	f := r.forecast[i]
	shares := make([]float64, 0, len(sides)+1)
	out := make([]Reason, 0, len(sides)+1)
	for _, s := range sides {
		sum := 0.0
		for _, j := range s.features {
			sum += r.Score.Logistic.Share(j, r.features[j][i])
		}
		shares, out = append(shares, sum), append(out, Reason{Side: s.name})
	}
	shares, out = append(shares, f.ByModel-r.pattern), append(out, Reason{Side: "pattern"})
	z := f.Learned + f.ByModel
	climb := slope(r.average, z)
	for k := range shares {
		shares[k] *= 1000 * climb
	}
	for k, p := range whole(shares, distance) {
		out[k].Points = p
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return cmp.Compare(max(b.Points, -b.Points), max(a.Points, -a.Points)) })
	return out
}

// slope is how much the curve climbs a unit of log odds from a to b.
func slope(a, b float64) float64 {
	if math.Abs(b-a) < 1e-6 {
		p := sigmoid((a + b) / 2)
		return p * (1 - p)
	}
	return (sigmoid(b) - sigmoid(a)) / (b - a)
}

// whole rounds values so that they sum to total: each down first, then those
// that lost most go up.
func whole(values []float64, total Tenths) []Tenths {
	out, order := make([]Tenths, len(values)), make([]int, len(values))
	left := total
	for k, v := range values {
		out[k], order[k] = Tenths(math.Floor(v)), k
		left -= out[k]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(values[b]-math.Floor(values[b]), values[a]-math.Floor(values[a]))
	})
	for k := 0; left != 0 && len(order) > 0; k++ {
		step := Tenths(1)
		if left < 0 {
			step = -1
		}
		out[order[k%len(order)]] += step
		left -= step
	}
	return out
}

// mix weighs the known parts; the unknown ones are named and count for
// nothing.
func mix(behaviour *float64, id ident.ID, extras []Extra) (parts []Part, score Tenths, ok bool) {
	weight, sum := 0.0, 0.0
	var gives []float64
	for _, p := range Parts {
		x := Part{Name: p.Name}
		v, known := value(p.Name, behaviour, id, extras)
		if x.Known = known; known {
			x.Value, x.Weight = tenths(v), float64(p.Weight)
			weight += x.Weight
			sum += x.Weight * float64(x.Value)
		}
		parts = append(parts, x)
	}
	if weight == 0 {
		return parts, 0, false
	}
	for i := range parts {
		parts[i].Weight /= weight
		gives = append(gives, parts[i].Weight*float64(parts[i].Value))
	}
	score = Tenths(math.Round(sum / weight))
	for i, g := range whole(gives, score) {
		parts[i].Gives = g
	}
	return parts, score, true
}

func value(name string, behaviour *float64, id ident.ID, extras []Extra) (float64, bool) {
	if name == Behaviour {
		if behaviour == nil {
			return 0, false
		}
		return *behaviour, true
	}
	for _, e := range extras {
		if e.Name == name {
			v, ok := e.Of(id)
			return v, ok && !math.IsNaN(v)
		}
	}
	return 0, false
}
