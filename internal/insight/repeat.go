package insight

import (
	"math"

	"joren/internal/stats"
)

// intervals is the second walk: when products that enough members bought
// again are bought again, and how members differ from their product.
func (s *shelving) intervals() {
	var first, second stats.Recurrence // the first return of all who bought; the second of those who returned
	var buf []int
	var logs []float64
	s.w.each(func(int32) {
		s.w.eachProduct(func(list []taken) {
			p := &s.goods[list[0].product]
			if p.Repeaters < stats.LeastReturned {
				return
			}
			if p.back == nil {
				p.back = &stats.Recurrence{}
			}
			ended, open := gaps(list, s.Day, buf)
			buf = ended
			p.back.Add(ended, open)
			logs = logsOf(logs, ended)
			p.spread.Add(logs)
			returns(&first, &second, ended, open)
		})
	})
	s.judge()
	s.learn(&first, &second)
}

func logsOf(buf []float64, gaps []int) []float64 {
	buf = buf[:0]
	for _, g := range gaps {
		buf = append(buf, math.Log(float64(g)))
	}
	return buf
}

// returns files the first return and, of those who returned, the second.
func returns(first, second *stats.Recurrence, ended []int, open int) {
	switch len(ended) {
	case 0:
		first.Add(nil, open)
	case 1:
		first.Add(ended, 0)
		second.Add(nil, open)
	default:
		first.Add(ended[:1], 0)
		second.Add(ended[1:2], 0)
	}
}

// judge says of each product how many come back for it and when.
func (s *shelving) judge() {
	for _, n := range s.numbers {
		p := &s.goods[n]
		back := p.back
		if back == nil {
			back = &stats.Recurrence{Subjects: p.Buyers, Repeaters: p.Repeaters}
		}
		p.Return, p.NoReturn = back.Estimate(level)
		p.Replenished = p.NoReturn == nil && p.Return.Share.Low >= leastBack
		p.back = nil
	}
}

// learn finds out how far a member's own gaps are to be believed, and how much
// surer one who has come back for a product is to come back again.
//
// Returning is beta-geometric, as dropout is in BG/NBD (Fader, Hardie & Lee
// 2005): after each purchase a member returns with a probability of her own,
// drawn from a beta distribution of mean m and strength M. The share that
// returns is m after the first purchase and (mM + 1)/(M + 1) after the second,
// which gives M = (1 − second)/(second − first).
func (s *shelving) learn(first, second *stats.Recurrence) {
	var classes []stats.Spread
	for _, n := range s.numbers {
		if s.goods[n].Replenished {
			classes = append(classes, s.goods[n].spread)
		}
	}
	s.belief, s.untaught = stats.Believe(classes)
	s.strength = mostStrength
	f2, within := second.ComeBack(math.MaxInt)
	f1, _ := first.ComeBack(within)
	if f2 > f1 {
		s.strength = min(mostStrength, max(1/mostStrength, (1-f2)/(f2-f1)))
	}
}

const mostStrength = 100
