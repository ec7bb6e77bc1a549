package plan

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/label"
	"joren/internal/rules"
)

func template(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("templates/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parsed(t *testing.T, src string) *Programme {
	t.Helper()
	p, bad := Parse([]byte(src))
	for _, b := range bad {
		t.Errorf("%d %s: %s (%s)", b.Line, b.Path, b.Text(i18n.EN), b.Code)
	}
	if p == nil {
		t.FailNow()
	}
	return p
}

func TestTheCafeParses(t *testing.T) {
	p := parsed(t, template(t, "cafe"))
	if len(p.Spec.Rules) != 11 || p.Rules == nil {
		t.Errorf("%d rules", len(p.Spec.Rules))
	}
}

func TestEveryTemplateParses(t *testing.T) {
	for _, name := range Templates() {
		t.Run(name, func(t *testing.T) { parsed(t, template(t, name)) })
	}
}

func TestTheCafeMeansWhatItSays(t *testing.T) {
	p := parsed(t, template(t, "cafe"))
	regular := PointPolicy{ID: "regular", Name: label.Text{JA: "ひだまりポイント", EN: "Hidamari Points"}, Value: 1, PaidAs: PaidAsDiscount,
		Terms: rules.Terms{Class: "base", Pending: rules.Pending{Kind: rules.PendingDays, Days: 7},
			Expiry: rules.Expiry{Kind: rules.ExpiryMonths, Months: 12, Round: rules.RoundMonth}},
		Consume: []string{"promotional", "base"}, Returns: ReturnDebt, IfExpired: RefundGrace, GraceDays: 30, Spend: SpendRules{Unit: 1}}
	if diff := cmp.Diff(regular, p.Points[0]); diff != "" {
		t.Error(diff)
	}
	tiers := &Tiers{Metric: Metric{Parts: []Measure{{Kind: NetSpend}}}, Window: TierWindow{Kind: WindowCalendar, Months: 6, Start: 4},
		Evaluation: Evaluation{Kind: EvaluateDaily}, Downgrade: Downgrade{DowngradeFull, 30}, Levels: []Level{
			{ID: "bronze", Name: label.Text{JA: "ブロンズ", EN: "Bronze"}, Enter: []int64{0}, Keep: []int64{0}},
			{ID: "silver", Name: label.Text{JA: "シルバー", EN: "Silver"}, Enter: []int64{30000}, Keep: []int64{24000}, Benefits: []string{"lounge"}},
			{ID: "gold", Name: label.Text{JA: "ゴールド", EN: "Gold"}, Enter: []int64{60000}, Keep: []int64{50000}, Benefits: []string{"lounge", "early-seat"}, OnEnter: OnEnter{Coupon: "welcome-gold"}}}}
	if diff := cmp.Diff(tiers, p.Tiers); diff != "" {
		t.Error(diff)
	}
	birthday := p.Spec.Rules[8]
	if diff := cmp.Diff(&rules.Terms{Class: "promotional", Expiry: rules.Expiry{Kind: rules.ExpiryDays, Days: 60}}, birthday.Terms); diff != "" {
		t.Error(diff)
	}
	if l := p.Spec.Rules[1].Limits[0]; l.ID != "five-days.1" || l.Scope != rules.ScopeRule || l.Max != 150 || l.Window != rules.WindowMonth || !l.PerMember {
		t.Errorf("%+v", l)
	}
	if got := p.Rewards[0].Price; got.For("gold") != 450 || got.For("silver") != 500 || got.For("") != 500 {
		t.Errorf("%+v", got)
	}
	if p.Starts() != clock.MustInstant("2026-04-01T00:00:00+09:00") || p.FiscalStart != 4 || p.WeekStart != time.Monday || p.ApplyToExisting {
		t.Errorf("%v %v %v", p.Starts(), p.FiscalStart, p.WeekStart)
	}
	if p.Basis != (rules.Basis{}) || p.Line("tiers.levels[1].keep") != 65 || p.Line("rules[3].when") != 37 {
		t.Errorf("%+v", p.Basis)
	}
}

func TestPointsGivenOutsidePurchasesWaitOnlyWhenTheRuleSaysSo(t *testing.T) {
	survey := parsed(t, template(t, "cafe")).Spec.Rules[9]
	want := rules.Terms{Class: "base", Expiry: rules.Expiry{Kind: rules.ExpiryMonths, Months: 12, Round: rules.RoundMonth}}
	if survey.ID != "survey-answered" || survey.Terms == nil || !cmp.Equal(*survey.Terms, want) {
		t.Errorf("%+v", survey.Terms)
	}
}

func TestTheTemplatesExcludeWhatMustNotEarn(t *testing.T) {
	for _, n := range []string{"shop", "salon", "demo"} {
		p := parsed(t, template(t, n))
		for _, category := range []string{"tobacco", "gift_voucher", "stamps"} {
			c, bad := rules.CompileCondition(rules.OfGoods, p.Exclude, rules.Words{})
			if len(bad) > 0 {
				t.Fatal(bad)
			}
			if ok, err := c.Holds(&rules.Occasion{}, &rules.Facts{}, &rules.Line{Category: category}); err != nil || !ok {
				t.Errorf("%s: %s earns", n, category)
			}
		}
	}
}

// The worked example stands word for word in testdata. The café to start from
// is the same but for one condition, which takes no second purchase of a day
// for a tenth visit.
func TestTheCafeTemplateIsTheWorkedExample(t *testing.T) {
	b, err := os.ReadFile("testdata/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if cafe := strings.Replace(template(t, "cafe"), "stats.visit_no > 0 && ", "", 1); cafe != string(b) {
		t.Error("the café to start from is not the worked example")
	}
	const sum = "130a9cda55ca16c1ce974c9ad11d72015646efb3507acd2ebce76d4cd84de55a"
	if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != sum {
		t.Errorf("the café of the worked example was changed: %s", got)
	}
	if _, err := Template("bar"); !fault.Is(err, "programme.unknown_template") {
		t.Error(err)
	}
}

func TestWhatIsRarelyMeantIsWarnedOf(t *testing.T) {
	for _, name := range Templates() {
		if ws := parsed(t, template(t, name)).Warnings(); len(ws) != 0 {
			t.Errorf("%s: %+v", name, ws)
		}
	}
	example, err := os.ReadFile("testdata/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := parsed(t, string(example))
	if ws := p.Warnings(); len(ws) != 1 || ws[0].Code != "programme.zeroth_visit" || ws[0].Path != "rules[6].when" || ws[0].Line != 40 {
		t.Errorf("%+v", ws)
	}
	src := strings.Replace(template(t, "shop"), "expiry: {months: 12, from: last_activity}", "expiry: never", 1)
	if ws := parsed(t, src).Warnings(); len(ws) != 1 || ws[0].Code != "programme.never_expires" {
		t.Errorf("%+v", ws)
	}
	for _, c := range []struct{ from, to, code, path string }{
		{"effective_from:", "household: {members: 4, tier: pooled}\neffective_from:", "programme.tier_not_pooled", "household.tier"},
	} {
		src := strings.Replace(template(t, "cafe"), c.from, c.to, 1)
		ws := parsed(t, src).Warnings()
		if len(ws) != 1 || ws[0].Code != c.code || !strings.HasPrefix(ws[0].Path, c.path) || ws[0].Line == 0 {
			t.Errorf("%s: %+v", c.to, ws)
		}
	}
}

func TestSegmentsOfADocumentAreFoundWhereverTheyStand(t *testing.T) {
	src := strings.Replace(template(t, "cafe"), "id: silver-rank, kind: multiplier,", "id: silver-rank, kind: multiplier, segments: [vip, regulars],", 1)
	src = strings.Replace(src, "when: \"stats.visit_no == 1", "when: \"(member.in_segment('regluars') || 'vip' in member.segments) && stats.visit_no == 1", 1)
	p := parsed(t, src)
	var got []string
	for _, u := range p.SegmentUses() {
		got = append(got, u.Segment)
	}
	slices.Sort(got)
	if strings.Join(got, " ") != "regluars regulars vip vip" {
		t.Errorf("uses %v", got)
	}
	wrong, warn := p.CheckSegments(func(id string) (known, on bool) { return id != "regluars", id == "vip" }, []string{"vip", "regulars"})
	if len(wrong) != 1 || wrong[0].Code != "programme.unknown_segment" || wrong[0].Line == 0 || !strings.Contains(wrong[0].Text("en"), "did you mean 'regulars'") {
		t.Errorf("wrong %+v", wrong)
	}
	if len(warn) != 1 || warn[0].Code != "programme.segment_off" || !strings.HasSuffix(warn[0].Path, ".segments") {
		t.Errorf("warned of %+v", warn)
	}
	if unseen := p.UnseenSegments(); len(unseen) != 4 || unseen[0].Code != "programme.segment_unseen" {
		t.Errorf("unseen %+v", unseen)
	}
	if none := parsed(t, template(t, "cafe")).UnseenSegments(); len(none) != 0 {
		t.Errorf("%+v", none)
	}
}

func TestMonthsOfGraceAndReturnsFollowTheirDefaults(t *testing.T) {
	p := parsed(t, small)
	x := p.Points[0]
	if x.Returns != ReturnDebt || x.IfExpired != RefundGrace || x.GraceDays != 30 || x.Terms.Class != "base" || x.PaidAs != PaidAsDiscount || p.ZoneName != "Asia/Tokyo" ||
		p.WeekStart != time.Monday || p.FiscalStart != time.January || p.NoticeDays != 30 || p.Tiers.Downgrade.How != DowngradeFull || p.Tiers.Levels[0].Keep[0] != 0 {
		t.Errorf("%+v %+v", x, p.Tiers)
	}
}

func TestAnEnormousDocumentIsRefusedBeforeItCostsTime(t *testing.T) {
	for _, c := range []struct{ what, src, code string }{
		{"bytes", "a: " + strings.Repeat("x", 200_000), "programme.too_large"},
		{"keys", strings.Repeat("a: 1\n", 25_000), "programme.too_long"},
		{"brackets", strings.Repeat("[", 10_000), "programme.too_deep"},
		{"entries", strings.Repeat("- ", 10_000), "programme.too_deep"},
		{"rules", small + strings.Repeat("  - {id: x, kind: amount, value: 1, valid: {days: 1}, code: unique}\n", 600), "programme.too_many"},
	} {
		_, bad := Parse([]byte(c.src))
		found := false
		for _, b := range bad {
			found = found || b.Code == c.code
		}
		if !found {
			t.Errorf("%s: not refused by %s", c.what, c.code)
		}
	}
}
