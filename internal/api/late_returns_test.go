package api

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/staff"
)

// leavable is the café with points usable at once, households with one balance,
// and its own words on who leaves and on points that come back to expired lots.
func leavable(withdrawal, refund string) func(string) string {
	return func(src string) string {
		return strings.Replace(pooled(src), "refund_of_spent: {if_expired: grace, days: 30}", "refund_of_spent: {if_expired: "+refund+"}", 1) +
			"\nwithdrawal: {" + withdrawal + "}\n"
	}
}

// openPoints is what all accounts have of the point type, less what is owed,
// as it was booked.
func (s *shop) openPoints() (sum int64) {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		list, err := ledger.BookedOn(tx, 1, clock.Date(9999, 12, 31))
		for _, x := range list {
			if x.Type == "regular" {
				sum += x.Points
			}
		}
		return err
	})
	return sum
}

// lapses does what the scheduler does every hour.
func (s *shop) lapses() {
	s.t.Helper()
	s.write(func(tx *db.Tx) error { _, err := s.api.People.Lapse(tx, 100); return err })
}

func (s *shop) leaves(id string) { s.t.Helper(); s.post("/v1/members/"+id+"/withdraw", "").want(200) }
func (s *shop) comesBack(id string) {
	s.t.Helper()
	s.post("/v1/members/"+id+"/rejoin", "").want(200)
}
func (s *shop) erases(id string) {
	s.t.Helper()
	s.ask(staff.ScopeAdmin, "POST", "/v1/members/"+id+"/erase", "").want(200)
}

// journal is an account's rows, as kind, points and reason.
func (s *shop) journal(member string) (out []string, rows []*ledger.Entry) {
	s.t.Helper()
	id, err := ident.Member.Parse(member)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(func(tx *db.Tx) error {
		page, err := ledger.Entries(tx, ledger.Key{Holder: id, Type: "regular"}, 0, 1000)
		rows = page.Entries
		return err
	})
	for _, e := range rows {
		out = append(out, fmt.Sprintf("%s %d %s", e.Kind, e.Points, e.Reason))
	}
	return out, rows
}

// A member pays all 300 points she has, and the parcel comes back when she is no
// member any more, or a member again. What she then has, until when, and what
// the books still show as open a good year later, when nobody did anything since.
func TestSpentPointsThatComeBackAfterTheMembershipEnded(t *testing.T) {
	const forfeit, keep = "points: forfeit", "points: keep, keep_days: 90"
	const lot, grace, anew = "2027-12-31", "2026-12-16", "2027-11-30" // last days: of the lot; 30 days on; of what is earned now
	for _, c := range []struct {
		withdrawal, refund, story string
		has                       int
		until                     string
		waits                     string // the last day through which it waits for who has left
	}{
		{forfeit, "grace", "erased returned", 0, "", ""},
		{forfeit, "forfeit", "erased returned", 0, "", ""},
		{forfeit, "reissue", "erased returned", 0, "", ""},
		{keep, "grace", "erased returned", 0, "", ""},
		{forfeit, "grace", "left erased returned", 0, "", ""},
		{forfeit, "grace", "left returned erased", 0, "", ""},
		{forfeit, "grace", "merged erased returned", 0, "", ""},
		{forfeit, "reissue", "merged erased returned", 0, "", ""},

		{forfeit, "grace", "left returned", 300, grace, grace},
		{forfeit, "forfeit", "left returned", 0, "", ""},
		{forfeit, "reissue", "left returned", 300, anew, grace},
		{forfeit, "grace", "merged left returned", 300, grace, grace},
		{keep, "grace", "left returned", 300, lot, "2027-02-14"},
		{keep, "forfeit", "left returned", 300, lot, "2027-02-14"},
		{keep, "grace", "left lapsed returned", 300, "2027-03-26", "2027-03-26"},
		{keep, "forfeit", "left lapsed returned", 0, "", ""},

		{forfeit, "grace", "left returned rejoined", 300, grace, ""},
		{forfeit, "forfeit", "left returned rejoined", 0, "", ""},
		{forfeit, "reissue", "left returned rejoined", 300, anew, ""},
		{forfeit, "reissue", "left returned late rejoined", 0, "", ""},
		{forfeit, "grace", "left rejoined returned", 300, grace, ""},
		{forfeit, "forfeit", "left rejoined returned", 0, "", ""},
		{forfeit, "reissue", "left rejoined returned", 300, anew, ""},
		{keep, "grace", "left returned rejoined", 300, lot, ""},
		{keep, "grace", "left rejoined returned", 300, lot, ""},
		{keep, "grace", "left late rejoined returned", 300, "2027-03-26", ""},

		{forfeit, "grace", "returned", 300, lot, ""},
		{forfeit, "forfeit", "merged returned", 300, lot, ""},
		{forfeit, "grace", "merged returned", 300, lot, ""},
	} {
		t.Run(c.withdrawal+"/"+c.refund+"/"+c.story, func(t *testing.T) {
			edited(t, leavable(c.withdrawal, c.refund), func(t *testing.T, s *shop) {
				s.at("2026-11-16T10:01:00+09:00")
				id := s.join("花子")
				s.give(id, 300, lot)
				s.post("/v1/purchases", bought(id, "1", 300)).want(201)
				s.at("2026-11-16T12:00:00+09:00")
				var back reply
				for _, step := range strings.Fields(c.story) {
					s.now += 60_000_000
					switch step {
					case "erased":
						s.erases(id)
					case "left":
						s.leaves(id)
					case "rejoined":
						s.comesBack(id)
					case "late":
						s.now += 100 * 86_400_000_000
					case "lapsed":
						s.now += 100 * 86_400_000_000
						s.lapses()
					case "merged":
						kept := s.join("山田 花子")
						s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", `{"gone":"`+id+`","kept":"`+kept+`"}`).want(200)
						id = kept
					case "returned":
						back = s.post("/v1/returns", returned1("1")).want(201)
					}
					s.sound()
				}
				b := s.get("/v1/members/" + id + "/balance").want(200)
				until := ""
				if c.has > 0 {
					until = b.text("next_expiry", "on")
				}
				if s.has(id) != c.has || until != c.until || s.openPoints() != int64(c.has) {
					t.Errorf("%d open; %s", s.openPoints(), b.body)
				}
				if n := back.field("points_returned", "points"); n != 300.0 {
					t.Errorf("the answer of the return: %s", back.body)
				}
				if c.waits != "" {
					s.now = clock.Tokyo.Start(clock.MustDay(c.waits)+1) - 1
					s.lapses()
					if s.has(id) != c.has {
						t.Errorf("on the last day she has %d", s.has(id))
					}
					s.now++
					s.lapses()
					if s.has(id) != 0 {
						t.Errorf("after it %d are still there", s.has(id))
					}
					s.sound()
				}
			})
		})
	}
}

func TestWhatComesBackToWhoWasErasedLapsesInTheSameTransfer(t *testing.T) {
	for _, refund := range []string{"grace", "forfeit", "reissue"} {
		edited(t, leavable("points: forfeit", refund), func(t *testing.T, s *shop) {
			s.at("2026-11-16T10:01:00+09:00")
			id := s.join("花子")
			s.give(id, 300, "2027-12-31")
			s.post("/v1/purchases", bought(id, "1", 200)).want(201)
			hold := s.spend(id, 60, "h")
			s.erases(id)
			s.at("2026-11-16T12:00:00+09:00")
			was := s.openPoints()
			ask := `{"source":"till-2","order_no":"1","return_no":"R-1","occurred_at":"2026-11-16T11:00:00+09:00","lines":[{"no":1,"quantity":1}]}`
			told := s.post("/v1/returns/preview", ask).want(200)
			back := s.post("/v1/returns", ask).want(201)
			for _, r := range []reply{told, back} {
				if r.field("points_returned", "points") != 200.0 || r.field("balance", "available") != 0.0 {
					t.Errorf("%s: %s", refund, r.body)
				}
			}
			held := s.giveBack(hold, 60, "r").want(200)
			if held.field("refunded") != 60.0 || held.field("balance", "available") != 0.0 {
				t.Errorf("%s: the hold: %s", refund, held.body)
			}
			if n := s.openPoints(); n != 0 || was != 0 {
				t.Errorf("%s: %d points are owed to nobody, before the return %d", refund, n, was)
			}
			lines, rows := s.journal(id)
			// The hold had spent 60 of the purchase's own points: the return takes
			// them from what comes back.
			for _, pair := range [][2]string{{"redeem_refund 200 return", "expire -140 member.erased"}, {"redeem_refund 60 refund", "expire -60 member.erased"}} {
				i, j := slices.Index(lines, pair[0]), slices.Index(lines, pair[1])
				if i < 0 || j < 0 || rows[i].Transfer != rows[j].Transfer {
					t.Errorf("%s: %v in one transfer: %q", refund, pair, lines)
				}
			}
			s.sound()
		})
	}
}

// The purchase's own points were spent before she was erased: what comes back
// pays for them first, and nothing is left as a debt that nobody will pay.
func TestWhatComesBackToWhoWasErasedPaysTheClawbackFirst(t *testing.T) {
	edited(t, leavable("points: forfeit", "forfeit"), func(t *testing.T, s *shop) {
		s.at("2026-11-16T10:01:00+09:00")
		id := s.join("花子")
		s.give(id, 300, "2027-12-31")
		s.post("/v1/purchases", bought(id, "1", 300)).want(201) // gives 100 and a few
		s.spend(id, s.has(id), "all")
		s.erases(id)
		s.at("2026-11-16T12:00:00+09:00")
		back := s.post("/v1/returns", returned1("1")).want(201)
		if back.field("balance", "debt") != 0.0 || s.openPoints() != 0 {
			t.Errorf("%d open: %s", s.openPoints(), back.body)
		}
		s.sound()
	})
}

// Who is in a household and leaves the shop leaves her points there: what she
// spent comes back there too, and not to an account that nobody uses.
func TestWhatComesBackStaysWithTheHouseholdOfWhoHasLeft(t *testing.T) {
	for _, gone := range []string{"left", "erased"} {
		edited(t, leavable("points: forfeit", "grace"), func(t *testing.T, s *shop) {
			s.at("2026-11-16T10:01:00+09:00")
			ann, bob := s.join("母"), s.join("子")
			house := "/v1/households/" + s.post("/v1/households", `{"head":"`+ann+`"}`).want(201).text("id")
			s.post(house+"/join", `{"member":"`+bob+`"}`).want(200)
			s.give(bob, 300, "2027-12-31")
			s.post("/v1/purchases", bought(bob, "1", 200)).want(201)
			hold := s.spend(bob, 60, "h")
			if s.at("2026-11-16T12:00:00+09:00"); gone == "left" {
				s.leaves(bob)
			} else {
				s.erases(bob)
			}
			before := s.has(ann)
			s.giveBack(hold, 60, "r").want(200)
			if s.has(ann) != before+60 {
				t.Errorf("%s: the household had %d and has %d", gone, before, s.has(ann))
			}
			s.post("/v1/returns", returned1("1")).want(201)
			if s.has(ann) != before+60+200 || s.has(bob) != 0 {
				t.Errorf("%s: the household had %d and has %d, he has %d", gone, before, s.has(ann), s.has(bob))
			}
			s.sound()
		})
	}
}

// Returns at several tills while their members are erased: none slips through
// between the look at who she is and the look at her account.
func TestNoReturnSlipsPastAnErasure(t *testing.T) {
	edited(t, leavable("points: forfeit", "reissue"), func(t *testing.T, s *shop) {
		s.at("2026-11-16T12:00:00+09:00")
		const tills = 3
		for round := range 6 {
			id := s.join("花子")
			s.give(id, 300, "2027-12-31")
			var tasks sync.WaitGroup
			for till := range tills {
				s.post("/v1/purchases", bought(id, fmt.Sprintf("%d-%d", round, till), 100)).want(201)
			}
			for till := range tills {
				no := fmt.Sprintf("%d-%d", round, till)
				tasks.Go(func() {
					r := s.post("/v1/returns", returned1(no))
					for r.status == 503 || r.status == 429 {
						r = s.post("/v1/returns", returned1(no))
					}
					if r.status != 201 {
						t.Errorf("%s: %d %s", no, r.status, r.body)
					}
				})
			}
			tasks.Go(func() { s.erases(id) })
			tasks.Wait()
			if n := s.lotsOf(id); n != 0 {
				t.Errorf("%d points are open for who was erased", n)
			}
		}
		s.sound()
	})
}
