package rules

import (
	"testing"

	"joren/internal/clock"
)

// tenRules is the café's programme with the rules of a purchase filled up to
// ten; three conditions are evaluated per purchase besides its line rules.
func tenRules(b *testing.B) *Version {
	s := cafe()
	s.Rules = append(s.Rules, Rule{ID: "eki", Kind: Bonus, Stores: []string{"eki"}, Give: 5, When: "purchase.eligible >= 100"})
	return mustCompile(b, s)
}

func BenchmarkEvaluate(b *testing.B) {
	v, o, f := tenRules(b), cafePurchase(), cafeFacts()
	for _, m := range []struct {
		name string
		mode Mode
	}{{"explained", Explained}, {"quick", Quick}} {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.EvaluateMode(o, f, m.mode); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCondition(b *testing.B) {
	const src = "purchase.eligible >= 5000 && member.tier == 'silver' && stats.visit_no % 10 == 0 && now.date >= date('2026-11-01')"
	cc := newCompiler(Words{})
	c, bad := cc.compile(OfOccasion, src)
	if bad != nil {
		b.Fatal(bad)
	}
	v := newView(cafePurchase(), cafeFacts(), clock.Tokyo)
	a, _ := cc.check(cc.env(OfOccasion), src)
	celGo := program(cc.env(OfOccasion), a)
	b.Run("closure", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if ok, _, err := c.judge(v); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
	b.Run("cel-go", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if ok, err := celGo(v); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	s := cafe()
	for b.Loop() {
		if _, bad := Compile(s); bad != nil {
			b.Fatal(bad)
		}
	}
}
