package rules

import (
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/label"
)

// cafe is the programme of EXAMPLES §1 as plan hands it over.
func cafe() Spec {
	d := clock.MustDay
	return Spec{
		Version: 3, Zone: clock.Tokyo, WeekStart: time.Monday,
		Types:   []PointType{{ID: "regular", Value: 1}, {ID: "stamp"}},
		Exclude: "line.category in ['gift_card', 'tobacco']",
		Rules: []Rule{
			{ID: "base", Kind: Base, Steps: &Steps{Table: []Step{{0, 100, 1}, {5000, 100, 2}}}},
			{ID: "five-days", Name: label.Text{JA: "5のつく日", EN: "5th/15th/25th"}, Kind: Multiplier, Group: "day", DaysOfMonth: []int{5, 15, 25}, Multiply: 2000,
				Limits: []Limit{{PerMember: true, Measure: PointsGiven, Window: WindowMonth, Max: 150}}},
			{ID: "sunday", Name: label.Text{JA: "日曜1.2倍", EN: "Sunday ×1.2"}, Kind: Multiplier, Group: "day", Weekdays: []time.Weekday{time.Sunday}, Multiply: 1200},
			{ID: "silver-rank", Name: label.Text{JA: "シルバー会員", EN: "Silver"}, Kind: Multiplier, When: "member.tier == 'silver'", Multiply: 1500},
			{ID: "beans", Name: label.Text{JA: "コーヒー豆2倍", EN: "Beans doubled"}, Kind: Multiplier, Lines: "line.category == 'beans'", Multiply: 2000},
			{ID: "own-cup", Name: label.Text{JA: "マイボトル", EN: "Own cup"}, Kind: Bonus, Lines: "'own_cup' in line.tags", GivePerItem: 5},
			{ID: "tenth-visit", Kind: Bonus, When: "stats.visit_no % 10 == 0", Give: 50},
			{ID: "first-purchase", Name: label.Text{JA: "初回特典", EN: "first purchase"}, Kind: Bonus, Once: OnceEver, When: "stats.visit_no == 1 && purchase.eligible >= 500", Give: 100},
			{ID: "birthday", Kind: Bonus, On: Birthday, Window: &DateWindow{0, 30}, Give: 300, Terms: &Terms{Class: "promotional", Expiry: Expiry{Kind: ExpiryDays, Days: 60}}},
			{ID: "survey-answered", Kind: Bonus, On: "survey.completed", Give: 20, Limits: []Limit{{PerMember: true, Measure: Times, Window: WindowMonth, Max: 1, Reject: true}}},
			{ID: "stamp", Kind: Bonus, Points: "stamp", When: "purchase.eligible >= 300", Give: 1},
		},
		Groups: []Group{{ID: "day", Mode: Best}},
		Limits: []Limit{{ID: "autumn-budget", Scope: ScopeProgramme, Measure: PointsGiven, Window: WindowRange, From: d("2026-10-01"), To: d("2026-12-31"), Max: 500000}},
		Tiers:  []string{"bronze", "silver", "gold"},
		Events: map[string]EventType{"survey.completed": {}, "review": {Fields: map[string]AttrType{"stars": AttrInt}}},
	}
}

// cafePurchase is the purchase of EXAMPLES §2.
func cafePurchase() *Occasion {
	return &Occasion{
		Trigger: Purchase, At: clock.MustInstant("2026-11-15T10:12:40+09:00"), Day: clock.MustDay("2026-11-15"), Store: "honten", Channel: "shop", Source: "till-2",
		Lines: []Line{
			{No: 1, SKU: "BEANS200", Name: "ブレンド豆 200g", Category: "beans", Quantity: 2, UnitPrice: 1600, Amount: 3200, Eligible: 2754},
			{No: 2, SKU: "CAKESET", Name: "ケーキセット", Category: "food", Quantity: 2, UnitPrice: 1200, Amount: 2400, Eligible: 2066},
			{No: 3, SKU: "DRIP", Name: "ドリップ", Category: "drink", Tags: []string{"own_cup"}, Quantity: 1, UnitPrice: 500, Amount: 500, Eligible: 430},
		},
		Eligible: 5250, Total: 6318, Coupons: []string{"autumn-300"},
	}
}

func cafeFacts() *Facts {
	return &Facts{Member: MemberFacts{Tier: "silver"}, Stats: Stats{VisitNo: 20, Visits: 19, Orders: 19, TierMetric: 18400},
		Used: map[string]int64{"five-days.1": 60}}
}

func mustCompile(t testing.TB, s Spec) *Version {
	t.Helper()
	v, bad := Compile(s)
	for _, p := range bad {
		t.Errorf("problem %s", p)
	}
	if v == nil {
		t.FailNow()
	}
	return v
}
