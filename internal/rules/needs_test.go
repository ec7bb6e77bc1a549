package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNeedsNameOnlyTheFactsThatRulesOfTheTriggerRead(t *testing.T) {
	v := mustCompile(t, cafe())
	for trigger, want := range map[string]Needs{
		Purchase:           {Stats: true, Once: []string{"first-purchase"}, Limits: true},
		Birthday:           {Birthday: true, Once: []string{"birthday"}, Limits: true},
		"survey.completed": {Limits: true},
		"review":           {},
	} {
		if d := cmp.Diff(want, v.Needs(trigger)); d != "" {
			t.Errorf("%s: %s", trigger, d)
		}
	}
	s := shop([]Rule{{ID: "r", Kind: Bonus, Give: 1, When: "stats.product('DRIP').count == 4 && member.age > 20 && member.in_segment('vip') && member.attr.city == 'x'", Lines: "stats.product(line.sku).count > 1"}})
	s.Attributes = map[string]AttrType{"city": AttrText}
	if d := cmp.Diff(Needs{Products: true, ProductIDs: []string{"DRIP"}, Birthday: true, Segments: true, Attributes: true}, mustCompile(t, s).Needs(Purchase)); d != "" {
		t.Error(d)
	}
}

func TestAConditionTellsWhatItLooksAt(t *testing.T) {
	c, bad := CompileCondition(OfOccasion, "stats.event('review').count > 1 && (member.in_segment('vip') || 'be' in member.segments) && stats.visits > 2", Words{})
	if bad != nil {
		t.Fatal(bad)
	}
	r := c.Reads()
	if d := cmp.Diff(Reads{Paths: []string{"member.segments", "stats.visits"}, Segments: []string{"vip", "be"}}, r); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(Needs{Stats: true, Segments: true, EventKinds: []string{"review"}}, c.Needs()); d != "" {
		t.Error(d)
	}
	for src, want := range map[string]bool{"member.segments.exists(s, s == 'a')": true, "member.in_segment(purchase.store)": true, "'a' in member.segments": false, "member.in_segment('a')": false} {
		c, bad := CompileCondition(OfOccasion, src, Words{})
		if bad != nil || c.Reads().Vague != want {
			t.Errorf("%s: %+v %v", src, c.Reads(), bad)
		}
	}
	f := &Facts{Stats: Stats{Visits: 3}, Events: map[string]ProductStats{"review": {Count: 1}}, Member: MemberFacts{Segments: []string{"be"}}}
	told := Speaker{Lang: "en"}.Tell(c, &Occasion{}, f)
	if len(told) != 3 || told[0].Holds || told[0].Actual != "1" || !told[1].Holds || !told[2].Holds || told[2].Actual != "3" {
		t.Errorf("%+v", told)
	}
}

func TestExcludedGoodsCountNowhere(t *testing.T) {
	v := mustCompile(t, cafe())
	for category, want := range map[string]bool{"gift_card": true, "tobacco": true, "beans": false} {
		if got := v.Excluded(&Line{Category: category}); got != want {
			t.Errorf("%s excluded: %v", category, got)
		}
	}
	s := shop([]Rule{{ID: "item", Kind: Bonus, GivePerItem: 1}, {ID: "many", Kind: Bonus, Give: 9, When: "purchase.items > 2 || purchase.lines.exists(l, l.category == 'tobacco')"}})
	s.Exclude = "line.category == 'tobacco'"
	if a := judged(t, s, cart(goods("tobacco", 5, 2500), goods("a", 2, 100)), nil); parts(a) != "item 2" {
		t.Errorf("%s (%s)", parts(a), why(a))
	}
	if a := judged(t, s, cart(goods("tobacco", 5, 2500)), nil); parts(a) != "" {
		t.Errorf("tobacco alone: %s", parts(a))
	}
}
