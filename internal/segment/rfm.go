package segment

import (
	"math"
	"slices"

	"joren/internal/clock"
	"joren/internal/rules"
)

// Classes of recency, frequency and money: fifths of the members who have
// bought.
const Classes = 5

// LeastBuyers is how many members must have bought before fifths of them mean
// anything: five in each.
const LeastBuyers = 25

// Norms are what members are measured against on a business day: the shop's
// usual gap and the lowest figure of each class from the second up.
type Norms struct {
	Day       clock.Day `json:"day,omitzero"`
	Buyers    int       `json:"buyers"` // active members who have bought
	Gap       int64     `json:"gap"`    // mean days between visits of all who came back
	Recency   Cuts      `json:"recency"`
	Frequency Cuts      `json:"frequency"`
	Money     Cuts      `json:"money"`
	Scored    bool      `json:"scored"` // the scores of the day were taken too
}

// Cuts are the lowest figures of classes 2 to 5. A class nobody reaches has
// the highest number there is.
type Cuts [Classes - 1]int64

// NoClass is the lowest figure of a class nobody reaches.
const NoClass = math.MaxInt64

// weekly is the gap of a shop where nobody has come back yet.
const weekly = 7

func (n *Norms) gap() int64 {
	if n.Gap <= 0 {
		return weekly
	}
	return n.Gap
}

// Enough reports whether classes can be told.
func (n *Norms) Enough() bool { return n.Buyers >= LeastBuyers }

// class is 1 to 5, 0 where it cannot be told.
func (n *Norms) class(c Cuts, v int64) int {
	if !n.Enough() {
		return 0
	}
	k := 1
	for _, from := range c {
		if v >= from {
			k++
		}
	}
	return k
}

// RFM are a member's classes, 5 the best: of the day of her last visit, the
// number of business days with a purchase, and the eligible amount kept of
// all purchases. 0 each where they cannot be told: she never bought, or too
// few have.
func RFM(s *rules.Stats, n *Norms) (recency, frequency, money int) {
	if s.Visits == 0 {
		return 0, 0, 0
	}
	return n.class(n.Recency, int64(s.LastOn)), n.class(n.Frequency, s.Visits), n.class(n.Money, s.Spend)
}

// Buyer is what norms are taken from.
type Buyer struct {
	Visits, Spend int64
	First, Last   clock.Day
}

// NormsOf takes the norms of a day from all active members who have bought.
// Cut points are never carried over from another day.
func NormsOf(day clock.Day, buyers []Buyer) Norms {
	n := Norms{Day: day, Buyers: len(buyers), Gap: weekly}
	var span, repeats int64
	v := make([]int64, len(buyers))
	for _, b := range buyers {
		span, repeats = span+int64(b.Last-b.First), repeats+b.Visits-1
	}
	if repeats > 0 {
		n.Gap = max(1, (span+repeats/2)/repeats)
	}
	for _, f := range []struct {
		to *Cuts
		of func(*Buyer) int64
	}{{&n.Recency, func(b *Buyer) int64 { return int64(b.Last) }}, {&n.Frequency, func(b *Buyer) int64 { return b.Visits }}, {&n.Money, func(b *Buyer) int64 { return b.Spend }}} {
		for i := range buyers {
			v[i] = f.of(&buyers[i])
		}
		*f.to = cut(v)
	}
	return n
}

// cut finds the lowest value of each class. Members of one value share a
// class, by the middle of the ranks they hold together: otherwise it would
// depend on how they happen to be sorted. v is sorted.
func cut(v []int64) (c Cuts) {
	for k := range c {
		c[k] = NoClass
	}
	slices.Sort(v)
	n := len(v)
	for i := 0; i < n; {
		j := i
		for j < n && v[j] == v[i] {
			j++
		}
		class := min(Classes, 1+Classes*(i+j)/(2*n)) // (below + half of the equals)/n of five
		for k := class - 2; k >= 0 && c[k] == NoClass; k-- {
			c[k] = v[i]
		}
		i = j
	}
	return c
}
