package api

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"joren/internal/ident"
	"joren/internal/staff"
)

// free are parameters in which any text is a question: what nobody has chooses
// nobody.
var free = []string{"q", "channel", "area", "join_source"}

// wrongs are values that no parameter of the name takes; with a path before it,
// that of the route alone.
func wrongs() map[string][]string {
	day := []string{"yesterday", "2026-13-01"}
	whole := []string{"x", "-1", "1.5", "99999999999999999999"}
	nobody := ident.Member.Text(ident.New())
	return map[string][]string{"from": day, "to": day, "cohort_from": day, "cohort_to": day, "split": day, "store": {"zz"}, "join_store": {"zz"}, "segment": {"zz"}, "tier": {"zz"}, "age": {"33"}, "gender": {"zz"}, "own": {"zz", "zz:1"},
		"by": {"zz"}, "who": {"zz"}, "rhythm": {"zz"}, "sort": {"zz", "-risk"}, "rising": {"zz"}, "band": append(whole, "11"), "recency": append(whole, "6"), "frequency": append(whole, "6"), "limit": append(whole, "0", "1001"), "after": {"zz"}, "horizon": append(whole, "3661"),
		"only": {"zz"}, "category": {"zz"}, "/v1/insight/products from": whole, "/v1/insight/due from": whole, "state": {"zz"}, "product": {"zz"}, "member": {"zz", nobody}, "month": {"2026-13", "2031-01", "zz"}, "format": {"sap"},
		"status": {"zz"}, "lang": {"de"}, "at": {"yesterday"}, "type": {"zz"}, "all": {"zz"}, "/v1/imports/{id}/errors.csv profile": {"zz"}, "history": {"zz"}, "/v1/members/{id}/ledger after": whole}
}

type documented struct {
	Paths map[string]map[string]struct {
		Parameters []struct{ Name, In string }
	}
}

// Whatever is wrong in a parameter is told at its place: no route answers
// another question than the one it was asked.
func TestWrongParametersAreToldAtTheirPlaces(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		hers := s.regulars()[0]
		s.closes("2026-04")
		s.ask(staff.ScopeAdmin, "POST", "/v1/segments", `{"id":"often","name":{"ja":"よく来る人"},"definition":{"when":"stats.visits >= 3"}}`).want(201)
		tried := s.post("/v1/imports?dry_run=true&name=a.csv", orders(10), "Content-Type", "text/csv").want(200)
		var report struct {
			Errors string `json:"errors_csv"`
		}
		tried.into(&report)
		at := strings.NewReplacer("/v1/members/{id}", "/v1/members/"+hers, "/v1/insight/members/{id}", "/v1/insight/members/"+hers, "/v1/segments/{id}", "/v1/segments/often", "/v1/imports/{id}/errors.csv", strings.Split(report.Errors, "?")[0])
		var doc documented
		s.ask("", "GET", "/openapi.json", "").want(200).into(&doc)
		table, asked := wrongs(), 0
		for path, route := range doc.Paths {
			for _, p := range route["get"].Parameters {
				values, known := table[path+" "+p.Name]
				if !known {
					values, known = table[p.Name]
				}
				if p.In != "query" || slices.Contains(free, p.Name) {
					continue
				}
				if !known {
					t.Errorf("GET %s takes %q, which this test does not know", path, p.Name)
				}
				for _, v := range values {
					asked++
					s.refuses(at.Replace(path), p.Name, v)
				}
			}
		}
		if asked < 200 {
			t.Errorf("only %d wrong values were asked", asked)
		}
		s.get("/v1/insight/mix?segment=often").problem(422, "insight.filter") // a draft is nobody's yet, which is not the same as empty
		s.get("/v1/members?q=a&after="+url.QueryEscape("2026-04-01."+ident.New().String())).problem(422, "request.parameters")
	})
}

// refuses asks with a wrong value: 422 with the parameter's name, or 404 where
// it names something that is not there.
func (s *shop) refuses(path, name, v string) {
	s.t.Helper()
	r := s.get(path + "?" + url.Values{name: {v}}.Encode())
	var p struct {
		Errors []struct{ Field, Path string }
	}
	if json.Unmarshal([]byte(r.body), &p); r.status == 404 {
		if !slices.Contains([]string{"month", "member", "product", "profile"}, name) {
			s.t.Errorf("%s?%s=%s: %d %s", path, name, v, r.status, r.body)
		}
		return
	}
	if r.status != 422 || len(p.Errors) != 1 || p.Errors[0].Field != name && p.Errors[0].Path != name {
		s.t.Errorf("%s?%s=%s: %d %s", path, name, v, r.status, r.body)
	}
}
