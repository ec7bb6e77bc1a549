package tier

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"joren/internal/clock"
)

// model is the rank told again from scratch, one day after the other and every
// sum counted afresh from the purchases: calendar and anniversary windows,
// upgrade at once, daily reviews, purchases that come in order (SEMANTICS §7,
// T1–T5 read literally). It shares the thresholds' comparison with the machine
// and nothing else.
func model(r *Rules, h History, until clock.Day) (levels map[clock.Day]string) {
	levels = map[clock.Day]string{}
	between := func(from, to clock.Day) (a Amounts) {
		visits := map[clock.Day]bool{}
		for _, e := range h.Events {
			if from <= e.Day && e.Day <= to {
				a = a.plus(e.Delta)
				visits[e.Day] = true
			}
		}
		a[Visits] = int64(len(visits))
		return a
	}
	level, target := 0, 0
	var holds, falls clock.Day
	for d := h.first(until); d <= until; d++ {
		from, to := r.Period(h.Joined, d)
		if d == from && d > h.first(until) { // a window closed yesterday
			last, _ := r.Period(h.Joined, d-1)
			switch sum := between(last, d-1); {
			case r.keeps(level, sum):
				holds = to
			case holds < d && r.Downgrade != Never:
				if low := r.lower(level, sum); low < level {
					target, falls = low, d+clock.Day(r.Grace)
				}
			}
		}
		if falls == d {
			falls, holds = 0, to
			level = max(target, min(level, r.entered(between(from, d-1))))
		}
		for n := range h.Events {
			if e := h.Events[n]; e.On == d {
				sum := between(from, d)
				if later := n + 1; later < len(h.Events) && h.Events[later].On == d { // of this day only what came up to here
					kept := h.Events
					h.Events = h.Events[:later]
					sum = between(from, d)
					h.Events = kept
				}
				up := r.entered(sum)
				if up >= level && up > 0 && falls != 0 || up > level {
					level, falls, holds = max(level, up), 0, max(holds, to)
				}
			}
		}
		levels[d] = r.Levels[level].ID
	}
	return levels
}

func TestTheMachineAgreesWithASmallModelOfTheLaws(t *testing.T) {
	fell, rose := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		r, h := anyRules(t), anyHistory(t, false)
		r.Window = rapid.SampledFrom([]Window{{Kind: Calendar, Months: 1}, {Kind: Calendar, Months: 3, StartMonth: time.February}, {Kind: Calendar, Months: 6, StartMonth: time.April},
			{Kind: Calendar, Months: 12}, {Kind: Anniversary}}).Draw(t, "closed window")
		r.Evaluation, r.NextPeriod = Evaluation{}, false
		until := epoch + 2000
		want, before := model(r, h, until), ""
		for d := h.first(until); d <= until; d++ {
			got := LevelAt(r, h, at(d, 23), d)
			if got != want[d] {
				t.Fatalf("%s: the machine says %s, the model %s\n%+v\n%+v", d, got, want[d], r, h)
			}
			if before != "" && got != before {
				if r.level(got) > r.level(before) {
					rose++
				} else {
					fell++
				}
			}
			before = got
			if d%7 != 0 { // every seventh day, and those around a purchase, are enough
				for d < until && !near(h, d+1) && (d+1)%7 != 0 {
					d++
				}
			}
		}
	})
	if fell == 0 || rose == 0 {
		t.Errorf("%d rose, %d fell: nothing was tried", rose, fell)
	}
}

func near(h History, d clock.Day) bool {
	for _, e := range h.Events {
		if e.On-1 <= d && d <= e.On+1 {
			return true
		}
	}
	return false
}
