package people

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/rules"
	"joren/internal/sign"
)

var policy = &ledger.Policy{Type: "regular", Value: 1, Zone: clock.Tokyo, Terms: rules.Terms{Expiry: rules.Expiry{Kind: rules.ExpiryMonths, Months: 12}}}

func story() *People {
	return &People{
		Members:  member.New(sign.New()),
		Policies: func(*db.Tx, clock.Instant) ([]*ledger.Policy, error) { return []*ledger.Policy{policy}, nil },
		Zone:     func(*db.Tx) (clock.Zone, error) { return clock.Tokyo, nil },
	}
}

func run(t *testing.T, fn func(t *testing.T, d *db.DB, p *People)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) { fn(t, d, story()) })
}

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func request(t testing.TB, name, phone, ext string) Request {
	t.Helper()
	f := member.Fields{Name: &name, Phone: &phone}
	if ext != "" {
		f.ExternalIDs = member.IDs{"eccube": ext}
	}
	n, err := member.Input{Fields: f, JoinSource: "till"}.Check(nil, clock.MustDay("2026-11-22"))
	if err != nil {
		t.Fatal(err)
	}
	return Request{Newcomer: n}
}

func enrol(t testing.TB, d *db.DB, p *People, mode Mode, rs ...Request) (out []Enrolled) {
	t.Helper()
	write(t, d, func(tx *db.Tx) (err error) { out, err = p.Enrol(tx, mode, rs); return err })
	return out
}

func give(t testing.TB, d *db.DB, p *People, id ident.ID, points int64) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		books, _, err := p.books(tx, id)
		if err != nil {
			return err
		}
		if _, err := books[0].Award(ledger.Posting{Occurred: tx.Now, Recorded: tx.Now, Award: ident.New()}, ledger.Grant{Points: points}); err != nil {
			return err
		}
		return save(tx, books)
	})
}

func balance(t testing.TB, d *db.DB, p *People, id ident.ID) (b ledger.Balance) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		books, _, err := p.books(tx, id)
		b = books[0].At(tx.Now)
		return err
	})
	return b
}

func kinds(t testing.TB, d *db.DB) (out []string) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		es, err := outbox.After(tx, 0, 100)
		for _, e := range es {
			out = append(out, e.Kind)
		}
		return err
	})
	return out
}

func TestAnEnrolmentSentTwiceMakesOneMember(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		first := enrol(t, d, p, Present, request(t, "山田", "09012345678", "1"))[0]
		again := enrol(t, d, p, Present, request(t, "山田", "09012345678", "1"), request(t, "佐藤", "0311112222", "2"))
		if first.Known || !first.Welcome || !again[0].Known || again[0].Member.ID != first.Member.ID || again[0].Welcome || again[1].Known {
			t.Errorf("first %+v\nagain %+v", first, again)
		}
		if diff := cmp.Diff([]string{"member.joined.v1", "member.joined.v1"}, kinds(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheSamePhoneIsAHintAndNotAVerdict(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		mother := enrol(t, d, p, Present, request(t, "山田 花子", "090-1234-5678", ""))[0]
		son := enrol(t, d, p, Present, request(t, "山田 健", "０９０１２３４５６７８", ""))[0]
		if son.Err != nil || len(son.Twins) != 1 || son.Twins[0].Member.ID != mother.Member.ID || son.Twins[0].By[0] != "phone" || son.Member.ID == mother.Member.ID || !son.Welcome {
			t.Errorf("%+v", son)
		}
	})
}

func TestRejoiningGivesNoSecondWelcomeGift(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		for _, leave := range []func(tx *db.Tx, id ident.ID) error{
			func(tx *db.Tx, id ident.ID) error { _, _, err := p.Withdraw(tx, id, "stf_1"); return err },
			func(tx *db.Tx, id ident.ID) error { _, err := p.Erase(tx, id, "stf_1"); return err },
		} {
			now := enrol(t, d, p, Present, request(t, "山田", "09012345678", "1"))[0]
			if now.Err != nil || now.Known {
				t.Fatalf("%+v", now)
			}
			write(t, d, func(tx *db.Tx) error { return leave(tx, now.Member.ID) })
			// The number in the shop's other system is not hers any more.
			write(t, d, func(tx *db.Tx) error {
				_, err := tx.Exec(`DELETE FROM member_external`)
				return err
			})
			if back := enrol(t, d, p, Present, request(t, "山田", "09012345678", ""))[0]; back.Welcome || !back.Member.Rejoined || back.Err != nil {
				t.Errorf("%+v", back)
			} else {
				write(t, d, func(tx *db.Tx) error { _, err := p.Erase(tx, back.Member.ID, ""); return err })
			}
		}
	})
}

func TestAFileDoesNotBringBackWhoWasErased(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		x := enrol(t, d, p, Imported, request(t, "山田", "09012345678", "1"), request(t, "佐藤", "0311112222", "2"))
		write(t, d, func(tx *db.Tx) error { _, err := p.Erase(tx, x[0].Member.ID, "stf_1"); return err })
		again := enrol(t, d, p, Imported, request(t, "山田", "", "1"), request(t, "佐藤", "", "2"), request(t, "鈴木", "0322223333", "3"))
		if !fault.Is(again[0].Err, "member.was_erased") || !again[1].Known || again[2].Err != nil || again[2].Member.ID.IsZero() {
			t.Errorf("%+v", again)
		}
	})
}

func TestLeavingTellsWhatLapsesAndThatLapses(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		id := enrol(t, d, p, Present, request(t, "山田", "09012345678", ""))[0].Member.ID
		give(t, d, p, id, 300)
		var told, done []Stake
		write(t, d, func(tx *db.Tx) (err error) { told, err = p.Stakes(tx, id); return err })
		write(t, d, func(tx *db.Tx) (err error) { _, done, err = p.Withdraw(tx, id, "stf_1"); return err })
		if diff := cmp.Diff(told, done); diff != "" || told[0].Lost != 300 {
			t.Errorf("told %+v, done %+v", told, done)
		}
		if b := balance(t, d, p, id); b.Available != 0 || b.Debt != 0 {
			t.Errorf("after leaving: %+v", b)
		}
		write(t, d, func(tx *db.Tx) error {
			m, stakes, err := p.Withdraw(tx, id, "stf_1")
			if m.Status != member.Withdrawn || len(stakes) != 0 {
				t.Errorf("again: %+v %v", m, stakes)
			}
			return err
		})
		if diff := cmp.Diff([]string{"member.joined.v1", "member.left.v1"}, kinds(t, d)); diff != "" {
			t.Error(diff)
		}
		verify(t, d)
	})
}

func verify(t testing.TB, d *db.DB) {
	t.Helper()
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		_, err := ledger.Verify(tx, func(v ledger.Violation) { t.Errorf("ledger: %+v", v) })
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestReservedPointsHoldUpLeaving(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		id := enrol(t, d, p, Present, request(t, "山田", "", ""))[0].Member.ID
		give(t, d, p, id, 300)
		hold(t, d, p, id, 100)
		err := d.Write(context.Background(), func(tx *db.Tx) error { _, _, err := p.Withdraw(tx, id, ""); return err })
		if !fault.Is(err, "withdraw.open_holds") {
			t.Errorf("%v", err)
		}
		write(t, d, func(tx *db.Tx) error {
			if m, err := p.Members.Get(tx, id); err != nil || m.Status != member.Active {
				t.Errorf("half done: %+v, %v", m, err)
			}
			return nil
		})
	})
}

func hold(t testing.TB, d *db.DB, p *People, id ident.ID, points int64) (h ident.ID) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		books, _, err := p.books(tx, id)
		if err != nil {
			return err
		}
		x, err := books[0].Reserve(ledger.Posting{Occurred: tx.Now, Recorded: tx.Now}, points, time.Hour, "r")
		if err != nil {
			return err
		}
		h = x.ID
		return save(tx, books)
	})
	return h
}

func TestAHouseholdKeepsItsPointsWhenOneOfItLeaves(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		x := enrol(t, d, p, Present, request(t, "母", "", ""), request(t, "子", "", ""))
		write(t, d, func(tx *db.Tx) error {
			h, err := household.Open(tx, x[0].Member.ID, true)
			if err != nil {
				return err
			}
			_, err = household.Join(tx, h.ID, x[1].Member.ID, household.Most)
			return err
		})
		give(t, d, p, x[1].Member.ID, 300)
		write(t, d, func(tx *db.Tx) error {
			_, stakes, err := p.Withdraw(tx, x[1].Member.ID, "")
			if !stakes[0].Pooled || stakes[0].Lost != 0 {
				t.Errorf("%+v", stakes)
			}
			return err
		})
		if b := balance(t, d, p, x[0].Member.ID); b.Available != 300 {
			t.Errorf("the household has %+v", b)
		}
		if b := balance(t, d, p, x[1].Member.ID); b.Available != 0 {
			t.Errorf("who left has %+v", b)
		}
	})
}

func TestTwoRecordsBecomeOneAndCanBeTakenApart(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		x := enrol(t, d, p, Present, request(t, "山田 太郎", "09012345678", "1"), request(t, "", "", "2"))
		gone, kept := x[0].Member, x[1].Member
		give(t, d, p, gone.ID, 300)
		give(t, d, p, kept.ID, 50)
		g, err := p.Merge(context.Background(), d, gone.ID, kept.ID, "stf_1")
		if err != nil || g.State != member.Done {
			t.Fatalf("%+v, %v", g, err)
		}
		if b := balance(t, d, p, kept.ID); b.Available != 350 {
			t.Errorf("kept has %+v", b)
		}
		write(t, d, func(tx *db.Tx) error {
			byCard, err := p.Members.ByCards(tx, []string{gone.Card})
			if err != nil {
				return err
			}
			byExt, err := p.Members.ByExternal(tx, []member.External{{Source: "eccube", ID: "1"}})
			if err != nil {
				return err
			}
			found, err := p.Members.Search(tx, "5678", 10)
			if err != nil {
				return err
			}
			if byCard[gone.Card].ID != kept.ID || byExt[member.External{Source: "eccube", ID: "1"}].ID != kept.ID || len(found.Hits) != 1 || found.Hits[0].ID != kept.ID {
				t.Errorf("card %v, number %v, search %v", byCard, byExt, found)
			}
			person, err := p.Members.Person(tx, kept.ID)
			if person.Name != "山田 太郎" {
				t.Errorf("the gap was not filled: %+v", person)
			}
			return err
		})
		// She spends 100 of them; what is left goes back when it is undone.
		write(t, d, func(tx *db.Tx) error {
			books, _, err := p.books(tx, kept.ID)
			if err != nil {
				return err
			}
			if _, err := books[0].Spend(ledger.Posting{Occurred: tx.Now, Recorded: tx.Now}, 100); err != nil {
				return err
			}
			return save(tx, books)
		})
		if g, err = p.Undo(context.Background(), d, g.ID, "stf_1"); err != nil || g.State != member.Undone {
			t.Fatalf("%+v, %v", g, err)
		}
		if a, b := balance(t, d, p, gone.ID), balance(t, d, p, kept.ID); a.Available+b.Available != 250 || a.Available < 200 {
			t.Errorf("gone has %d, kept has %d", a.Available, b.Available)
		}
		write(t, d, func(tx *db.Tx) error {
			byCard, err := p.Members.ByCards(tx, []string{gone.Card})
			if err != nil {
				return err
			}
			person, err := p.Members.Person(tx, kept.ID)
			if byCard[gone.Card].ID != gone.ID || person.Name != "" || person.Phone != "" {
				t.Errorf("card leads to %v, kept is %+v", byCard, person)
			}
			return err
		})
		if _, err := p.Undo(context.Background(), d, g.ID, ""); !fault.Is(err, "merge.undone") {
			t.Errorf("undone twice: %v", err)
		}
		if diff := cmp.Diff([]string{"member.joined.v1", "member.joined.v1", "member.merged.v1", "member.merged.v1"}, kinds(t, d)); diff != "" {
			t.Error(diff)
		}
		verify(t, d)
	})
}

func TestAMergeThatStoppedHalfWayIsFinishedLater(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		x := enrol(t, d, p, Present, request(t, "", "", ""), request(t, "", "", ""))
		gone, kept := x[0].Member.ID, x[1].Member.ID
		give(t, d, p, gone, 300)
		h := hold(t, d, p, gone, 100)
		g, err := p.Merge(context.Background(), d, gone, kept, "")
		if !fault.Is(err, "merge.open_holds") || g.State != member.Moving {
			t.Fatalf("%+v, %v", g, err)
		}
		if n, err := p.Resume(context.Background(), d); n != 0 || !fault.Is(err, "merge.open_holds") {
			t.Errorf("resumed %d, %v", n, err)
		}
		if _, err := p.Undo(context.Background(), d, g.ID, ""); !fault.Is(err, "merge.moving") {
			t.Errorf("undone half-way: %v", err)
		}
		write(t, d, func(tx *db.Tx) error {
			books, err := p.load(tx, gone)
			if err != nil {
				return err
			}
			if _, err := books[0].CancelHold(ledger.Posting{Occurred: tx.Now, Recorded: tx.Now}, h); err != nil {
				return err
			}
			return save(tx, books)
		})
		for i, want := range []int{1, 0} {
			if n, err := p.Resume(context.Background(), d); n != want || err != nil {
				t.Errorf("resume %d: %d, %v", i, n, err)
			}
		}
		if b := balance(t, d, p, kept); b.Available != 300 {
			t.Errorf("kept has %+v", b)
		}
		verify(t, d)
	})
}

func TestAMergeRefusesWhatCannotBeOnePerson(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		x := enrol(t, d, p, Present, request(t, "a", "", ""), request(t, "b", "", ""), request(t, "c", "", ""))
		a, b, c := x[0].Member.ID, x[1].Member.ID, x[2].Member.ID
		try := func(gone, kept ident.ID, code string) {
			t.Helper()
			if _, err := p.Merge(context.Background(), d, gone, kept, ""); !fault.Is(err, code) {
				t.Errorf("%v, want %s", err, code)
			}
		}
		try(a, a, "merge.same")
		try(a, ident.New(), "member.unknown")
		write(t, d, func(tx *db.Tx) error { _, err := household.Open(tx, a, true); return err })
		try(a, b, "merge.in_household")
		g, err := p.Merge(context.Background(), d, b, a, "")
		if err != nil {
			t.Fatal(err)
		}
		try(b, c, "merge.not_active")
		write(t, d, func(tx *db.Tx) error { _, _, err := p.Withdraw(tx, a, ""); return err })
		try(c, a, "merge.not_active")
		if _, err := p.Undo(context.Background(), d, g.ID, ""); !fault.Is(err, "merge.kept_gone") {
			t.Errorf("%v", err)
		}
	})
}

func TestErasingReachesTheRecordsThatWereMerged(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		x := enrol(t, d, p, Present, request(t, "山田", "09012345678", "1"), request(t, "", "", ""))
		if _, err := p.Merge(context.Background(), d, x[0].Member.ID, x[1].Member.ID, ""); err != nil {
			t.Fatal(err)
		}
		write(t, d, func(tx *db.Tx) error {
			if _, err := p.Erase(tx, x[0].Member.ID, ""); !fault.Is(err, "member.merged") {
				t.Errorf("%v", err)
			}
			_, err := p.Erase(tx, x[1].Member.ID, "")
			return err
		})
		write(t, d, func(tx *db.Tx) error {
			n, err := db.One(tx, nil, db.Value[int], `SELECT COUNT(*) FROM member_document`)
			if n != 0 {
				t.Errorf("%d documents left", n)
			}
			return err
		})
		if got := kinds(t, d); cmp.Diff([]string{"member.erased.v1", "member.erased.v1"}, got[len(got)-2:]) != "" {
			t.Errorf("facts %v", got)
		}
		if again := enrol(t, d, p, Imported, request(t, "山田", "", "1")); !fault.Is(again[0].Err, "member.was_erased") {
			t.Errorf("%+v", again)
		}
	})
}

func TestAMemberTakesHerDataAlong(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		r := request(t, "=cmd|' /C calc'!A0", "09012345678", "1")
		r.Consents = []member.Consent{{Purpose: "advertising", Channel: "mail", Given: true, Wording: "1", Source: "till", At: clock.MustInstant("2026-11-22T00:00:00Z")}}
		other := request(t, "佐藤", "0311112222", "2")
		id := enrol(t, d, p, Present, r, other)[0].Member.ID
		give(t, d, p, id, 300)
		var doc Dossier
		write(t, d, func(tx *db.Tx) (err error) {
			doc, err = p.Export(tx, id, Section{"purchases", func(tx *db.Tx, family []ident.ID) (any, error) { return len(family), nil }})
			return err
		})
		if doc.Person.Phone != "09012345678" || len(doc.Consents) != 1 || len(doc.Cards) != 1 || doc.Points[0].Available != 300 || len(doc.Entries) != 1 || doc.More["purchases"] != 1 {
			t.Errorf("%+v", doc)
		}
		var js, cs bytes.Buffer
		if err := doc.WriteJSON(&js); err != nil {
			t.Fatal(err)
		}
		var back Dossier
		if err := json.Unmarshal(js.Bytes(), &back); err != nil || back.Person.Name != r.Person.Name {
			t.Errorf("JSON reads back as %+v, %v", back, err)
		}
		if err := doc.WriteCSV(&cs); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(cs.String(), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, r := range rows {
			got[r[0]] = r[1]
		}
		if got["person.name"] != "'=cmd|' /C calc'!A0" || got["points[1].available"] != "300" || got["consents[1].given"] != "true" || got["entries[1].kind"] != "earn" {
			t.Errorf("%v", got)
		}
		if all := js.String() + cs.String(); strings.Contains(all, "佐藤") || strings.Contains(all, "0311112222") {
			t.Error("somebody else's data")
		}
	})
}
