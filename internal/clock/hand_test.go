package clock

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAHandStopsRunsAndGivesTimeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Hand
		c := h.Clock()
		story := MustInstant("2011-12-10T00:00:00Z")
		if c.Shop() != c.Wall() {
			t.Error("an unset hand is not the machine's time")
		}
		h.Stop(story)
		time.Sleep(time.Hour)
		if c.Shop() != story {
			t.Errorf("a stopped hand shows %s", c.Shop())
		}
		h.Run(story)
		time.Sleep(time.Hour)
		if got := c.Shop(); got != story.Add(time.Hour) {
			t.Errorf("a running hand shows %s", got)
		}
		h.Real()
		if c.Shop() != c.Wall() || h.Set() {
			t.Error("the machine's time did not come back")
		}
	})
}
