package rules

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
)

// back gives back pieces of a line: floor(eligible × returned / quantity).
func back(o *Occasion, line int, pieces int64) {
	l := &o.Lines[line]
	l.Eligible -= l.Eligible * pieces / l.Quantity
	l.Quantity -= pieces
}

func points(t *testing.T, v *Version, o *Occasion, f *Facts) int64 {
	t.Helper()
	res, err := v.Evaluate(o, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Awards) == 0 {
		return 0
	}
	return res.Awards[0].Points
}

func TestOneBagOfBeansBackLeaves163Points(t *testing.T) {
	v, o := mustCompile(t, cafe()), cafePurchase()
	back(o, 0, 1)
	res, err := v.Evaluate(o, cafeFacts())
	if err != nil {
		t.Fatal(err)
	}
	if got := parts(res.Awards[0]); got != "base 38, five-days 38, silver-rank 19, beans 13, own-cup 5, tenth-visit 50" || res.Awards[0].Points != 163 {
		t.Errorf("%s = %d", got, res.Awards[0].Points)
	}
	for _, c := range res.Counts {
		if c.Key.Limit == "five-days.1" && c.Delta != 38 {
			t.Errorf("the five-days counter would get %d", c.Delta)
		}
	}
}

func TestAnEmptyCartEarnsNothingAtAll(t *testing.T) {
	v, o := mustCompile(t, cafe()), cafePurchase()
	o.Shipping = 5000
	for i := range o.Lines {
		back(o, i, o.Lines[i].Quantity)
	}
	res, err := v.Evaluate(o, cafeFacts())
	if err != nil || len(res.Awards) != 0 || len(res.Counts) != 0 {
		t.Errorf("%+v %v", res, err)
	}
	o.Lines = nil
	if n := points(t, v, o, cafeFacts()); n != 0 {
		t.Errorf("without lines %d", n)
	}
}

func TestFeesAloneAreNoPurchase(t *testing.T) {
	s := cafe()
	o := cart(Line{Fee: true, Quantity: 1, Eligible: 1000})
	if n := points(t, mustCompile(t, s), o, cafeFacts()); n != 0 {
		t.Errorf("%d points for a fee", n)
	}
	s.Basis.FeesWith = true
	if n := points(t, mustCompile(t, s), o, cafeFacts()); n == 0 {
		t.Error("nothing, though fees are in the basis")
	}
}

func TestFactsThatWentThroughJSONJudgeTheSame(t *testing.T) {
	s := cafe()
	s.Attributes = map[string]AttrType{"goal": AttrInt, "since": AttrDate, "vip": AttrBool, "city": AttrText}
	s.Rules = append(s.Rules, Rule{ID: "attr", Kind: Bonus, Give: 7, When: "member.attr.goal == 3 && member.attr.since < date('2026-01-01') && member.attr.vip && member.attr.city == 'Kyoto'"})
	v := mustCompile(t, s)
	f := cafeFacts()
	f.Member.Attributes = map[string]any{"goal": int64(3), "since": day("2025-01-01"), "vip": true, "city": "Kyoto"}
	before, err := v.Evaluate(cafePurchase(), f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	frozen := new(Facts)
	if err := json.Unmarshal(b, frozen); err != nil {
		t.Fatal(err)
	}
	after, err := v.Evaluate(cafePurchase(), frozen)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, after); d != "" || before.Awards[0].Points != 362 {
		t.Errorf("%d points; %s", before.Awards[0].Points, d)
	}
}

func day(s string) clock.Day { return clock.MustDay(s) }
