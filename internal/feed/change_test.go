package feed

import (
	"slices"
	"testing"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/member"
)

const memberHead = "member_id,name,name_kana,phone,email,birthday,postcode,points,joined_on,consent_mail\n"

// both tries a file, takes it in, and compares.
func (s *shop) both(src intake.Source) *intake.Report {
	s.Helper()
	dry, real := s.try(src, false), s.take(src, false)
	if a, b := said(dry), said(real); !slices.Equal(a, b) {
		s.Fatalf("said %q\n did %q", a, b)
	}
	return real
}

// her is the one whom the source of the product's own files calls id.
func (s *shop) her(id string) (m member.Member, p member.Person, consents []member.Consent) {
	s.Helper()
	err := s.db.Read(s.Context(), func(tx *db.Tx) error {
		found, err := s.members.ByExternal(tx, []member.External{{Source: "file", ID: id}})
		if err != nil {
			return err
		}
		for _, m = range found {
		}
		if p, err = s.members.Person(tx, m.ID); err != nil {
			return err
		}
		consents, err = s.members.Consents(tx, m.ID)
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return m, p, consents
}

func (s *shop) edit(fn func(tx *db.Tx) error) {
	s.Helper()
	if err := s.db.Write(s.Context(), fn); err != nil {
		s.Fatal(err)
	}
}

func TestALaterFileOfMembersChangesWhatItGives(t *testing.T) {
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		s.both(text("a.csv", memberHead+"m1,山田花子,ヤマダハナコ,090-1234-5678,hana@example.com,,100-0001,100,2026-04-01,yes\nm2,佐藤健,,,,,,,2026-04-01,\n"))
		// The name and phone of one change, the reading is empty now, the post code
		// is the same; the other is as she was.
		r := s.both(text("b.csv", memberHead+"m1,鈴木花子,,090-8765-4321,hana@example.com,1990-05-06,1000001,300,2026-04-01,yes\nm2,佐藤健,,,,,,,2026-04-01,\n"))
		if r.Would.MembersChanged != 1 || r.Would.AlreadyKnown != 1 || r.Would.MembersNew+r.Would.Refused+r.Would.Flagged != 0 {
			t.Errorf("%+v", r.Would)
		}
		if r.Fields["name"] != 1 || r.Fields["phone"] != 1 || r.Fields["birthday"] != 1 || len(r.Fields) != 3 || r.Left["points"] != 1 || len(r.Left) != 1 {
			t.Errorf("changed %v, left %v", r.Fields, r.Left)
		}
		if r := s.both(text("r.csv", "member_id,name,rank,joined_on\nm1,鈴木花子,ブロンズ,2026-04-01\nm2,佐藤健,gold,2026-04-01\n")); r.Left["rank"] != 1 || r.Would.AlreadyKnown != 2 {
			t.Errorf("ranks: %v %+v", r.Left, r.Would)
		}
		m, p, _ := s.her("m1")
		if p.Name != "鈴木花子" || p.NameKana != "ヤマダハナコ" || last4(p.Phone) != "4321" || p.Birthday != clock.MustDay("1990-05-06") || p.Email != "hana@example.com" {
			t.Errorf("%+v", p)
		}
		log := s.audited(m.ID)
		if len(log) != 1 || log[0].Source != "import" || len(log[0].After["fields"].([]any)) != 3 {
			t.Errorf("%+v", log)
		}
		if r := s.both(text("c.csv", memberHead+"m1,鈴木花子,,090-8765-4321,hana@example.com,1990-05-06,1000001,300,2026-04-01,yes\n")); r.Would.AlreadyKnown != 1 || r.Would.MembersChanged != 0 {
			t.Errorf("the same again: %+v", r.Would)
		}
	})
}

func last4(s string) string { return s[len(s)-4:] }

func (s *shop) audited(id ident.ID) (out []audit.Entry) {
	s.Helper()
	err := s.db.Read(s.Context(), func(tx *db.Tx) (err error) {
		out, err = audit.List(tx, audit.Filter{SubjectID: id, Limit: 10})
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

func TestWhatAMemberSaidHerselfOutweighsALaterFile(t *testing.T) {
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		s.take(text("a.csv", memberHead+"m1,花子,,,,1990-05-06,,,2026-04-01,yes\nm2,健,,,,1991-05-06,,,2026-04-01,no\n"), false)
		m, _, _ := s.her("m1")
		s.edit(func(tx *db.Tx) error {
			return s.feed.People.Declare(tx, m.ID, member.Consent{Purpose: "advertising", Channel: "mail", Wording: "2026-1", Source: "unsubscribe-link", At: tx.Now})
		})
		// Her name changes; the mails she refused stay refused, and the birthday she
		// gave this year stays. The other shop's own no became a yes there.
		r := s.both(text("b.csv", memberHead+"m1,花,,,,1990-12-24,,,2026-04-01,yes\nm2,健,,,,1991-05-06,,,2026-04-01,yes\n"))
		if r.Would.MembersChanged != 2 || r.Would.Flagged != 1 || len(r.Notes) != 2 || r.Left["birthday"] != 1 || r.Left["consent_mail"] != 1 || r.Fields["consent_mail"] != 1 {
			t.Fatalf("%+v %v %v %+v", r.Would, r.Fields, r.Left, r.Notes)
		}
		if a, b := r.Notes[0], r.Notes[1]; a.Code != "birthday.too_soon" || a.Column != "birthday" || a.Row != 2 || b.Code != "consent.stands" {
			t.Errorf("%+v", r.Notes)
		}
		_, p, consents := s.her("m1")
		if p.Name != "花" || p.Birthday != clock.MustDay("1990-05-06") || member.Allows(consents, "advertising", "mail") {
			t.Errorf("%+v %v", p, consents)
		}
		if _, _, consents := s.her("m2"); !member.Allows(consents, "advertising", "mail") {
			t.Error("the yes of the other system was not taken")
		}
		// A no always counts.
		if r := s.both(text("c.csv", memberHead+"m2,健,,,,1991-05-06,,,2026-04-01,no\n")); r.Fields["consent_mail"] != 1 {
			t.Errorf("%v", r.Fields)
		}
		if _, _, consents := s.her("m2"); member.Allows(consents, "advertising", "mail") {
			t.Error("the no was not taken")
		}
	})
}

func TestMembersKnownByTheirOrdersGetNamesAndPointsLater(t *testing.T) {
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		const orders = "order_no,occurred_at,member_id,item,quantity,amount,total\n"
		s.take(text("o.csv", orders+"1,2026-11-01 10:00,m1,beans,1,1000,1000\n"), false)
		r := s.both(text("m.csv", memberHead+"m1,花子,,,,,,500,2026-04-01,\n"))
		if r.Would.MembersChanged != 1 || r.Fields["name"] != 1 || r.Fields["points"] != 1 || r.Left["joined_on"] != 1 || *r.PointsWouldIssue != 500 {
			t.Errorf("%+v %v %v %d", r.Would, r.Fields, r.Left, *r.PointsWouldIssue)
		}
		// An order after that changes nothing of her.
		s.take(text("o2.csv", orders+"2,2026-11-02 10:00,m1,beans,1,1000,1000\n"), false)
		if _, p, _ := s.her("m1"); p.Name != "花子" {
			t.Errorf("%+v", p)
		}
	})
}

func TestAFileThatKnowsMembersByMailAloneFindsThemAgain(t *testing.T) {
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		const head = "name,email,phone,points\n"
		file := func(name, rows string) intake.Source {
			src := text(name, head+rows)
			src.Mapping = &intake.Mapping{Name: "letters", Kind: intake.KindMember, Source: "letters", Columns: []intake.Column{
				{Column: "name", Field: "name"}, {Column: "email", Field: "email"}, {Column: "phone", Field: "phone"}, {Column: "points", Field: "points"}}}
			return src
		}
		s.both(file("a.csv", "花子,hana@example.com,,\n健,,090-1234-5678,\n"))
		r := s.both(file("b.csv", "鈴木花子,hana@example.com,,\n佐藤健,,090-1234-5678,\n優,yu@example.com,,\n"))
		if r.Would.MembersChanged != 2 || r.Would.MembersNew != 1 || r.Fields["name"] != 2 {
			t.Errorf("%+v %v", r.Would, r.Fields)
		}
	})
}

// How somebody joined is what the file says, or that a file brought her; whose
// file it was is kept beside it, and a later one does not change either.
func TestHowAMemberJoinedIsWhatHerFileSays(t *testing.T) {
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		const head = "member_id,name,joined_on,join_source\n"
		s.both(text("a.csv", head+"m1,山田花子,2026-04-01,友だちの紹介\nm2,佐藤健,2026-04-01,\n"))
		for id, want := range map[string]string{"m1": "友だちの紹介", "m2": "import"} {
			if m, _, _ := s.her(id); m.JoinSource != want || m.Imported != "file" {
				t.Errorf("%s joined through %q, brought by %q", id, m.JoinSource, m.Imported)
			}
		}
		r := s.both(text("b.csv", head+"m1,山田花子,2026-04-01,チラシ\nm2,佐藤健,2026-04-01,\n"))
		if m, _, _ := s.her("m1"); m.JoinSource != "友だちの紹介" || r.Left["join_source"] != 1 {
			t.Errorf("a later file made it %q, left %v", m.JoinSource, r.Left)
		}
	})
}

// Members imported before their source had a place of its own have it as their
// way of joining.
func TestAFileStillFindsMembersThatItBroughtLongAgo(t *testing.T) {
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		file := func(name, rows string) intake.Source {
			src := text(name, "name,email\n"+rows)
			src.Mapping = &intake.Mapping{Name: "letters", Kind: intake.KindMember, Source: "letters", Columns: []intake.Column{{Column: "name", Field: "name"}, {Column: "email", Field: "email"}}}
			return src
		}
		s.both(file("a.csv", "花子,hana@example.com\n"))
		s.edit(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE member_member SET join_source = imported_from, imported_from = ''`)
			return err
		})
		if r := s.both(file("b.csv", "鈴木花子,hana@example.com\n")); r.Would.MembersChanged != 1 || r.Would.MembersNew != 0 {
			t.Errorf("%+v", r.Would)
		}
	})
}

func TestAMemberWhoHasLeftIsNotChangedByAFile(t *testing.T) {
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		s.take(text("a.csv", memberHead+"m1,花子,,,,,,,2026-04-01,\n"), false)
		m, _, _ := s.her("m1")
		s.edit(func(tx *db.Tx) error { _, err := s.members.Withdraw(tx, m.ID); return err })
		r := s.both(text("b.csv", memberHead+"m1,鈴木花子,,,,,,200,2026-04-01,\n"))
		if r.Would.MembersChanged != 0 || r.Would.AlreadyKnown != 1 || len(r.Notes) != 1 || r.Notes[0].Code != "member.left" {
			t.Errorf("%+v %+v", r.Would, r.Notes)
		}
	})
}
