package api

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/db"
	"joren/internal/plan"
	"joren/internal/programme"
)

func TestANewMemberIsGreetedOnceAndNobodyElseIs(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		src, err := plan.Template("cafe")
		if err != nil {
			t.Fatal(err)
		}
		welcoming := strings.NewReplacer("effective_from: 2026-04-01", "effective_from: 2026-05-01",
			"\nrules:\n", "\nrules:\n  - {id: welcome, kind: bonus, on: joined, give: 200}\n").Replace(string(src))
		early := s.post("/v1/members", `{"name":"a"}`).want(201).text("id")
		s.write(func(tx *db.Tx) error {
			_, err := programme.Publish(tx, []byte(welcoming), programme.Order{ShortNotice: true})
			return err
		})
		s.at("2026-05-02T10:00:00+09:00")
		id := s.keyed("/v1/members", `{"name":"b","external_ids":{"eccube":"1"}}`, "k").want(201).text("id")
		s.keyed("/v1/members", `{"name":"b","external_ids":{"eccube":"1"}}`, "k").want(201)
		s.post("/v1/members", `{"name":"b","external_ids":{"eccube":"1"}}`).want(200)
		for who, want := range map[string]float64{early: 0, id: 200} {
			if got := s.get("/v1/members/" + who + "/balance").want(200).field("available"); got != want {
				t.Errorf("%s has %v, want %v", who, got, want)
			}
		}
		if strings.Contains(s.log.String(), "welcome") {
			t.Errorf("logged: %s", s.log.String())
		}
	})
}

func TestAnAwardIsExplainedWithWhatWasRefused(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		s.at("2026-11-15T10:10:00+09:00")
		hold := s.keyed("/v1/holds", `{"member":"`+id+`","points":600}`, "h").want(201).text("id")
		s.at("2026-11-15T10:12:40+09:00")
		p := s.post("/v1/purchases", purchaseBody(hold)).want(201)
		if list, _ := p.field("award", "refused").([]any); len(list) == 0 {
			t.Fatal("the café refuses some rules here")
		}
		s.at("2026-12-20T10:00:00+09:00")
		why := s.get("/v1/purchases/" + p.text("id") + "/award").want(200)
		if d := cmp.Diff(p.field(), why.field()); d != "" {
			t.Errorf("explained otherwise:\n%s", d)
		}
		s.get("/v1/purchases/pur_1/award").problem(404, "purchase.unknown")
	})
}
