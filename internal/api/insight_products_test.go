package api

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"testing"

	"joren/internal/clock"
	"joren/internal/purchase"
	"joren/internal/sale"
)

// rhythms lets twenty members buy tea every ten days or so for five months,
// with a biscuit of a number that needs care in an address.
func (s *shop) rhythms() {
	s.t.Helper()
	r := rand.New(rand.NewPCG(6, 6))
	var docs []sale.Document
	for m := range 20 {
		s.at(opening)
		id := s.post("/v1/members", `{}`).want(201).text("id")
		for day := r.IntN(9); day < 150; day += 8 + r.IntN(5) {
			s.now = clock.Tokyo.Start(clock.MustDay("2026-04-02")+clock.Day(day)) + 3*3600*1_000_000
			in, err := purchase.Decode(fmt.Appendf(nil, `{"source":"till","order_no":"%d-%d","member":%q,"store":"honten","channel":"shop","occurred_at":%q,"total":700,
				"lines":[{"no":1,"sku":"TEA","name":"お茶","quantity":1,"amount":500,"tax_rate":"0.10"},{"no":2,"sku":"A/B 100%%","quantity":1,"amount":200,"tax_rate":"0.10"}]}`, m, day, id, s.now))
			if err != nil {
				s.t.Fatal(err)
			}
			docs = append(docs, sale.Document{Sale: in})
		}
	}
	s.now = clock.Tokyo.Start(clock.MustDay("2026-08-31")) + 12*3600*1_000_000
	done, err := s.api.Sales.Documents(s.t.Context(), docs, sale.By{Actor: "test", Brief: true})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range done {
		if d.Err != nil {
			s.t.Fatal(d.Err)
		}
	}
}

func TestProductsAreToldByTheAPI(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		var none ProductPage
		if s.get("/v1/insight/products").want(200).into(&none); none.Total != 0 || none.Products == nil {
			t.Errorf("%+v", none)
		}
		s.get("/v1/insight/due").want(200)
		s.get("/v1/insight/due/backtest").problem(409, "stats.few_customers")
		s.get("/v1/insight/products/NONE").problem(404, "insight.product_unknown")
		s.rhythms()
		var all ProductPage
		s.get("/v1/insight/products?sort=name&rising=true").want(200).into(&all)
		if all.Total != 2 || all.Members != 20 || all.Products[0].Product != "A/B 100%" {
			t.Fatalf("%+v", all)
		}
		var odd, tea ProductAnswer
		s.get("/v1/insight/products/" + url.PathEscape("A/B 100%")).want(200).into(&odd)
		s.get("/v1/insight/products/TEA").want(200).into(&tea)
		gaps := 0
		for _, g := range tea.Ended {
			gaps += g.N
		}
		if tea.Name != "お茶" || odd.Buyers != 20 || tea.Interval == nil || tea.Interval.Median < 8 || tea.Interval.Median > 12 || gaps != tea.Interval.Gaps || !tea.Replenished || tea.Again.Value == nil || tea.Again.N != 20 {
			t.Errorf("%+v", tea)
		}
		var due DuePage
		s.get("/v1/insight/due?state=all&limit=5&sort=on&rising=true").want(200).into(&due)
		if len(due.Due) != 5 || due.Total < 30 || due.Due[0].Chance <= 0 || due.Due[0].On > due.Due[4].On || due.Due[0].Worth > float64(due.Due[0].Amount) {
			t.Errorf("%+v", due)
		}
		var hers DuePage
		if s.get("/v1/insight/due?state=all&member=" + due.Due[0].Member).want(200).into(&hers); hers.Total != 2 {
			t.Errorf("%+v", hers)
		}
		s.get("/v1/insight/due?member=nobody").problem(404, "member.unknown")
		s.get("/v1/insight/due?product=NONE").problem(404, "insight.product_unknown")
		var trial DueTrialAnswer
		s.get("/v1/insight/due/backtest").want(200).into(&trial)
		if len(trial.Rows) != 11 || trial.Base.N != 40 || trial.Rows[0].Lift == nil {
			t.Errorf("%+v", trial)
		}
		s.get("/v1/insight/due/backtest?split=2030-01-01").problem(422, "insight.split_outside")
	})
}
