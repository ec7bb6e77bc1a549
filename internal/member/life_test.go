package member

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/label"
	"joren/internal/rules"
	"joren/internal/sign"
)

func TestABirthdayChangesAtMostOnceInTwelveMonths(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		x := create(t, d, m, check(t, yamada()), check(t, Input{}))
		set := func(id ident.ID, birthday, on string) error {
			return d.Write(context.Background(), func(tx *db.Tx) error {
				_, err := m.Update(tx, id, Fields{Birthday: &birthday}, schema, clock.MustDay(on), 0)
				return err
			})
		}
		for _, c := range []struct{ birthday, on, code string }{
			{"1990-03-01", "2027-11-21", "birthday.too_soon"}, {"", "2027-11-21", "birthday.too_soon"}, {"1990-02-28", "2027-11-21", ""},
			{"1990-03-01", "2027-11-22", ""}, {"1990-03-02", "2028-11-21", "birthday.too_soon"}, {"1990-03-02", "2028-11-22", ""},
		} {
			err := set(x[0].ID, c.birthday, c.on)
			if c.code == "" && err != nil || c.code != "" && (err == nil || fault.Of(err).Fields[0].Code != c.code) {
				t.Errorf("%s on %s: %v, want %q", c.birthday, c.on, err, c.code)
			}
		}
		if err := set(x[1].ID, "2000-01-01", "2026-11-22"); err != nil {
			t.Errorf("given for the first time: %v", err)
		}
	})
}

func TestAChangeMovesWhatAMemberIsFoundBy(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		x := create(t, d, m, check(t, yamada()), check(t, Input{Fields: Fields{ExternalIDs: IDs{"eccube": "9"}}}))[0]
		var after Member
		write(t, d, func(tx *db.Tx) (err error) {
			after, err = m.Update(tx, x.ID, Fields{Name: ptr("佐藤 花子"), NameKana: ptr(""), Phone: ptr("03-1111-2222"), Attributes: map[string]any{"kids": nil, "note": "常連"}, ExternalIDs: IDs{"eccube": "", "shopify": "77"}}, schema, today, 1)
			return err
		})
		if after.Version != 2 {
			t.Errorf("version %d", after.Version)
		}
		for q, want := range map[string]int{"やまだ": 0, "山田": 0, "5678": 0, "佐藤": 1, "花子": 1, "2222": 1, "77": 1, "123": 0, "taro@example.jp": 1} {
			if n := len(search(t, d, m, q).Hits); n != want {
				t.Errorf("%q finds %d, want %d", q, n, want)
			}
		}
		write(t, d, func(tx *db.Tx) error {
			p, err := m.Person(tx, x.ID)
			if diff := cmp.Diff(Attributes{"roast": "深煎り", "dm": true, "since": clock.MustDay("2020-04-01"), "note": "常連"}, p.Attributes); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
			return nil
		})
		for code, f := range map[string]func(tx *db.Tx) error{
			"member.changed": func(tx *db.Tx) error { _, err := m.Update(tx, x.ID, Fields{}, schema, today, 1); return err },
			"member.unknown": func(tx *db.Tx) error { _, err := m.Update(tx, ident.New(), Fields{}, schema, today, 0); return err },
			"member.external_taken": func(tx *db.Tx) error {
				_, err := m.Update(tx, x.ID, Fields{ExternalIDs: IDs{"eccube": "9"}}, schema, today, 0)
				return err
			},
			"member.invalid": func(tx *db.Tx) error {
				_, err := m.Update(tx, x.ID, Fields{Email: ptr("x")}, schema, today, 0)
				return err
			},
		} {
			if err := d.Write(context.Background(), f); !fault.Is(err, code) {
				t.Errorf("%s: %v", code, err)
			}
		}
	})
}

func TestALostCardIdentifiesNobodyAndHerNumberIsReplaced(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		x := create(t, d, m, check(t, yamada()), check(t, Input{}))
		write(t, d, func(tx *db.Tx) error {
			if err := m.AddCard(tx, x[0].ID, "plastic 1"); err != nil {
				return err
			}
			after, err := m.LoseCard(tx, x[0].ID, x[0].Card)
			if err != nil {
				return err
			}
			found, err := m.ByCards(tx, []string{x[0].Card, after.Card, "PLASTIC1"})
			if len(found) != 2 || found[after.Card].ID != x[0].ID || found["PLASTIC1"].Card != after.Card || after.Card == x[0].Card {
				t.Errorf("found %v", found)
			}
			cards, _ := m.Cards(tx, x[0].ID)
			if diff := cmp.Diff([]string{after.Card, "PLASTIC1"}, cards); diff != "" {
				t.Error(diff)
			}
			if err := m.AddCard(tx, x[1].ID, x[0].Card); !fault.Is(err, "member.card_taken") {
				t.Errorf("a lost card given again: %v", err)
			}
			if _, err := m.LoseCard(tx, x[1].ID, "PLASTIC1"); !fault.Is(err, "card.unknown") {
				t.Errorf("somebody else's card: %v", err)
			}
			return err
		})
	})
}

func TestARotatingCodeLeadsBackToTheMember(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ring := sign.New()
		m := New(ring)
		x := create(t, d, m, check(t, yamada()))[0]
		write(t, d, func(tx *db.Tx) error {
			alias, err := m.Alias(tx, x.ID)
			again, _ := m.Alias(tx, x.ID)
			if err != nil || alias != again || alias == [16]byte{} {
				t.Fatalf("alias %x, then %x, %v", alias, again, err)
			}
			r, err := ring.ReadCard(ring.CardCode(alias, tx.Wall), tx.Wall)
			if err != nil {
				return err
			}
			if got, err := m.ByAlias(tx, r.Alias); err != nil || got.ID != x.ID {
				t.Errorf("%v, %v", got, err)
			}
			_, err = m.ByAlias(tx, [16]byte{1})
			if !fault.Is(err, "member.unknown") {
				t.Errorf("a foreign alias: %v", err)
			}
			return nil
		})
	})
}

func TestConsentIsOnlyAddedAndTheLastWordCounts(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		x := create(t, d, m, check(t, yamada()))[0]
		say := func(given bool, at, channel string) Consent {
			return Consent{Purpose: "advertising", Channel: channel, Given: given, Wording: "2026-04", Source: "till", At: clock.MustInstant(at), Evidence: "form 17"}
		}
		write(t, d, func(tx *db.Tx) error {
			// A late record of an earlier yes does not undo a later no.
			if err := m.Declare(tx, x.ID, say(true, "2026-01-01T00:00:00Z", "mail"), say(false, "2026-03-01T00:00:00Z", "mail"), say(true, "2026-02-01T00:00:00Z", "mail"), say(true, "2026-02-01T00:00:00Z", "sms")); err != nil {
				return err
			}
			cs, err := m.Consents(tx, x.ID)
			if err != nil || len(cs) != 4 || Allows(cs, "advertising", "mail") || !Allows(cs, "advertising", "sms") || Allows(cs, "advertising", "line") {
				t.Errorf("%v %v", cs, err)
			}
			bad := say(true, "2026-01-01T00:00:00Z", "mail")
			for _, evidence := range []string{"taro@example.jp said so", "090-1234-5678"} {
				if bad.Evidence = evidence; !fault.Is(m.Declare(tx, x.ID, bad), "consent.invalid") {
					t.Errorf("%q passed as evidence", evidence)
				}
			}
			if err := m.Declare(tx, x.ID, Consent{}); !fault.Is(err, "consent.invalid") || len(fault.Of(err).Fields) != 4 {
				t.Errorf("an empty consent: %v", err)
			}
			return nil
		})
	})
}

func TestAnAttributeKeepsItsTypeForEver(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		roast := Attribute{ID: "roast", Type: rules.AttrChoice, Name: label.Text{JA: "焙煎"}, Choices: []string{"浅煎り"}, Position: 1}
		write(t, d, func(tx *db.Tx) error {
			for _, a := range []Attribute{roast, {ID: "kids", Type: rules.AttrInt, Name: label.Text{EN: "Children"}}} {
				if err := m.Define(tx, a); err != nil {
					return err
				}
			}
			roast.Choices = append(roast.Choices, "深煎り")
			if err := m.Define(tx, roast); err != nil {
				return err
			}
			got, err := m.Schema(tx)
			if diff := cmp.Diff(Schema{{ID: "kids", Type: rules.AttrInt, Name: label.Text{EN: "Children"}}, roast}, got); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
			if err := m.Define(tx, Attribute{ID: "roast", Type: rules.AttrText, Name: roast.Name}); !fault.Is(err, "attribute.type_fixed") {
				t.Errorf("type changed: %v", err)
			}
			if err := m.Define(tx, Attribute{ID: "Röst", Type: "float", Choices: []string{""}}); !fault.Is(err, "attribute.invalid") || len(fault.Of(err).Fields) != 3 {
				t.Errorf("%v", err)
			}
			return nil
		})
	})
}

func TestBirthdaysOfTheDayIncludeThoseOf29February(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		born := func(day string) Newcomer { return check(t, Input{Fields: Fields{Birthday: &day}}) }
		married := check(t, Input{Fields: Fields{Anniversaries: &[]AnniversaryFields{{"結婚", "2016-02-29"}}}})
		x := create(t, d, m, born("1990-02-28"), born("2000-02-29"), born("02-29"), born("1990-03-01"), married)
		write(t, d, func(tx *db.Tx) error {
			for day, want := range map[string][]ident.ID{
				"2026-02-28": {x[0].ID, x[1].ID, x[2].ID}, "2028-02-28": {x[0].ID}, "2028-02-29": {x[1].ID, x[2].ID}, "2026-03-01": {x[3].ID}, "2026-03-02": nil,
			} {
				got, err := m.BirthdaysOn(tx, clock.MustDay(day))
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("%s: %v\n%s", day, err, diff)
				}
			}
			got, err := m.AnniversariesOn(tx, clock.MustDay("2027-02-28"))
			if diff := cmp.Diff([]ident.ID{x[4].ID}, got); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
			if _, err := m.Withdraw(tx, x[0].ID); err != nil {
				return err
			}
			got, err = m.BirthdaysOn(tx, clock.MustDay("2028-02-28"))
			if len(got) != 0 || err != nil {
				t.Errorf("one who left still has a birthday: %v %v", got, err)
			}
			return nil
		})
	})
}

func TestErasingLeavesFiguresAndNothingOfThePerson(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		x := create(t, d, m, check(t, yamada()))[0]
		write(t, d, func(tx *db.Tx) error {
			if err := m.Declare(tx, x.ID, Consent{Purpose: "advertising", Channel: "mail", Given: true, Wording: "1", Source: "till", At: 1}); err != nil {
				return err
			}
			if err := m.FillFacts(tx, []*rules.Ask{{Member: x.ID, Needs: rules.Needs{Birthday: true}, Facts: &rules.Facts{}}}); err != nil {
				return err
			}
			_, err := m.Erase(tx, x.ID)
			return err
		})
		write(t, d, func(tx *db.Tx) error {
			got, err := m.Erase(tx, x.ID) // again changes nothing
			if err != nil || got.Status != Erased || got.Card != "" || got.JoinedOn != x.JoinedOn || got.LeftAt == 0 {
				t.Errorf("%+v, %v", got, err)
			}
			for _, table := range []string{"member_document", "member_token", "member_card", "member_external"} {
				if n, err := db.One(tx, nil, db.Value[int], `SELECT COUNT(*) FROM `+table); n != 0 || err != nil {
					t.Errorf("%s keeps %d rows, %v", table, n, err)
				}
			}
			if cs, err := m.Consents(tx, x.ID); len(cs) != 1 || err != nil {
				t.Errorf("consent proof: %v, %v", cs, err)
			}
			ask := &rules.Ask{Member: x.ID, Needs: rules.Needs{Birthday: true}, Facts: &rules.Facts{}}
			if err := m.FillFacts(tx, []*rules.Ask{ask}); err != nil || ask.Facts.Member.Birthday != 0 {
				t.Errorf("facts still know her: %+v, %v", ask.Facts.Member, err)
			}
			if _, err := m.Person(tx, x.ID); !fault.Is(err, "member.erased") {
				t.Errorf("document: %v", err)
			}
			gone, err := m.Gone(tx, []Newcomer{check(t, Input{Fields: Fields{Email: ptr("ＴＡＲＯ@example.jp")}}), check(t, Input{Fields: Fields{ExternalIDs: IDs{"eccube": "123"}}}), check(t, Input{Card: x.Card}), check(t, Input{Fields: Fields{Phone: ptr("03-0000-0000")}})})
			if diff := cmp.Diff([]Gone{{true, true}, {true, true}, {true, true}, {}}, gone); diff != "" || err != nil {
				t.Errorf("tombstones: %v\n%s", err, diff)
			}
			return nil
		})
	})
}

// What is relied on: the plain text never reaches the file; secure_delete
// overwrites freed pages; closing (as every checkpoint) folds the log into the
// file and removes it.
func TestNothingPersonalCanBeReadInTheDatabaseFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "shop.db")
	d, err := db.Open(context.Background(), "sqlite:"+path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := New(sign.New())
	canaries := []string{"山田", "ヤマダ", "やまだ", "09012345678", "090-1234-5678", "taro@example.jp", "1990-02-28", "渋谷区", "1500001", "窓側", "深煎り", "5678"}
	x := create(t, d, m, check(t, yamada()), check(t, Input{Fields: Fields{Name: ptr("佐藤")}}))
	var wrapped, sealed, token []byte
	write(t, d, func(tx *db.Tx) error {
		_, doc, err := m.document(tx, x[0].ID)
		wrapped, sealed, token = doc.wrapped, doc.sealed, m.externalKey(External{"eccube", "123"})
		return err
	})
	scan := func(when string, secrets map[string][]byte, want bool) {
		all := readAll(t, dir)
		for _, c := range canaries {
			if bytes.Contains(all, []byte(c)) {
				t.Errorf("%s: %q can be read", when, c)
			}
		}
		for name, s := range secrets {
			if bytes.Contains(all, s) != want {
				t.Errorf("%s: %s in the file: %v, want %v", when, name, !want, want)
			}
		}
	}
	secrets := map[string][]byte{"wrapped key": wrapped, "sealed document": sealed, "external token": token, "member number": []byte(x[0].Card)}
	scan("before erasing", secrets, true)
	write(t, d, func(tx *db.Tx) error { _, err := m.Erase(tx, x[0].ID); return err })
	scan("after erasing", nil, false)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	scan("after closing", secrets, false)
}

func readAll(t *testing.T, dir string) []byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "shop.db*"))
	if err != nil || len(names) == 0 {
		t.Fatal("no database file", err)
	}
	var all []byte
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil && !strings.HasSuffix(n, "-shm") {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func TestADocumentCopiedToAnotherMemberDoesNotOpen(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		x := create(t, d, m, check(t, yamada()), check(t, Input{}))
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE member_document SET wrapped_key = (SELECT o.wrapped_key FROM member_document o WHERE o.member_id = $1), sealed = (SELECT o.sealed FROM member_document o WHERE o.member_id = $1) WHERE member_id = $2`, x[0].ID, x[1].ID)
			if err != nil {
				return err
			}
			if _, err := m.Person(tx, x[1].ID); !fault.Is(err, "seal.broken") {
				t.Errorf("opened: %v", err)
			}
			return nil
		})
	})
}

func TestAfterAKeyRotationEveryDocumentIsWrappedAnewAndStillOpens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		old := sign.New()
		x := create(t, d, New(old), check(t, yamada()), check(t, Input{Fields: Fields{Name: ptr("佐藤")}}), check(t, Input{}))
		ring := old.Rotated()
		m := New(ring)
		total := 0
		for {
			n := 0
			write(t, d, func(tx *db.Tx) (err error) { n, err = m.Rewrap(tx, 2); return err })
			if n == 0 {
				break
			}
			total += n
		}
		only, err := ring.Retired(2)
		if err != nil || total != 3 {
			t.Fatalf("%d wrapped, %v", total, err)
		}
		write(t, d, func(tx *db.Tx) error {
			p, err := New(only).Person(tx, x[0].ID)
			if p.Name != "山田 太郎" {
				t.Errorf("%q", p.Name)
			}
			return err
		})
	})
}
