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

// keptKeys counts what is stored under callers' keys.
func (s *shop) keptKeys() (n int64) {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM idem_key`)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// SEMANTICS §10 I2: a refusal that was judged on what is recorded is an answer
// like any other. It comes back word for word, though it would pass now.
func TestARefusalUnderAKeyIsGivenAgain(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		nobody := ident.Member.Text(ident.New())
		order := func(card string) string {
			return strings.Replace(simple("late", 500), `"lines"`, `"card":"`+card+`","lines"`, 1)
		}
		s.post("/v1/purchases", simple("1", 500)).want(201)
		cases := []struct {
			path, body, code string
			status           int
		}{
			{"/v1/holds", `{"member":"` + id + `","points":950}`, "points.insufficient", 422},
			{"/v1/adjustments", `{"member":"` + id + `","points":-950,"reason":"goodwill"}`, "points.insufficient", 422},
			{"/v1/purchases", order("2900000999999"), "member.unknown", 422},
			{"/v1/purchases", strings.ReplaceAll(simple("1", 500), "500", "600"), "purchase.changed", 409},
			{"/v1/returns", `{"source":"till-1","return_no":"9","order_no":"1","occurred_at":"2026-11-10T12:00:00+09:00","lines":[{"no":1,"quantity":2}]}`, "return.exceeds_purchase", 422},
			{"/v1/returns", `{"source":"till-1","return_no":"10","order_no":"1","occurred_at":"2026-04-01T12:00:00+09:00"}`, "return.before_purchase", 422},
			{"/v1/holds/" + ident.Hold.Text(ident.New()) + "/cancel", "", "hold.unknown", 404},
			{"/v1/transfers", `{"from":"` + id + `","to":"` + nobody + `","points":1}`, "member.unknown", 422},
			{"/v1/members/" + nobody + "/withdraw", "", "member.unknown", 404},
		}
		first := make([]reply, len(cases))
		rows := s.rows()
		for i, x := range cases {
			first[i] = s.keyed(x.path, x.body, "no "+x.path+x.code)
			first[i].problem(x.status, x.code)
			if first[i].header.Get("Idempotent-Replayed") != "" {
				t.Errorf("%s: the first refusal says it was given before", x.path)
			}
		}
		if now := s.rows(); now != rows {
			t.Errorf("a refusal left something: %s, before %s", now, rows)
		}
		s.keyed("/v1/adjustments", `{"member":"`+id+`","points":100,"reason":"goodwill"}`, "more").want(201)
		s.post("/v1/members", `{"name":"x","card":"2900000999999","joined_on":"2026-04-01"}`).want(201)
		for i, x := range cases {
			again := s.keyed(x.path, x.body, "no "+x.path+x.code)
			if again.status != first[i].status || again.body != first[i].body || again.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s again: %d %q %s\nfirst: %d %s", x.path, again.status, again.header.Get("Idempotent-Replayed"), again.body, first[i].status, first[i].body)
			}
		}
		s.keyed("/v1/holds", `{"member":"`+id+`","points":950}`, "now").want(201)
		s.keyed("/v1/purchases", order("2900000999999"), "now").want(422) // the key is in use for the hold
		s.keyed("/v1/purchases", order("2900000999999"), "now, too").want(201)
	})
}

// What is wrong with the request itself decides nothing: it is judged anew, and
// the caller may use the key for the request she mended.
func TestAWrongRequestDoesNotSpendItsKey(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-11-10T12:00:00+09:00")
		kept := s.keptKeys()
		bad := strings.Replace(simple("1", 500), `"total":500`, `"total":501`, 1)
		for range 2 {
			if r := s.keyed("/v1/purchases", bad, "k"); r.header.Get("Idempotent-Replayed") != "" {
				t.Errorf("it was kept: %s", r.body)
			} else {
				r.problem(422, "purchase.total_mismatch")
			}
		}
		s.keyed("/v1/purchases", `{"total":"500"}`, "k").problem(422, "request.malformed")
		if n := s.keptKeys(); n != kept {
			t.Errorf("%d keys kept, before %d", n, kept)
		}
		s.keyed("/v1/purchases", simple("1", 500), "k").want(201)
	})
}

// A key gives its first answer again also where that was none of the usual:
// a duplicate, a parked return, an order that was revised since.
func TestAKeyGivesItsOwnFirstAnswerAgain(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		same := func(path, body, key string, first reply) {
			t.Helper()
			again := s.keyed(path, body, key).want(first.status)
			if again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s again: %s\nfirst: %s", path, again.body, first.body)
			}
		}
		s.post("/v1/purchases", simple("1", 500)).want(201)
		twice := s.keyed("/v1/purchases", simple("1", 500), "dup").want(200)
		same("/v1/purchases", simple("1", 500), "dup", twice)
		review := `{"source":"web","event_no":"1","kind":"visit","member":"` + id + `","occurred_at":"2026-11-10T12:00:00+09:00"}`
		s.post("/v1/events", review).want(201)
		same("/v1/events", review, "ev", s.keyed("/v1/events", review, "ev").want(200))

		back := `{"source":"till-1","return_no":"R","order_no":"2","occurred_at":"2026-11-10T12:00:00+09:00"}`
		waits := s.keyed("/v1/returns", back, "back").want(202)
		same("/v1/returns", back, "back", waits)
		s.post("/v1/purchases", simple("2", 500)).want(201)
		same("/v1/returns", back, "back", waits)

		order := strings.Replace(simple("3", 500), `"lines"`, `"card":"2900000123458","lines"`, 1)
		first := s.keyed("/v1/purchases", order, "order").want(201)
		s.keyed("/v1/purchases", strings.Replace(strings.ReplaceAll(order, "500", "700"), `"order_no"`, `"revision":2,"order_no"`, 1), "order 2").want(201)
		if again := s.keyed("/v1/purchases", order, "order").want(201); again.text("id") != first.text("id") || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("the revised order: %s", again.body)
		}
	})
}

func TestAKeyAtWorkInThisProcessIsWaitedForAndThenRefused(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		key := idem.Key{Name: "busy"}
		s.write(func(tx *db.Tx) error {
			k, err := staff.FindKey(tx, s.keys[staff.ScopeWrite])
			key.Scope = k.ID
			return err
		})
		body := `{"member":"` + id + `","points":1,"reason":"goodwill"}`
		leave, err := s.api.flights.enter(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		r := s.keyed("/v1/adjustments", body, "busy")
		if p := r.problem(409, "idempotency.in_progress"); p.Retryable != "same_key_only" || r.header.Get("Retry-After") != "1" {
			t.Errorf("%s", r.body)
		}
		if waited := time.Since(start); waited < patience || waited > 3*patience {
			t.Errorf("it waited %v", waited)
		}
		var all sync.WaitGroup
		replies := make([]reply, 3)
		for i := range replies {
			all.Go(func() { replies[i] = s.keyed("/v1/adjustments", body, "busy") })
		}
		s.keyed("/v1/adjustments", body, "another").want(201) // who has another key does not wait
		time.Sleep(50 * time.Millisecond)
		leave()
		all.Wait()
		for _, r := range replies {
			if r.want(201).body != replies[0].body {
				t.Errorf("%s", r.body)
			}
		}
	})
}
