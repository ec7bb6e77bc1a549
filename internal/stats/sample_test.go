package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// manyMembers is a shop whose customers joined over two years: half of them
// buy by chance, the others in a rhythm; some leave. Neither any model of the
// package nor the regression is its truth.
func manyMembers(n int, seed uint64) []Visit {
	r := Random(seed)
	var out []Visit
	for who := range int32(n) {
		day := float64(r.IntN(700))
		pace, leaves := gamma(0.8, 30, r), day+r.ExpFloat64()/gamma(0.7, 120, r)
		basket, steady := math.Exp(7.5+0.6*r.NormFloat64()), r.IntN(2) == 0
		for day <= 820 {
			out = append(out, Visit{who, int32(day), math.Round(basket * math.Exp(0.5*r.NormFloat64()))})
			day += max(1, gapOf(pace, steady, r))
			if day > leaves {
				break
			}
		}
	}
	return out
}

func gapOf(pace float64, steady bool, r *rand.Rand) float64 {
	if steady {
		return gamma(6, 6*pace, r)
	}
	return r.ExpFloat64() / pace
}

func members(visits []Visit) (out []int32) {
	for _, v := range visits {
		out = append(out, v.Who)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestASampleIsOfWholeCustomersAndAlwaysTheSame(t *testing.T) {
	w := Window{0, 730, 7}
	visits := Sorted(manyMembers(4_000, 1))
	pick := func(v []Visit, most int, seed uint64) []Visit {
		return sampled(v, must(Summarise(v, w)), most, seed)
	}
	some := pick(visits, 1_000, 1)
	who := members(some)
	if len(who) != 1_000 {
		t.Fatalf("%d customers, want 1,000", len(who))
	}
	kept := slices.DeleteFunc(slices.Clone(visits), func(v Visit) bool { _, in := slices.BinarySearch(who, v.Who); return !in })
	if !slices.Equal(kept, some) {
		t.Error("visits of a chosen customer are missing, or one of another's is there")
	}
	mean := 0.0
	for _, n := range who {
		mean += float64(n) / 1_000
	}
	if math.Abs(mean-2_000) > 5*4_000/math.Sqrt(12*1_000) {
		t.Errorf("chosen numbers are %0.f on average, of 0 to 4,000", mean)
	}
	if other := members(pick(visits, 1_000, 2)); slices.Equal(other, who) {
		t.Error("another seed chooses the same")
	}

	// Who buys again, and who joins, changes the choice by no more than the
	// newcomers that are in it.
	grown := Sorted(append(slices.Clone(visits), Visit{who[0], 729, 100}, Visit{9_000, 700, 100}, Visit{9_001, 700, 100}))
	now := members(pick(grown, 1_000, 1))
	gone := 0
	for _, n := range who {
		if _, in := slices.BinarySearch(now, n); !in {
			gone++
		}
	}
	if gone > 2 {
		t.Errorf("%d of the sample changed for two newcomers", gone)
	}
}

func TestALargeShopLearnsFromASampleAndForecastsEverybody(t *testing.T) {
	w := Window{0, 730, 7}
	visits := manyMembers(8_000, 2)
	now := must(Summarise(visits, w))
	days, _ := now.Later(visits, w.To+90)
	judge := func(s *Score) (*Evaluation, []Forecast) {
		f := make([]Forecast, len(now.Who))
		if err := s.Forecast(f, now); err != nil {
			t.Fatal(err)
		}
		return must(Evaluate(f, days, make([]float64, len(f)))), f
	}
	whole := must(TrainScore(visits, w, 90))
	if whole.Learned != 8_000 || whole.Of != 8_000 {
		t.Fatalf("learned from %d of %d", whole.Learned, whole.Of)
	}
	part := must(trainOn(visits, w, 90, 4_000, sampleSeed))
	if part.Learned != 4_000 || part.Of != 8_000 {
		t.Fatalf("learned from %d of %d", part.Learned, part.Of)
	}
	a, _ := judge(whole)
	b, f := judge(part)
	if b.N != 8_000 || math.Abs(a.AUC-b.AUC) > .005 || b.LogLoss > a.LogLoss+.01 || b.Calibration > .05 {
		t.Errorf("from a half: %+v, from all: %+v", *b, *a)
	}
	slices.Reverse(visits)
	_, g := judge(must(trainOn(visits, w, 90, 4_000, sampleSeed)))
	if !slices.Equal(f, g) {
		t.Error("the same customers in another order taught something else")
	}
}
