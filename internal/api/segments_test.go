package api

import (
	"fmt"
	"net/url"
	"testing"

	"joren/internal/staff"
)

func TestSegmentsAreWrittenCountedAndPaged(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		ids := s.regulars()
		s.ask(staff.ScopeAdmin, "POST", "/v1/segments", `{"id":"Bad id","name":{},"definition":{"recency":[9],"stages":["gone"],"when":"stats.visit > 3"}}`).problem(422, "segment.invalid")
		var trial SegmentTrial
		s.post("/v1/segments/preview", `{"when":"stats.visits >= 3"}`).want(200).into(&trial)
		if trial.Members != len(ids) || trial.Looked != len(ids) || trial.Count == 0 || trial.Count == len(ids) || len(trial.Samples) != 10 || trial.Low != trial.Count || len(trial.Says) != 1 {
			t.Errorf("%+v", trial)
		}
		s.post("/v1/segments/preview", `{"when":"stats.visits >"}`).problem(422, "segment.invalid")

		var made SegmentOut
		s.ask(staff.ScopeAdmin, "POST", "/v1/segments", `{"id":"often","name":{"ja":"よく来る人","en":"Often"},"definition":{"when":"stats.visits >= 3"},"state":"active"}`).want(201).into(&made)
		if made.Members == nil || int(*made.Members) != trial.Count || made.State != "active" {
			t.Errorf("%+v", made)
		}
		s.ask(staff.ScopeAdmin, "POST", "/v1/segments", `{"id":"often","name":{"en":"x"},"definition":{"when":"stats.visits >= 4"}}`).problem(409, "segment.taken")
		seen, after := map[string]bool{}, ""
		for {
			var page SegmentMembers
			s.get(fmt.Sprintf("/v1/segments/often/members?limit=7&after=%s", url.QueryEscape(after))).want(200).into(&page)
			for _, m := range page.Members {
				seen[m.Member] = true
			}
			if page.Next == nil {
				break
			}
			after = *page.Next
		}
		if len(seen) != trial.Count {
			t.Errorf("%d of %d were paged through", len(seen), trial.Count)
		}
		s.get("/v1/segments/often/members?after=x").problem(422, "request.parameters")
		s.get("/v1/segments/nothing").problem(404, "segment.unknown")

		var changed SegmentOut
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/segments/often", fmt.Sprintf(`{"definition":{"stages":["regular","champion"],"money":[4,5]},"version":%d}`, made.Version)).want(200).into(&changed)
		if changed.Members == nil || *changed.Members == *made.Members || changed.Definition.When != "" || changed.Name.EN != "Often" {
			t.Errorf("%+v", changed)
		}
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/segments/often", fmt.Sprintf(`{"state":"archived","version":%d}`, made.Version)).problem(409, "segment.changed")
		var gone SegmentOut
		s.ask(staff.ScopeAdmin, "PATCH", "/v1/segments/often", fmt.Sprintf(`{"state":"archived","version":%d}`, changed.Version)).want(200).into(&gone)
		if gone.State != "archived" || gone.Members != nil {
			t.Errorf("%+v", gone)
		}
		var all Segments
		s.get("/v1/segments").want(200).into(&all)
		if len(all.Segments) != 1 {
			t.Errorf("%+v", all)
		}
	})
}
