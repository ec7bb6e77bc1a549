package stats

import "slices"

// MostLearned is how many customers a score learns from at the most. A larger
// shop teaches by a sample of its customers and is forecast whole: what a
// sample of this size leaves open is far below what separates one year from
// the next (docs/measuring.md has the figures), and learning costs no more
// however large the shop.
const MostLearned = 50_000

// sampleSeed makes the sample the same on every machine and every day: a
// customer who is in it stays, so that scores do not move because others were
// asked.
const sampleSeed = 0x6a6f72656e

// sampled are the visits of most customers of now, all visits of each, chosen
// by nothing but their numbers: those with the least mixed numbers.
func sampled(visits []Visit, now *Summary, most int, seed uint64) []Visit {
	mixed := make([]uint64, len(now.Who))
	for i, who := range now.Who {
		mixed[i] = mix(who, seed)
	}
	slices.Sort(mixed)
	limit := mixed[most-1]
	out := make([]Visit, 0, len(visits)/len(mixed)*most)
	keep := false
	for i, v := range visits {
		if i == 0 || v.Who != visits[i-1].Who {
			keep = mix(v.Who, seed) <= limit
		}
		if keep {
			out = append(out, v)
		}
	}
	return out
}

// mix is the finaliser of SplitMix64 (Steele, Lea & Flood 2014): different
// numbers stay different, and neighbours come far apart.
func mix(who int32, seed uint64) uint64 {
	z := uint64(uint32(who)) + seed*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
