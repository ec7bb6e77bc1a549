package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// simple is a purchase of a guest for the price of one coffee.
func simple(order string, amount int) string {
	return fmt.Sprintf(`{"source":"till-1","order_no":%q,"occurred_at":"2026-04-02T10:00:00+09:00","lines":[{"quantity":1,"amount":%d}],"total":%d}`, order, amount, amount)
}

func TestOneBadItemOfTenThousandStopsNoOther(t *testing.T) {
	if testing.Short() {
		t.Skip("ten thousand purchases on two engines")
	}
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-04-02T10:00:00+09:00")
		items := make([]string, maxItems)
		for i := range items {
			items[i] = simple(fmt.Sprint(i), 500)
		}
		const bad = 4711
		items[bad] = strings.Replace(items[bad], `"total":500`, `"total":501`, 1)
		body := `{"items":[` + strings.Join(items, ",") + `]}`
		a := bulk(t, s, body)
		if a.Recorded != maxItems-1 || a.Refused != 1 || a.Duplicate != 0 || len(a.Results) != maxItems {
			t.Fatalf("recorded %d, refused %d, duplicate %d", a.Recorded, a.Refused, a.Duplicate)
		}
		for i, r := range a.Results {
			if r.Index != i || (r.Status == 201) != (i != bad) || (r.Body == nil) != (i == bad) {
				t.Fatalf("item %d: %+v", i, r)
			}
		}
		if p := a.Results[bad].Problem; p.Code != "purchase.total_mismatch" || p.Status != 422 {
			t.Errorf("the bad one: %+v", p)
		}
		again := bulk(t, s, body)
		if again.Recorded != 0 || again.Refused != 1 || again.Duplicate != maxItems-1 {
			t.Errorf("again: recorded %d, refused %d, duplicate %d", again.Recorded, again.Refused, again.Duplicate)
		}
	})
}

// bulkReply is the answer as a caller sees it.
type bulkReply struct {
	Results []struct {
		Index, Status int
		Body          json.RawMessage
		Problem       *struct {
			Code   string
			Status int
			Errors []map[string]any
		}
	}
	Recorded, Duplicate, Refused int
}

func bulk(t *testing.T, s *shop, body string, headers ...string) (a bulkReply) {
	t.Helper()
	s.post("/v1/purchases/bulk", body, headers...).want(200).into(&a)
	return a
}

func TestABulkWithAKeyIsAnsweredAlikeAgain(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-04-02T10:00:00+09:00")
		s.post("/v1/purchases", simple("0", 5)).want(201)
		late := strings.Replace(simple("2", 5), `"lines"`, `"card":"2900000999999","lines"`, 1)
		body := `{"items":[` + simple("0", 5) + `,` + simple("1", 5) + `,` + late + `,{"total":1.5}]}`
		first := s.keyed("/v1/purchases/bulk", body, "night").want(200)
		// What was refused is not tried again, though it would pass now.
		s.post("/v1/members", `{"name":"x","card":"2900000999999"}`).want(201)
		rows := s.rows()
		again := s.keyed("/v1/purchases/bulk", body, "night").want(200)
		if again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" || first.header.Get("Idempotent-Replayed") != "" || s.rows() != rows {
			t.Errorf("again:\n%s\nfirst:\n%s", again.body, first.body)
		}
		s.keyed("/v1/purchases/bulk", body+" ", "night").problem(422, "idempotency.key_reused")
		if a := bulk(t, s, body, "Idempotency-Key", "next night"); a.Recorded != 1 || a.Duplicate != 2 || a.Refused != 1 {
			t.Errorf("with another key: %+v", a)
		}
	})
}

func TestEachItemOfABulkIsAnsweredAsIfItCameAlone(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.theRegular()
		s.at("2026-11-15T10:12:40+09:00")
		paid := strings.Replace(purchaseExample, `,"hold":"hld_01920000000070008000000000000001"`, "", 1)
		a := bulk(t, s, `{"items":[`+paid+`,`+paid+`,{"source":1,"x":[]},`+simple("1", 1)+`,null,`+strings.Replace(simple("2", 3), `"amount":3`, `"amount":1e30`, 1)+`]}`)
		var got []string
		for _, r := range a.Results {
			code := ""
			if r.Problem != nil {
				code = r.Problem.Code
			}
			got = append(got, fmt.Sprint(r.Status, " ", code))
		}
		want := "201 , 200 , 422 request.malformed, 201 , 422 request.malformed, 422 request.malformed"
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s, want %s", s, want)
		}
		matches(t, exampleAnswer, string(a.Results[0].Body), moreInAnswer...)
		if p := a.Results[5].Problem; p == nil || p.Errors[0]["field"] != "lines[0].amount" || p.Errors[0]["code"] != "number.not_whole" {
			t.Errorf("1e30: %+v", p)
		}
		if a.Recorded != 2 || a.Duplicate != 1 || a.Refused != 3 {
			t.Errorf("%+v", a)
		}
		s.post("/v1/purchases/bulk", `{"items":[]}`).problem(422, "bulk.items")
		s.post("/v1/purchases/bulk", `{"items":[`+strings.Repeat("{},", maxItems)+`{}]}`).problem(422, "bulk.items")
		s.post("/v1/purchases/bulk", `{"items":[`+paid+`,{]}`).problem(422, "request.malformed")
	})
}
