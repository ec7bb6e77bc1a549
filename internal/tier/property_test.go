package tier

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"joren/internal/clock"
)

func anyRules(t *rapid.T) *Rules {
	r := cafe()
	r.Window = rapid.SampledFrom([]Window{{Kind: Lifetime}, {Kind: Calendar, Months: 1}, {Kind: Calendar, Months: 3, StartMonth: time.April}, {Kind: Calendar, Months: 6, StartMonth: time.April},
		{Kind: Calendar, Months: 12}, {Kind: Rolling, Months: 6}, {Kind: Rolling, Months: 12}, {Kind: Rolling, Days: 90}, {Kind: Anniversary}}).Draw(t, "window")
	r.Downgrade = rapid.SampledFrom([]Downgrade{Never, OneStep, Full}).Draw(t, "downgrade")
	r.Evaluation = Evaluation{Kind: rapid.SampledFrom([]EvaluationKind{Daily, MonthEnd, OnDates}).Draw(t, "evaluation"),
		Dates: []clock.MonthDay{{Month: time.March, Day: 31}, {Month: time.September, Day: 30}}, Settle: rapid.SampledFrom([]int{0, 0, 7}).Draw(t, "settle")}
	r.NextPeriod = rapid.Bool().Draw(t, "next period")
	r.LossAtOnce = rapid.Bool().Draw(t, "loss at once")
	r.Grace = rapid.SampledFrom([]int{0, 10, 27}).Draw(t, "grace")
	if rapid.Bool().Draw(t, "visits") {
		r.Metrics = []Metric{NetSpend, Visits}
		r.Levels = []Level{{ID: "bronze", Enter: []int64{0, 0}}, {ID: "silver", Enter: []int64{30000, 2}, Keep: []int64{24000, 1}}, {ID: "gold", Enter: []int64{60000, 3}}}
		r.Any = rapid.Bool().Draw(t, "any")
	}
	return r
}

var epoch = day("2026-04-01")

func anyHistory(t *rapid.T, returns bool) History {
	h := History{Joined: epoch + clock.Day(rapid.IntRange(0, 400).Draw(t, "joined"))}
	d := h.Joined
	for i := range rapid.IntRange(0, 25).Draw(t, "events") {
		d += clock.Day(rapid.IntRange(0, 120).Draw(t, "gap"))
		e := Event{At: at(d, 8) + clock.Instant(i), On: d, Day: d, Delta: Amounts{NetSpend: rapid.SampledFrom([]int64{0, 5000, 24000, 30000, 60000}).Draw(t, "yen"), Orders: 1}}
		if returns && len(h.Events) > 0 && rapid.IntRange(0, 4).Draw(t, "return") == 0 {
			p := rapid.SampledFrom(h.Events).Draw(t, "of")
			if p.Delta[Orders] == 1 {
				e.Day, e.Delta = p.Day, Amounts{NetSpend: -p.Delta[NetSpend]}
			}
		}
		h.Events = append(h.Events, e)
	}
	return h
}

// T10: the day turn only writes down. A state carried from stop to stop, at
// any days, is the state of one run from the beginning.
func TestTheRankDoesNotDependOnHowOftenTheDayTurnRan(t *testing.T) {
	drops := 0
	rapid.Check(t, func(t *rapid.T) {
		r, h := anyRules(t), anyHistory(t, false)
		end := epoch + 3000
		stops := rapid.SliceOfN(rapid.IntRange(0, 3000), 0, 40).Draw(t, "stops")
		slices.Sort(stops)
		first := h.first(end)
		m := begin(r, h.Joined, first)
		k := 0
		hop := func() { // as the store does: state out, state in
			out := saved{State: m.state(), Rules: "x", Days: m.held()}
			in, err := unpack(out.pack())
			if diff := cmp.Diff(out, in, cmp.AllowUnexported(saved{}, dayLog{}, listed{}), cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Fatal(err, diff)
			}
			m = resume(r, in.State, in.Days)
		}
		for _, s := range stops {
			d := epoch + clock.Day(s)
			if d < first {
				continue
			}
			for ; k < len(h.Events) && h.Events[k].On <= d; k++ {
				m.apply(h.Events[k])
			}
			m.to(d)
			if want := replay(r, h, 0, d); want.level != m.level || want.Drop != m.Drop || want.metric() != m.metric() {
				t.Fatalf("%s: stepwise %+v\nat once %+v", d, m.state(), want.state())
			}
			drops += len(m.changes)
			hop()
		}
	})
	if drops == 0 {
		t.Error("the generator never changed a rank")
	}
}

// A forecast that nothing contradicts comes true.
func TestWithoutAnotherPurchaseTheForecastComesTrue(t *testing.T) {
	ended := 0
	rapid.Check(t, func(t *rapid.T) {
		r, h := anyRules(t), anyHistory(t, true)
		d := epoch + clock.Day(rapid.IntRange(400, 3000).Draw(t, "day"))
		i := 0
		for i < len(h.Events) && h.Events[i].On <= d {
			i++
		}
		h.Events = h.Events[:i]
		s := At(r, h, at(d, 23), d)
		if s.GraceUntil == 0 {
			if got := LevelAt(r, h, at(d+400, 12), d+400); got != s.Current {
				t.Fatalf("%s on %s has no end, but is %s on %s", s.Current, d, got, d+400)
			}
			return
		}
		ended++
		if s.ValidUntil > s.GraceUntil {
			t.Fatalf("%+v", s)
		}
		if got := LevelAt(r, h, at(s.GraceUntil, 23), s.GraceUntil); got != s.Current {
			t.Fatalf("%s on its last day %s, want %s", got, s.GraceUntil, s.Current)
		}
		if got := LevelAt(r, h, at(s.GraceUntil+1, 0), s.GraceUntil+1); got != s.IfNothing {
			t.Fatalf("%s after grace, want %s", got, s.IfNothing)
		}
	})
	if ended == 0 {
		t.Error("no rank ever ended")
	}
}

// A member who returns a purchase at once never stands above one who did not
// make it, when losses count at once.
func TestAReturnAtOnceLeavesNoTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, h := anyRules(t), anyHistory(t, false)
		r.LossAtOnce = true
		if len(h.Events) == 0 {
			return
		}
		d := h.Events[len(h.Events)-1].On + clock.Day(rapid.IntRange(1, 300).Draw(t, "later"))
		i := rapid.IntRange(0, len(h.Events)-1).Draw(t, "which")
		gone := h.Events[i]
		without := h
		without.Events = slices.Delete(slices.Clone(h.Events), i, i+1)
		undo := Event{At: at(d, 1), On: d, Day: gone.Day, Delta: Amounts{NetSpend: -gone.Delta[NetSpend], Orders: -1}}
		h.Events = append(slices.Clone(h.Events), undo)
		got, want := At(r, h, at(d, 12), d), At(r, without, at(d, 12), d)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What a rank promises to hold until is found the same whether the days that
// change nothing are skipped or run.
func TestSkippingCalmDaysFindsTheSameDayOfChange(t *testing.T) {
	skipped := 0
	rapid.Check(t, func(t *rapid.T) {
		r, h := anyRules(t), anyHistory(t, true)
		r.Window, r.Evaluation.Kind, r.NextPeriod = rapid.SampledFrom([]Window{{Kind: Rolling, Months: 12}, {Kind: Rolling, Days: 90}}).Draw(t, "rolling"), Daily, false
		if len(h.Events) == 0 {
			return
		}
		h.Events = h.Events[:rapid.IntRange(1, len(h.Events)).Draw(t, "events")]
		m := replay(r, h, 0, h.Events[len(h.Events)-1].On)
		if m == nil {
			return
		}
		level := m.level
		end := m.calm()
		skipped += int(end - m.Day)
		for m.Day < end {
			m.to(m.Day + 1)
			if m.level != level || m.Below != 0 {
				t.Fatalf("%s changes something before %s: %+v", m.Day, end, m.State)
			}
		}
	})
	if skipped == 0 {
		t.Error("no calm day was ever found")
	}
}

func TestABrokenStateIsRefusedAndAnOlderOneRunAfresh(t *testing.T) {
	s := saved{State: State{Day: epoch, Level: "gold", Closed: &Closed{From: epoch, To: epoch + 9}}, Rules: "x", Days: []dayLog{{day: epoch, orders: 1}}, Manuals: []Manual{{Level: "gold", From: 1, Until: 2}}}
	whole := s.pack()
	for n := 2; n < len(whole); n++ {
		if _, err := unpack(whole[:n]); err == nil {
			t.Errorf("the first %d of %d bytes were read", n, len(whole))
		}
	}
	for _, b := range [][]byte{nil, stale, {packing + 1, 9, 9}} {
		if got, err := unpack(b); err != nil || got.Rules != "" {
			t.Errorf("%v: %+v, %v", b, got, err)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	s := saved{State: State{Day: epoch, Level: "gold"}, Rules: "x", Days: []dayLog{{day: epoch, orders: 1}}}
	f.Add(s.pack())
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := unpack(b); err == nil && len(s.Days) > len(b) {
			t.Error("more days than bytes")
		}
	})
}
