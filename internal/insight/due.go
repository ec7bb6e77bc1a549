package insight

import (
	"cmp"
	"math"
	"slices"

	"joren/internal/clock"
)

// DueState is how a member stands to her interval of a product.
type DueState uint8

const (
	DueLater DueState = iota // the day is further away than DueWithin
	DueSoon                  // it comes within DueWithin days, today included
	Overdue                  // it is past, and twice the interval is not
	NotDue                   // twice the interval is past: she has probably stopped, and is on no list
)

// DueStates are the states a list has, those to act on first.
var DueStates = []DueState{Overdue, DueSoon, DueLater}

// String is a stable name.
func (d DueState) String() string { return [...]string{"later", "soon", "overdue", "stopped"}[d] }

// DueWithin is how many days ahead "soon" and a chance look.
const DueWithin = 14

// Due is one member and one replenished product.
//
// Interval is her own, drawn to the product's: with n gaps of her own whose
// mean logarithm is y, and the product's median m,
//
//	Z = n / (n + k);  interval = exp(Z·y + (1 − Z)·ln m)
//
// (Bühlmann 1967; k = variance within members / variance between them, learned
// over all replenished products by Bühlmann & Straub 1970). Chance is that of
// buying the product within DueWithin days given that she has not since Last:
//
//	q·(F(s+w) − F(s)) / (q·(1 − F(s)) + 1 − q)
//
// with F log-normal about the interval, s the days since, and q the
// probability that she comes back for it at all: (m'M + n)/(M + n), m' the
// middle of the interval of the product's share and M as in learn.
type Due struct {
	Member   int32 // her number in the columns
	Product  int32 // place in Shelf.Products
	Last, On clock.Day
	Times    int     // customer-days with it
	Interval float64 // days
	Own      float64 // Z, the weight of her own gaps in it
	Chance   float64
	Amount   int64 // what she usually pays for it on a day, minor units
	State    DueState
	Rhythm   Rhythm // of coming to the shop at all
}

// Worth is the amount expected within DueWithin days.
func (d Due) Worth() float64 { return d.Chance * float64(d.Amount) }

// dues are the rows of the lists.
type dues struct {
	rows   []Due
	counts [NotDue + 1]int // of all, also of those not kept
	worth  [NotDue + 1]float64
}

// mostDue rows of each state are kept, those worth most.
const mostDue = 100_000

// list is the last walk: who is due for what. Who has left the shop by her own
// rhythm is due for nothing.
func (s *Shelf) list(w *walker) {
	var by [NotDue][]Due
	s.eachDue(w, func(d *Due) {
		if !d.listed() || !w.c.people.active[d.Member] {
			return
		}
		s.due.counts[d.State]++
		s.due.worth[d.State] += d.Worth()
		if d.State != NotDue {
			by[d.State] = worthiest(append(by[d.State], *d), 2*mostDue)
		}
	})
	for _, list := range by {
		s.due.rows = append(s.due.rows, worthiest(list, mostDue)...)
	}
	s.due.rows = slices.Clone(s.due.rows)
}

// leastTimes is how often a member must have bought a product to be on the
// list: once says nothing of her, and the back-test bears that out.
const leastTimes = 2

// listed reports whether a row belongs on a list at all.
func (d *Due) listed() bool { return d.Times >= leastTimes && d.Rhythm != Churned }

// eachDue gives all members' replenished products, due or not, by member and
// product code.
func (s *Shelf) eachDue(w *walker, fn func(*Due)) {
	var buf []int
	var hers []Due
	w.each(func(n int32) {
		rhythm := s.rhythm(w.days)
		hers = hers[:0]
		w.eachProduct(func(list []taken) {
			if d, ok := s.dueOf(s.place[list[0].product], list, &buf); ok {
				d.Member, d.Rhythm = n, rhythm
				hers = append(hers, d)
			}
		})
		slices.SortFunc(hers, func(a, b Due) int { return int(a.Product - b.Product) })
		for i := range hers {
			fn(&hers[i])
		}
	})
}

// rhythm is how a member stands to her own pace of coming to the shop.
func (s *Shelf) rhythm(days []clock.Day) Rhythm {
	last := len(days) - 1
	return rhythmOf(float64(s.Day-days[last]), float64(days[last]-days[0]), float64(last), s.usual)
}

// worthiest cuts a list that has grown beyond most to mostDue.
func worthiest(list []Due, most int) []Due {
	if len(list) <= most {
		return list
	}
	slices.SortStableFunc(list, func(a, b Due) int { return cmp.Compare(b.Worth(), a.Worth()) })
	return list[:mostDue]
}

// dueOf says when who took list is due for the product at a place again; ok is
// false for one that is not replenished.
func (s *Shelf) dueOf(at int32, list []taken, buf *[]int) (d Due, ok bool) {
	if at < 0 || !s.Products[at].Replenished {
		return d, false
	}
	p := &s.Products[at]
	ended, since := gaps(list, s.Day, *buf)
	*buf = ended
	d = Due{Product: at, Last: list[len(list)-1].day, Times: len(list)}
	for _, t := range list {
		d.Amount += t.amount
	}
	d.Amount /= int64(len(list))
	own, mean := 0.0, math.Log(float64(max(1, p.Return.Median)))
	for _, g := range ended {
		own += math.Log(float64(g)) / float64(len(ended))
	}
	d.Own = s.belief.Factor(len(ended))
	mean = d.Own*own + (1-d.Own)*mean
	d.Interval = math.Exp(mean)
	d.On = d.Last + clock.Day(max(1, math.Round(d.Interval)))
	d.State = s.state(&d, since)
	d.Chance = s.chanceOf(p, len(ended), mean, since)
	return d, true
}

func (s *Shelf) state(d *Due, since int) DueState {
	switch {
	case d.On > s.Day+DueWithin:
		return DueLater
	case d.On >= s.Day:
		return DueSoon
	case float64(since) <= dormantFrom*d.Interval:
		return Overdue
	}
	return NotDue
}

func (s *Shelf) chanceOf(p *Product, n int, mean float64, since int) float64 {
	m := (p.Return.Share.Low + p.Return.Share.High) / 2 // never quite 0 or 1, however few came back or all
	q := (m*s.strength + float64(n)) / (s.strength + float64(n))
	sd := s.scatter(p, n)
	before, by := logNormal(since, mean, sd), logNormal(since+DueWithin, mean, sd)
	rest := q*(1-before) + 1 - q
	if rest <= 0 {
		return 0
	}
	return min(1, q*(by-before)/rest)
}

// scatter is the standard deviation of a next log gap; where members have not
// repeated often enough to tell, the product's quartiles give it. Below a
// twentieth a day's rounding would decide.
func (s *Shelf) scatter(p *Product, n int) float64 {
	if s.untaught == nil {
		return max(0.05, math.Sqrt(s.belief.Variance(n)))
	}
	const quartiles = 1.349 // between a normal's, in its standard deviations
	return max(0.05, math.Log(float64(max(1, p.Return.Late))/float64(max(1, p.Return.Quarter)))/quartiles)
}

func logNormal(days int, mean, sd float64) float64 {
	if days <= 0 {
		return 0
	}
	return 0.5 * math.Erfc(-(math.Log(float64(days))-mean)/(sd*math.Sqrt2))
}

// DueCount is how many are in a state, and what is expected of them within
// DueWithin days.
func (s *Shelf) DueCount(d DueState) (n int, worth float64) { return s.due.counts[d], s.due.worth[d] }
