package insight

import (
	"testing"
)

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
