package api

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/purchase"
	"joren/internal/sale"
)

// regulars lets fifty members buy at rhythms of their own for five months.
func (s *shop) regulars() (ids []string) {
	s.t.Helper()
	r := rand.New(rand.NewPCG(4, 4))
	for i := range 50 {
		s.at(opening)
		ids = append(ids, s.post("/v1/members", fmt.Sprintf(`{"join_source":%q}`, []string{"till", "web"}[i%2])).want(201).text("id"))
	}
	var docs []sale.Document
	for day := range 150 {
		s.now = clock.Tokyo.Start(clock.MustDay("2026-04-02")+clock.Day(day)) + 3*3600*1_000_000
		for m, id := range ids {
			if r.IntN(5+m) != 0 {
				continue
			}
			yen := 500 + 10*r.IntN(200)
			in, err := purchase.Decode(fmt.Appendf(nil, `{"source":"till","order_no":"%d-%d","member":%q,"store":%q,"channel":"shop","occurred_at":%q,"total":%d,
				"lines":[{"no":1,"sku":"A","quantity":1,"amount":%d,"tax_rate":"0.10"}]}`, day, m, id, []string{"honten", "ekimae"}[r.IntN(2)], s.now, yen, yen))
			if err != nil {
				s.t.Fatal(err)
			}
			docs = append(docs, sale.Document{Sale: in})
		}
	}
	done, err := s.api.Sales.Documents(s.t.Context(), docs, sale.By{Actor: "test", Brief: true})
	for _, d := range done {
		err = errors.Join(err, d.Err)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return ids
}

func TestInsightIsToldByTheAPI(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		m := s.get("/v1/insight/models").want(200)
		if m.text("missing", "code") != "stats.few_customers" {
			t.Errorf("%s", m.body)
		}
		s.get("/v1/insight/backtest").problem(409, "stats.few_customers")
		ids := s.regulars()
		t.Run("scores", func(t *testing.T) { scoresAddUp(t, s, ids) })
		t.Run("metrics", func(t *testing.T) { metricsAreTheFile(t, s) })
		t.Run("models", func(t *testing.T) { modelsAndBacktest(t, s) })
	})
}

func scoresAddUp(t *testing.T, s *shop, ids []string) {
	told := 0
	for _, id := range ids {
		var x Score
		s.get("/v1/insight/members/" + id + "/score").want(200).into(&x)
		if x.Score == nil {
			if x.Missing == nil || x.Missing.Detail == "" {
				t.Errorf("no score of %s and no reason", id)
			}
			continue
		}
		told++
		sum, given := *x.Average, 0.0
		for _, r := range x.Reasons {
			sum += r.Points
			if r.Text == "" || strings.Contains(r.Text, "{") {
				t.Errorf("reason %q", r.Text)
			}
		}
		for _, p := range x.Parts {
			if p.Known {
				given += *p.Gives
			}
		}
		if math.Abs(sum-*x.Score) > 1e-6 || math.Abs(given-*x.Score) > 1e-6 || x.HorizonDays != 30 {
			t.Errorf("score %v: reasons sum to %v, parts to %v", *x.Score, sum, given)
		}
	}
	if told < 40 {
		t.Errorf("%d of %d have a score", told, len(ids))
	}
	s.get("/v1/insight/members/mem_00000000000000000000000000000001/score").problem(404, "member.unknown")
	s.get("/v1/insight/members/nobody/score").problem(404, "member.unknown")
}

func metricsAreTheFile(t *testing.T, s *shop) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 12 {
		q := fmt.Sprintf("?store=%s&join_source=%s&from=2026-0%d-01", []string{"", "honten"}[r.IntN(2)], []string{"", "web", "nowhere"}[r.IntN(3)], 4+r.IntN(3))
		var x MetricTable
		s.get("/v1/insight/metrics" + q).want(200).into(&x)
		rows, err := csv.NewReader(strings.NewReader(s.get("/v1/insight/metrics.csv" + q).want(200).body)).ReadAll()
		if err != nil || len(rows) != len(x.Groups[0].Metrics)+1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i, m := range x.Groups[0].Metrics {
			row := rows[i+1]
			want := ""
			if m.Value != nil {
				want = strconv.FormatFloat(*m.Value, 'f', -1, 64)
			}
			if row[0] != m.Metric || row[3] != want || row[4] != strconv.Itoa(m.N) || (row[7] == "") != (m.Missing == nil) {
				t.Errorf("%s: file %v, API %+v", q, row, m)
			}
		}
	}
	var by MetricTable
	s.get("/v1/insight/metrics?by=store").want(200).into(&by)
	if len(by.Groups) != 2 || by.Groups[0].Key != "ekimae" {
		t.Errorf("by store: %+v", by.Groups)
	}
	s.get("/v1/insight/metrics?from=yesterday").problem(422, "insight.filter")
	s.get("/v1/insight/metrics?by=weather").problem(422, "insight.filter")
}

func modelsAndBacktest(t *testing.T, s *shop) {
	m := s.get("/v1/insight/models").want(200)
	if m.text("chosen") == "" || m.field("missing") != nil {
		t.Errorf("%s", m.body)
	}
	b := s.get("/v1/insight/backtest?horizon=10").want(200)
	if trials, _ := b.field("trials").([]any); len(trials) < 2 {
		t.Errorf("%s", b.body)
	}
	s.get("/v1/insight/backtest?split=2030-01-01").problem(422, "insight.split_outside")
}
