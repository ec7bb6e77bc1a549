package stats

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// Visit is one customer-day, or a part of one: visits of a customer on the
// same day are one purchase. Days are the shop's local days, counted from any
// fixed day; a caller that cuts days elsewhere splits trading days in two.
type Visit struct {
	Who    int32   // the caller's number for the customer
	Day    int32   // day number
	Amount float64 // money; may be 0 or negative after returns
}

// Window is the observed past: customers whose first visit is on a day in
// From…To are kept with their visits up to To. Customers seen before From
// have an unknown beginning (history cut on the left) and are left out.
// Unit is days per time unit: 7 makes every time a number of weeks.
type Window struct {
	From, To int32
	Unit     float64
}

// Summary is the past of many customers, one place per customer, sorted by
// Who. Frequency counts repeats (days − 1), TX is last − first, not today −
// last, T is To − first: the definitions of Fader, Hardie & Lee 2005.
type Summary struct {
	Window
	Who   []int32
	X     []int     // repeat purchases
	TX, T []float64 // in units
	First []int32   // day of the first visit
	Last  []int32   // day of the last visit
	Money []float64 // sum of all amounts
	Mean  []float64 // mean amount of the repeat purchases, 0 without any
	Even  []float64 // spread of the gaps between purchases, s.d. / mean; 0 below two gaps

	once    sync.Once
	grouped Grouped
}

// Summarise counts visits into a Summary. It takes them in any order and
// leaves the slice as it was.
func Summarise(visits []Visit, w Window) (*Summary, error) {
	if !(w.Unit >= 1e-3 && w.Unit <= 1e6) || w.To < w.From {
		return nil, &BadInput{"window ends before it begins or has no unit", -1}
	}
	for i, v := range visits {
		if !(math.Abs(v.Amount) <= 1e15) {
			return nil, &BadInput{"amount is no number or too large", i}
		}
	}
	v := Sorted(visits)
	s := &Summary{Window: w}
	for len(v) > 0 {
		n := 1
		for n < len(v) && v[n].Who == v[0].Who {
			n++
		}
		if v[0].Day >= w.From && v[0].Day <= w.To {
			s.add(v[:n])
		}
		v = v[n:]
	}
	return s, nil
}

// Sorted orders by customer, day and amount, so that sums do not depend on
// the order in which visits came. Sorted visits come back as they are: who
// summarises many times sorts once.
func Sorted(v []Visit) []Visit {
	order := func(a, b Visit) int {
		return cmp.Or(cmp.Compare(a.Who, b.Who), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Amount, b.Amount))
	}
	if slices.IsSortedFunc(v, order) {
		return v
	}
	c := slices.Clone(v)
	slices.SortFunc(c, order)
	return c
}

// add counts one customer's sorted visits.
func (s *Summary) add(v []Visit) {
	first, last, x := v[0].Day, v[0].Day, 0
	var all, repeat, gap, square total
	for _, e := range v {
		if e.Day > s.To {
			break
		}
		if e.Day != last {
			g := float64(e.Day) - float64(last)
			gap.add(g)
			square.add(g * g)
			x++
			last = e.Day
		}
		all.add(e.Amount)
		if e.Day != first {
			repeat.add(e.Amount)
		}
	}
	s.Who = append(s.Who, v[0].Who)
	s.X = append(s.X, x)
	s.TX = append(s.TX, s.units(first, last))
	s.T = append(s.T, s.units(first, s.To))
	s.First = append(s.First, first)
	s.Last = append(s.Last, last)
	s.Money = append(s.Money, all.value())
	s.Mean = append(s.Mean, repeat.value()/float64(max(1, x)))
	s.Even = append(s.Even, spread(gap.value(), square.value(), float64(x)))
}

func (s *Summary) units(from, to int32) float64 { return (float64(to) - float64(from)) / s.Unit }

// Later counts what each customer of s did after the window, up to day until
// inclusive: purchases (days) and money. It is for labels and back-tests.
func (s *Summary) Later(visits []Visit, until int32) (days []int, money []float64) {
	days, money = make([]int, len(s.Who)), make([]float64, len(s.Who))
	v := Sorted(visits)
	for i, at := 0, 0; i < len(s.Who); i++ {
		for at < len(v) && v[at].Who < s.Who[i] {
			at++
		}
		var sum total
		for seen := s.To; at < len(v) && v[at].Who == s.Who[i]; at++ {
			if e := v[at]; e.Day > s.To && e.Day <= until {
				if e.Day != seen {
					days[i]++
					seen = e.Day
				}
				sum.add(e.Amount)
			}
		}
		money[i] = sum.value()
	}
	return days, money
}
