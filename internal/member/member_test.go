package member

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/rules"
	"joren/internal/sign"
)

var today = clock.MustDay("2026-11-22")

func ptr[T any](v T) *T { return &v }

// yamada is a member with everything filled in.
func yamada() Input {
	return Input{Fields: Fields{
		Name: ptr("山田 太郎"), NameKana: ptr("やまだ　たろう"), Phone: ptr("０９０－１２３４－５６７８"), Email: ptr("Taro@Example.jp"), Birthday: ptr("1990-02-28"), Gender: ptr("男性"),
		PostCode: ptr("1500001"), Area: ptr("東京都"), Address: ptr("渋谷区神宮前1-2-3"), Memo: ptr("窓側の席が好き"), Anniversaries: &[]AnniversaryFields{{"結婚記念日", "2015-06-10"}},
		Attributes: map[string]any{"roast": "深煎り", "kids": 2.0, "dm": true, "since": "2020-04-01"}, ExternalIDs: IDs{"eccube": "123"},
	}, JoinStore: "honten", JoinSource: "till"}
}

var schema = Schema{
	{ID: "roast", Type: rules.AttrChoice, Choices: []string{"浅煎り", "深煎り"}}, {ID: "kids", Type: rules.AttrInt}, {ID: "dm", Type: rules.AttrBool}, {ID: "since", Type: rules.AttrDate}, {ID: "note", Type: rules.AttrText},
}

func check(t testing.TB, in Input) Newcomer {
	t.Helper()
	n, err := in.Check(schema, today)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func create(t testing.TB, d *db.DB, m *Members, ns ...Newcomer) []Member {
	t.Helper()
	var out []Member
	write(t, d, func(tx *db.Tx) error {
		cs, err := m.Create(tx, ns)
		if err != nil {
			return err
		}
		for _, c := range cs {
			if c.Err != nil {
				return c.Err
			}
			out = append(out, c.Member)
		}
		return nil
	})
	return out
}

func TestAMemberIsFoundByHerNumberHerCardAndHerShopNumber(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		plastic := yamada()
		plastic.Card, plastic.ExternalIDs = "ａ1234-5678b", IDs{"eccube": "456"}
		got := create(t, d, m, check(t, yamada()), check(t, plastic))
		if !ident.ValidCard(got[0].Card) || got[1].Card != "A12345678B" {
			t.Errorf("cards %q and %q", got[0].Card, got[1].Card)
		}
		write(t, d, func(tx *db.Tx) error {
			byCard, err := m.ByCards(tx, []string{got[0].Card, "A12345678B", "nobody", "A12345678B", ""})
			if diff := cmp.Diff(map[string]Member{got[0].Card: got[0], "A12345678B": got[1]}, byCard); diff != "" || err != nil {
				t.Errorf("by card: %v\n%s", err, diff)
			}
			byID, err := m.ByIDs(tx, []ident.ID{got[1].ID, ident.New(), {}, got[1].ID})
			if diff := cmp.Diff(map[ident.ID]Member{got[1].ID: got[1]}, byID); diff != "" || err != nil {
				t.Errorf("by id: %v\n%s", err, diff)
			}
			byExt, err := m.ByExternal(tx, []External{{"eccube", "123"}, {"eccube", "999"}, {"shopify", "123"}})
			if diff := cmp.Diff(map[External]Member{{"eccube", "123"}: got[0]}, byExt); diff != "" || err != nil {
				t.Errorf("by external id: %v\n%s", err, diff)
			}
			p, err := m.Person(tx, got[0].ID)
			want := Person{Name: "山田 太郎", NameKana: "ヤマダ タロウ", Phone: "09012345678", Email: "taro@example.jp", Birthday: clock.MustDay("1990-02-28"), BirthdaySetOn: today, Gender: Male,
				PostCode: "150-0001", Area: "東京都", Address: "渋谷区神宮前1-2-3", Memo: "窓側の席が好き", Anniversaries: []Anniversary{{"結婚記念日", clock.MustDay("2015-06-10")}},
				Attributes: Attributes{"roast": "深煎り", "kids": int64(2), "dm": true, "since": clock.MustDay("2020-04-01")}, ExternalIDs: IDs{"eccube": "123"}}
			if diff := cmp.Diff(want, p); diff != "" || err != nil {
				t.Errorf("document: %v\n%s", err, diff)
			}
			return nil
		})
	})
}

func TestATakenCardOrShopNumberRefusesThatMemberOnly(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		withCard := func(card, ext string) Newcomer {
			return check(t, Input{Card: card, Fields: Fields{ExternalIDs: IDs{"eccube": ext}}})
		}
		first := create(t, d, m, withCard("C1", "1"))
		var got []Created
		write(t, d, func(tx *db.Tx) (err error) {
			got, err = m.Create(tx, []Newcomer{withCard("C1", "2"), withCard("C2", "3"), withCard("C2", "4"), withCard("C3", "1"), withCard("C4", "3"), withCard("", "5")})
			return err
		})
		want := []string{"member.card_taken", "", "member.card_taken", "member.external_taken", "member.external_taken", ""}
		for i, c := range got {
			if code := codeOf(c.Err); code != want[i] {
				t.Errorf("%d: %q, want %q", i, code, want[i])
			}
		}
		write(t, d, func(tx *db.Tx) error {
			n, err := db.One(tx, nil, db.Value[int], `SELECT COUNT(*) FROM member_member`)
			ext, _ := db.One(tx, nil, db.Value[int], `SELECT COUNT(*) FROM member_external`)
			found, _ := m.ByCards(tx, []string{"C1", "C2", "C3"})
			if err != nil || n != 3 || ext != 3 || len(found) != 2 || found["C1"].ID != first[0].ID {
				t.Errorf("%d members, %d numbers, found %v, %v", n, ext, found, err)
			}
			return nil
		})
	})
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

func TestWhatIsWrongWithAnEnrolmentComesAllAtOnce(t *testing.T) {
	bad := Input{Fields: Fields{
		NameKana: ptr("山田"), Phone: ptr("12"), Email: ptr("x"), Birthday: ptr("2030-01-01"), Gender: ptr("?"), PostCode: ptr("12"), Anniversaries: &[]AnniversaryFields{{"x", "13-40"}},
		Attributes: map[string]any{"roast": "焦げ", "kids": 1.5, "dm": "maybe", "since": "soon", "shoe": 1}, ExternalIDs: IDs{"": "1"},
	}, Card: "💳", JoinedOn: "2027-01-01"}
	_, err := bad.Check(schema, today)
	got := map[string]string{}
	for _, f := range fault.Of(err).Fields {
		got[f.Path] = f.Code
	}
	want := map[string]string{
		"name_kana": "name_kana.invalid", "phone": "phone.invalid", "email": "email.invalid", "birthday": "birthday.unlikely", "gender": "gender.unknown", "post_code": "postcode.invalid",
		"anniversaries": "date.invalid", "attributes.roast": "attribute.not_a_choice", "attributes.kids": "attribute.not_a_number", "attributes.dm": "attribute.not_a_bool", "attributes.since": "attribute.not_a_date",
		"attributes.shoe": "attribute.unknown", "external_ids.": "external_id.invalid", "card": "card.invalid", "joined_on": "date.future",
	}
	if diff := cmp.Diff(want, got); diff != "" || !fault.Is(err, "member.invalid") {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestABirthdayMayKeepItsYearToItself(t *testing.T) {
	for in, want := range map[string]string{"02-28": "0001-02-28", "2/28": "0001-02-28", "2月28日": "0001-02-28", "--02-29": "0004-02-29", "1990-02-28": "1990-02-28"} {
		n := check(t, Input{Fields: Fields{Birthday: &in}})
		if n.Person.Birthday.String() != want || (want < "1000") != (n.Person.AgeOn(today) == -1) {
			t.Errorf("%s: %s, age %d", in, n.Person.Birthday, n.Person.AgeOn(today))
		}
	}
}

func TestATakenMemberNumberIsDrawnAgain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		draws := 0
		m.draw = func() string { draws++; return fmt.Sprint("N", draws/3) } // each number three times
		create(t, d, m, check(t, Input{Card: "N2"}))
		ms := create(t, d, m, make([]Newcomer, 5)...)
		seen := map[string]bool{"N2": true}
		for _, x := range ms {
			if seen[x.Card] {
				t.Errorf("%s given twice", x.Card)
			}
			seen[x.Card] = true
		}
		m.draw = func() string { return "N0" }
		err := d.Write(context.Background(), func(tx *db.Tx) error { _, err := m.Create(tx, make([]Newcomer, 1)); return err })
		if !fault.Is(err, "member.cards_exhausted") {
			t.Errorf("no free number: %v", err)
		}
	})
}

func TestFactsAreFilledForTheJudgeOnlyWhereItAsks(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		x := create(t, d, m, check(t, yamada()), check(t, Input{Fields: Fields{Birthday: ptr("02-29")}}))
		for round := range 2 { // the second from memory
			asks := []*rules.Ask{
				{Member: x[0].ID, Needs: rules.Needs{Attributes: true}, Facts: &rules.Facts{}}, {Member: x[0].ID, Facts: &rules.Facts{}},
				{Member: ident.New(), Needs: rules.Needs{Birthday: true}, Facts: &rules.Facts{}}, {Member: x[1].ID, Needs: rules.Needs{Birthday: true}, Facts: &rules.Facts{}},
			}
			write(t, d, func(tx *db.Tx) error { return m.FillFacts(tx, asks) })
			full := rules.MemberFacts{JoinedOn: today, JoinStore: "honten", JoinSource: "till", Birthday: clock.MustDay("1990-02-28"), Gender: "male", Area: "東京都",
				Anniversaries: []clock.MonthDay{{Month: 6, Day: 10}}, Attributes: map[string]any{"roast": "深煎り", "kids": int64(2), "dm": true, "since": clock.MustDay("2020-04-01")}}
			open := rules.MemberFacts{JoinedOn: today, JoinStore: "honten", JoinSource: "till"}
			for i, want := range []rules.MemberFacts{full, open, {}, {JoinedOn: today, Birthday: clock.MustDay("0001-02-28")}} {
				if diff := cmp.Diff(want, asks[i].Facts.Member); diff != "" {
					t.Errorf("round %d, ask %d:\n%s", round, i, diff)
				}
			}
		}
	})
}

// Ten thousand newcomers a second is the aim for those without personal data
// (a history of customer numbers), and thousands with it.
func BenchmarkCreate(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		m := New(sign.New())
		for _, kind := range []string{"numbers", "people"} {
			b.Run(kind, func(b *testing.B) {
				n := 0
				for b.Loop() {
					batch := make([]Newcomer, 1000)
					for i := range batch {
						n++
						batch[i] = Newcomer{JoinedOn: today, Person: Person{ExternalIDs: IDs{kind: fmt.Sprint(n)}}}
						if kind == "people" {
							batch[i].Person = randomPerson(n)
						}
					}
					create(b, d, m, batch...)
				}
				b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "members/s")
			})
		}
	})
}
