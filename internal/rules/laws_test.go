package rules

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/amount"
	"joren/internal/fault"
)

// programmes generates rules of every kind with groups and limits.
func programmes(t *rapid.T) Spec {
	n := rapid.IntRange(3, 8).Draw(t, "rules")
	modes := []GroupMode{All, First, Best, Cheapest, Exclusive}
	s := shop(nil)
	s.Exclude = "line.category == 'tobacco'"
	for i, kind := range []RuleKind{Base, Multiplier, Bonus, Base, Bonus} {
		s.Groups = append(s.Groups, Group{ID: fmt.Sprintf("g%d", i), Mode: rapid.SampledFrom(modes).Draw(t, "mode"), Compound: kind == Multiplier && rapid.Bool().Draw(t, "compound")})
	}
	for i := range n {
		s.Rules = append(s.Rules, genRule(t, i))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "limits") {
		l := genLimit(t)
		l.ID = fmt.Sprintf("l%d", i)
		s.Limits = append(s.Limits, l)
	}
	return s
}

func genRule(t *rapid.T, i int) Rule {
	kinds := []RuleKind{Base, Multiplier, Bonus}
	k := rapid.IntRange(0, 2).Draw(t, "kind")
	r := Rule{ID: fmt.Sprintf("r%d", i), Kind: kinds[k], Points: rapid.SampledFrom([]string{"", "", "stamp"}).Draw(t, "type")}
	if g := 2 - rapid.IntRange(0, 2).Draw(t, "group"); g == 1 {
		r.Group = fmt.Sprintf("g%d", k)
	} else if g == 2 && k != 1 {
		r.Group = map[RuleKind]string{Base: "g3", Bonus: "g4"}[r.Kind]
	}
	r.When = rapid.SampledFrom([]string{"", "", "purchase.eligible >= 1000", "stats.visit_no % 2 == 0", "purchase.items > 3", "purchase.lines.exists(l, l.category == 'a')"}).Draw(t, "when")
	r.Lines = rapid.SampledFrom([]string{"", "", "line.category == 'a'", "line.quantity > 1", "line.unit_price >= 300"}).Draw(t, "lines")
	if rapid.IntRange(0, 5).Draw(t, "weekday") == 5 {
		r.Weekdays = []time.Weekday{time.Monday}
	}
	switch r.Kind {
	case Base:
		r.Per, r.Give = rapid.Int64Range(1, 200).Draw(t, "per"), rapid.Int64Range(1, 5).Draw(t, "give")
		r.Rounding = amount.Rounding(rapid.IntRange(0, 2).Draw(t, "rounding"))
		r.Each = rapid.SampledFrom([]Each{EachOrder, EachLine, EachUnit}).Draw(t, "each")
		if rapid.Bool().Draw(t, "steps") {
			r.Steps = &Steps{ByUnitPrice: rapid.Bool().Draw(t, "price"), Marginal: r.Each == EachOrder && rapid.Bool().Draw(t, "marginal"), Table: []Step{{0, 100, 1}, {500, 100, 2}, {2000, 50, 3}}}
		}
	case Multiplier:
		r.Multiply = amount.Milli(rapid.Int64Range(1000, 5000).Draw(t, "multiply"))
	default:
		if rapid.Bool().Draw(t, "perItem") {
			r.GivePerItem = rapid.Int64Range(1, 20).Draw(t, "item")
		} else {
			r.Give = rapid.Int64Range(1, 100).Draw(t, "bonus")
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "limited") == 3 {
		l := genLimit(t)
		l.Points = r.Points
		r.Limits = []Limit{l}
	}
	return r
}

func genLimit(t *rapid.T) Limit {
	return Limit{Points: rapid.SampledFrom([]string{"", "stamp"}).Draw(t, "of"), Measure: rapid.SampledFrom([]Measure{Times, PointsGiven, MoneyOfGiven}[:2]).Draw(t, "measure"),
		Window: rapid.SampledFrom([]Window{WindowOrder, WindowDay, WindowMonth, WindowLifetime}).Draw(t, "window"), Max: 120 - rapid.Int64Range(0, 120).Draw(t, "max"), Reject: rapid.Bool().Draw(t, "reject")}
}

func carts(t *rapid.T) *Occasion {
	var ls []Line
	for range rapid.IntRange(0, 4).Draw(t, "lines") + rapid.SampledFrom([]int{1, 1, 1, 0}).Draw(t, "one") {
		l := goods(rapid.SampledFrom([]string{"a", "a", "b", "tobacco"}).Draw(t, "category"), 4-rapid.Int64Range(0, 4).Draw(t, "returned"), 4000-rapid.Int64Range(0, 4000).Draw(t, "eligible"))
		l.Fee = rapid.IntRange(0, 5).Draw(t, "fee") == 5
		ls = append(ls, l)
	}
	o := cart(ls...)
	o.Shipping = rapid.Int64Range(0, 600).Draw(t, "shipping")
	return o
}

func someFacts(t *rapid.T, v *Version) *Facts {
	f := &Facts{Stats: Stats{VisitNo: rapid.Int64Range(0, 5).Draw(t, "visit")}, Used: map[string]int64{}}
	for i := range v.limits {
		f.Used[v.limits[i].ID] = rapid.Int64Range(0, 130).Draw(t, "used")
	}
	return f
}

func clone[T any](t *rapid.T, x *T) *T {
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	y := new(T)
	if err := json.Unmarshal(b, y); err != nil {
		t.Fatal(err)
	}
	return y
}

func compiled(t *rapid.T, s Spec) *Version {
	v, bad := Compile(s)
	if len(bad) > 0 {
		t.Fatalf("%v", bad)
	}
	return v
}

func evaluated(t *rapid.T, v *Version, o *Occasion, f *Facts) Result {
	res, err := v.Evaluate(o, f)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestLawsOfEveryJudgement(t *testing.T) {
	var awarded, limited, grouped, shut int
	law := func(t *rapid.T) {
		v := compiled(t, programmes(t))
		o := carts(t)
		f := someFacts(t, v)
		o2, f2 := clone(t, o), clone(t, f)
		res := evaluated(t, v, o, f)

		if d := cmp.Diff(o2, clone(t, o)) + cmp.Diff(f2, clone(t, f)); d != "" {
			t.Fatalf("the input was changed: %s", d)
		}
		if d := cmp.Diff(res, evaluated(t, v, o2, f2)); d != "" {
			t.Fatalf("the same input, another answer: %s", d)
		}
		quick, err := v.EvaluateMode(o, f, Quick)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range res.Awards {
			var sum int64
			said := map[string]bool{}
			for _, c := range a.Components {
				if c.Points < 1 {
					t.Fatalf("component %+v", c)
				}
				sum += c.Points
				said[c.Rule] = true
			}
			if sum != a.Points {
				t.Fatalf("components sum to %d, award %d", sum, a.Points)
			}
			for _, r := range a.Refused {
				if said[r.Rule] {
					t.Fatalf("%s is told twice", r.Rule)
				}
				said[r.Rule] = true
				switch r.Code {
				case "limit.reached":
					limited++
				case "group.better_rule":
					grouped++
				case "group.exclusive":
					shut++
				}
			}
			if a.Points > 0 {
				awarded++
			}
			if len(said) != rulesOf(v, a.Type) {
				t.Fatalf("%d of %d rules of %s told", len(said), rulesOf(v, a.Type), a.Type)
			}
			for _, q := range quick.Awards {
				if q.Type == a.Type && parts(q) != parts(a) {
					t.Fatalf("quick says %s, explained %s", parts(q), parts(a))
				}
			}
		}
		limitsHold(t, v, f, res)

		tobacco := *o
		at := rapid.IntRange(0, len(o.Lines)).Draw(t, "at")
		tobacco.Lines = append(append(append([]Line{}, o.Lines[:at]...), goods("tobacco", 3, 900)), o.Lines[at:]...)
		if d := cmp.Diff(res, evaluated(t, v, &tobacco, f)); d != "" {
			t.Fatalf("an excluded line changed something: %s", d)
		}
	}
	for range 6 {
		rapid.Check(t, law)
	}
	if awarded == 0 || limited == 0 || grouped == 0 || shut == 0 {
		t.Errorf("the generator proves too little: awarded %d, limited %d, grouped %d, shut out %d", awarded, limited, grouped, shut)
	}
}

func rulesOf(v *Version, typ string) (n int) {
	for i := range v.rules {
		if v.rules[i].trigger() == Purchase && v.spec.Types[v.rules[i].typ].ID == typ {
			n++
		}
	}
	return n
}

// limitsHold checks every limit against the result by plain arithmetic.
func limitsHold(t *rapid.T, v *Version, f *Facts, res Result) {
	for i := range v.limits {
		l := &v.limits[i]
		var sum int64
		for _, a := range res.Awards {
			for _, c := range a.Components {
				if l.covers[v.byID[c.Rule]] {
					sum += c.Points
				}
			}
		}
		used := f.Used[l.ID]
		if l.Window == WindowOrder {
			used = 0
		}
		if l.Measure == Times {
			sum = min(sum, 1)
		}
		if sum > 0 && used+sum > l.Max {
			t.Fatalf("limit %s of %d overshoots: used %d and %d more", l.ID, l.Max, used, sum)
		}
		for _, c := range res.Counts {
			if c.Key.Limit == l.ID && c.Delta != sum {
				t.Fatalf("limit %s counts %d, want %d", l.ID, c.Delta, sum)
			}
		}
	}
}

func TestAnOverflowIsAFaultAndNotAWrappedNumber(t *testing.T) {
	for what, rules := range map[string][]Rule{
		"base":       {{ID: "r", Kind: Base, Per: 1, Give: 1000}},
		"sum":        {{ID: "r", Kind: Base, Per: 1, Give: 1}, {ID: "s", Kind: Base, Per: 1, Give: 1}},
		"multiplier": {{ID: "r", Kind: Base, Per: 1, Give: 1}, {ID: "s", Kind: Multiplier, Multiply: 3000}},
		"each piece": {{ID: "r", Kind: Base, Per: 1, Give: 1000, Each: EachUnit}},
		"bands":      {{ID: "r", Kind: Base, Steps: &Steps{Marginal: true, Table: []Step{{0, 1, 2}}}}},
	} {
		_, err := mustCompile(t, shop(rules)).Evaluate(cart(goods("a", 2, math.MaxInt64)), nil)
		if !fault.Is(err, "amount.overflow") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := mustCompile(t, shop([]Rule{{ID: "r", Kind: Bonus, Give: 1}})).Evaluate(cart(goods("a", 1, math.MaxInt64), goods("b", 1, 1)), nil)
	if !fault.Is(err, "amount.overflow") {
		t.Errorf("eligible amounts: %v", err)
	}
}
