package segment

import (
	"testing"

	"joren/internal/clock"
	"joren/internal/rules"
)

// People compare the gap with the one that insight tells of the same member.
func TestUsualGapsAreRoundedNotLifted(t *testing.T) {
	n := &Norms{Gap: 46}
	for _, c := range []struct {
		days   clock.Day
		visits int64
		want   int64
	}{{97, 2, 71}, {98, 2, 72}, {0, 1, 46}, {10, 3, 19}, {9, 3, 18}, {374, 90, 5}} {
		if got := UsualGap(&rules.Stats{FirstOn: 100, LastOn: 100 + c.days, Visits: c.visits}, n); got != c.want {
			t.Errorf("%d visits over %d days: %d, want %d", c.visits, c.days, got, c.want)
		}
	}
}
