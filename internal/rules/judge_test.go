package rules

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheCafePurchaseGives355Points(t *testing.T) {
	res, err := mustCompile(t, cafe()).Evaluate(cafePurchase(), cafeFacts())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(res.Awards[0], "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"type":"regular","points":355,
  "components":[{"rule":"base","points":104,"base":5250,"code":"earn.step","args":{"per":100,"give":2,"from":5000}},
   {"rule":"five-days","points":90,"base":104,"code":"earn.multiplier","args":{"multiply":"2.000","trimmed":14,"limit":150}},
   {"rule":"silver-rank","points":52,"base":104,"code":"earn.multiplier","args":{"multiply":"1.500"}},
   {"rule":"beans","points":54,"base":54,"code":"earn.multiplier","args":{"multiply":"2.000","eligible":2754}},
   {"rule":"own-cup","points":5,"code":"earn.per_item","args":{"items":1}},
   {"rule":"tenth-visit","points":50,"code":"earn.bonus","args":{"visit_no":20}}],
  "refused":[{"rule":"sunday","code":"group.better_rule","args":{"by":"five-days","points":20}},
   {"rule":"first-purchase","code":"condition.false","args":{"failed":"stats.visit_no == 1","actual":20}}]}`
	var w json.RawMessage
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	w, _ = json.MarshalIndent(w, "", " ")
	if d := cmp.Diff(string(w), string(got)); d != "" {
		t.Error(d)
	}
	if len(res.Awards) != 2 || res.Awards[1].Type != "stamp" || res.Awards[1].Points != 1 {
		t.Errorf("the stamp: %+v", res.Awards[1:])
	}
}
