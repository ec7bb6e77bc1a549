package rules

import (
	"fmt"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"pgregory.net/rapid"

	"joren/internal/clock"
)

// expressions generates well-typed conditions over the whole vocabulary.
type expressions struct {
	t     *rapid.T
	bound []string // names of lines and texts bound by macros: "l0", "s1" …
	seen  map[string]int
	named int
}

func (g *expressions) pick(options ...string) string {
	return rapid.SampledFrom(options).Draw(g.t, "pick")
}

func (g *expressions) use(what string) { g.seen[what]++ }

func (g *expressions) yes(depth int) string {
	if depth <= 0 {
		return g.pick("true", "false", "member.is_birthday", "member.is_birthday_month", "member.is_anniversary", "line.fee", "member.attr.vip", "has(member.birthday)",
			"has(member.attr.goal)", "has(stats.avg_interval)", "has(line.category)", "has(purchase.coupons)", "member.in_segment('vip')", "('own_cup' in line.tags)", "('c1' in purchase.coupons)", "event.fields.ok", "purchase.delivery.late")
	}
	switch g.pick("and", "or", "not", "ints", "texts", "dates", "bools", "in", "inInts", "inTags", "text", "cond", "exists", "existsText", "leaf", "segment") {
	case "and":
		g.use("&&")
		return fmt.Sprintf("(%s && %s)", g.yes(depth-1), g.yes(depth-1))
	case "or":
		g.use("||")
		return fmt.Sprintf("(%s || %s)", g.yes(depth-1), g.yes(depth-1))
	case "not":
		g.use("!")
		return "!(" + g.yes(depth-1) + ")"
	case "ints":
		return g.relation("int", g.num(depth-1), g.num(depth-1))
	case "texts":
		return g.relation("text", g.str(depth-1), g.str(depth-1))
	case "dates":
		return g.relation("date", g.date(depth-1), g.date(depth-1))
	case "bools":
		g.use("bool ==")
		return fmt.Sprintf("(%s %s %s)", g.yes(depth-1), g.pick("==", "!="), g.yes(depth-1))
	case "in":
		g.use("in list")
		return fmt.Sprintf("(%s in ['gold', 'beans', ''])", g.str(depth-1))
	case "inInts":
		g.use("in ints")
		return fmt.Sprintf("(%s in [0, 1, 20])", g.num(depth-1))
	case "inTags":
		g.use("in field")
		return fmt.Sprintf("(%s in line.tags)", g.str(depth-1))
	case "text":
		f := g.pick("startsWith", "endsWith", "contains")
		g.use(f)
		return fmt.Sprintf("%s.%s(%s)", g.str(depth-1), f, g.str(depth-1))
	case "cond":
		g.use("?: bool")
		return fmt.Sprintf("(%s ? %s : %s)", g.yes(depth-1), g.yes(depth-1), g.yes(depth-1))
	case "segment":
		return fmt.Sprintf("member.in_segment(%s)", g.str(depth-1))
	case "exists":
		return g.macro(depth, "purchase.lines", "l")
	case "existsText":
		return g.macro(depth, g.pick("purchase.coupons", "line.tags", "member.segments"), "s")
	}
	return g.yes(0)
}

func (g *expressions) macro(depth int, over, kind string) string {
	if len(g.bound) >= 2 {
		return g.yes(0)
	}
	form := g.pick("exists", "all", "exists_one")
	g.use(form + " " + kind)
	name := fmt.Sprintf("%s%d", kind, g.named)
	g.named++
	g.bound = append(g.bound, name)
	p := g.yes(depth - 1)
	g.bound = g.bound[:len(g.bound)-1]
	return fmt.Sprintf("%s.%s(%s, %s)", over, form, name, p)
}

func (g *expressions) relation(kind, a, b string) string {
	op := g.pick("==", "!=", "<", "<=", ">", ">=")
	g.use(op)
	g.use("compare " + kind)
	return fmt.Sprintf("(%s %s %s)", a, op, b)
}

// of picks a bound name of a kind, "" when there is none.
func (g *expressions) of(kind string) string {
	var names []string
	for _, n := range g.bound {
		if strings.HasPrefix(n, kind) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return g.pick(names...)
}

func (g *expressions) num(depth int) string {
	if depth <= 0 {
		if l := g.of("l"); l != "" && rapid.Bool().Draw(g.t, "bound") {
			return l + g.pick(".quantity", ".eligible", ".amount", ".no")
		}
		return g.pick("0", "1", "-1", "2", "20", "300", "9223372036854775807", "-9223372036854775808", "purchase.eligible", "purchase.total", "purchase.items", "stats.visit_no",
			"stats.spend", "line.quantity", "line.unit_price", "member.age", "member.attr.goal", "now.hour", "now.month", "now.day", "purchase.line_count", "stats.days_since_last",
			"stats.product('BEANS200').count", "stats.event('review').count", "stats.event('visit').interval", "stats.product(line.sku).interval", "event.fields.stars", "member.birthday.month")
	}
	switch g.pick("arith", "arith", "neg", "size", "cond", "days", "leaf") {
	case "arith":
		op := g.pick("+", "-", "*", "/", "%")
		g.use("int " + op)
		return fmt.Sprintf("(%s %s %s)", g.num(depth-1), op, g.num(depth-1))
	case "neg":
		g.use("neg")
		return "-(" + g.num(depth-1) + ")"
	case "size":
		g.use("size")
		return g.pick("size(", "size(") + g.pick(g.str(depth-1), "line.tags", "purchase.lines", "purchase.coupons") + ")"
	case "cond":
		g.use("?: int")
		return fmt.Sprintf("(%s ? %s : %s)", g.yes(depth-1), g.num(depth-1), g.num(depth-1))
	case "days":
		g.use("date -")
		return fmt.Sprintf("(%s - %s)", g.date(depth-1), g.date(depth-1))
	}
	return g.num(0)
}

func (g *expressions) str(depth int) string {
	if depth <= 0 {
		if s := g.of("s"); s != "" && rapid.Bool().Draw(g.t, "bound") {
			return s
		}
		if l := g.of("l"); l != "" && rapid.Bool().Draw(g.t, "bound") {
			return l + g.pick(".sku", ".category", ".name")
		}
		return g.pick("''", "'gold'", "'be'", "'京都'", "member.tier", "member.attr.city", "line.category", "line.name", "purchase.store", "purchase.channel", "event.kind", "stats.last_on.weekday")
	}
	switch g.pick("plus", "cond", "leaf") {
	case "plus":
		g.use("text +")
		return fmt.Sprintf("(%s + %s)", g.str(depth-1), g.str(depth-1))
	case "cond":
		g.use("?: text")
		return fmt.Sprintf("(%s ? %s : %s)", g.yes(depth-1), g.str(depth-1), g.str(depth-1))
	}
	return g.str(0)
}

func (g *expressions) date(depth int) string {
	if depth <= 0 {
		return g.pick("date('2026-11-15')", "date('2000-02-29')", "member.joined_on", "member.birthday", "now.date", "purchase.day", "member.attr.since", "stats.last_on", "stats.product('BEANS200').last", "stats.event('review').last")
	}
	if g.pick("add", "leaf") == "add" {
		g.use("add_days")
		return fmt.Sprintf("%s.add_days(%s)", g.date(depth-1), g.num(depth-1))
	}
	return g.date(0)
}

var oracleWords = Words{Zone: clock.Tokyo,
	Attributes: map[string]AttrType{"goal": AttrInt, "city": AttrText, "vip": AttrBool, "since": AttrDate},
	Event:      map[string]AttrType{"stars": AttrInt, "ok": AttrBool}}

// scenes generates an occasion, facts and the line under judgement.
func scenes(t *rapid.T) (*Occasion, *Facts, *Line) {
	o := cafePurchase()
	o.Trigger = rapid.SampledFrom([]string{"purchase", "review"}).Draw(t, "trigger")
	o.Fields = map[string]any{"stars": rapid.Int64Range(0, 5).Draw(t, "stars"), "ok": rapid.Bool().Draw(t, "ok")}
	o.Day = clock.MustDay("2026-11-15") + clock.Day(rapid.IntRange(0, 400).Draw(t, "day"))
	o.Coupons = rapid.SliceOfN(rapid.SampledFrom([]string{"c1", "gold", ""}), 0, 3).Draw(t, "coupons")
	o.Lines = o.Lines[:rapid.IntRange(0, 3).Draw(t, "lines")]
	l := cafePurchase().Lines[rapid.IntRange(0, 2).Draw(t, "line")]
	l.Quantity = rapid.Int64Range(0, 3).Draw(t, "quantity")
	f := &Facts{
		Member: MemberFacts{Tier: rapid.SampledFrom([]string{"", "gold", "silver"}).Draw(t, "tier"), JoinedOn: clock.MustDay("2025-11-15"), Segments: rapid.SliceOfN(rapid.SampledFrom([]string{"vip", "be", "gold"}), 0, 2).Draw(t, "segments"),
			Birthday: rapid.SampledFrom([]clock.Day{0, clock.MustDay("1990-11-15"), clock.MustDay("2000-02-29"), clock.MustDay("0004-02-29")}).Draw(t, "birthday"), Anniversaries: []clock.MonthDay{{Month: 11, Day: 15}}, Attributes: map[string]any{}},
		Stats:    Stats{VisitNo: rapid.Int64Range(0, 30).Draw(t, "visit"), Spend: rapid.Int64().Draw(t, "spend"), SinceLast: rapid.Int64Range(-1, 3).Draw(t, "since"), AvgInterval: rapid.Int64Range(-1, 3).Draw(t, "avg")},
		Events:   map[string]ProductStats{"review": {Count: rapid.Int64Range(0, 5).Draw(t, "reviews"), Last: clock.MustDay("2026-02-02"), Interval: -1}},
		Products: map[string]ProductStats{"BEANS200": {Count: rapid.Int64Range(0, 5).Draw(t, "count"), Last: clock.MustDay("2026-01-01"), Interval: 20}},
	}
	for name, v := range map[string]any{"goal": rapid.Int64Range(-2, 2).Draw(t, "goal"), "city": "京都", "vip": true, "since": clock.MustDay("2024-02-29")} {
		if rapid.Bool().Draw(t, "known") {
			f.Member.Attributes[name] = v
		}
	}
	return o, f, &l
}

// oracle judges a condition with cel-go alone.
func oracle(env *cel.Env, src string, v *view) (bool, error) {
	a, iss := env.Compile(src)
	if iss.Err() != nil {
		panic(iss.Err())
	}
	prg, err := env.Program(a)
	if err != nil {
		panic(err)
	}
	out, _, err := prg.Eval(celVars{v})
	if err != nil {
		return false, err
	}
	return bool(out.(types.Bool)), nil
}

// sameError compares what went wrong, not the wording around it.
func sameError(a, b error) bool {
	if (a == nil) != (b == nil) {
		return false
	}
	return a == nil || strings.Contains(b.Error(), a.Error()) || strings.Contains(a.Error(), b.Error())
}

func TestClosuresJudgeAsCelGoDoes(t *testing.T) {
	cc := newCompiler(oracleWords)
	env := cc.env(OfLine)
	seen := map[string]int{}
	var natives, left, trues, falses, errs int
	check := func(t *rapid.T) {
		g := &expressions{t: t, seen: seen}
		src := g.yes(rapid.IntRange(0, 4).Draw(t, "depth"))
		if len(src) > maxSource {
			t.Skip()
		}
		c, bad := cc.compile(OfLine, src)
		if len(bad) > 0 {
			if bad[0].Code == "condition.too_costly" || bad[0].Code == "condition.syntax" { // deeper than the parser allows
				t.Skip()
			}
			t.Fatalf("%s: %v", src, bad)
		}
		for range 4 {
			o, f, l := scenes(t)
			v := newView(o, f, clock.Tokyo)
			v.line = l
			want, wantErr := oracle(env, src, v)
			got, _, gotErr := c.judge(v)
			if got != want || !sameError(gotErr, wantErr) {
				t.Fatalf("%s\nclosure %v %v\ncel-go  %v %v", src, got, gotErr, want, wantErr)
			}
			switch {
			case wantErr != nil:
				errs++
			case want:
				trues++
			default:
				falses++
			}
		}
		a, _ := cc.check(env, src)
		if cc.native(a).kind == kindBool {
			natives++
		} else {
			left++
		}
	}
	for range 8 {
		rapid.Check(t, check)
	}
	t.Logf("native %d, left to cel-go %d; true %d, false %d, errors %d", natives, left, trues, falses, errs)
	if natives < 10*left || trues == 0 || falses == 0 || errs == 0 {
		t.Errorf("the generator proves too little: native %d, left %d, true %d, false %d, errors %d", natives, left, trues, falses, errs)
	}
	for _, what := range []string{"&&", "||", "!", "==", "!=", "<", "<=", ">", ">=", "compare int", "compare text", "compare date", "int +", "int -", "int *", "int /", "int %", "text +", "date -", "add_days",
		"in list", "in ints", "in field", "startsWith", "contains", "endsWith", "?: bool", "?: int", "?: text", "exists l", "all l", "exists_one l", "exists s", "all s", "size", "neg", "bool =="} {
		if seen[what] == 0 {
			t.Errorf("no generated condition used %s", what)
		}
	}
}
