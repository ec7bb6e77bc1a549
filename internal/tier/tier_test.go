package tier

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
)

func day(s string) clock.Day { return clock.MustDay(s) }

func at(d clock.Day, hour int) clock.Instant {
	return clock.Tokyo.Start(d) + clock.Instant(time.Duration(hour)*time.Hour/time.Microsecond)
}

func buy(d string, yen int64) Event {
	return Event{At: at(day(d), 10), On: day(d), Day: day(d), Delta: Amounts{NetSpend: yen, Orders: 1}}
}

// back is a return on a later day; whole takes the order with it.
func back(on, bought string, yen int64, whole bool) Event {
	e := Event{At: at(day(on), 15), On: day(on), Day: day(bought), Delta: Amounts{NetSpend: -yen}}
	if whole {
		e.Delta[Orders] = -1
	}
	return e
}

func levels(keepSilver, keepGold int64) []Level {
	return []Level{{ID: "bronze", Enter: []int64{0}}, {ID: "silver", Enter: []int64{30000}, Keep: []int64{keepSilver}}, {ID: "gold", Enter: []int64{60000}, Keep: []int64{keepGold}}}
}

func cafe() *Rules {
	return &Rules{Metrics: []Metric{NetSpend}, Window: Window{Kind: Calendar, Months: 6, StartMonth: time.April}, Downgrade: Full, Grace: 30, Levels: levels(24000, 50000)}
}

// EXAMPLES §2, Rank, and the JSON of §4, word for word.
func TestTheCafesRankByHand(t *testing.T) {
	h := History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 31000), buy("2026-10-20", 18400), buy("2026-11-15", 5250)}}
	got := At(cafe(), h, at(day("2026-11-15"), 11), day("2026-11-15"))
	want := Standing{Current: "silver", ValidUntil: day("2027-03-31"), GraceUntil: day("2027-04-30"), Metric: 23650, ToKeep: 350, Next: "gold", ToNext: 36350,
		IfNothing: "bronze", AtPace: &Pace{93571, "gold", 46, 182}, From: day("2026-10-01"), To: day("2027-03-31"), Index: 1}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	h.Events = append(h.Events, back("2026-11-18", "2026-11-15", 1377, false))
	got = At(cafe(), h, at(day("2026-11-18"), 16), day("2026-11-18"))
	if got.Metric != 22273 || got.ToKeep != 1727 || got.ToNext != 37727 || got.Current != "silver" {
		t.Errorf("after R-881: %+v", got)
	}
}

// each step: on this day (at noon) she is that.
type on struct{ day, level string }

func TestRanks(t *testing.T) {
	cal := func(f func(*Rules)) *Rules { r := cafe(); f(r); return r }
	roll := func(months, days int, f func(*Rules)) *Rules {
		r := cafe()
		r.Window, r.Grace = Window{Kind: Rolling, Months: months, Days: days}, 0
		f(r)
		return r
	}
	none := func(*Rules) {}
	for _, c := range []struct {
		what string
		r    *Rules
		h    History
		want []on
	}{
		{"a rank is won at once and holds to the end of the next half-year, grace included", cafe(),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000)}},
			[]on{{"2026-06-09", "bronze"}, {"2026-06-10", "gold"}, {"2026-09-30", "gold"}, {"2027-03-31", "gold"}, {"2027-04-30", "gold"}, {"2027-05-01", "bronze"}}},
		{"full: it falls to the highest rank whose keep is met", cafe(),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000), buy("2026-12-01", 24000)}},
			[]on{{"2027-04-30", "gold"}, {"2027-05-01", "silver"}, {"2027-10-30", "silver"}, {"2027-10-31", "bronze"}}},
		{"one step: only to the next lower", cal(func(r *Rules) { r.Downgrade = OneStep }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000)}},
			[]on{{"2027-05-01", "silver"}, {"2027-10-30", "silver"}, {"2027-10-31", "bronze"}}},
		{"never: it stays", cal(func(r *Rules) { r.Downgrade = Never }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000)}},
			[]on{{"2036-01-01", "gold"}}},
		{"keep is lower than enter", cafe(),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000), buy("2027-03-31", 50000)}},
			[]on{{"2027-05-01", "gold"}, {"2027-09-30", "gold"}, {"2027-10-31", "bronze"}}},
		{"entry reached in grace keeps the rank", cafe(),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000), buy("2027-04-20", 30000)}},
			[]on{{"2027-05-01", "silver"}, {"2028-03-31", "silver"}, {"2028-04-30", "silver"}, {"2028-05-01", "bronze"}}},
		{"only keep reached in grace does not", cafe(),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000), buy("2027-04-20", 29999)}},
			[]on{{"2027-04-30", "silver"}, {"2027-05-01", "bronze"}}},
		{"next period: the closed half-year decides", cal(func(r *Rules) { r.NextPeriod, r.Grace = true, 0 }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000)}},
			[]on{{"2026-09-30", "bronze"}, {"2026-10-01", "gold"}, {"2027-03-31", "gold"}, {"2027-04-01", "bronze"}}},
		{"fiscal year from April, no grace", cal(func(r *Rules) { r.Window.Months, r.Grace = 12, 0 }),
			History{Joined: day("2026-01-15"), Events: []Event{buy("2026-03-31", 30000)}},
			[]on{{"2026-03-31", "silver"}, {"2027-03-31", "silver"}, {"2027-04-01", "bronze"}}},
		{"calendar month over a leap February", cal(func(r *Rules) { r.Window, r.Grace = Window{Kind: Calendar, Months: 1}, 0 }),
			History{Joined: day("2028-01-15"), Events: []Event{buy("2028-01-31", 30000)}},
			[]on{{"2028-02-29", "silver"}, {"2028-03-01", "bronze"}}},
		{"calendar quarter", cal(func(r *Rules) { r.Window, r.Grace = Window{Kind: Calendar, Months: 3}, 0 }),
			History{Joined: day("2026-01-15"), Events: []Event{buy("2026-02-01", 30000), buy("2026-05-01", 24000)}},
			[]on{{"2026-09-30", "silver"}, {"2026-10-01", "bronze"}}},
		{"anniversary years of a leap-day member", cal(func(r *Rules) { r.Window, r.Grace = Window{Kind: Anniversary}, 0 }),
			History{Joined: day("2028-02-29"), Events: []Event{buy("2029-02-27", 30000)}},
			[]on{{"2029-02-28", "silver"}, {"2030-02-27", "silver"}, {"2030-02-28", "bronze"}}},
		{"anniversary: the day itself opens the new year", cal(func(r *Rules) { r.Window, r.Grace = Window{Kind: Anniversary}, 0 }),
			History{Joined: day("2028-02-29"), Events: []Event{buy("2029-02-28", 30000)}},
			[]on{{"2031-02-27", "silver"}, {"2031-02-28", "bronze"}}},
		{"lifetime: nothing lapses", roll(0, 0, func(r *Rules) { r.Window.Kind = Lifetime }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 20000), buy("2030-06-10", 10000)}},
			[]on{{"2030-06-09", "bronze"}, {"2030-06-10", "silver"}, {"2050-01-01", "silver"}}},
		{"rolling 12 months: the purchase leaves on its anniversary", roll(12, 0, none),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000)}},
			[]on{{"2027-06-09", "silver"}, {"2027-06-10", "bronze"}}},
		{"rolling month-end: 31 August leaves when February ends", roll(6, 0, none),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-08-31", 30000)}},
			[]on{{"2027-02-28", "silver"}, {"2027-03-01", "bronze"}}},
		{"rolling leap day", roll(12, 0, none),
			History{Joined: day("2028-01-01"), Events: []Event{buy("2028-02-29", 30000)}},
			[]on{{"2029-02-27", "silver"}, {"2029-02-28", "silver"}, {"2029-03-01", "bronze"}}},
		{"rolling 90 days with grace, back at keep in time", roll(0, 90, func(r *Rules) { r.Grace = 10 }),
			History{Joined: day("2026-01-01"), Events: []Event{buy("2026-01-01", 30000), buy("2026-04-05", 24000)}},
			[]on{{"2026-03-31", "silver"}, {"2026-04-04", "silver"}, {"2026-04-20", "silver"}, {"2026-07-03", "silver"}, {"2026-07-13", "silver"}, {"2026-07-14", "bronze"}}},
		{"rolling 90 days with grace, not back", roll(0, 90, func(r *Rules) { r.Grace = 10 }),
			History{Joined: day("2026-01-01"), Events: []Event{buy("2026-01-01", 30000)}},
			[]on{{"2026-04-10", "silver"}, {"2026-04-11", "bronze"}}},
		{"rolling, judged at month's end, in force from the next day", roll(12, 0, func(r *Rules) { r.Evaluation.Kind, r.NextPeriod = MonthEnd, true }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000)}},
			[]on{{"2026-06-30", "bronze"}, {"2026-07-01", "silver"}, {"2027-06-10", "silver"}, {"2027-06-30", "silver"}, {"2027-07-01", "bronze"}}},
		{"rolling, month's end, grace from there", roll(12, 0, func(r *Rules) { r.Evaluation.Kind, r.Grace = MonthEnd, 10 }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000)}},
			[]on{{"2027-07-10", "silver"}, {"2027-07-11", "bronze"}}},
		{"rolling, judged on listed dates", roll(12, 0, func(r *Rules) {
			r.Evaluation = Evaluation{Kind: OnDates, Dates: []clock.MonthDay{{Month: time.March, Day: 31}, {Month: time.September, Day: 30}}}
		}), History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000)}},
			[]on{{"2027-09-30", "silver"}, {"2027-10-01", "bronze"}}},
		{"settling days: a return in them still counts against the closed half-year", cal(func(r *Rules) { r.NextPeriod, r.Grace, r.Evaluation.Settle = true, 0, 14 }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-09-29", 30000), back("2026-10-10", "2026-09-29", 10000, false)}},
			[]on{{"2026-10-15", "bronze"}, {"2027-01-01", "bronze"}}},
		{"settling days: without a return the rank comes after them", cal(func(r *Rules) { r.NextPeriod, r.Grace, r.Evaluation.Settle = true, 0, 14 }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-09-29", 30000)}},
			[]on{{"2026-10-14", "bronze"}, {"2026-10-15", "silver"}}},
		{"a rank lost by a return goes at the end of the running period", cafe(),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000), back("2026-06-20", "2026-06-10", 60000, true)}},
			[]on{{"2026-06-20", "gold"}, {"2026-09-30", "gold"}, {"2026-10-30", "gold"}, {"2026-10-31", "bronze"}}},
		{"return_loss at once: immediately", cal(func(r *Rules) { r.LossAtOnce = true }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000), back("2026-06-20", "2026-06-10", 60000, true)}},
			[]on{{"2026-06-19", "gold"}, {"2026-06-20", "gold"}, {"2026-06-21", "bronze"}}},
		{"never, period end: a return takes nothing", cal(func(r *Rules) { r.Downgrade = Never }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000), back("2026-06-20", "2026-06-10", 60000, true)}},
			[]on{{"2027-12-31", "gold"}}},
		{"never, at once: only a return takes it", cal(func(r *Rules) { r.Downgrade, r.LossAtOnce = Never, true }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000), back("2026-06-20", "2026-06-10", 60000, true)}},
			[]on{{"2026-06-19", "gold"}, {"2026-06-21", "bronze"}}},
		{"a return into an earlier half-year: gold stood on it alone, so it goes at this one's end", cafe(),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000), buy("2026-11-01", 50000), back("2026-12-01", "2026-06-10", 60000, true)}},
			[]on{{"2027-03-31", "gold"}, {"2027-04-30", "gold"}, {"2027-05-01", "silver"}}},
		{"a manual rank is a floor through its last day", cafe(),
			History{Joined: day("2026-04-01"), Manuals: []Manual{{"gold", day("2026-05-01"), day("2026-05-31")}}, Events: []Event{buy("2026-05-20", 30000)}},
			[]on{{"2026-04-30", "bronze"}, {"2026-05-01", "gold"}, {"2026-05-31", "gold"}, {"2026-06-01", "silver"}}},
		{"an opening rank holds through its date, then keep decides", cafe(),
			History{Joined: day("2024-04-01"), Openings: []Opening{{"gold", day("2026-05-01"), day("2026-12-31")}}},
			[]on{{"2026-04-30", "bronze"}, {"2026-05-01", "gold"}, {"2026-12-31", "gold"}, {"2027-01-30", "gold"}, {"2027-01-31", "bronze"}}},
		{"an opening rank is kept by the keep-threshold", cafe(),
			History{Joined: day("2024-04-01"), Openings: []Opening{{"gold", day("2026-05-01"), day("2026-12-31")}}, Events: []Event{buy("2026-11-01", 50000)}},
			[]on{{"2027-01-31", "gold"}, {"2027-09-30", "gold"}, {"2027-10-31", "bronze"}}},
		{"calendar year from January", cal(func(r *Rules) { r.Window, r.Grace = Window{Kind: Calendar, Months: 12}, 0 }),
			History{Joined: day("2026-01-15"), Events: []Event{buy("2026-12-31", 30000)}},
			[]on{{"2026-12-30", "bronze"}, {"2027-12-31", "silver"}, {"2028-01-01", "bronze"}}},
		{"calendar quarter from February", cal(func(r *Rules) { r.Window, r.Grace = Window{Kind: Calendar, Months: 3, StartMonth: time.February}, 0 }),
			History{Joined: day("2026-01-15"), Events: []Event{buy("2026-01-31", 30000), buy("2026-02-01", 20000)}},
			[]on{{"2026-01-31", "silver"}, {"2026-04-30", "silver"}, {"2026-05-01", "bronze"}}},
		{"calendar half-year from January", cal(func(r *Rules) { r.Window, r.Grace = Window{Kind: Calendar, Months: 6}, 0 }),
			History{Joined: day("2026-01-15"), Events: []Event{buy("2026-06-30", 60000), buy("2026-12-31", 24000)}},
			[]on{{"2026-12-31", "gold"}, {"2027-01-01", "silver"}, {"2027-06-30", "silver"}, {"2027-07-01", "bronze"}}},
		{"anniversary with grace, entry reached in it", cal(func(r *Rules) { r.Window = Window{Kind: Anniversary} }),
			History{Joined: day("2026-05-10"), Events: []Event{buy("2026-06-10", 30000), buy("2028-06-01", 30000)}},
			[]on{{"2028-05-09", "silver"}, {"2028-06-08", "silver"}, {"2028-06-09", "silver"}, {"2030-06-08", "silver"}, {"2030-06-09", "bronze"}}},
		{"anniversary, next period, one step", cal(func(r *Rules) {
			r.Window, r.Grace, r.NextPeriod, r.Downgrade = Window{Kind: Anniversary}, 0, true, OneStep
		}), History{Joined: day("2026-05-10"), Events: []Event{buy("2026-06-10", 60000)}},
			[]on{{"2027-05-09", "bronze"}, {"2027-05-10", "gold"}, {"2028-05-09", "gold"}, {"2028-05-10", "silver"}, {"2029-05-10", "bronze"}}},
		{"lifetime: a return takes what it takes, by the downgrade", roll(0, 0, func(r *Rules) { r.Window.Kind = Lifetime }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000), back("2026-07-01", "2026-06-10", 36001, false)}},
			[]on{{"2026-06-30", "gold"}, {"2026-07-01", "gold"}, {"2026-07-02", "bronze"}}},
		{"lifetime, never: a return takes nothing", roll(0, 0, func(r *Rules) { r.Window.Kind, r.Downgrade = Lifetime, Never }),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 60000), back("2026-07-01", "2026-06-10", 60000, true)}},
			[]on{{"2030-01-01", "gold"}}},
		{"rolling, one step: it falls step by step", roll(6, 0, func(r *Rules) { r.Downgrade, r.Grace = OneStep, 10 }),
			History{Joined: day("2026-01-01"), Events: []Event{buy("2026-01-10", 60000)}},
			[]on{{"2026-07-19", "gold"}, {"2026-07-20", "silver"}, {"2026-07-29", "silver"}, {"2026-07-30", "bronze"}}},
		{"rolling, full: to the highest rank whose keep is met", roll(6, 0, none),
			History{Joined: day("2026-01-01"), Events: []Event{buy("2026-01-10", 60000), buy("2026-03-01", 24000)}},
			[]on{{"2026-07-09", "gold"}, {"2026-07-10", "silver"}, {"2026-08-31", "silver"}, {"2026-09-01", "bronze"}}},
		{"rolling, never: it stays", roll(6, 0, func(r *Rules) { r.Downgrade = Never }),
			History{Joined: day("2026-01-01"), Events: []Event{buy("2026-01-10", 60000)}},
			[]on{{"2036-01-01", "gold"}}},
		{"rolling: a return below keep takes the rank the next day", roll(12, 0, none),
			History{Joined: day("2026-01-01"), Events: []Event{buy("2026-01-10", 30000), back("2026-02-10", "2026-01-10", 10000, false)}},
			[]on{{"2026-02-10", "silver"}, {"2026-02-11", "bronze"}}},
		{"rolling, next period: the next day gives it", roll(12, 0, func(r *Rules) { r.NextPeriod = true }),
			History{Joined: day("2026-01-01"), Events: []Event{buy("2026-01-10", 30000)}},
			[]on{{"2026-01-10", "bronze"}, {"2026-01-11", "silver"}}},
		{"a late purchase lifts from its own day", cafe(),
			History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 20000), buy("2026-07-10", 10000)}},
			[]on{{"2026-07-09", "bronze"}, {"2026-07-10", "silver"}}},
	} {
		for _, w := range c.want {
			if got := LevelAt(c.r, c.h, at(day(w.day), 12), day(w.day)); got != w.level {
				t.Errorf("%s: %s on %s, want %s", c.what, got, w.day, w.level)
			}
		}
	}
}

func TestSpendAndVisitsTogetherOrEither(t *testing.T) {
	r := cafe()
	r.Metrics = []Metric{NetSpend, Visits}
	r.Levels = []Level{{ID: "bronze", Enter: []int64{0, 0}}, {ID: "silver", Enter: []int64{50000, 3}}}
	h := History{Joined: day("2026-04-01"), Events: []Event{buy("2026-04-10", 50000), buy("2026-04-10", 100), buy("2026-04-11", 100), buy("2026-04-12", 100)}}
	for _, w := range []on{{"2026-04-10", "bronze"}, {"2026-04-11", "bronze"}, {"2026-04-12", "silver"}} {
		if got := LevelAt(r, h, at(day(w.day), 12), day(w.day)); got != w.level {
			t.Errorf("all: %s on %s, want %s", got, w.day, w.level)
		}
	}
	s := At(r, h, at(day("2026-04-11"), 12), day("2026-04-11"))
	if d := cmp.Diff([]Part{{NetSpend, 50200, 0, 0}, {Visits, 2, 0, 1}}, s.Parts); d != "" {
		t.Error(d)
	}
	r.Any = true
	if got := LevelAt(r, h, at(day("2026-04-10"), 12), day("2026-04-10")); got != "silver" {
		t.Errorf("any: %s", got)
	}
	// either keeps: three visits are enough to stay, though little was spent
	r.Levels[1].Keep = []int64{40000, 2}
	h2 := h
	h2.Events = append(slices.Clone(h.Events), buy("2026-11-01", 100), buy("2026-12-01", 100))
	for _, w := range []on{{"2027-05-01", "silver"}, {"2027-10-30", "silver"}, {"2027-10-31", "bronze"}} {
		if got := LevelAt(r, h2, at(day(w.day), 12), day(w.day)); got != w.level {
			t.Errorf("any, keep: %s on %s, want %s", got, w.day, w.level)
		}
	}
	r.Any = false // both are needed to stay
	if got := LevelAt(r, h2, at(day("2027-05-01"), 12), day("2027-05-01")); got != "bronze" {
		t.Errorf("all, keep: %s", got)
	}
	r.Levels[1].Keep = nil
	// a fully returned purchase is no visit
	r.Any = false
	h.Events = append(h.Events, back("2026-04-12", "2026-04-11", 100, true))
	h.Events[3], h.Events[4] = h.Events[4], h.Events[3]
	h.Events[3].At = at(day("2026-04-12"), 9)
	if got := LevelAt(r, h, at(day("2026-04-12"), 12), day("2026-04-12")); got != "bronze" {
		t.Errorf("after the return: %s", got)
	}
}

func TestForecasts(t *testing.T) {
	roll := cafe()
	roll.Window, roll.Grace = Window{Kind: Rolling, Months: 12}, 14
	life := cafe()
	life.Window = Window{Kind: Lifetime}
	for _, c := range []struct {
		what  string
		r     *Rules
		h     History
		on    string
		valid string
		grace string
		then  string
	}{
		{"kept already: to the end of the next half-year", cafe(), History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000)}}, "2026-06-10", "2027-03-31", "2027-04-30", "bronze"},
		{"in grace", cafe(), History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000)}}, "2027-04-15", "2027-03-31", "2027-04-30", "bronze"},
		{"bronze does not end", cafe(), History{Joined: day("2026-04-01")}, "2026-06-10", "", "", "bronze"},
		{"rolling: the last day at keep", roll, History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000)}}, "2026-07-01", "2027-06-09", "2027-06-23", "bronze"},
		{"rolling, in grace", roll, History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000)}}, "2027-06-15", "2027-06-09", "2027-06-23", "bronze"},
		{"lifetime does not end", life, History{Joined: day("2026-04-01"), Events: []Event{buy("2026-06-10", 30000)}}, "2026-07-01", "", "", "silver"},
		{"a manual rank ends with its day", cafe(), History{Joined: day("2026-04-01"), Manuals: []Manual{{"gold", day("2026-05-01"), day("2026-05-31")}}}, "2026-05-10", "2026-05-31", "2026-05-31", "bronze"},
	} {
		s := At(c.r, c.h, at(day(c.on), 12), day(c.on))
		if s.ValidUntil.String() != c.valid || s.GraceUntil.String() != c.grace || s.IfNothing != c.then {
			t.Errorf("%s: until %s, grace %s, then %s; want %s, %s, %s", c.what, s.ValidUntil, s.GraceUntil, s.IfNothing, c.valid, c.grace, c.then)
		}
	}
}
