package api

import (
	"fmt"
	"testing"

	"joren/internal/staff"
)

// spend reserves points of a member and commits them; it gives the hold.
func (s *shop) spend(id string, points int, key string) (hold string) {
	s.t.Helper()
	hold = s.keyed("/v1/holds", fmt.Sprintf(`{"member":%q,"points":%d}`, id, points), key).want(201).text("id")
	s.keyed("/v1/holds/"+hold+"/commit", `{}`, "c-"+key).want(200)
	return hold
}

func (s *shop) giveBack(hold string, points int, key string) reply {
	s.t.Helper()
	return s.keyed("/v1/holds/"+hold+"/refund", fmt.Sprintf(`{"points":%d}`, points), key)
}

func TestAHoldSpentBeforeAMergeIsRefundedToTheLivingRecord(t *testing.T) {
	edited(t, pooled, func(t *testing.T, s *shop) {
		s.at("2026-11-16T12:00:00+09:00")
		gone, kept := s.join("花子"), s.join("山田 花子")
		s.give(gone, 300, "2027-03-31")
		s.give(kept, 50, "2027-01-31")
		hold := s.spend(gone, 120, "h")
		m := s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", `{"gone":"`+gone+`","kept":"`+kept+`"}`).want(200)
		back := s.giveBack(hold, 40, "r1").want(200)
		if back.field("refunded") != 40.0 || back.field("balance", "available") != 270.0 || s.has(kept) != 270 {
			t.Errorf("she has %d: %s", s.has(kept), back.body)
		}
		if again := s.giveBack(hold, 40, "r1").want(200); again.header.Get("Idempotent-Replayed") != "true" || s.has(kept) != 270 {
			t.Errorf("again: she has %d: %s", s.has(kept), again.body)
		}
		s.giveBack(hold, 81, "r2").problem(422, "refund.exceeds_spend")
		s.giveBack(hold, 0, "r3").problem(422, "points.not_positive")
		s.keyed("/v1/holds/"+hold+"/commit", `{}`, "late").problem(409, "hold.closed")
		s.keyed("/v1/holds/"+hold+"/cancel", "", "later").problem(409, "hold.closed")
		s.sound()
		// Taken apart again, what came back is hers: it was hers that was spent.
		s.ask(staff.ScopeAdmin, "POST", "/v1/merges/"+m.text("id")+"/undo", "").want(200)
		s.giveBack(hold, 80, "r4").want(200)
		if a, b := s.has(gone), s.has(kept); a != 300 || b != 50 {
			t.Errorf("apart: %d and %d", a, b)
		}
		s.sound()
	})
}

func TestAHoldIsRefundedWhereItsLotsAreAfterJoiningAndLeavingAHousehold(t *testing.T) {
	edited(t, pooled, func(t *testing.T, s *shop) {
		s.at("2026-11-16T12:00:00+09:00")
		ann, bob := s.join("母"), s.join("子")
		s.give(ann, 300, "2026-12-31")
		s.give(bob, 100, "2027-03-31")
		alone := s.spend(bob, 30, "alone")
		house := "/v1/households/" + s.post("/v1/households", `{"head":"`+ann+`"}`).want(201).text("id")
		s.post(house+"/join", `{"member":"`+bob+`"}`).want(200)
		s.giveBack(alone, 10, "r1").want(200)
		if s.has(ann) != 380 || s.has(bob) != 380 {
			t.Errorf("together: %d and %d", s.has(ann), s.has(bob))
		}
		s.sound()
		shared := s.spend(bob, 350, "shared") // 300 of ann's, 50 of his
		s.giveBack(shared, 10, "r2").want(200)
		if s.has(ann) != 40 {
			t.Errorf("while it lasts: %d", s.has(ann))
		}
		s.post(house+"/leave", `{"member":"`+bob+`"}`).want(200)
		if a, b := s.has(ann), s.has(bob); a != 0 || b != 40 {
			t.Errorf("apart: %d and %d", a, b)
		}
		s.giveBack(shared, 100, "r3").want(200) // 40 of his, then 60 of hers
		if a, b := s.has(ann), s.has(bob); a != 60 || b != 80 {
			t.Errorf("after the refund: %d and %d", a, b)
		}
		s.giveBack(alone, 20, "r4").want(200)
		s.post(house+"/leave", `{"member":"`+ann+`"}`).want(200)
		s.giveBack(shared, 240, "r5").want(200)
		if a, b := s.has(ann), s.has(bob); a != 300 || b != 100 {
			t.Errorf("in the end: %d and %d", a, b)
		}
		s.sound()
	})
}
