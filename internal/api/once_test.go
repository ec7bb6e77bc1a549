package api

import (
	"strings"
	"sync"
	"testing"
	"time"

	"joren/internal/db"
	"joren/internal/idem"
	"joren/internal/ident"
	"joren/internal/staff"
)

func TestAKeyGivesTheSameAnswerAndHasOneEffect(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		other := s.post("/v1/members", `{"name":"x"}`).want(201).text("id")
		hold := s.keyed("/v1/holds", `{"member":"`+id+`","points":100}`, "first").want(201).text("id")
		bought := ""
		for _, x := range []struct {
			path, body string
			status     int
		}{
			{"/v1/members", `{"name":"once"}`, 201},
			{"/v1/adjustments", `{"member":"` + id + `","points":7,"reason":"goodwill"}`, 201},
			{"/v1/holds", `{"member":"` + id + `","points":5}`, 201},
			{"/v1/holds/" + hold + "/commit", `{"points":60}`, 200},
			{"/v1/holds/" + hold + "/refund", `{"points":10}`, 200},
			{"/v1/transfers", `{"from":"` + id + `","to":"` + other + `","points":3}`, 201},
			{"/v1/purchases", simple("1", 500), 201},
			{"/v1/purchases/PURCHASE/events", `{"kind":"delivered","occurred_at":"2026-11-10T12:00:00+09:00"}`, 200},
			{"/v1/returns", `{"source":"till-1","return_no":"1","order_no":"1","occurred_at":"2026-11-10T12:00:00+09:00"}`, 201},
			{"/v1/events", `{"source":"web","event_no":"1","kind":"visit","member":"` + id + `","occurred_at":"2026-11-10T12:00:00+09:00"}`, 201},
		} {
			x.path = strings.Replace(x.path, "PURCHASE", bought, 1)
			key := "key " + x.path
			first := s.keyed(x.path, x.body, key).want(x.status)
			if x.path == "/v1/purchases" {
				bought = first.text("id")
			}
			rows := s.rows()
			again := s.keyed(x.path, x.body, key).want(x.status)
			if again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" || first.header.Get("Idempotent-Replayed") != "" {
				t.Errorf("%s again: %q %s\nfirst: %s", x.path, again.header.Get("Idempotent-Replayed"), again.body, first.body)
			}
			if now := s.rows(); now != rows {
				t.Errorf("%s again has an effect: %s, before %s", x.path, now, rows)
			}
			s.keyed(x.path, x.body+" ", key).problem(422, "idempotency.key_reused")
			s.keyed(x.path, x.body, strings.Repeat("k", 256)).problem(422, "idempotency.key_invalid")
			s.keyed(x.path, x.body, "ключ").problem(422, "idempotency.key_invalid")
		}
		// Another API key has its own names.
		if r := s.ask(staff.ScopeAdmin, "POST", "/v1/adjustments", `{"member":"`+id+`","points":7,"reason":"goodwill"}`, "Idempotency-Key", "key /v1/adjustments").want(201); r.header.Get("Idempotent-Replayed") != "" {
			t.Error("an answer of another caller came back")
		}
	})
}

func TestPointsDoNotMoveWithoutAKey(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		for path, body := range map[string]string{"/v1/holds": `{"member":"` + id + `","points":5}`, "/v1/adjustments": `{"member":"` + id + `","points":5,"reason":"x"}`,
			"/v1/transfers": `{"from":"` + id + `","to":"` + id + `","points":5}`, "/v1/holds/" + ident.Hold.Text(ident.New()) + "/cancel": "{}"} {
			if p := s.post(path, body).problem(422, "idempotency.key_required"); p.Errors[0]["field"] != "Idempotency-Key" {
				t.Errorf("%s: %v", path, p.Errors)
			}
		}
	})
}

func TestARequestWhoseKeyIsAtWorkWaitsAndThenSaysSo(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		kept, gone := s.theRegular(), s.post("/v1/members", `{"name":"x"}`).want(201).text("id")
		body := `{"gone":"` + gone + `","kept":"` + kept + `"}`
		key := idem.Key{Name: "m"}
		s.write(func(tx *db.Tx) error {
			k, err := staff.FindKey(tx, s.keys[staff.ScopeAdmin])
			if err != nil {
				return err
			}
			key.Scope = k.ID
			_, _, err = idem.Begin(tx, key, idem.Print("POST", "/v1/members/merge", []byte(body)), time.Minute)
			return err
		})
		start := time.Now()
		r := s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", body, "Idempotency-Key", "m")
		if p := r.problem(409, "idempotency.in_progress"); p.Retryable != "same_key_only" || r.header.Get("Retry-After") == "" {
			t.Errorf("%s", r.body)
		}
		if waited := time.Since(start); waited < patience || waited > 3*patience {
			t.Errorf("it waited %v", waited)
		}
		s.write(func(tx *db.Tx) error { return idem.Release(tx, key) })
		s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", body, "Idempotency-Key", "m").want(200)
	})
}

func TestManyAtOnceWithOneKeyCountOnce(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		body := `{"member":"` + id + `","points":1,"reason":"goodwill"}`
		var all sync.WaitGroup
		replies := make([]reply, 16)
		for i := range replies {
			all.Go(func() { replies[i] = s.keyed("/v1/adjustments", body, "one") })
		}
		all.Wait()
		for _, r := range replies {
			if r.status != 201 || r.body != replies[0].body {
				t.Errorf("%d %s", r.status, r.body)
			}
		}
		if b := s.get("/v1/members/" + id + "/balance").want(200); b.field("available") != 901.0 {
			t.Errorf("%s", b.body)
		}
	})
}
