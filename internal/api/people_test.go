package api

import (
	"slices"
	"strings"
	"testing"

	"joren/internal/ident"
	"joren/internal/staff"
)

func TestAMemberIsEnrolledFoundChangedAndForgotten(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		a := s.post("/v1/members", `{"name":"山田 花子","name_kana":"ヤマダ ハナコ","phone":"090-1234-5678","email":"hanako@example.com","birthday":"1990-02-28","external_ids":{"eccube":"123"},
			"consents":[{"purpose":"advertising","channel":"mail","given":true,"wording":"v1","source":"till","at":"2026-04-01T00:00:00Z"}]}`, "Idempotency-Key", "join-1").want(201)
		matches(t, `{"id":"mem_…","card":"`+a.text("card")+`","joined_on":"2026-04-01"}`, a.body)
		if len(a.text("card")) != 13 {
			t.Errorf("card %q", a.text("card"))
		}
		id := a.text("id")
		again := s.post("/v1/members", `{"name":"山田花子","external_ids":{"eccube":"123"}}`).want(200)
		if again.text("id") != id || again.field("known") != true {
			t.Errorf("the same external id: %s", again.body)
		}
		twin := s.post("/v1/members", `{"name":"ヤマダ","phone":"０９０１２３４５６７８"}`).want(201)
		if got, _ := twin.field("twins").([]any); len(got) != 1 || got[0] != id {
			t.Errorf("twins: %s", twin.body)
		}
		for _, q := range []string{"やまだ", "ﾔﾏﾀﾞ", "5678", "hanako@example.com", a.text("card"), "123", id} {
			list := s.get("/v1/members?q=" + strings.ReplaceAll(q, "@", "%40")).want(200)
			var found MemberList
			if list.into(&found); !slices.ContainsFunc(found.Members, func(m Member) bool { return m.ID == id }) {
				t.Errorf("%s finds %s", q, list.body)
			}
		}
		p := s.ask(staff.ScopeWrite, "PATCH", "/v1/members/"+id+"?version=1", `{"area":"東京都","memo":""}`).want(200)
		if p.text("person", "area") != "東京都" || p.text("person", "name") != "山田 花子" || p.text("person", "birthday") != "1990-02-28" || p.field("version") != 2.0 {
			t.Errorf("changed: %s", p.body)
		}
		s.ask(staff.ScopeWrite, "PATCH", "/v1/members/"+id+"?version=1", `{"area":"大阪府"}`).problem(409, "member.changed")
		s.ask(staff.ScopeWrite, "PATCH", "/v1/members/"+id+"?version=0", `{"area":"大阪府"}`).problem(422, "request.parameters")
		if again := s.ask(staff.ScopeWrite, "PATCH", "/v1/members/"+id+"?version=2", `{"area":"東京都"}`).want(200); again.field("version") != 2.0 {
			t.Errorf("changed nothing: %s", again.body)
		}
		s.ask(staff.ScopeWrite, "PATCH", "/v1/members/"+id, `{"status":"erased"}`).problem(422, "request.malformed")
		s.ask(staff.ScopeWrite, "PATCH", "/v1/members/"+id, `{"email":"x"}`).problem(422, "member.invalid")

		e := s.ask(staff.ScopeAdmin, "POST", "/v1/members/"+id+"/erase", "").want(200)
		matches(t, `{"id":"`+id+`","status":"erased","lost":[{"type":"regular","points":0},{"type":"stamp","points":0}]}`, e.body)
		gone := s.get("/v1/members/" + id).want(200)
		if gone.field("person") != nil || gone.text("status") != "erased" {
			t.Errorf("erased: %s", gone.body)
		}
	})
}

func TestWhoLeavesLosesHerPointsAndSeesIt(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		left := s.keyed("/v1/members/"+id+"/withdraw", "", "bye").want(200)
		matches(t, `{"id":"`+id+`","status":"withdrawn","lost":[{"type":"regular","points":900},{"type":"stamp","points":0}]}`, left.body)
		again := s.keyed("/v1/members/"+id+"/withdraw", "", "bye").want(200)
		if again.body != left.body || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("again: %q, first %q", again.body, left.body)
		}
		s.keyed("/v1/holds", `{"member":"`+id+`","points":1}`, "h").problem(409, "member.left")
	})
}

func TestTwoRecordsBecomeOneAndTwoAgain(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		kept := s.theRegular()
		gone := s.post("/v1/members", `{"name":"花子"}`).want(201).text("id")
		s.keyed("/v1/adjustments", `{"member":"`+gone+`","points":50,"reason":"goodwill"}`, "g").want(201)
		body := `{"gone":"` + gone + `","kept":"` + kept + `"}`
		m := s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", body, "Idempotency-Key", "m").want(200)
		if m.text("state") != "merged" || m.text("kept") != kept {
			t.Errorf("merge: %s", m.body)
		}
		if r := s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", body, "Idempotency-Key", "m").want(200); r.text("id") != m.text("id") || r.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("again: %s", r.body)
		}
		s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", strings.Replace(body, kept, gone, 1), "Idempotency-Key", "m").problem(422, "idempotency.key_reused")
		for _, id := range []string{kept, gone} {
			if b := s.get("/v1/members/" + id + "/balance").want(200); b.field("available") != 950.0 {
				t.Errorf("%s: %s", id, b.body)
			}
		}
		if got := s.get("/v1/members/" + gone).want(200).text("id"); got != kept {
			t.Errorf("she is shown as %s", got)
		}
		if u := s.ask(staff.ScopeAdmin, "POST", "/v1/merges/"+m.text("id")+"/undo", "").want(200); u.text("state") != "undone" {
			t.Errorf("undo: %s", u.body)
		}
		if b := s.get("/v1/members/" + gone + "/balance").want(200); b.field("available") != 50.0 {
			t.Errorf("afterwards: %s", b.body)
		}
		s.ask(staff.ScopeAdmin, "POST", "/v1/merges/"+m.text("id")+"/undo", "").problem(409, "merge.undone")
	})
}

func TestMembersAreListedPageByPage(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		want := map[string]bool{}
		for range 5 {
			want[s.post("/v1/members", `{"name":"x"}`).want(201).text("id")] = true
		}
		path, pages := "/v1/members?limit=2", 0
		for next := path; ; pages++ {
			var page MemberList
			s.get(next).want(200).into(&page)
			for _, m := range page.Members {
				if !want[m.ID] {
					t.Errorf("%s comes twice or is a stranger", m.ID)
				}
				delete(want, m.ID)
			}
			if page.Next == nil {
				break
			}
			next = path + "&after=" + *page.Next
		}
		if len(want) != 0 || pages != 2 {
			t.Errorf("%d missing, %d full pages", len(want), pages)
		}
	})
}

func TestAJournalIsReadPageByPage(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		var first, second Journal
		s.get("/v1/members/" + id + "/ledger?limit=1").want(200).into(&first)
		if len(first.Entries) != 1 || first.Next == nil || *first.Next != 1 {
			t.Fatalf("%+v", first)
		}
		s.get("/v1/members/" + id + "/ledger?limit=1&after=1").want(200).into(&second)
		if len(second.Entries) != 1 || second.Entries[0].Seq != 2 || second.Next != nil || second.Entries[0].Kind != "adjust" || second.Entries[0].Actor[:4] != string(ident.Key)+"_" {
			t.Errorf("%+v", second)
		}
	})
}
