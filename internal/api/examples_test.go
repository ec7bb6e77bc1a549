package api

import (
	"fmt"
	"strings"
	"testing"

	"joren/internal/ident"
	"joren/internal/staff"
)

// The calls of EXAMPLES §4 that the café's day does not make, in their order
// and field by field.
func TestTheOtherExamplesOverTheAPI(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		m := s.post("/v1/members", `{"name":"山田 花子","name_kana":"ヤマダ ハナコ","phone":"090-0000-0000","email":"hanako@example.com","birthday":"1990-02-28","card":"2900000123458","external_ids":{"eccube":"123"},"joined_on":"2026-04-01"}`).want(201)
		id := m.text("id")
		matches(t, `{"id":"mem_…","card":"2900000123458","joined_on":"2026-04-01"}`, m.body)

		s.at("2026-11-10T12:00:00+09:00")
		a := s.keyed("/v1/adjustments", `{"member":"`+id+`","type":"regular","points":100,"reason":"goodwill","expires_on":"2027-03-31"}`, "a").want(201)
		matches(t, `{"entry":"ent_…","balance":{"available":100,"pending":0,"held":0,"debt":0}}`, a.body)
		matches(t, `{"type":"regular","at":"2026-11-10T03:00:00Z","available":100,"pending":0,"held":0,"debt":0,"next_expiry":{"points":100,"on":"2027-03-31"}}`,
			s.get("/v1/members/"+id+"/balance?type=regular&at=2026-11-10T12:00:00%2B09:00").want(200).body)
		matches(t, `{"lots":[{"id":"lot_…","points":100,"remaining":100,"state":"active","origin":"gift","activates_at":"2026-11-10T03:00:00Z","expires_on":"2027-03-31"}]}`,
			s.get("/v1/members/"+id+"/lots").want(200).body, "type", "lots[0].occurred_at", "lots[0].class")

		e := s.post("/v1/events", `{"source":"web","event_no":"1","kind":"review","member":"`+id+`","occurred_at":"2026-11-10T11:00:00+09:00","fields":{}}`).want(201)
		matches(t, `{"id":"evt_…"}`, e.body, "member", "balance")

		buy := strings.Replace(simple("1", 500), `"lines"`, `"member":"`+id+`","store":"honten","lines"`, 1)
		bulked := s.post("/v1/purchases/bulk", `{"items":[`+buy+`,`+strings.Replace(simple("2", 5), `"total":5`, `"total":6`, 1)+`]}`).want(200)
		award := bulked.field("results")
		matches(t, `{"results":[{"index":0,"status":201},{"index":1,"status":422}],"recorded":1,"duplicate":0,"refused":1}`, bulked.body, "results[0].body", "results[1].problem")
		if b, _ := award.([]any); b[0].(map[string]any)["body"] == nil || b[1].(map[string]any)["problem"] == nil {
			t.Errorf("%s", bulked.body)
		}

		rows := s.get("/v1/members/" + id + "/ledger?after=1&limit=1").want(200)
		var page Journal
		rows.into(&page)
		bought := page.Entries[0]
		matches(t, fmt.Sprintf(`{"entries":[{"seq":2,"kind":"earn","points":%d,"balance":%d,"lots":[{"lot":"lot_…","points":%d}],"occurred_at":"2026-04-02T01:00:00Z","recorded_at":"2026-11-10T03:00:00Z","store":"honten","actor":"key_…","reason":"purchase"}],"next":2}`,
			bought.Points, 100+bought.Points, bought.Points), rows.body, "type", "entries[0].id", "entries[0].purchase")

		rich := s.keyed("/v1/adjustments", `{"member":"`+id+`","points":800,"reason":"goodwill"}`, "rich").want(201)
		had := rich.field("balance", "available").(float64)
		h := s.keyed("/v1/holds", `{"member":"`+id+`","points":600,"type":"regular","ttl_seconds":1800,"reference":"8801"}`, "till-2-8801-h").want(201)
		pending := rich.field("balance", "pending").(float64)
		matches(t, fmt.Sprintf(`{"id":"hld_…","committed":450,"freed":150,"entry":"ent_…","balance":{"available":%v,"pending":%v,"held":0,"debt":0}}`, had-450, pending),
			s.keyed("/v1/holds/"+h.text("id")+"/commit", `{"points":450}`, "till-2-8801-c").want(200).body)
		refund := s.keyed("/v1/holds/"+h.text("id")+"/refund", `{"points":50}`, "r").want(200)
		if refund.field("balance", "available") != had-400 {
			t.Errorf("refund: %s", refund.body)
		}
		matches(t, `{"type":"regular"}`, s.get("/v1/members/"+id+"/balance").want(200).body, "at", "available", "pending", "held", "debt", "next_expiry")
		matches(t, `{"type":"stamp"}`, s.get("/v1/members/"+id+"/balance?type=stamp").want(200).body, "at", "available", "pending", "held", "debt", "next_expiry")
	})
}

// Every code that EXAMPLES §4 names, with its status.
func TestEveryCodeOfTheExamplesIsAnswered(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		s.post("/v1/purchases", simple("1", 500)).want(201)
		hold := func(key string) string {
			return s.keyed("/v1/holds", `{"member":"`+id+`","points":1,"ttl_seconds":60}`, key).want(201).text("id")
		}
		closed, late := hold("closed"), hold("late")
		s.keyed("/v1/holds/"+closed+"/cancel", "", "c").want(200)
		short := s.keyed("/v1/holds", `{"member":"`+id+`","points":1000}`, "short").problem(422, "points.insufficient")
		if !strings.Contains(short.Detail, "102") && !strings.Contains(short.Detail, "101") {
			t.Errorf("it does not say how many are missing: %s", short.Detail)
		}
		paid := strings.Replace(strings.Replace(simple("2", 5000), `"lines"`, `"member":"`+id+`","lines"`, 1), `"total"`, `"points_paid":{"points":1000},"total"`, 1)
		s.post("/v1/purchases/preview", paid).problem(422, "points.insufficient")
		s.post("/v1/purchases", strings.ReplaceAll(simple("3", 1), `"amount":1`, `"amount":9223372036854775808`)).problem(422, "request.malformed")
		huge := strings.Replace(simple("3", 1), `{"quantity":1,"amount":1}`, `{"quantity":1,"amount":9223372036854775807},{"quantity":1,"amount":9223372036854775807}`, 1)
		s.post("/v1/purchases", huge).problem(422, "amount.overflow")
		s.post("/v1/purchases", strings.Replace(simple("4", 1), `"lines"`, `"card":"2900000999999","lines"`, 1)).problem(422, "member.unknown")
		s.post("/v1/purchases", strings.Replace(simple("5", 1), "2026-04-02T10:00:00+09:00", "2026-11-10T12:05:01+09:00", 1)).problem(422, "time.future")
		s.post("/v1/purchases", strings.Replace(simple("6", 1), "2026-04-02T10:00:00+09:00", "2026-11-10T12:05:00+09:00", 1)).want(201) // five minutes pass
		s.post("/v1/purchases", strings.ReplaceAll(simple("1", 500), "500", "600")).problem(409, "purchase.changed")
		s.post("/v1/purchases", strings.Replace(simple("7", 1), `"lines"`, `"currency":"USD","lines"`, 1)).problem(422, "purchase.currency")
		s.post("/v1/returns", `{"source":"till-1","return_no":"R","order_no":"1","occurred_at":"2026-11-10T12:00:00+09:00","lines":[{"no":1,"quantity":2}]}`).problem(422, "return.exceeds_purchase")
		s.keyed("/v1/holds/"+closed+"/commit", `{"points":1}`, "cc").problem(409, "hold.closed")
		s.keyed("/v1/holds/"+closed+"/commit", `{}`, "cc").problem(422, "idempotency.key_reused")
		s.at("2026-11-10T12:01:00+09:00") // exclusive: at its end it is over
		s.keyed("/v1/holds/"+late+"/commit", `{"points":1}`, "lc").problem(409, "hold.expired")
		s.ask(staff.ScopeRead, "GET", "/v1/members/"+ident.Member.Text(ident.New()), "").problem(404, "member.unknown")
	})
}

// What is recorded later about earlier days is not in the balance of those
// days; the answer says since when there are rows.
func TestABalanceBeforeTheFirstRowSaysWhenRowsBegin(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.post("/v1/members", `{"name":"x","joined_on":"2026-04-01"}`).want(201).text("id")
		s.at("2026-11-10T12:00:00+09:00")
		early := s.get("/v1/members/" + id + "/balance?at=2026-06-01T00:00:00Z").want(200)
		if early.field("records_from") != nil {
			t.Errorf("without rows: %s", early.body)
		}
		s.post("/v1/purchases", strings.Replace(simple("1", 5000), `"lines"`, `"member":"`+id+`","lines"`, 1)).want(201)
		early = s.get("/v1/members/" + id + "/balance?at=2026-06-01T00:00:00Z").want(200)
		if early.field("available") != 0.0 || early.text("records_from") != "2026-11-10T03:00:00Z" {
			t.Errorf("before the import: %s", early.body)
		}
		for _, at := range []string{"?at=2026-11-10T03:00:00Z", "", "?at=2026-11-11T03:00:00Z"} {
			if b := s.get("/v1/members/" + id + "/balance" + at).want(200); b.field("records_from") != nil || b.field("available").(float64)+b.field("pending").(float64) == 0 {
				t.Errorf("at %s: %s", at, b.body)
			}
		}
	})
}
