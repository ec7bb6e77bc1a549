package api

import (
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/sale"
)

// The rank counts by a basis of its own: with tax, and with the part paid by
// points. Points go on being earned without either.
func TestTheRankCountsByItsOwnBasis(t *testing.T) {
	own := func(src string) string {
		return strings.Replace(src, "metric: net_spend ", "metric: {metric: net_spend, basis: {tax: included, points_paid: with}} ", 1) + "\nclaim_days: 30\n"
	}
	edited(t, own, func(t *testing.T, s *shop) {
		s.at("2026-11-16T12:00:00+09:00")
		ann := s.join("a")
		metric := func() float64 {
			t.Helper()
			n, _ := s.get("/v1/members/" + ann + "/tier").want(200).field("metric").(float64)
			return n
		}
		s.give(ann, 500, "2027-03-31")
		if p := s.post("/v1/purchases", bought(ann, "1", 220)).want(201); p.field("award", "eligible") != 800.0 || metric() != 1100 {
			t.Errorf("points of %v, rank of %v", p.field("award", "eligible"), metric())
		}
		two := strings.NewReplacer(`"quantity":1,"amount":1100`, `"quantity":2,"amount":2200`, `"total":1100`, `"total":2200`)
		s.post("/v1/purchases", two.Replace(bought(ann, "2", 0))).want(201)
		s.post("/v1/returns", returned1("2")).want(201) // one of two
		if metric() != 2200 {
			t.Errorf("after a return in part: %v", metric())
		}
		// A newer state of the order: three pieces, of which one is back.
		three := strings.NewReplacer(`"quantity":1,"amount":1100`, `"quantity":3,"amount":3300`, `"total":1100`, `"total":3300,"revision":2`)
		s.post("/v1/purchases", three.Replace(bought(ann, "2", 0)))
		if metric() != 1100+2200 {
			t.Errorf("after the revision: %v", metric())
		}
		guest := strings.Replace(bought(ann, "3", 0), `"member":"`+ann+`",`, "", 1)
		s.post("/v1/purchases", guest).want(201)
		if _, err := s.api.Sales.Claim(t.Context(), sale.ClaimInput{Member: ann, OrderNo: "3", On: clock.MustDay("2026-11-16"), Total: 1100}, sale.By{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		if metric() != 1100+2200+1100 {
			t.Errorf("after the claim: %v", metric())
		}
		// The same by a newer state that names her, and all of it back again.
		four := strings.NewReplacer(`"order_no":"3"`, `"order_no":"4"`, `"total":1100`, `"total":1100,"revision":2`)
		s.post("/v1/purchases", strings.Replace(guest, `"order_no":"3"`, `"order_no":"4"`, 1)).want(201)
		if p := s.post("/v1/purchases", four.Replace(bought(ann, "3", 0))); p.text("member") != ann || metric() != 1100+2200+1100+1100 {
			t.Errorf("after the named state: %v %s", metric(), p.body)
		}
		s.post("/v1/returns", returned1("4")).want(201)
		s.post("/v1/returns", strings.Replace(returned1("2"), `"R-2"`, `"R-2b"`, 1))
		s.post("/v1/returns", returned1("1")).want(201)
		s.post("/v1/returns", returned1("3")).want(201)
		if metric() != 1100 { // the last piece of order 2
			t.Errorf("at the end: %v", metric())
		}
		s.sound()
	})
}
