package api

import (
	"encoding/json"
	"strings"
	"testing"

	"joren/internal/plan"
	"joren/internal/staff"
)

func TestAProgrammeIsDraftedPublishedAndItsTermsRead(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		src, err := plan.Template("cafe")
		if err != nil {
			t.Fatal(err)
		}
		next := strings.Replace(string(src), "effective_from: 2026-04-01", "effective_from: 2026-08-01", 1)
		post := func(path string, v any, key string) reply {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return s.ask(staff.ScopeAdmin, "POST", "/v1/programme/versions"+path, string(b), "Idempotency-Key", key)
		}
		d := post("", DraftRequest{Source: next, Note: "summer"}, "draft").want(201)
		if d.field("number") != 2.0 || d.text("state") != "draft" || d.text("effective_from") != "2026-08-01" {
			t.Errorf("%s", d.body)
		}
		if again := post("", DraftRequest{Source: next, Note: "summer"}, "draft").want(201); again.body != d.body || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("again: %s", again.body)
		}
		if p := post("/2/publish", PublishRequest{}, "publish").want(200); p.text("state") != "scheduled" {
			t.Errorf("%s", p.body)
		}
		post("/2/publish", PublishRequest{}, "publish-2").problem(409, "programme.published")
		if v := s.get("/v1/programme/versions").want(200); !strings.Contains(v.body, `"state":"in_force"`) || !strings.Contains(v.body, `"state":"scheduled"`) {
			t.Errorf("%s", v.body)
		}
		if v := s.get("/v1/programme/versions/2").want(200); v.text("source") != next {
			t.Error("the text is not the one sent")
		}
		bad := post("", DraftRequest{Source: strings.Replace(next, "member.tier ==", "member.tire ==", 1)}, "bad").problem(422, "programme.invalid")
		if e := bad.Errors[0]; e["code"] != "condition.unknown_field" || e["line"] == nil || !strings.HasPrefix(e["field"].(string), "rules[") {
			t.Errorf("%v", bad.Errors)
		}
		for lang, word := range map[string]string{"ja": "獲得", "en": "Earning"} {
			terms := s.get("/v1/programme/terms?lang=" + lang).want(200)
			if terms.text("lang") != lang || !strings.Contains(terms.body, word) || terms.field("version") != 1.0 {
				t.Errorf("%s: %s", lang, terms.body)
			}
		}
	})
}

func TestAShopWithoutAProgrammeInForceIsNotReady(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-03-31T00:00:00+09:00")
		s.ask("", "GET", "/healthz", "").want(200)
		if p := s.ask("", "GET", "/readyz", "").problem(503, "programme.none_in_force"); p.Retryable != "yes" || len(p.Errors) != 1 || p.Errors[0]["field"] != "programme" {
			t.Errorf("%+v", p)
		}
		s.post("/v1/purchases", strings.Replace(simple("1", 500), "2026-04-02", "2026-03-30", 1)).problem(409, "programme.none_in_force")
	})
}

func TestWithoutItsDatabaseAShopIsAliveAndNotReady(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.ask("", "GET", "/readyz", "").want(200)
		if err := s.db.Close(); err != nil {
			t.Fatal(err)
		}
		s.ask("", "GET", "/healthz", "").want(200)
		r := s.ask("", "GET", "/readyz", "")
		if p := r.problem(503, "db.unavailable"); p.Retryable != "yes" || len(p.Errors) != 1 || p.Errors[0]["field"] != "database" || r.header.Get("Retry-After") == "" {
			t.Errorf("%s", r.body)
		}
	})
}
