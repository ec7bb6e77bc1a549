package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"joren/internal/amount"
	"joren/internal/clock"
)

// shop is a bare programme with the given rules and groups.
func shop(rules []Rule, groups ...Group) Spec {
	return Spec{Version: 1, Zone: clock.Tokyo, WeekStart: time.Monday, Types: []PointType{{ID: "p", Value: 2}, {ID: "stamp"}}, Rules: rules, Groups: groups,
		Tiers: []string{"bronze", "silver"}, Events: map[string]EventType{"review": {Fields: map[string]AttrType{"stars": AttrInt}}}}
}

// cart is a purchase on Sunday 15 November 2026 of lines "category:quantity×eligible".
func cart(lines ...Line) *Occasion {
	o := &Occasion{Trigger: Purchase, At: clock.MustInstant("2026-11-15T10:12:40+09:00"), Day: clock.MustDay("2026-11-15"), Store: "honten", Channel: "shop"}
	for i, l := range lines {
		l.No, l.Amount = i+1, l.Eligible
		if l.UnitPrice == 0 && l.Quantity > 0 {
			l.UnitPrice = l.Eligible / l.Quantity
		}
		o.Lines = append(o.Lines, l)
	}
	return o
}

func goods(category string, quantity, eligible int64) Line {
	return Line{SKU: strings.ToUpper(category), Category: category, Quantity: quantity, Eligible: eligible}
}

// parts writes an award as "a 10, b 5".
func parts(a Award) string {
	var out []string
	for _, c := range a.Components {
		out = append(out, fmt.Sprintf("%s %d", c.Rule, c.Points))
	}
	return strings.Join(out, ", ")
}

// why writes the refusals as "a code k=v".
func why(a Award) string {
	var out []string
	for _, r := range a.Refused {
		s := r.Rule + " " + r.Code
		for _, x := range r.Args {
			if x.Word {
				s += " " + x.Key + "=" + x.Text
			} else {
				s += fmt.Sprintf(" %s=%d", x.Key, x.Num)
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func judged(t *testing.T, s Spec, o *Occasion, f *Facts) Award {
	t.Helper()
	res, err := mustCompile(t, s).Evaluate(o, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Awards) == 0 {
		return Award{}
	}
	return res.Awards[0]
}

func TestBaseRules(t *testing.T) {
	table := []Step{{1000, 100, 1}, {5000, 100, 2}, {10000, 100, 3}}
	two := []Line{goods("a", 3, 1999), goods("b", 1, 3050)}
	for _, c := range []struct {
		what  string
		r     Rule
		lines []Line
		want  string
	}{
		{"one point per 100 yen once per order", Rule{Per: 100, Give: 1}, two, "r 50"},
		{"only on the lines it names", Rule{Per: 100, Give: 1, Lines: "line.category == 'a'"}, two, "r 19"},
		{"rounding half up", Rule{Per: 100, Give: 1, Rounding: amount.HalfUp}, []Line{goods("a", 1, 150)}, "r 2"},
		{"rounding up", Rule{Per: 100, Give: 1, Rounding: amount.Ceil}, []Line{goods("a", 1, 101)}, "r 2"},
		{"each line by itself", Rule{Per: 100, Give: 1, Each: EachLine}, two, "r 49"},
		{"each piece by itself", Rule{Per: 100, Give: 1, Each: EachUnit}, []Line{goods("a", 3, 599)}, "r 5"}, // 200 + 200 + 199
		{"a whole step below the first gives nothing", Rule{Steps: &Steps{Table: table}}, []Line{goods("a", 1, 999)}, ""},
		{"a whole step counts the whole amount", Rule{Steps: &Steps{Table: table}}, []Line{goods("a", 1, 5000)}, "r 100"},
		{"marginal steps floor band by band", Rule{Steps: &Steps{Marginal: true, Table: table}}, []Line{goods("a", 1, 5199)}, "r 42"}, // 4000 + 199
		{"steps by unit price", Rule{Steps: &Steps{ByUnitPrice: true, Table: table}}, []Line{goods("a", 5, 5000), goods("b", 1, 5000), goods("c", 9, 900)}, "r 150"},
		{"marginal steps by unit price", Rule{Steps: &Steps{ByUnitPrice: true, Marginal: true, Table: table}}, []Line{goods("a", 2, 12000)}, "r 120"}, // 2×(4000 + 1000)
		{"steps with each line", Rule{Each: EachLine, Steps: &Steps{Table: table}}, two, "r 98"},
		{"a negative eligible amount counts as nothing", Rule{Per: 100, Give: 1}, []Line{goods("a", 1, -500), goods("b", 1, 250)}, "r 2"},
	} {
		c.r.ID, c.r.Kind = "r", Base
		if got := parts(judged(t, shop([]Rule{c.r}), cart(c.lines...), nil)); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

func TestUngroupedBaseRulesAddUpAlsoOnTheSameLine(t *testing.T) {
	a := judged(t, shop([]Rule{{ID: "all", Kind: Base, Per: 100, Give: 1}, {ID: "beans", Kind: Base, Per: 100, Give: 3, Lines: "line.category == 'beans'"}}),
		cart(goods("beans", 1, 1000), goods("cake", 1, 500)), nil)
	if parts(a) != "all 15, beans 30" || a.Points != 45 {
		t.Errorf("%s = %d", parts(a), a.Points)
	}
}

func TestShippingCountsOnlyForRulesWithoutALineCondition(t *testing.T) {
	o := cart(goods("beans", 1, 1000))
	o.Shipping = 500
	rules := []Rule{{ID: "all", Kind: Base, Per: 100, Give: 1}, {ID: "beans", Kind: Base, Per: 100, Give: 1, Lines: "line.category == 'beans'"}, {ID: "any", Kind: Multiplier, Multiply: 2000, Lines: "true"}}
	if got := parts(judged(t, shop(rules), o, nil)); got != "all 15, beans 10, any 20" {
		t.Error(got)
	}
}

func TestTimesTwoAndTimesThreeOn100Give400(t *testing.T) {
	rules := []Rule{{ID: "base", Kind: Base, Per: 1, Give: 1}, {ID: "x2", Kind: Multiplier, Multiply: 2000}, {ID: "x3", Kind: Multiplier, Multiply: 3000}, {ID: "plus", Kind: Bonus, Give: 7}}
	a := judged(t, shop(rules), cart(goods("a", 1, 100)), nil)
	if parts(a) != "base 100, x2 100, x3 200, plus 7" || a.Points != 407 {
		t.Errorf("%s = %d", parts(a), a.Points)
	}
}

func TestACompoundGroupMultipliesTheRunningSumAndFloorsEachTime(t *testing.T) {
	rules := []Rule{{ID: "base", Kind: Base, Per: 1, Give: 1}, {ID: "x1.5", Kind: Multiplier, Group: "c", Multiply: 1500}, {ID: "x1.1", Kind: Multiplier, Group: "c", Multiply: 1100},
		{ID: "a2", Kind: Multiplier, Group: "c", Multiply: 2000, Lines: "line.category == 'a'"}, {ID: "x2", Kind: Multiplier, Multiply: 2000}}
	// 101; 50; floor(151 × 0.1) = 15; lines a: 60 + floor(65 × 60 / 101) = 98; outside the group 101.
	a := judged(t, shop(rules, Group{ID: "c", Mode: All, Compound: true}), cart(goods("a", 1, 60), goods("b", 1, 41)), nil)
	if got := parts(a); got != "base 101, x1.5 50, x1.1 15, a2 98, x2 101" {
		t.Error(got)
	}
}

func TestALineMultiplierUsesTheBaseOfTheLinesBothMatch(t *testing.T) {
	rules := []Rule{{ID: "base", Kind: Base, Lines: "line.category != 'c'", Steps: &Steps{Table: []Step{{0, 100, 1}, {1000, 100, 2}}}},
		{ID: "bc", Kind: Multiplier, Multiply: 2500, Lines: "line.category in ['b', 'c']"}}
	a := judged(t, shop(rules), cart(goods("a", 1, 550), goods("b", 1, 450), goods("c", 1, 900)), nil)
	if got := parts(a); got != "base 20, bc 12" { // b alone at the order's 2 per 100: 8; floor(8 × 1.5)
		t.Error(got)
	}
	if m := a.Components[1]; m.Base != 8 || m.Args.num("eligible") != 450 {
		t.Errorf("base %d on %d yen, want 8 on 450", m.Base, m.Args.num("eligible"))
	}
	rules[0].Steps.Marginal = true
	rules[0].Lines = ""
	a = judged(t, shop(rules), cart(goods("a", 1, 600), goods("b", 1, 600)), nil)
	if got := parts(a); got != "base 14, bc 10" { // half of each band: floor(500/100)×1 + floor(100/100)×2 = 7; floor(7 × 1.5)
		t.Error(got)
	}
}

func TestBonuses(t *testing.T) {
	facts := &Facts{Stats: Stats{VisitNo: 10}, Products: map[string]ProductStats{"DRIP": {Count: 4}}, Member: MemberFacts{Birthday: clock.MustDay("1990-11-15"), Segments: []string{"vip"}}}
	o := cart(goods("drip", 2, 800), goods("cake", 1, 500))
	for _, c := range []struct {
		what string
		r    Rule
		want string
		args string
	}{
		{"a fixed number per order", Rule{Give: 5}, "r 5", ""},
		{"per piece of the matching lines", Rule{GivePerItem: 5, Lines: "line.category == 'drip'"}, "r 10", "items=2"},
		{"per order with a matching line", Rule{Give: 5, Lines: "line.category == 'cake'"}, "r 5", ""},
		{"per order without a matching line", Rule{Give: 5, Lines: "line.category == 'tea'"}, "", ""},
		{"the tenth visit", Rule{Give: 50, When: "stats.visit_no % 10 == 0"}, "r 50", "visit_no=10"},
		{"the fifth same product", Rule{Give: 30, When: "stats.product('DRIP').count % 5 == 4"}, "r 30", "sku=DRIP count=4"},
		{"shopping on the birthday", Rule{Give: 9, When: "member.is_birthday"}, "r 9", ""},
		{"a segment", Rule{Give: 9, Segments: []string{"x", "vip"}}, "r 9", ""},
		{"a tier that is not hers", Rule{Give: 9, Tiers: []string{"silver"}}, "", ""},
	} {
		c.r.ID, c.r.Kind = "r", Bonus
		a := judged(t, shop([]Rule{c.r}), o, facts)
		if got := parts(a); got != c.want {
			t.Errorf("%s: %q, want %q (%s)", c.what, got, c.want, why(a))
		} else if c.want != "" {
			if got := strings.TrimPrefix(why(Award{Refused: []Refusal{{"", "", a.Components[0].Args}}}), " "); strings.TrimSpace(got) != c.args {
				t.Errorf("%s: tells %q, want %q", c.what, got, c.args)
			}
		}
	}
}

func TestTimeWindows(t *testing.T) {
	d := clock.MustDay
	for _, c := range []struct {
		what string
		r    Rule
		at   string
		want bool
	}{
		{"first day", Rule{From: d("2026-11-15"), To: d("2026-11-16")}, "2026-11-15T00:00:00+09:00", true},
		{"last day", Rule{From: d("2026-11-14"), To: d("2026-11-15")}, "2026-11-15T23:59:59+09:00", true},
		{"before the first day", Rule{From: d("2026-11-16")}, "2026-11-15T23:59:59+09:00", false},
		{"after the last day", Rule{To: d("2026-11-14")}, "2026-11-15T00:00:00+09:00", false},
		{"5th, 15th, 25th", Rule{DaysOfMonth: []int{5, 15, 25}}, "2026-11-15T10:00:00+09:00", true},
		{"not on the 16th", Rule{DaysOfMonth: []int{5, 15, 25}}, "2026-11-16T10:00:00+09:00", false},
		{"Sundays", Rule{Weekdays: []time.Weekday{time.Sunday}}, "2026-11-15T10:00:00+09:00", true},
		{"not on Mondays", Rule{Weekdays: []time.Weekday{time.Sunday}}, "2026-11-16T10:00:00+09:00", false},
		{"happy hour begins", Rule{Hours: []Hours{{14 * time.Hour, 16 * time.Hour}}}, "2026-11-15T14:00:00+09:00", true},
		{"happy hour is over", Rule{Hours: []Hours{{14 * time.Hour, 16 * time.Hour}}}, "2026-11-15T16:00:00+09:00", false},
		{"over midnight, before", Rule{Hours: []Hours{{22 * time.Hour, 2 * time.Hour}}}, "2026-11-15T23:30:00+09:00", true},
		{"over midnight, after", Rule{Hours: []Hours{{22 * time.Hour, 2 * time.Hour}}}, "2026-11-15T01:30:00+09:00", true},
		{"the hour in a condition is local", Rule{When: "now.hour == 23 && purchase.weekday == 'sunday'"}, "2026-11-15T23:30:00+09:00", true},
		{"this store", Rule{Stores: []string{"eki", "honten"}}, "2026-11-15T23:30:00+09:00", true},
		{"another store", Rule{Stores: []string{"eki"}}, "2026-11-15T23:30:00+09:00", false},
		{"this channel", Rule{Channels: []string{"shop"}}, "2026-11-15T23:30:00+09:00", true},
		{"another channel", Rule{Channels: []string{"web"}}, "2026-11-15T23:30:00+09:00", false},
	} {
		c.r.ID, c.r.Kind, c.r.Give = "r", Bonus, 1
		v := mustCompile(t, shop([]Rule{{ID: "x", Kind: Base, Per: 100, Give: 1}, c.r}))
		o := cart(goods("a", 1, 100))
		o.At = clock.MustInstant(c.at)
		o.Day = clock.Tokyo.Day(o.At)
		for _, m := range []Mode{Explained, Quick} {
			res, err := v.EvaluateMode(o, nil, m)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(parts(res.Awards[0]), "r 1"); got != c.want {
				t.Errorf("%s, mode %d: gives %v, want %v", c.what, m, got, c.want)
			}
		}
	}
}

func TestBirthdayBonus(t *testing.T) {
	s := shop([]Rule{{ID: "b", Kind: Bonus, On: Birthday, Give: 300, Window: &DateWindow{BeforeDays: 3, AfterDays: 30}}})
	for _, c := range []struct {
		what, birthday, day, given, want string
	}{
		{"on the day", "1990-11-15", "2026-11-15", "", "b 300"},
		{"29 February falls on 28 February", "2000-02-29", "2026-02-25", "", "b 300"},
		{"over the turn of the year", "1990-12-20", "2027-01-19", "", "b 300"},
		{"before the window", "1990-11-15", "2026-11-11", "", ""},
		{"after the window", "1990-11-15", "2026-12-16", "", ""},
		{"once in a window", "1990-11-15", "2026-11-20", "2026-11-12", ""},
		{"once in a window over the turn of the year", "1990-12-31", "2027-01-02", "2026-12-31", ""},
		{"again the next year", "1990-11-15", "2026-11-15", "2025-11-15", "b 300"},
		{"unknown birthday", "", "2026-11-15", "", ""},
	} {
		f := &Facts{Given: map[string]clock.Day{}}
		if c.birthday != "" {
			f.Member.Birthday = clock.MustDay(c.birthday)
		}
		if c.given != "" {
			f.Given["b"] = clock.MustDay(c.given)
		}
		a := judged(t, s, &Occasion{Trigger: Birthday, Day: clock.MustDay(c.day)}, f)
		if got := parts(a); got != c.want {
			t.Errorf("%s: %q, want %q (%s)", c.what, got, c.want, why(a))
		}
	}
}

func TestOnceEverAndOnceAYear(t *testing.T) {
	for _, c := range []struct {
		once  Once
		given string
		want  string
	}{
		{OnceEver, "", "r 10"}, {OnceEver, "2020-01-01", ""}, {OnceYear, "2025-12-31", "r 10"}, {OnceYear, "2026-01-01", ""}, {OnceNo, "2026-11-14", "r 10"},
	} {
		f := &Facts{Given: map[string]clock.Day{}}
		if c.given != "" {
			f.Given["r"] = clock.MustDay(c.given)
		}
		if got := parts(judged(t, shop([]Rule{{ID: "r", Kind: Bonus, Give: 10, Once: c.once}}), cart(goods("a", 1, 100)), f)); got != c.want {
			t.Errorf("once %q, given %q: %q, want %q", c.once, c.given, got, c.want)
		}
	}
}

func TestEventsTriggerRulesAndTheirFieldsAreTyped(t *testing.T) {
	rules := []Rule{{ID: "stars", Kind: Bonus, On: "review", When: "event.fields.stars >= 4", Give: 10}, {ID: "any", Kind: Bonus, On: "review", Give: 1}, {ID: "buy", Kind: Bonus, Give: 100}}
	a := judged(t, shop(rules), &Occasion{Trigger: "review", Day: clock.MustDay("2026-11-15"), Fields: map[string]any{"stars": int64(3)}}, nil)
	if parts(a) != "any 1" || why(a) != "stars condition.false failed=event.fields.stars >= 4 actual=3 missing=1" {
		t.Errorf("%s / %s", parts(a), why(a))
	}
	rules[0].When = "event.fields.stars == 'many'"
	if _, bad := Compile(shop(rules)); len(bad) != 1 || bad[0].Code != "condition.type" {
		t.Errorf("a text for a number: %v", bad)
	}
}

func TestGroups(t *testing.T) {
	base := Rule{ID: "base", Kind: Base, Per: 1, Give: 1}
	b := func(id, group string, give int64) Rule { return Rule{ID: id, Kind: Bonus, Group: group, Give: give} }
	no := func(r Rule) Rule { r.When = "purchase.eligible > 1000"; return r }
	for _, c := range []struct {
		what   string
		rules  []Rule
		groups []Group
		want   string
	}{
		{"all", []Rule{b("a", "g", 3), b("b", "g", 5)}, []Group{{ID: "g", Mode: All}}, "a 3, b 5"},
		{"the first that applies", []Rule{no(b("a", "g", 9)), b("b", "g", 3), b("c", "g", 5)}, []Group{{ID: "g", Mode: First}}, "b 3"},
		{"the best", []Rule{b("a", "g", 3), b("b", "g", 5), b("c", "g", 4)}, []Group{{ID: "g", Mode: Best}}, "b 5"},
		{"the cheapest", []Rule{b("a", "g", 4), b("b", "g", 5), b("c", "g", 3)}, []Group{{ID: "g", Mode: Cheapest}}, "c 3"},
		{"a tie goes to the first listed, best", []Rule{b("a", "g", 5), b("b", "g", 5)}, []Group{{ID: "g", Mode: Best}}, "a 5"},
		{"a tie goes to the first listed, cheapest", []Rule{b("a", "g", 5), b("b", "g", 5)}, []Group{{ID: "g", Mode: Cheapest}}, "a 5"},
		{"a rule that yields nothing does not apply", []Rule{{ID: "m", Kind: Multiplier, Group: "g", Multiply: 1000}, {ID: "n", Kind: Multiplier, Group: "g", Multiply: 1500}, base}, []Group{{ID: "g", Mode: First}}, "n 50, base 100"},
		{"an exclusive bonus group drops multipliers and bonuses outside", []Rule{base, {ID: "x2", Kind: Multiplier, Multiply: 2000}, b("a", "g", 3), b("b", "g", 5), b("c", "", 50)}, []Group{{ID: "g", Mode: Exclusive}}, "base 100, b 5"},
		{"an exclusive group without an applying rule drops nothing", []Rule{base, {ID: "x2", Kind: Multiplier, Multiply: 2000}, no(b("a", "g", 3))}, []Group{{ID: "g", Mode: Exclusive}}, "base 100, x2 100"},
		{"an exclusive base group drops everything else", []Rule{base, {ID: "v", Kind: Base, Group: "g", Per: 2, Give: 1}, {ID: "x2", Kind: Multiplier, Multiply: 2000}, b("c", "", 50)}, []Group{{ID: "g", Mode: Exclusive}}, "v 50"},
		{"of two exclusive groups the first listed wins; the losing base group acts as best", []Rule{base, {ID: "v", Kind: Base, Group: "h", Per: 2, Give: 1}, {ID: "w", Kind: Base, Group: "h", Per: 4, Give: 1}, b("a", "g", 3), b("c", "", 50)},
			[]Group{{ID: "g", Mode: Exclusive}, {ID: "h", Mode: Exclusive}}, "base 100, v 50, a 3"},
		{"of two exclusive groups the base group listed first drops the other", []Rule{base, {ID: "v", Kind: Base, Group: "h", Per: 2, Give: 1}, b("a", "g", 3)},
			[]Group{{ID: "h", Mode: Exclusive}, {ID: "g", Mode: Exclusive}}, "v 50"},
		{"the multiplier sees the base that counts after groups", []Rule{{ID: "a", Kind: Base, Group: "g", Per: 2, Give: 1}, {ID: "b", Kind: Base, Group: "g", Per: 1, Give: 1}, {ID: "x2", Kind: Multiplier, Multiply: 2000}}, []Group{{ID: "g", Mode: Best}}, "b 100, x2 100"},
	} {
		a := judged(t, shop(c.rules, c.groups...), cart(goods("a", 1, 100)), nil)
		if got := parts(a); got != c.want {
			t.Errorf("%s: %q, want %q (%s)", c.what, got, c.want, why(a))
		}
	}
}

func TestPointTypesNeverMix(t *testing.T) {
	rules := []Rule{{ID: "p1", Kind: Bonus, Group: "g", Give: 9}, {ID: "s1", Kind: Bonus, Group: "g", Points: "stamp", Give: 1}, {ID: "s2", Kind: Bonus, Group: "g", Points: "stamp", Give: 2},
		{ID: "sb", Kind: Base, Points: "stamp", Per: 50, Give: 1}, {ID: "x2", Kind: Multiplier, Multiply: 2000}}
	res, err := mustCompile(t, shop(rules, Group{ID: "g", Mode: Best})).Evaluate(cart(goods("a", 1, 100)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := parts(res.Awards[0]) + " | " + parts(res.Awards[1]); got != "p1 9 | s2 2, sb 2" {
		t.Error(got)
	}
}
