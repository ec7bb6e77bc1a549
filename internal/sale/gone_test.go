package sale

import (
	"sync"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/purchase"
)

// Between the look at who a return's member is and the look at her account she
// is erased by somebody else: SQLite has one writer, so only PostgreSQL can.
func TestAReturnLooksAgainAtWhoSheIsOnceItHasHerAccount(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T10:00:00+09:00")
		lot := AdjustInput{Member: ident.Member.Text(id), Points: 300, Reason: "opening", ExpiresOn: clock.MustDay("2027-03-31")}
		if _, err := s.Adjust(t.Context(), lot, By{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		in := coffee("1", card, "2026-05-11T10:00:00+09:00", 1100)
		in.PointsPaid = &purchase.PointsPaid{Points: 300}
		s.buys(in)
		s.at("2026-05-11T12:00:00+09:00")
		w, err := returnWork(purchase.ReturnInput{Source: "till", ReturnNo: "r1", OrderNo: "1", OccurredAt: s.now}, By{})
		if err != nil {
			t.Fatal(err)
		}
		s.eraseMeanwhile(id, w)
		if _, err := s.lane.Do(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if b := s.balance(id, "regular"); b.Available+b.Pending != 0 {
			t.Errorf("points came back to who was erased meanwhile: %+v", b)
		}
		s.sound()
	})
}

// Nor does a purchase that was under way when she was erased give her points.
func TestAPurchaseLooksAgainAtWhoSheIsOnceItHasHerAccount(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		s.at("2026-05-11T10:00:00+09:00")
		s.buys(coffee("1", card, "2026-05-11T10:00:00+09:00", 1100))
		w, err := s.purchaseWork(coffee("2", card, "2026-05-11T10:00:00+09:00", 1100), By{}, false)
		if err != nil {
			t.Fatal(err)
		}
		s.eraseMeanwhile(id, w)
		if _, err := s.lane.Do(t.Context(), w); err != nil && !fault.Is(err, "member.unknown") {
			t.Fatal(err)
		}
		if b := s.balance(id, "regular"); b.Available+b.Pending != 0 {
			t.Errorf("who was erased meanwhile was given points: %+v", b)
		}
		s.sound()
	})
}

// erase does what people.Erase does to her record and points.
func (s *shop) erase(id ident.ID) {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		books, err := ledger.Load(tx, []ledger.Want{{Key: ledger.Key{Holder: id, Type: "regular"}, Policy: &ledger.Policy{Type: "regular", Zone: clock.Tokyo}, Deep: true}})
		if err != nil {
			return err
		}
		books[0].Forfeit(ledger.Posting{Occurred: tx.Now, Recorded: tx.Now, Reason: "member.erased"})
		books[0].Claim(tx.Now)
		if _, err := ledger.Save(tx, books); err != nil {
			return err
		}
		_, err = s.members.Erase(tx, id)
		return err
	})
}

// eraseMeanwhile erases a member once work for her is under way: on PostgreSQL
// when her desk is seated, on SQLite, whose one writer lets nobody between, just
// before.
func (s *shop) eraseMeanwhile(id ident.ID, w *lane.Work) {
	s.t.Helper()
	var once sync.Once
	seated := w.Prepare
	w.Prepare = func(d *lane.Desk) error {
		if s.db.Engine() == db.Postgres {
			once.Do(func() { s.erase(id) })
		}
		return seated(d)
	}
	if s.db.Engine() == db.SQLite {
		s.erase(id)
	}
}
