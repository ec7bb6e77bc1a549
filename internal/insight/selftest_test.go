package insight

import (
	"slices"
	"testing"
)

func TestEveryMemberHasOneTurnToBeCountedTwice(t *testing.T) {
	const one = 7
	counts := make([]int, one)
	for m := range 7000 {
		id, turns := memberID(m), 0
		for turn := range uint64(one) {
			if (&sample{one, turn}).has(&id) {
				counts[turn]++
				turns++
			}
		}
		if turns != 1 {
			t.Fatalf("member %d has %d turns", m, turns)
		}
	}
	if slices.Min(counts) < 800 || slices.Max(counts) > 1200 {
		t.Errorf("the parts are %v of about 1,000", counts)
	}
}

func TestEveryMetricHasAPlainDefinition(t *testing.T) {
	for _, m := range Registry {
		if plainMetrics[m.ID] == nil {
			t.Errorf("%s is not tested on live data", m.ID)
		}
	}
	if len(plainMetrics) != len(Registry) {
		t.Errorf("%d plain definitions, %d metrics", len(plainMetrics), len(Registry))
	}
}
