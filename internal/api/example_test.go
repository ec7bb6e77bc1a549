package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"joren/internal/fault"
	"joren/internal/i18n"
)

// matches compares an answer with one of EXAMPLES, field by field. An id there
// ends in … and stands for any of its kind; a field that is not there must be
// named as more.
func matches(t *testing.T, want, got string, more ...string) {
	t.Helper()
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("the example is no JSON: %v", err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("the answer is no JSON: %v: %s", err, got)
	}
	compare(t, "", w, g, more)
}

func compare(t *testing.T, at string, want, got any, more []string) {
	t.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(w)) {
			if _, there := g[k]; !there {
				t.Errorf("%s.%s is missing", at, k)
				continue
			}
			compare(t, strings.TrimPrefix(at+"."+k, "."), w[k], g[k], more)
		}
		for _, k := range slices.Sorted(maps.Keys(g)) {
			if _, there := w[k]; !there && !slices.Contains(more, strings.TrimPrefix(at+"."+k, ".")) {
				t.Errorf("%s.%s = %v is not in the example", at, k, g[k])
			}
		}
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			t.Errorf("%s has %d entries, want %d: %v", at, len(g), len(w), got)
			return
		}
		for i := range w {
			compare(t, fmt.Sprintf("%s[%d]", at, i), w[i], g[i], more)
		}
	case string:
		if before, isID := strings.CutSuffix(w, "…"); isID {
			if s, _ := got.(string); !strings.HasPrefix(s, before) || len(s) != len(before)+32 {
				t.Errorf("%s = %v, want an id %s", at, got, w)
			}
			return
		}
		if want != got {
			t.Errorf("%s = %v, want %v", at, got, want)
		}
	default:
		if want != got {
			t.Errorf("%s = %v, want %v", at, got, want)
		}
	}
}

const (
	exampleHold = `{"id":"hld_…","points":600,"expires_at":"2026-11-15T01:40:00Z",
     "lots":[{"lot":"lot_…","points":400},{"lot":"lot_…","points":200}],"available":300}`

	exampleAnswer = `{"id":"pur_…","member":"mem_…","duplicate":false,
 "award":{"points":355,"eligible":5250,"version":1,"lot":"lot_…","state":"pending",
  "activates_at":"2026-11-21T15:00:00Z","expires_on":"2027-11-30",
  "components":[{"rule":"base","points":104,"base":5250,"code":"earn.step","args":{"per":100,"give":2,"from":5000}},
   {"rule":"five-days","points":90,"base":104,"code":"earn.multiplier","args":{"multiply":"2.000","trimmed":14,"limit":150}},
   {"rule":"silver-rank","points":52,"base":104,"code":"earn.multiplier","args":{"multiply":"1.500"}},
   {"rule":"beans","points":54,"base":54,"code":"earn.multiplier","args":{"multiply":"2.000","eligible":2754}},
   {"rule":"own-cup","points":5,"code":"earn.per_item","args":{"items":1}},
   {"rule":"tenth-visit","points":50,"code":"earn.bonus","args":{"visit_no":20}}],
  "refused":[{"rule":"sunday","code":"group.better_rule","args":{"by":"five-days","points":20}},
   {"rule":"first-purchase","code":"condition.false","args":{"failed":"stats.visit_no == 1","actual":20}}]},
 "balance":{"available":300,"pending":355,"held":0,"debt":0},
 "tier":{"current":"silver","valid_until":"2027-03-31","grace_until":"2027-04-30","metric":23650,"to_keep":350,
  "next":"gold","to_next":36350,"if_nothing_more":"bronze","at_pace":{"metric":93571,"tier":"gold"}}}`

	exampleReturn = `{"id":"ret_…","purchase":"pur_…","clawback":{"points":192,"award_was":355,"award_now":163,
  "taken":[{"lot":"lot_…","points":192,"from":"pending"}],"debt":0,"shortfall":0},
 "points_returned":{"points":156,"lots":[{"lot":"lot_…","points":156}]},"value":1643,"cash_refund":1487,
 "balance":{"available":456,"pending":163,"held":0,"debt":0},"tier":{"metric":22273,"to_keep":1727,"to_next":37727}}`

	exampleProblem = `{"type":"https://joren.example/problems/purchase.total_mismatch","title":"The purchase does not add up","status":422,
 "code":"purchase.total_mismatch","detail":"Lines 6,100 − discounts 300 + tax 518 + shipping 0 = 6,318, but total says 6,381 (63 too much).",
 "retryable":"no","request_id":"req_…","errors":[{"field":"total","code":"sum.differs","expected":6318,"difference":63}]}`
)

// What a programme of two point types answers beside the example, which shows
// the first; what was taken to pay; and a return's rank with all that a rank
// says.
var (
	moreInAnswer = []string{"awards", "award.type", "points_paid"}
	moreInReturn = []string{"clawbacks", "clawback.type", "tier.current", "tier.valid_until", "tier.grace_until", "tier.next", "tier.if_nothing_more", "tier.at_pace"}
)

// EXAMPLES §2, §3 and §4: hold, purchase, return, and the journal they leave.
func TestTheCafesDayOverTheAPI(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		available := func(at string, want float64) {
			t.Helper()
			if got := s.get("/v1/members/" + id + "/balance?type=regular&at=" + strings.ReplaceAll(at, "+", "%2B")).want(200).field("available"); got != want {
				t.Errorf("available at %s: %v, want %v", at, got, want)
			}
		}
		s.at("2026-11-15T10:10:00+09:00")
		h := s.keyed("/v1/holds", `{"member":"`+id+`","points":600,"type":"regular","ttl_seconds":1800,"reference":"8801"}`, "till-2-8801-h").want(201)
		matches(t, exampleHold, h.body)
		s.at("2026-11-15T10:12:40+09:00")
		body := purchaseBody(h.text("id"))
		matches(t, exampleAnswer, s.post("/v1/purchases/preview", body).want(200).body, moreInAnswer...)
		p := s.keyed("/v1/purchases", body, "till-2-8801").want(201)
		matches(t, exampleAnswer, p.body, moreInAnswer...)

		again := s.keyed("/v1/purchases", body, "till-2-8801").want(201)
		if again.body != p.body || again.header.Get("Idempotent-Replayed") != "true" || p.header.Get("Idempotent-Replayed") != "" {
			t.Errorf("the same key: replayed %q\n%s\n%s", again.header.Get("Idempotent-Replayed"), again.body, p.body)
		}
		for _, key := range []string{"another-key", ""} {
			twice := s.keyed("/v1/purchases", body, key).want(200)
			matches(t, strings.Replace(exampleAnswer, `"duplicate":false`, `"duplicate":true`, 1), twice.body, moreInAnswer...)
		}
		s.post("/v1/purchases", strings.Replace(strings.Replace(body, `"shipping":0`, `"shipping":100`, 1), "6318", "6418", 1)).problem(409, "purchase.changed")

		award := s.get("/v1/purchases/" + p.text("id") + "/award").want(200)
		matches(t, exampleAnswer, award.body, moreInAnswer...)
		if got := s.get("/v1/purchases/" + p.text("id")).want(200); got.field("eligible") != 5250.0 || got.text("member") != id || got.text("order_no") != "8801" {
			t.Errorf("the purchase: %s", got.body)
		}

		s.at("2026-11-18T15:01:10+09:00")
		matches(t, exampleReturn, s.post("/v1/returns/preview", returnExample).want(200).body, moreInReturn...)
		r := s.keyed("/v1/returns", returnExample, "till-2-R-881").want(201)
		matches(t, exampleReturn, r.body, moreInReturn...)
		if again := s.keyed("/v1/returns", returnExample, "till-2-R-881").want(201); again.body != r.body || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("the return again: %s", again.body)
		}

		s.at("2026-12-01T09:30:00+09:00")
		drip := s.keyed("/v1/holds", `{"member":"`+id+`","points":500}`, "drip-h").want(201).text("id")
		commit := s.keyed("/v1/holds/"+drip+"/commit", `{"points":500}`, "drip-c").want(200)
		matches(t, `{"id":"hld_…","committed":500,"freed":0,"entry":"ent_…","balance":{"available":119,"pending":0,"held":0,"debt":0}}`, commit.body)

		s.at("2026-12-05T16:20:00+09:00")
		rest := s.keyed("/v1/returns", `{"source":"till-2","return_no":"R-902","order_no":"8801","occurred_at":"2026-12-05T16:20:00+09:00"}`, "r2").want(201)
		if rest.field("clawback", "points") != 163.0 || rest.field("points_returned", "points") != 444.0 || rest.field("cash_refund") != 4231.0 {
			t.Errorf("everything else: %s", rest.body)
		}
		journal(t, s.get("/v1/members/"+id+"/ledger").want(200))

		s.at("2027-04-02T00:00:00+09:00")
		for at, want := range map[string]float64{
			"2026-11-15T10:05:00+09:00": 900, "2026-11-15T10:10:00+09:00": 300, "2026-11-15T10:13:00+09:00": 300, "2026-11-18T15:02:00+09:00": 456, "2026-11-22T00:00:00+09:00": 619,
			"2026-12-01T09:31:00+09:00": 119, "2026-12-05T16:21:00+09:00": 400, "2027-01-04T23:59:59+09:00": 400, "2027-01-05T00:00:00+09:00": 44, "2027-04-01T00:00:00+09:00": 0,
		} {
			available(at, want)
		}
	})
}

// journal checks the rows of EXAMPLES §3, from the purchase on.
func journal(t *testing.T, r reply) {
	t.Helper()
	var got struct{ Entries []Entry }
	r.into(&got)
	var rows []string
	for _, e := range got.Entries[2:] { // two openings come first
		rows = append(rows, fmt.Sprintf("%s %+d %d", e.Kind, e.Points, e.Balance))
	}
	want := []string{"redeem -600 300", "earn +355 655", "redeem_refund +156 811", "reverse -192 619", "activate +0 619", "redeem -500 119", "redeem_refund +444 563", "reverse -163 400"}
	if !slices.Equal(rows, want) {
		t.Errorf("journal %q, want %q", rows, want)
	}
}

func TestAPurchaseThatDoesNotAddUpIsAProblemWithTheDifference(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.theRegular()
		s.at("2026-11-15T10:12:40+09:00")
		bad := strings.Replace(purchaseExample, `"total":6318`, `"total":6381`, 1)
		matches(t, exampleProblem, s.post("/v1/purchases", bad).want(422).body)
		s.lang = "ja"
		p := s.post("/v1/purchases", bad).problem(422, "purchase.total_mismatch")
		if want := "明細 6,100 − 値引 300 ＋ 消費税 518 ＋ 送料 0 ＝ 6,318 ですが、合計は 6,381 です（63 多い）。"; p.Detail != want {
			t.Errorf("%q, want %q", p.Detail, want)
		}
	})
}

func TestAReturnBeforeItsPurchaseIsParked(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-11-18T15:01:10+09:00")
		r := s.post("/v1/returns", returnExample).want(202)
		if r.text("state") != "parked" {
			t.Errorf("%s", r.body)
		}
	})
}

func TestArgumentsOfAProblemAreNumbersAndTexts(t *testing.T) {
	p := Place{Field: "a", Code: "b.c", Args: fault.Args{"day": i18n.Lang("x"), "n": int64(3), "s": "t", "yes": true}}
	b, err := json.Marshal(p)
	if want := `{"field":"a","code":"b.c","day":"x","n":3,"s":"t","yes":true}`; err != nil || string(b) != want {
		t.Errorf("%s, %v; want %s", b, err, want)
	}
}
