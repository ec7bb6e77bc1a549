package insight

import (
	"strings"
	"testing"

	"joren/internal/i18n"
	"joren/internal/stats"
)

// A forecast is never told as certain, one way or the other.
func TestNobodyIsCertain(t *testing.T) {
	for p, want := range map[float64]Tenths{0: 1, 0.0001: 1, 0.5: 500, 0.99996: 999, 1: 999} {
		o := (&Reading{Score: &stats.Score{}}).oddsOf(&stats.Forecast{Probability: p})
		if got := tenths(100 * o.Probability); got != want {
			t.Errorf("%v is told as %v, want %v", p, got, want)
		}
		said := Loyalty{Horizon: 90, Odds: o}.Headline(i18n.EN)
		if strings.Contains(said, "100") || strings.Contains(said, " 0%") {
			t.Errorf("%v is told as certain: %s", p, said)
		}
	}
}
