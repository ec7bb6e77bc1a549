package rules

import (
	"encoding/json"
	"testing"

	"joren/internal/fault"
	"joren/internal/i18n"
)

// FuzzCompile feeds any specification, and any condition in every place for
// one: never a panic, and what compiles can be judged and told in words.
func FuzzCompile(f *testing.F) {
	b, err := json.Marshal(cafe())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b), "member.tier == 'silver'", "line.category == 'beans'")
	f.Add(string(b), "stats.visit_no % 10 == 0 && (purchase.eligible >= 300 || true)", "'own_cup' in line.tags")
	f.Add("{}", "", "")
	f.Add(`{"Rules":[{"ID":"x","Kind":"base","Steps":{"Table":[{}]}}]}`, "((((", "line")
	f.Fuzz(func(t *testing.T, spec, when, lines string) {
		var s Spec
		if json.Unmarshal([]byte(spec), &s) != nil {
			s = cafe()
		}
		s.Zone.Location = nil // a location read from JSON is not one LoadLocation gives
		if len(s.Rules) > 20 || len(s.Types) > 20 || len(s.Limits) > 20 {
			return
		}
		if len(s.Rules) > 0 {
			s.Rules[0].When, s.Rules[0].Lines = when, lines
		}
		v, bad := Compile(s)
		if (v == nil) == (len(bad) == 0) {
			t.Fatalf("version %v, problems %v", v != nil, bad)
		}
		for _, p := range bad {
			if p.Code == "" || p.In(i18n.JA) == "" {
				t.Fatalf("a problem without words: %#v", p)
			}
		}
		DescribeCondition(i18n.JA, when)
		DescribeCondition(i18n.EN, lines)
		if v == nil {
			return
		}
		res, err := v.Evaluate(cafePurchase(), cafeFacts())
		if err != nil && !fault.Is(err, "amount.overflow") {
			t.Fatal(err)
		}
		for _, a := range res.Awards {
			Speaker{Lang: i18n.EN}.Explain(v, &a)
		}
	})
}
