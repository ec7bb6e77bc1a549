package api

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/proof"
	"joren/internal/staff"
)

// pooled is the café whose households share one balance, with points that are
// usable at once.
func pooled(src string) string {
	return strings.Replace(src, "pending: {days: 7}", "pending: none", 1) + "\nhousehold: {members: 4, points: pooled}\n"
}

func (s *shop) join(name string) string {
	s.t.Helper()
	return s.post("/v1/members", `{"name":"`+name+`","joined_on":"2026-04-01"}`).want(201).text("id")
}

func (s *shop) give(id string, points int, until string) {
	s.t.Helper()
	s.keyed("/v1/adjustments", fmt.Sprintf(`{"member":%q,"points":%d,"reason":"opening","expires_on":%q}`, id, points, until), "give-"+id).want(201)
}

// bought is a purchase of 1,080 yen with tax: 10 points; paid in part by points.
func bought(id, no string, paid int) string {
	by := ""
	if paid > 0 {
		by = fmt.Sprintf(`"points_paid":{"points":%d},`, paid)
	}
	return fmt.Sprintf(`{"source":"till-2","order_no":%q,"member":%q,"store":"honten","channel":"shop","occurred_at":"2026-11-16T10:00:00+09:00",%s
		"currency":"JPY","prices":"tax_included","lines":[{"no":1,"sku":"A","name":"x","category":"cake","quantity":1,"amount":1100,"tax_rate":"0.10"}],"total":1100}`, no, id, by)
}

func returned1(no string) string {
	return fmt.Sprintf(`{"source":"till-2","order_no":%q,"return_no":"R-%s","occurred_at":"2026-11-16T11:00:00+09:00","lines":[{"no":1,"quantity":1}]}`, no, no)
}

func (s *shop) has(id string) int {
	s.t.Helper()
	n, _ := s.get("/v1/members/" + id + "/balance").want(200).field("available").(float64)
	return int(n)
}

// sound checks that all laws hold.
func (s *shop) sound() {
	s.t.Helper()
	r, err := proof.Verify(s.t.Context(), s.db)
	if err != nil || !r.Holds() {
		s.t.Errorf("%v\n%s", err, r.Text(i18n.EN))
	}
}

func TestAHouseholdSharesItsPointsAndWhoLeavesTakesHers(t *testing.T) {
	edited(t, pooled, func(t *testing.T, s *shop) {
		s.at("2026-11-16T12:00:00+09:00")
		ann, bob := s.join("母"), s.join("子")
		s.give(ann, 300, "2026-12-31")
		s.give(bob, 100, "2027-03-31")
		s.post("/v1/purchases", bought(bob, "own", 20)).want(201) // from his own, before he joins
		h := s.post("/v1/households", `{"head":"`+ann+`"}`).want(201)
		house := "/v1/households/" + h.text("id")
		if s.has(ann) != 300 || h.field("pooled") != true {
			t.Errorf("opened: %s, ann has %d", h.body, s.has(ann))
		}
		s.keyed(house+"/join", `{"member":"`+bob+`"}`, "j").want(200)
		if again := s.keyed(house+"/join", `{"member":"`+bob+`"}`, "j").want(200); again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("joined twice: %s", again.body)
		}
		s.post(house+"/join", `{"member":"`+bob+`"}`).problem(409, "household.already")
		if a, b := s.has(ann), s.has(bob); a != b || a != 300+80+109 { // 9 of her base and 100 of her first purchase
			t.Errorf("together: %d, %d", a, b)
		}
		s.sound()
		// Bob pays 350 with the family's points: what ends first goes first.
		s.post("/v1/purchases", bought(bob, "shared", 350)).want(201)
		// What he had paid alone comes back to the lot it came from, now the family's.
		back := s.post("/v1/returns", returned1("own")).want(201)
		if n := back.field("points_returned", "points"); n != 20.0 {
			t.Errorf("returned: %s", back.body)
		}
		s.sound()
		// Ann's 300 and 50 of bob's 80 are spent; 20 came back, 109 were taken;
		// the second purchase gave 6.
		s.post(house+"/leave", `{"member":"`+bob+`"}`).want(200)
		if a, b := s.has(ann), s.has(bob); a != 0 || b != 80-50+20+6 {
			t.Errorf("apart: %d and %d", a, b)
		}
		// The purchase bob paid from the family's account: her lots get hers back,
		// his go with him.
		s.post("/v1/returns", returned1("shared")).want(201)
		if a, b := s.has(ann), s.has(bob); a != 300 || b != 80+20 {
			t.Errorf("after the return: %d and %d", a, b)
		}
		s.sound()
		s.post(house+"/leave", `{"member":"`+ann+`"}`).want(200)
		if s.has(ann) != 300 {
			t.Errorf("the last one took %d", s.has(ann))
		}
		s.post(house+"/join", `{"member":"`+bob+`"}`).problem(409, "household.closed")
		s.sound()
	})
}

func TestAHouseholdThatDoesNotPoolMovesNothing(t *testing.T) {
	own := func(src string) string { return src + "\nhousehold: {members: 2}\n" }
	edited(t, own, func(t *testing.T, s *shop) {
		s.at("2026-11-16T12:00:00+09:00")
		ann, bob, eve := s.join("a"), s.join("b"), s.join("c")
		s.give(ann, 300, "2026-12-31")
		house := "/v1/households/" + s.post("/v1/households", `{"head":"`+ann+`"}`).want(201).text("id")
		s.post(house+"/join", `{"member":"`+bob+`"}`).want(200)
		s.post(house+"/join", `{"member":"`+eve+`"}`).problem(409, "household.full")
		if s.has(ann) != 300 || s.has(bob) != 0 {
			t.Errorf("%d and %d", s.has(ann), s.has(bob))
		}
		s.post(house+"/leave", `{"member":"`+eve+`"}`).problem(404, "household.not_in_it")
		s.get(house).want(200)
		s.get("/v1/households/nobody").problem(404, "household.unknown")
		s.sound()
	})
	cafes(t, func(t *testing.T, s *shop) {
		s.post("/v1/households", `{"head":"`+s.join("a")+`"}`).problem(409, "household.none")
	})
}

// What was bought before a merge is found after it by everything that looks:
// returns, visit numbers, spend, rank, limits, and lists; and after it is undone
// again at its own place.
func TestPurchasesOfAMergedMemberAreFoundByEverything(t *testing.T) {
	now := func(src string) string { return strings.Replace(src, "pending: {days: 7}", "pending: none", 1) }
	edited(t, now, func(t *testing.T, s *shop) {
		s.at("2026-11-16T12:00:00+09:00")
		gone, kept := s.join("花子"), s.join("山田 花子")
		s.give(gone, 100, "2027-03-31")
		s.post("/v1/purchases", bought(gone, "g1", 40)).want(201)
		s.post("/v1/purchases", strings.ReplaceAll(bought(gone, "g2", 0), "11-16T10", "11-15T10")).want(201)
		s.post("/v1/purchases", bought(kept, "k1", 0)).want(201)
		one, two := s.has(gone), s.has(kept)
		m := s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", `{"gone":"`+gone+`","kept":"`+kept+`"}`).want(200)
		s.sound()
		if s.has(kept) != one+two {
			t.Errorf("points: %d, want %d", s.has(kept), one+two)
		}
		s.write(func(tx *db.Tx) error {
			visits, err := db.One(tx, nil, db.Value[int], `SELECT SUM(visits) FROM purchase_stats`)
			if visits != 2 { // two days, though three purchases on two records
				t.Errorf("%d visits", visits)
			}
			return err
		})
		if tier := s.get("/v1/members/" + kept + "/tier").want(200); tier.field("metric") != float64(3*1000-36) {
			t.Errorf("rank counts %s", tier.body)
		}
		// A return of what gone bought and paid in part with points.
		back := s.post("/v1/returns", returned1("g1")).want(201)
		if n := back.field("points_returned", "points"); n != 40.0 {
			t.Errorf("returned: %s", back.body)
		}
		s.sound()
		s.post("/v1/purchases", bought(gone, "g3", 0)).want(201) // her old number still earns, for kept
		s.ask(staff.ScopeAdmin, "POST", "/v1/merges/"+m.text("id")+"/undo", "").want(200)
		s.sound()
		// The 40 came to her lot while she was one with kept: they are hers again.
		// What her card earned meanwhile stays.
		if a, b := s.has(gone), s.has(kept); a != 60+40+20 || b != 110+10 {
			t.Errorf("gone has %d, kept %d", a, b)
		}
		s.post("/v1/returns", returned1("g2")).want(201)
		s.post("/v1/returns", returned1("k1")).want(201)
		if a, b := s.has(gone), s.has(kept); a != 100 || b != 10 {
			t.Errorf("after returns gone has %d, kept %d", a, b)
		}
		s.sound()
	})
}

// Purchases on both records while they are merged, taken apart and merged
// again: every one of them is there once, with its points.
func TestNothingIsLostWhenRecordsMergeWhileTheirCardsAreUsed(t *testing.T) {
	now := func(src string) string { return strings.Replace(src, "pending: {days: 7}", "pending: none", 1) }
	edited(t, now, func(t *testing.T, s *shop) {
		s.at("2026-11-16T12:00:00+09:00")
		gone, kept := s.join("a"), s.join("b")
		done := s.race([]string{gone, kept}, func() {
			body := `{"gone":"` + gone + `","kept":"` + kept + `"}`
			for range 3 {
				m := s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", body).want(200)
				s.ask(staff.ScopeAdmin, "POST", "/v1/merges/"+m.text("id")+"/undo", "").want(200)
			}
			s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", body).want(200)
		})
		s.whole(done, kept)
	})
}

func TestNothingIsLostWhenSomeoneJoinsAndLeavesAHouseholdWhileSheBuys(t *testing.T) {
	edited(t, pooled, func(t *testing.T, s *shop) {
		s.at("2026-11-16T12:00:00+09:00")
		ann, bob := s.join("a"), s.join("b")
		house := "/v1/households/" + s.post("/v1/households", `{"head":"`+ann+`"}`).want(201).text("id")
		done := s.race([]string{ann, bob}, func() {
			for range 4 {
				s.post(house+"/join", `{"member":"`+bob+`"}`).want(200)
				s.post(house+"/leave", `{"member":"`+bob+`"}`).want(200)
			}
			s.post(house+"/join", `{"member":"`+bob+`"}`).want(200)
		})
		s.whole(done, ann)
	})
}

// race lets the members buy, each from several tills, while something happens;
// it gives how many purchases were answered.
func (s *shop) race(who []string, happens func()) (done int) {
	s.t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	stop := make(chan struct{})
	for i, id := range who {
		for till := range 3 {
			wg.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					no := fmt.Sprintf("%d-%d-%d", i, till, n)
					r := s.post("/v1/purchases", bought(id, no, 0))
					for r.status == 503 || r.status == 429 { // to be tried again, says the answer
						r = s.post("/v1/purchases", bought(id, no, 0))
					}
					mu.Lock()
					if done++; r.status != 201 {
						s.t.Errorf("%s: %d %s", no, r.status, r.body)
					}
					mu.Unlock()
				}
			})
		}
	}
	happens()
	close(stop)
	wg.Wait()
	return done
}

// whole checks that the points of all purchases are on one account, each of
// them is there once, and all laws hold.
func (s *shop) whole(done int, id string) {
	s.t.Helper()
	s.sound()
	has := int64(s.has(id))
	s.write(func(tx *db.Tx) error {
		n, err := db.One(tx, nil, db.Value2[int, int64], `SELECT (SELECT COUNT(*) FROM purchase_purchase), (SELECT CAST(COALESCE(SUM(l.points), 0) AS BIGINT) FROM ledger_entry l WHERE l.kind = 'earn' AND l.type = 'regular')`)
		if n.A != done || has != n.B || done == 0 {
			s.t.Errorf("%d purchases recorded, %d answered; %d points earned, %d there", n.A, done, n.B, has)
		}
		return err
	})
}
