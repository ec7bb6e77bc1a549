package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
)

func TestLimits(t *testing.T) {
	abc := func(limits ...Limit) []Rule {
		return []Rule{{ID: "a", Kind: Bonus, Give: 10, Limits: limits}, {ID: "b", Kind: Bonus, Give: 20}, {ID: "c", Kind: Bonus, Give: 30}}
	}

	for _, c := range []struct {
		what   string
		rules  []Rule
		limits []Limit
		used   map[string]int64
		want   string
	}{
		{"points fit", abc(), []Limit{{ID: "l", Measure: PointsGiven, Window: WindowDay, Max: 60}}, nil, "a 10, b 20, c 30"},
		{"trim takes from the last component backwards", abc(), []Limit{{ID: "l", Measure: PointsGiven, Window: WindowDay, Max: 100}}, map[string]int64{"l": 75}, "a 10, b 15"},
		{"reject takes everything in its scope", abc(), []Limit{{ID: "l", Scope: ScopeCampaign, Rules: []string{"b", "c"}, Measure: PointsGiven, Window: WindowDay, Max: 49, Reject: true}}, nil, "a 10"},
		{"reject leaves what fits whole", abc(), []Limit{{ID: "l", Scope: ScopeCampaign, Rules: []string{"b", "c"}, Measure: PointsGiven, Window: WindowDay, Max: 50, Reject: true}}, nil, "a 10, b 20, c 30"},
		{"used up", abc(), []Limit{{ID: "l", Measure: PointsGiven, Window: WindowMonth, Max: 10}}, map[string]int64{"l": 11}, ""},
		{"times", abc(Limit{Measure: Times, Window: WindowMonth, Max: 2}), nil, map[string]int64{"a.1": 2}, "b 20, c 30"},
		{"times left", abc(Limit{Measure: Times, Window: WindowMonth, Max: 2}), nil, map[string]int64{"a.1": 1}, "a 10, b 20, c 30"},
		{"money counts points × value", abc(), []Limit{{ID: "l", Measure: MoneyOfGiven, Window: WindowYear, Max: 45}}, nil, "a 10, b 12"},
		{"an order's limit forgets former ones", abc(), []Limit{{ID: "l", Measure: PointsGiven, Window: WindowOrder, Max: 15}}, map[string]int64{"l": 999}, "a 10, b 5"},
		{"a range limits only its days", abc(), []Limit{{ID: "l", Measure: PointsGiven, Window: WindowRange, From: day("2026-11-16"), To: day("2026-12-31"), Max: 0}}, nil, "a 10, b 20, c 30"},
		{"a range limits on its last day", abc(), []Limit{{ID: "l", Measure: PointsGiven, Window: WindowRange, From: day("2026-11-01"), To: day("2026-11-15"), Max: 5}}, nil, "a 5"},
		{"the rules' own first, then the programme's in listed order", abc(Limit{Measure: PointsGiven, Window: WindowDay, Max: 4}),
			[]Limit{{ID: "l", Measure: PointsGiven, Window: WindowDay, Max: 50}, {ID: "m", Scope: ScopeRule, Rules: []string{"b"}, Measure: PointsGiven, Window: WindowDay, Max: 1}}, nil, "a 4, b 1, c 26"},
		{"another point type's limit", abc(), []Limit{{ID: "l", Points: "stamp", Measure: PointsGiven, Window: WindowDay, Max: 0}}, nil, "a 10, b 20, c 30"},
	} {
		s := shop(c.rules)
		s.Limits = c.limits
		a := judged(t, s, cart(goods("a", 1, 100)), &Facts{Used: c.used})
		if got := parts(a); got != c.want {
			t.Errorf("%s: %q, want %q (%s)", c.what, got, c.want, why(a))
		}
	}
}

func TestALimitDoesNotLetGroupsDecideAgain(t *testing.T) {
	rules := []Rule{{ID: "a", Kind: Bonus, Group: "g", Give: 10}, {ID: "b", Kind: Bonus, Group: "g", Give: 20, Limits: []Limit{{Measure: Times, Window: WindowMonth, Max: 1}}}}
	a := judged(t, shop(rules, Group{ID: "g", Mode: Best}), cart(goods("a", 1, 100)), &Facts{Used: map[string]int64{"b.1": 1}})
	if parts(a) != "" || why(a) != "a group.better_rule by=b points=10; b limit.reached limit=b.1 max=1 points=20" {
		t.Errorf("%s / %s", parts(a), why(a))
	}
}

func TestCountersAreWhatTheAwardAdds(t *testing.T) {
	s := shop([]Rule{{ID: "a", Kind: Bonus, Give: 10, Limits: []Limit{{Measure: Times, Window: WindowWeek, Max: 3, PerMember: true}, {Measure: PointsGiven, Window: WindowMonth, Max: 8}}}, {ID: "b", Kind: Bonus, Give: 1}})
	s.Limits = []Limit{{ID: "store", Scope: ScopeStore, PerStore: true, Measure: MoneyOfGiven, Window: WindowYear, Max: 1000}, {ID: "life", Measure: PointsGiven, Window: WindowLifetime, Max: 1000},
		{ID: "order", Measure: PointsGiven, Window: WindowOrder, Max: 1000}, {ID: "none", Scope: ScopeRule, Rules: []string{"b"}, Measure: Times, Window: WindowDay, Max: 0}}
	v := mustCompile(t, s)
	o := cart(goods("a", 1, 100))
	res, err := v.Evaluate(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := clock.MustDay
	want := []Count{
		{LimitKey{Limit: "a.1", Member: true, From: d("2026-11-09"), Cap: 3}, "p", 1},
		{LimitKey{Limit: "a.2", From: d("2026-11-01"), Cap: 8}, "p", 8},
		{LimitKey{Limit: "store", Store: "honten", From: d("2026-01-01"), Cap: 1000}, "p", 16},
		{LimitKey{Limit: "life", Cap: 1000}, "p", 8},
	}
	if d := cmp.Diff(want, res.Counts); d != "" {
		t.Error(d)
	}
	keys := v.LimitKeys(o)
	if len(keys) != 5 || keys[4] != (LimitKey{Limit: "none", From: d("2026-11-15")}) {
		t.Errorf("keys to read: %+v", keys)
	}
	if keys := v.LimitKeys(&Occasion{Trigger: Birthday, Day: o.Day}); keys != nil {
		t.Errorf("no rule of a birthday is limited: %+v", keys)
	}
}
