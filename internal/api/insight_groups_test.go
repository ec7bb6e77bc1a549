package api

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/insight"
)

func (s *shop) filed(path string) [][]string {
	s.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(s.get(path).want(200).body)).ReadAll()
	if err != nil {
		s.t.Fatal(path, err)
	}
	return rows[1:]
}

func TestGroupsAreToldByTheAPIAsTheyAreInTheFiles(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.regulars()
		r := rand.New(rand.NewPCG(5, 5))
		for range 8 {
			q := fmt.Sprintf("?store=%s&join_source=%s&from=2026-0%d-01", []string{"", "honten"}[r.IntN(2)], []string{"", "web", "nowhere"}[r.IntN(3)], 4+r.IntN(3))
			f, err := insight.ParseFilter(func(name string) string { v, _ := url.ParseQuery(q[1:]); return v.Get(name) })
			if err != nil {
				t.Fatal(err)
			}
			cohortsAreTheFile(t, s, q)
			mapIsTheFile(t, s, q, f)
			mixIsTheFile(t, s, q)
			rankingIsTheBoards(t, s, q, f)
		}
		for _, path := range []string{"cohorts?by=weather", "members?who=xyz", "members?sort=height", "map?age=33", "mix?segment=nobody", "cohorts.csv?from=x"} {
			s.get("/v1/insight/"+path).problem(422, "insight.filter")
		}
		for _, mark := range []string{"x", "zz.mem_1", "1.mem_00000000000000000000000000000001"} {
			if got := s.get("/v1/insight/members?after=" + mark); got.status != 422 {
				t.Errorf("mark %s: %d %s", mark, got.status, got.body)
			}
		}
	})
}

func given(v *float64) string {
	if v == nil {
		return ""
	}
	return insight.Figure(*v)
}

func cohortsAreTheFile(t *testing.T, s *shop, q string) {
	t.Helper()
	var x CohortTable
	s.get("/v1/insight/cohorts" + q).want(200).into(&x)
	rows, i := s.filed("/v1/insight/cohorts.csv"+q), 0
	for _, k := range x.Cohorts {
		for n, b := range k.Back {
			want := []string{k.From.String(), k.To.String(), strconv.Itoa(k.Members), strconv.Itoa(n + 1), b.From.String(), b.To.String(), strconv.Itoa(b.Bought), given(b.Share), given(b.Low), given(b.High)}
			if i >= len(rows) || strings.Join(rows[i], " ") != strings.Join(want, " ") {
				t.Fatalf("%s row %d: %v", q, i, want)
			}
			i++
		}
	}
	if i != len(rows) {
		t.Errorf("%d rows of %d", i, len(rows))
	}
}

func mapIsTheFile(t *testing.T, s *shop, q string, f insight.Filter) {
	t.Helper()
	var x RecencyMap
	s.get("/v1/insight/map" + q).want(200).into(&x)
	m, err := s.api.Insight.Map(t.Context(), f)
	if err != nil || x.Members != m.Members {
		t.Errorf("%d members, %v", x.Members, err)
	}
	sum := 0
	for i, row := range s.filed("/v1/insight/map.csv" + q) {
		c := x.Cells[i]
		if want := fmt.Sprint([]int64{int64(c.Recency), int64(c.Frequency), int64(c.Members), c.Money}); fmt.Sprint(row) != want {
			t.Errorf("%s: file %v, API %s", q, row, want)
		}
		sum += c.Members
	}
	if sum != x.Members {
		t.Errorf("cells hold %d of %d", sum, x.Members)
	}
}

func mixIsTheFile(t *testing.T, s *shop, q string) {
	t.Helper()
	var x MixAnswer
	s.get("/v1/insight/mix" + q).want(200).into(&x)
	rows := s.filed("/v1/insight/mix.csv" + q)
	if len(rows) != len(x.Shares) {
		t.Fatalf("%d rows, %d shares", len(rows), len(x.Shares))
	}
	for i, sh := range x.Shares {
		if want := []string{sh.Division, sh.Value, strconv.Itoa(sh.Members), strconv.Itoa(sh.Of)}; strings.Join(rows[i], " ") != strings.Join(want, " ") {
			t.Errorf("%s: file %v, API %v", q, rows[i], want)
		}
	}
}

// The pages of seven are the board's list, in every order.
func rankingIsTheBoards(t *testing.T, s *shop, q string, f insight.Filter) {
	t.Helper()
	for _, by := range []insight.Order{insight.ByRisk, insight.ByValue, insight.ByScore, insight.ByMoney, insight.ByLast} {
		want, all, _, err := s.api.Insight.Ranking(t.Context(), by, by == insight.ByLast, insight.Pick{Filter: f}, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var got []RankingRow
		after := ""
		for {
			var x RankingPage
			s.get(fmt.Sprintf("/v1/insight/members%s&sort=%s&rising=%t&limit=7&after=%s", q, by, by == insight.ByLast, after)).want(200).into(&x)
			if got = append(got, x.Members...); x.Total != all {
				t.Fatalf("%d of %d", x.Total, all)
			}
			if x.Next == nil {
				break
			}
			after = *x.Next
		}
		if len(got) != len(want) {
			t.Fatalf("%s by %s: %d rows, the board has %d", q, by, len(got), len(want))
		}
		for i, w := range want {
			if got[i].Bought != w.Money || got[i].Days != w.Visits || (got[i].Score != nil) != w.Told || w.Told && *got[i].Spend != w.Loyalty.Odds.Money || !sameRisk(got[i].AtRisk, w) {
				t.Errorf("%s by %s, row %d: %+v, the board has %+v", q, by, i, got[i], w)
			}
		}
	}
}

func TestReportsAreMadeAndTakenByTheAPI(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.regulars()
		order := `{"every":"month","day":"2026-06-15","lang":"en"}`
		one := s.post("/v1/insight/reports", order).want(201)
		if again := s.post("/v1/insight/reports", order).want(200); again.text("id") != one.text("id") || one.text("from") != "2026-06-01" {
			t.Errorf("%s, then %s", one.body, again.body)
		}
		var all Reports
		if s.get("/v1/insight/reports").want(200).into(&all); len(all.Reports) != 1 || all.Reports[0].To != clock.MustDay("2026-06-30") {
			t.Errorf("%+v", all)
		}
		figures := s.get("/v1/insight/reports/" + one.text("id") + "/figures").want(200).body
		if rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(figures, "\ufeff"))).ReadAll(); err != nil || len(rows) != len(insight.Registry)+1 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
		if page := s.get("/v1/insight/reports/" + one.text("id") + "/page").want(200); !strings.HasPrefix(page.body, "<!DOCTYPE html>") || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %.60s", page.header.Get("Content-Type"), page.body)
		}
		s.get("/v1/insight/reports/x/page").problem(404, "insight.report_unknown")
		s.post("/v1/insight/reports", `{"every":"month","day":"2026-12-15","lang":"en"}`).problem(409, "insight.report_running")
		s.post("/v1/insight/reports", `{"every":"day","day":"2026-06-15","lang":"en"}`).problem(422, "insight.plan")
	})
}

// sameRisk holds a row's money at risk against the board's: there is none
// where there is no pace.
func sameRisk(got *float64, w insight.Worth) bool {
	risk, ok := w.Risk()
	return ok == (got != nil) && (got == nil || *got == risk)
}
