package segment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/label"
	"joren/internal/rules"
)

var today = clock.MustDay("2026-06-30")

// bought is who came so often, first and last so many days ago.
func bought(visits, first, last, spend int64) *rules.Stats {
	return &rules.Stats{Visits: visits, Orders: visits, Spend: spend, FirstOn: today - clock.Day(first), LastOn: today - clock.Day(last), SinceLast: last, AvgInterval: -1}
}

// fifths are norms of a shop whose usual gap is ten days; the highest class of
// frequency begins at 8 visits, that of money at 10,000.
func fifths() *Norms {
	return &Norms{Day: today, Buyers: 100, Gap: 10, Recency: Cuts{int64(today) - 90, int64(today) - 60, int64(today) - 30, int64(today) - 10}, Frequency: Cuts{2, 3, 5, 8}, Money: Cuts{1000, 2000, 5000, 10000}}
}

func TestAStageFollowsHerOwnRhythm(t *testing.T) {
	for _, c := range []struct {
		why                        string
		visits, first, last, spend int64
		want                       Stage
	}{
		{"never bought", 0, 0, 0, 0, NoStage},
		{"first purchase today", 1, 0, 0, 100, New},
		{"one visit, 1.5 of the shop's gap", 1, 15, 15, 100, New},
		{"one visit, a day later", 1, 16, 16, 100, AtRisk},
		{"one visit, twice the shop's gap", 1, 20, 20, 100, AtRisk},
		{"over twice", 1, 21, 21, 100, Lapsing},
		{"three times", 1, 30, 30, 100, Lapsing},
		{"over three times", 1, 31, 31, 100, Dormant},
		{"four times", 1, 40, 40, 100, Dormant},
		{"over four times", 1, 41, 41, 100, Lost},
		{"two visits 30 days apart: (30+10)/2 = 20 is usual, 1.5 times is 30", 2, 60, 30, 100, Growing},
		{"a day later", 2, 61, 31, 100, AtRisk},
		{"three visits", 3, 20, 0, 100, Growing},
		{"four visits", 4, 30, 0, 100, Regular},
		{"four visits, much money, but not often enough", 4, 30, 0, 99_999, Regular},
		{"often, little money", 8, 70, 0, 9_999, Regular},
		{"often and much", 8, 70, 0, 10_000, Champion},
		{"eight visits in 70 days: 10 is usual; 15 days ago", 8, 85, 15, 10_000, Champion},
		{"16 days ago even a champion is at risk", 8, 86, 16, 10_000, AtRisk},
		{"daily buyers are missed after two days", 50, 51, 2, 10_000, AtRisk},
		{"bought after the day began", 4, 30, -1, 100, Regular},
	} {
		if got := StageOf(bought(c.visits, c.first, c.last, c.spend), fifths(), today); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
	few := fifths()
	few.Buyers = LeastBuyers - 1
	if got := StageOf(bought(8, 70, 0, 99_999), few, today); got != Regular {
		t.Errorf("a champion among too few buyers: %q", got)
	}
	if got := StageOf(bought(1, 10, 10, 1), &Norms{}, today); got != New {
		t.Errorf("without norms a week is usual: %q", got)
	}
}

// A stage never goes back towards the better by time alone.
func TestTimeAloneNeverMakesAStageBetter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		last := r.Int64N(3)
		s := bought(1+r.Int64N(9), last+r.Int64N(200), last, r.Int64N(20_000))
		if s.Visits == 1 {
			s.FirstOn = s.LastOn
		}
		rank := -1
		for d := today; d < today+800; d++ {
			k := max(3, slices.Index(Stages, StageOf(s, fifths(), d)))
			if k < rank {
				t.Fatalf("%+v gets better on %s", s, d)
			}
			rank = k
		}
		if Stages[rank] != Lost {
			t.Fatalf("%+v is never lost", s)
		}
	}
}

func TestClassesAreFifthsAndTiesShareOne(t *testing.T) {
	of := func(v ...int64) (out []int) {
		c := cut(slices.Clone(v))
		n := &Norms{Buyers: 100}
		for _, x := range v {
			out = append(out, n.class(c, x))
		}
		return out
	}
	for _, c := range []struct {
		v    []int64
		want string
	}{
		{[]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, "[1 1 2 2 3 3 4 4 5 5]"},
		{[]int64{7, 7, 7, 7, 7}, "[3 3 3 3 3]"},
		{[]int64{1, 1, 1, 1, 1, 1, 2, 2, 2, 9}, "[2 2 2 2 2 2 4 4 4 5]"},
		{[]int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 100}, "[3 3 3 3 3 3 3 3 3 5]"},
		{[]int64{5}, "[3]"},
	} {
		if got := fmt.Sprint(of(c.v...)); got != c.want {
			t.Errorf("%v: %s, want %s", c.v, got, c.want)
		}
	}
	if c := cut(nil); c[0] != math.MaxInt64 {
		t.Errorf("of nobody: %v", c)
	}
}

func TestClassesDoNotDependOnOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		v := make([]int64, 1+r.IntN(60))
		for i := range v {
			v[i] = r.Int64N(6)
		}
		a := cut(slices.Clone(v))
		r.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
		if b := cut(v); a != b || !slices.IsSorted(a[:]) {
			t.Fatalf("%v and %v of %v", a, b, v)
		}
	}
}

func TestNormsAreThoseOfTheDaysBuyers(t *testing.T) {
	n := NormsOf(today, []Buyer{{Visits: 3, First: today - 21, Last: today - 1}, {Visits: 1, First: today, Last: today}, {Visits: 2, First: today - 5, Last: today}})
	if n.Gap != 8 || n.Buyers != 3 || n.Enough() { // 25 days in 3 gaps
		t.Errorf("%+v", n)
	}
	if n := NormsOf(today, nil); n.Gap != 7 || n.Buyers != 0 {
		t.Errorf("of an empty shop %+v", n)
	}
	r, f, m := RFM(bought(3, 20, 1, 500), &n)
	if r+f+m != 0 {
		t.Errorf("three buyers make classes %d %d %d", r, f, m)
	}
}

func seg(id string, d Definition) Segment {
	return Segment{ID: id, Name: label.Text{JA: id, EN: id}, Definition: d}
}

func codes(err error) (out []string) {
	if err == nil {
		return nil
	}
	for _, f := range fault.Of(err).Fields {
		out = append(out, f.Path+" "+f.Code)
	}
	return out
}

func TestAConditionOfASegmentKnowsNoPurchase(t *testing.T) {
	w := rules.Words{Attributes: map[string]rules.AttrType{"city": rules.AttrText}, Tiers: []string{"gold"}, Kinds: []string{"review"}}
	for _, c := range []struct{ when, want string }{
		{"member.attr.city == '札幌' && stats.visits >= 3", ""},
		{"stats.event('review').count > 0 && stats.product('DRIP').last > date('2026-01-01')", ""},
		{"purchase.total > 100", "segment.no_purchase"},
		{"purchase.lines.exists(l, l.sku == 'x')", "segment.no_purchase"},
		{"event.kind == 'review'", "segment.no_event"},
		{"now.hour > 3 && stats.visit_no > 1 && stats.tier_metric > 5", "segment.no_clock segment.no_visit_no segment.no_tier_metric"},
		{"stats.product(member.attr.city).count > 1", "segment.product_constant"},
		{"member.in_segment(member.attr.city)", "segment.segment_constant"},
		{"member.segments.exists(s, s == 'a')", "segment.segment_constant"},
		{"member.attr.town == 'x'", "condition.unknown_field"},
		{"member.tier == 'platinum' || stats.event('reveiw').count > 1", "condition.unknown_value condition.unknown_value"},
		{"stats.event(member.attr.city).count > 1", "condition.event_constant"},
		{"stats.visits", "condition.not_bool"},
		{"stats.visits >", "condition.syntax"},
		{strings.Repeat("member.segments.all(a, ", 4) + "member.segments.exists(b, a == b)" + strings.Repeat(")", 4), "condition.too_costly"},
	} {
		x := seg("s", Definition{When: c.when})
		_, err := Compile(&x, w)
		var got []string
		for _, line := range codes(err) {
			if !strings.HasPrefix(line, "when ") {
				t.Errorf("%s: %s", c.when, line)
			}
			got = append(got, strings.TrimPrefix(line, "when "))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.when, got, c.want)
		}
		if err == nil {
			continue
		}
		for _, f := range fault.Of(err).Fields {
			for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
				if s := i18n.Fault(l, f.Code, f.Args); s == "" || strings.Contains(s, "{") || strings.HasPrefix(s, "[") {
					t.Errorf("%s in %s: %q", f.Code, l, s)
				}
			}
		}
	}
}

func TestSegmentsComeAfterThoseTheyName(t *testing.T) {
	w := rules.Words{}
	s, err := NewSet([]Segment{seg("a", Definition{When: "'b' in member.segments && !member.in_segment('c')"}), seg("b", Definition{When: "member.in_segment('c')"}), seg("c", Definition{When: "stats.visits > 1"})}, w)
	if err != nil {
		t.Fatal(err)
	}
	for visits, want := range map[int64]string{1: "[]", 2: "[b c]"} {
		if got := s.Place(&Portrait{Facts: &rules.Facts{Stats: *bought(visits, 1, 1, 1)}}, fifths(), today); fmt.Sprint(got) != want {
			t.Errorf("%d visits: %v, want %s", visits, got, want)
		}
	}
	if by := s.UsedBy("c"); fmt.Sprint(by) != "[a b]" {
		t.Errorf("c is used by %v", by)
	}
	if one, err := s.Only("b", w); err != nil || fmt.Sprint(one.IDs()) != "[b c]" {
		t.Errorf("b depends on %v, %v", one, err)
	}
	for _, c := range []struct{ a, b, code, path string }{
		{"member.in_segment('b')", "member.in_segment('a')", "segment.circle", "a → b → a"},
		{"member.in_segment('a')", "stats.visits > 1", "segment.circle", "a → a"},
		{"member.in_segment('z')", "stats.visits > 1", "segment.unknown_name", ""},
	} {
		_, err := NewSet([]Segment{seg("a", Definition{When: c.a}), seg("b", Definition{When: c.b})}, w)
		if got := codes(err); fmt.Sprint(got) != "[when "+c.code+"]" || !strings.Contains(i18n.Fault(i18n.EN, c.code, fault.Of(err).Fields[0].Args), c.path) {
			t.Errorf("%s, %s: %v", c.a, c.b, got)
		}
	}
	usable, broken := Usable([]Segment{seg("a", Definition{When: "member.in_segment('b')"}), seg("b", Definition{When: "member.attr.gone == 'x'"}), seg("c", Definition{When: "stats.visits > 1"})}, w)
	if fmt.Sprint(usable.IDs()) != "[c]" || len(broken) != 2 {
		t.Errorf("usable %v, broken %v", usable.IDs(), broken)
	}
}

func TestAllPartsMustHoldAndABandEndsBelowItsTop(t *testing.T) {
	x := Definition{Recency: []int{5}, Money: []int{4, 5}, Stages: []Stage{Regular, Champion}, Score: &Band{50, 70}, When: "stats.visits < 20"}
	s, err := NewSet([]Segment{seg("x", x), seg("top", Definition{Score: &Band{70, 100}})}, rules.Words{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why    string
		st     *rules.Stats
		score  int64
		scored bool
		want   string
	}{
		{"all", bought(5, 40, 3, 6000), 699, true, "[x]"},
		{"over the band", bought(5, 40, 3, 6000), 700, true, "[top]"},
		{"the very top", bought(5, 40, 3, 6000), 1000, true, "[top]"},
		{"below", bought(5, 40, 3, 6000), 499, true, "[]"},
		{"no score", bought(5, 40, 3, 6000), 0, false, "[]"},
		{"too little money", bought(5, 40, 3, 4999), 600, true, "[]"},
		{"too long ago", bought(5, 80, 20, 6000), 600, true, "[]"},
		{"growing", bought(3, 20, 3, 6000), 600, true, "[]"},
		{"too many visits", bought(20, 190, 3, 6000), 600, true, "[]"},
	} {
		p := &Portrait{Facts: &rules.Facts{Stats: *c.st}, Score: c.score, Scored: c.scored}
		if got := fmt.Sprint(s.Place(p, fifths(), today)); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
		k := s.Key(c.st, c.score, c.scored, fifths(), today)
		if again := s.Key(c.st, c.score, c.scored, fifths(), today); k != again {
			t.Errorf("%s: the key is not the same twice", c.why)
		}
	}
	a, b := bought(5, 40, 3, 6000), fifths()
	if s.Key(a, 699, true, b, today) == s.Key(a, 700, true, b, today) || s.Key(a, 699, true, b, today) != s.Key(a, 510, true, b, today) {
		t.Error("the key does not follow the bands")
	}
}

// The day told is the first on which placing gives another answer.
func TestTheNextChangeIsTheFirst(t *testing.T) {
	s, err := NewSet([]Segment{seg("quiet", Definition{When: "stats.days_since_last >= 20"}), seg("month", Definition{When: "member.is_birthday_month"}),
		seg("week", Definition{When: "member.days_since_joining < 14 && now.weekday != 'sunday'"})}, rules.Words{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		f := &rules.Facts{Stats: *bought(1+r.Int64N(3), 40, r.Int64N(30), 1), Member: rules.MemberFacts{JoinedOn: today - clock.Day(r.IntN(40)), Birthday: today - clock.Day(9000+r.IntN(365))}}
		p := &Portrait{Facts: f}
		in := s.Place(p, fifths(), today)
		due := s.NextChange(p, fifths(), today)
		if !slices.Equal(f.Member.Segments, in) || f.Stats.SinceLast != int64(today-f.Stats.LastOn) {
			t.Fatal("looking ahead left its traces")
		}
		for d := today + 1; d < due; d++ {
			q := *f
			q.Stats = at(f.Stats, d)
			if got := s.Place(&Portrait{Facts: &q}, fifths(), d); !slices.Equal(got, in) {
				t.Fatalf("on %s already %v instead of %v; told %s", d, got, in, due)
			}
		}
		if due > today+ahead || due <= today {
			t.Fatalf("due %s", due)
		}
	}
	still, _ := NewSet([]Segment{seg("x", Definition{When: "stats.visits > 1", Stages: []Stage{New}})}, rules.Words{})
	if d := still.NextChange(&Portrait{Facts: &rules.Facts{}}, fifths(), today); d != 0 {
		t.Errorf("no condition depends on time, and yet %s", d)
	}
}

func TestDefinitionsAndReasonsAreSaid(t *testing.T) {
	d := Definition{Recency: []int{4, 5}, Score: &Band{50, 70}, Stages: []Stage{AtRisk, Lapsing}, When: "stats.visits >= 2 && stats.event('review').count == 1"}
	ja, en := Speaker{rules.Speaker{Lang: i18n.JA}}, Speaker{rules.Speaker{Lang: i18n.EN}}
	if got := strings.Join(ja.Explain(&d), "／"); !strings.Contains(got, "離反リスク・離れかけ") || !strings.Contains(got, "50以上70未満") || !strings.Contains(got, "「review」のこれまでの回数") {
		t.Error(got)
	}
	if got := strings.Join(en.Explain(&d), "; "); !strings.Contains(got, "recency class 4 or 5") || !strings.Contains(got, "stage: at risk or lapsing") || !strings.Contains(got, "number of review events") {
		t.Error(got)
	}
	s, err := NewSet([]Segment{seg("x", d)}, rules.Words{})
	if err != nil {
		t.Fatal(err)
	}
	p := &Portrait{Facts: &rules.Facts{Stats: *bought(3, 50, 30, 9000)}}
	s.Place(p, fifths(), today)
	var got []string
	for _, x := range en.Why(s, "x", p, fifths(), today) {
		got = append(got, fmt.Sprintf("%t %s", x.Holds, x.Found))
	}
	want := []string{"true class 4 (last bought on Sun 31 May 2026)", "false there is no score to tell yet", "true lapsing: 3 visits, 30 days since the last; the usual gap is about 10 days", "true it is 3", "false it is 0"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Error(strings.Join(got, "\n"))
	}
	for _, o := range Offered {
		x, ok := Offer(o.ID)
		if _, err := Compile(&x, rules.Words{}); err != nil || !ok || !i18n.Has("segment.offered."+o.ID+"_why") {
			t.Errorf("%s: %v", o.ID, err)
		}
	}
}
