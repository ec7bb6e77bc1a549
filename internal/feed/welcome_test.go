package feed

import (
	"testing"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/jobs"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/people"
	"joren/internal/sale"
)

// points are what members have of the programme's first type.
func (s *shop) points(ids ...ident.ID) (out []int64) {
	s.Helper()
	err := s.db.Read(s.Context(), func(tx *db.Tx) error {
		policies, err := s.feed.People.Policies(tx, tx.Now)
		if err != nil {
			return err
		}
		for _, id := range ids {
			books, err := ledger.Load(tx, []ledger.Want{{Key: ledger.Key{Holder: id, Type: policies[0].Type}, Policy: policies[0]}})
			if err != nil {
				return err
			}
			out = append(out, books[0].At(tx.Now).Available)
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

func (s *shop) byNumber(source string, numbers ...string) []ident.ID {
	s.Helper()
	out := make([]ident.ID, len(numbers))
	err := s.db.Read(s.Context(), func(tx *db.Tx) error {
		for i, n := range numbers {
			m, err := s.members.ByExternal(tx, []member.External{{Source: source, ID: n}})
			if err != nil {
				return err
			}
			out[i] = m[member.External{Source: source, ID: n}].ID
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

// enrol is what the console does.
func (s *shop) enrol(name string) (id ident.ID) {
	s.Helper()
	err := s.db.Write(s.Context(), func(tx *db.Tx) error {
		n, err := member.Input{Fields: member.Fields{Name: &name}}.Check(nil, s.zone.Day(tx.Now))
		if err != nil {
			return err
		}
		made, err := s.feed.People.Enrol(tx, people.Present, []people.Request{{Newcomer: n}})
		id = made[0].Member.ID
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return id
}

const welcomeRule = "\nrules:\n  - {id: welcome, kind: bonus, on: joined, give: 200}\n"

func TestMembersOfFilesAndOfTheConsoleAreGreetedOnceLikeAllOthers(t *testing.T) {
	const file = "member_id,name,joined_on,phone\nA-1,山田,2026-11-01,09011112222\nA-2,佐藤,2026-11-02,09033334444\n"
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		w := &Welcome{DB: s.db, Sales: s.feed.Sales, Members: s.members, Programmes: s.feed.Programmes}
		run := jobs.NewRunner(s.db)
		w.Register(run)
		node := outbox.NewNode(s.db, w.Consumer())
		deliver := func() {
			t.Helper()
			if _, err := node.Drain(t.Context(), welcomeJob); err != nil {
				t.Fatal(err)
			}
			if _, err := run.RunDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s.take(text("members.csv", file), false)
		ids := append(s.byNumber("file", "A-1", "A-2"), s.enrol("console"))
		face := s.enrol("api")
		if _, err := s.feed.Sales.Joined(t.Context(), face, sale.By{Actor: "key"}); err != nil { // a face that greets at once
			t.Fatal(err)
		}
		ids = append(ids, face)
		deliver()
		for i, n := range s.points(ids...) {
			if n != 200 {
				t.Errorf("member %d has %d points, want 200", i, n)
			}
		}
		s.take(text("again.csv", file+"A-3,鈴木,2026-11-03,09055556666\n"), false)
		deliver()
		deliver()
		for i, n := range s.points(append(ids, s.byNumber("file", "A-3")...)...) {
			if n != 200 {
				t.Errorf("afterwards member %d has %d points, want 200", i, n)
			}
		}
	}, "\nrules:\n", welcomeRule)
}

func TestWhoComesBackGetsNoSecondWelcome(t *testing.T) {
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		w := &Welcome{DB: s.db, Sales: s.feed.Sales, Members: s.members, Programmes: s.feed.Programmes}
		run := jobs.NewRunner(s.db)
		w.Register(run)
		const file = "member_id,name,joined_on,phone\nA-1,山田,2026-11-01,09011112222\n"
		s.take(text("a.csv", file), false)
		first := s.byNumber("file", "A-1")[0]
		err := s.db.Write(t.Context(), func(tx *db.Tx) error { _, _, err := s.feed.People.Withdraw(tx, first, "test"); return err })
		if err != nil {
			t.Fatal(err)
		}
		s.take(text("b.csv", "member_id,name,joined_on,phone\nB-1,山田,2026-11-09,09011112222\n"), false)
		if _, err := outbox.NewNode(s.db, w.Consumer()).Drain(t.Context(), welcomeJob); err != nil {
			t.Fatal(err)
		}
		if _, err := run.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, n := range s.points(first, s.byNumber("file", "B-1")[0]) {
			if n != 0 {
				t.Errorf("%d points for coming back", n)
			}
		}
	}, "\nrules:\n", welcomeRule)
}

func TestWhoJoinedBeforeTheProgrammeIsBroughtOverAndNotGreeted(t *testing.T) {
	const file = "member_id,name,joined_on,phone\nB-1,山田,2019-11-01,09011112222\nB-2,佐藤,2026-11-02,09033334444\n"
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		s.take(text("members.csv", file), false)
		ids := s.byNumber("file", "B-1", "B-2")
		for _, id := range ids {
			if _, err := s.feed.Sales.Joined(t.Context(), id, sale.By{Actor: "welcome"}); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.points(ids...); got[0] != 0 || got[1] != 200 {
			t.Errorf("points %v, want 0 for the one brought over and 200 for the newcomer", got)
		}
	}, "\nrules:\n", welcomeRule)
}
