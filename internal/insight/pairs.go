package insight

import (
	"cmp"
	"slices"

	"joren/internal/stats"
)

// Pair is two products bought on the same day by the same member.
type Pair struct {
	First, Second int32 // places in Shelf.Products
	Count         stats.Together
	Members       int            // who bought both on one day
	Lift          stats.Interval // of 95 %
	Extra         float64        // baskets more than by chance, at the least; the order of lists
	Chance        float64        // of at least as many by chance alone, times the pairs compared
}

// What a pair needs to be shown: enough baskets and members (one customer's
// habit is none of the shop's), and a chance below 5 % after Bonferroni's
// correction for all pairs compared. Lists are ordered by [stats.Together.Extra]
// at that correction, not by lift: rare products have the largest lifts.
//
// Baskets count as independent of each other, which those of one member are
// not quite: the correction is strict, the interval of a lift a little narrow.
const (
	leastTogether = 10
	leastMembers  = 5
	mostChance    = 0.05
	mostCompared  = 2000 // products, those in most baskets; others are too rare to meet
	mostPartners  = 20
	mostPairs     = 1000
)

// meeting counts two products while baskets are walked.
type meeting struct {
	baskets, members uint32
	last             int32 // member + 1 who was counted last
}

// pair is the third walk: which products meet in baskets.
func (s *shelving) pair() {
	rank, often := s.often()
	k := len(often)
	s.Compared = k * (k - 1) / 2
	if s.Compared == 0 {
		return
	}
	met := make([]meeting, s.Compared)
	var basket []taken
	var places []int
	s.w.each(func(who int32) {
		basket = append(basket[:0], s.w.list...)
		slices.SortStableFunc(basket, func(a, b taken) int { return cmp.Compare(a.day, b.day) })
		for from := 0; from < len(basket); {
			to := from
			places = places[:0]
			for ; to < len(basket) && basket[to].day == basket[from].day; to++ {
				if r := rank[basket[to].product]; r >= 0 {
					places = append(places, int(r))
				}
			}
			meet(met, places, who)
			from = to
		}
	})
	s.keep(met, often)
}

// often are the places of the products worth comparing; rank is the inverse,
// by product number.
func (s *shelving) often() (rank []int32, often []int32) {
	for at := range s.Products {
		if s.Products[at].Days >= leastTogether && s.Products[at].Buyers >= leastMembers {
			often = append(often, int32(at))
		}
	}
	slices.SortStableFunc(often, func(a, b int32) int { return cmp.Compare(s.Products[b].Days, s.Products[a].Days) })
	often = often[:min(len(often), mostCompared)]
	byPlace := make([]int32, len(s.Products))
	for i := range byPlace {
		byPlace[i] = -1
	}
	for r, at := range often {
		byPlace[at] = int32(r)
	}
	rank = make([]int32, len(s.place))
	for n, at := range s.place {
		if rank[n] = -1; at >= 0 {
			rank[n] = byPlace[at]
		}
	}
	return rank, often
}

// meet counts every two of a basket; places are all different.
func meet(met []meeting, places []int, who int32) {
	slices.Sort(places)
	for i, b := range places {
		row := met[b*(b-1)/2:]
		for _, a := range places[:i] {
			m := &row[a]
			if m.baskets++; m.last != who+1 {
				m.members, m.last = m.members+1, who+1
			}
		}
	}
}

func (s *shelving) keep(met []meeting, often []int32) {
	z := stats.Corrected(mostChance, s.Compared)
	partners := make([][]Pair, len(s.Products))
	at := 0
	for b := range often {
		for a := range b {
			m := met[at]
			at++
			if m.baskets < leastTogether || m.members < leastMembers {
				continue
			}
			p := Pair{First: often[a], Second: often[b], Members: int(m.members)}
			p.Count = stats.Together{Both: int(m.baskets), First: s.Products[p.First].Days, Second: s.Products[p.Second].Days, All: s.Baskets}
			if p.Extra = p.Count.Extra(z); p.Extra <= 0 {
				continue
			}
			s.Pairs = strongest(append(s.Pairs, p), mostPairs)
			partners[p.First] = strongest(append(partners[p.First], p), mostPartners)
			partners[p.Second] = strongest(append(partners[p.Second], p.turned()), mostPartners)
		}
	}
	s.Pairs = s.proven(s.Pairs, mostPairs)
	for at := range partners {
		s.Products[at].Partners = s.proven(partners[at], mostPartners)
	}
}

// turned is the pair seen from its second product.
func (p Pair) turned() Pair {
	p.First, p.Second = p.Second, p.First
	p.Count.First, p.Count.Second = p.Count.Second, p.Count.First
	return p
}

// strongest cuts a list that has grown to twice n.
func strongest(list []Pair, n int) []Pair {
	if len(list) < 2*n {
		return list
	}
	slices.SortFunc(list, stronger)
	return list[:n]
}

func stronger(a, b Pair) int {
	return cmp.Or(cmp.Compare(b.Extra, a.Extra), cmp.Compare(b.Count.Both, a.Count.Both), cmp.Compare(a.First, b.First), cmp.Compare(a.Second, b.Second))
}

// proven are the n strongest of a list that Fisher's test bears out as well.
func (s *shelving) proven(list []Pair, n int) []Pair {
	slices.SortFunc(list, stronger)
	out := make([]Pair, 0, min(len(list), n))
	for _, p := range list {
		if len(out) == n {
			break
		}
		p.Lift, p.Chance = p.Count.Lift(level), min(1, p.Count.Chance()*float64(s.Compared))
		if p.Chance <= mostChance {
			out = append(out, p)
		}
	}
	return out
}
