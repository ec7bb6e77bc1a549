package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/i18n"
)

func TestEveryProblemIsReportedAtOnceWithItsPlace(t *testing.T) {
	s := cafe()
	s.Exclude = "line.categry == 'x'"
	s.Rules[1].Multiply = 900
	s.Rules[1].Limits[0].Window = "fortnight"
	s.Rules[3].When = "member.tire == 'silver'"
	s.Rules[4].Lines = "line.amount > 'x'"
	s.Rules[5].GivePerItem = -1
	s.Rules[6].When = "stats.visit_no %% 10"
	s.Rules[7].When = "stats.visit_no"
	s.Rules[8].On = "birthdy"
	s.Rules[9].Once = "monthly"
	s.Rules[10].Points = "stmp"
	s.Rules = append(s.Rules,
		Rule{ID: "base", Kind: Base, Group: "day", Per: 0, Give: 1, Steps: nil},
		Rule{ID: "deep", Kind: Bonus, Give: 1, When: "purchase.lines.all(a, purchase.lines.all(b, purchase.lines.all(c, a.sku == b.sku || b.sku == c.sku)))"},
		Rule{ID: "tier", Kind: Bonus, Give: 1, When: "member.tier == 'slver' && member.joined_on > date('2026-02-30')", Tiers: []string{"glod"}},
		Rule{ID: "steps", Kind: Base, Steps: &Steps{Table: []Step{{0, 100, 1}, {0, 100, 2}}}},
		Rule{ID: "name", Kind: Bonus, Give: 1, When: "membr.tier == 'gold' && now.weekday == 'sundy'"},
		Rule{ID: "hours", Kind: Bonus, Give: 1, Hours: []Hours{{25 * time.Hour, 0}}, DaysOfMonth: []int{32}, From: clock.MustDay("2026-02-01"), To: clock.MustDay("2026-01-01")},
		Rule{ID: "event", Kind: Base, On: "review", Per: 1, Give: 1})
	s.Groups[0].Mode = "bset"
	s.Limits = append(s.Limits, Limit{ID: "autumn-budget", Scope: ScopeCampaign, Rules: []string{"bse"}, Measure: Times, Window: WindowRange})
	v, bad := Compile(s)
	if v != nil {
		t.Fatal("a version in spite of problems")
	}
	var got []string
	for _, p := range bad {
		got = append(got, p.Path+" "+p.Code)
		if strings.Contains(p.In(i18n.EN), "{") || strings.Contains(p.In(i18n.JA), "{") {
			t.Errorf("%s: %s", p, p.In(i18n.EN))
		}
	}
	want := strings.Split(`groups[0].mode programme.bad_value
rules[11].id programme.duplicate_id
rules[1].multiply programme.multiply_range
rules[3].when condition.unknown_field
rules[4].lines condition.type
rules[5].give_per_item programme.out_of_range
rules[6].when condition.syntax
rules[7].when condition.not_bool
rules[8].on programme.unknown_reference
rules[9].once programme.bad_value
rules[10].points programme.unknown_reference
rules[11].per programme.out_of_range
rules[11].group programme.mixed_group
rules[12].when condition.too_costly
rules[13].tiers[0] programme.unknown_reference
rules[13].when condition.bad_date
rules[13].when condition.unknown_value
rules[14].steps.table[1].from programme.not_monotone
rules[15].when condition.unknown_name
rules[16].to programme.not_monotone
rules[16].days_of_month[0] programme.out_of_range
rules[16].hours[0] programme.bad_hours
rules[17].on programme.not_with
rules[1].limits[0].window programme.bad_value
limits[1].id programme.duplicate_id
limits[1].window programme.bad_range
limits[1].rules[0] programme.unknown_reference
exclude condition.unknown_field`, "\n")
	seen := map[string]int{}
	for _, g := range got {
		seen[g]++
	}
	for _, w := range want {
		if seen[w] == 0 {
			t.Errorf("missing %s", w)
		}
		seen[w]--
	}
	for g, n := range seen {
		if n > 0 {
			t.Errorf("unexpected %s", g)
		}
	}
}

func TestASlipOfThePenIsToldWithTheRightWord(t *testing.T) {
	for _, c := range []struct{ src, en, ja string }{
		{"member.tire == 'silver'", "unknown field 'tire' of member; did you mean 'tier'?", "member に「tire」という項目はありません（「tier」の書き間違いではありませんか）"},
		{"purchase.lines.exists(l, l.quantty > 1)", "unknown field 'quantty' of l; did you mean 'quantity'?", ""},
		{"member.attr.ctiy == 'x'", "unknown field 'ctiy' of attr; did you mean 'city'?", ""},
		{"stats.product('x').cuont > 1", "unknown field 'cuont' of product; did you mean 'count'?", ""},
		{"purchse.total > 1", "unknown name 'purchse'; did you mean 'purchase'?", ""},
		{"member.tier == 'sliver'", "'sliver' is no value of member.tier; did you mean 'silver'?", ""},
		{"member.zzzzzz == 'silver'", "unknown field 'zzzzzz' of member", ""},
		{"line.sku == 'x'", "unknown name 'line'", ""},
	} {
		_, bad := CompileCondition(OfOccasion, c.src, Words{Tiers: []string{"bronze", "silver"}, Attributes: map[string]AttrType{"city": AttrText}})
		if len(bad) != 1 || bad[0].In(i18n.EN) != c.en || c.ja != "" && bad[0].In(i18n.JA) != c.ja {
			t.Errorf("%s: %v\n got %s", c.src, bad, bad[0].In(i18n.EN))
		}
	}
}

func TestWhatClosuresCannotDoIsLeftToCelGo(t *testing.T) {
	for _, c := range []struct {
		src  string
		want bool
	}{
		{"line.sku.matches('^BEANS[0-9]+$')", true},
		{"size(purchase.lines.filter(l, l.category == 'beans')) == 1", true},
		{"purchase.lines.map(l, l.sku) == ['x']", false},
		{"double(purchase.eligible) / 2.0 > 2600.0", true},
		{"purchase.coupons[0] == 'autumn-300'", true},
	} {
		cond, bad := CompileCondition(OfLine, c.src, Words{})
		if bad != nil {
			t.Errorf("%s: %v", c.src, bad)
			continue
		}
		o := cafePurchase()
		if got, err := cond.Holds(o, cafeFacts(), &o.Lines[0]); got != c.want || err != nil {
			t.Errorf("%s = %v, %v", c.src, got, err)
		}
	}
}

func TestAConditionIsCutAtItsOutermostAnds(t *testing.T) {
	for src, want := range map[string]string{
		"a && b":                   "a|b",
		"(a && b) && c":            "a|b|c",
		"a || b && c":              "a || b && c",
		"a && (b || c)":            "a|b || c",
		"x == ' && ' && b":         "x == ' && '|b",
		`x == "\" && " && b`:       `x == "\" && "|b`,
		"a ? b && c : d":           "a ? b && c : d",
		"l.exists(x, x && y) && b": "l.exists(x, x && y)|b",
		"(a) && (b)":               "a|b",
		"x == r'\\' && b":          "x == r'\\' && b",
		"x == ''' && ''' && b":     "x == ''' && ''' && b",
		"a && b // and c":          "a && b // and c",
		"  ( ( a && b ) )  ":       "a|b",
	} {
		if got := strings.Join(conjuncts(src), "|"); got != want {
			t.Errorf("%q is cut to %q, want %q", src, got, want)
		}
	}
}

func TestTheFirstFailedConditionIsToldWithWhatWasMissing(t *testing.T) {
	f := &Facts{Member: MemberFacts{Tier: "bronze", JoinedOn: clock.MustDay("2026-05-01")}, Stats: Stats{VisitNo: 13, Spend: 700}}
	for _, c := range []struct{ when, want string }{
		{"purchase.eligible >= 3000", "failed=purchase.eligible >= 3000 actual=100 missing=2900"},
		{"purchase.eligible > 3000", "failed=purchase.eligible > 3000 actual=100 missing=2901"},
		{"3000 <= purchase.eligible", "failed=3000 <= purchase.eligible actual=100 missing=2900"},
		{"purchase.eligible >= 50 && member.tier == 'silver'", "failed=member.tier == 'silver' actual=bronze"},
		{"stats.visit_no % 10 == 0", "failed=stats.visit_no % 10 == 0 actual=13 missing=7"},
		{"member.joined_on < date('2026-04-01')", "failed=member.joined_on < date('2026-04-01') actual=2026-05-01"},
		{"member.tier in ['silver']", "failed=member.tier in ['silver'] actual=bronze"},
		{"stats.spend >= purchase.eligible * 10", "failed=stats.spend >= purchase.eligible * 10 actual=700 missing=300"},
		{"member.is_birthday", "failed=member.is_birthday"},
		{"member.is_birthday || stats.visit_no == 1", "failed=member.is_birthday || stats.visit_no == 1"},
		{"1 / stats.orders > 0 && member.tier == 'silver'", "failed=member.tier == 'silver' actual=bronze"},
	} {
		a := judged(t, shop([]Rule{{ID: "r", Kind: Bonus, Give: 1, When: c.when}}), cart(goods("a", 1, 100)), f)
		if got := why(a); got != "r condition.false "+c.want {
			t.Errorf("%s\n got %s", c.when, got)
		}
	}
	a := judged(t, shop([]Rule{{ID: "r", Kind: Bonus, Give: 1, When: "1 / stats.orders > 0"}}), cart(goods("a", 1, 100)), f)
	if why(a) != "r condition.error failed=1 / stats.orders > 0 error=division by zero" {
		t.Error(why(a))
	}
}

func TestEveryRefusalIsToldInBothLanguages(t *testing.T) {
	d := clock.MustDay
	rules := []Rule{
		{ID: "date", Kind: Bonus, Give: 1, From: d("2027-01-01")}, {ID: "weekday", Kind: Bonus, Give: 1, Weekdays: []time.Weekday{time.Monday}}, {ID: "dom", Kind: Bonus, Give: 1, DaysOfMonth: []int{1}},
		{ID: "hour", Kind: Bonus, Give: 1, Hours: []Hours{{0, time.Hour}}}, {ID: "store", Kind: Bonus, Give: 1, Stores: []string{"x"}}, {ID: "channel", Kind: Bonus, Give: 1, Channels: []string{"x"}},
		{ID: "tier", Kind: Bonus, Give: 1, Tiers: []string{"silver"}}, {ID: "segment", Kind: Bonus, Give: 1, Segments: []string{"x"}}, {ID: "once", Kind: Bonus, Give: 1, Once: OnceEver},
		{ID: "birthday", Kind: Bonus, Give: 1, Window: &DateWindow{}}, {ID: "line", Kind: Bonus, Give: 1, Lines: "line.category == 'x'"}, {ID: "lineError", Kind: Bonus, Give: 1, Lines: "1 / (line.quantity - 1) > 0"},
		{ID: "short", Kind: Base, Per: 500, Give: 1}, {ID: "nothing", Kind: Multiplier, Multiply: 2000},
	}
	v := mustCompile(t, shop(rules))
	res, err := v.Evaluate(cart(goods("a", 1, 100)), &Facts{Given: map[string]clock.Day{"once": d("2026-01-01")}, Member: MemberFacts{Tier: "bronze"}})
	if err != nil {
		t.Fatal(err)
	}
	want := "date time.outside from=2027-01-01; weekday time.outside weekday=sunday; dom time.outside day=15; hour time.outside time=10:12; store store.other actual=honten; channel channel.other actual=shop; " +
		"tier tier.other actual=bronze wanted=silver; segment segment.other wanted=x; once once.given on=2026-01-01; birthday date.unknown; line lines.none failed=line.category == 'x'; " +
		"lineError condition.error failed=1 / (line.quantity - 1) > 0 error=division by zero; short earn.nothing eligible=100 missing=400; nothing earn.nothing base=0"
	if got := why(res.Awards[0]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
		for _, r := range res.Awards[0].Refused {
			if s := (Speaker{Lang: lang}).WhyNot(v, &r); s == "" || strings.ContainsAny(s, "[{") {
				t.Errorf("%s %s: %q", lang, fmt.Sprint(r), s)
			}
		}
	}
}
