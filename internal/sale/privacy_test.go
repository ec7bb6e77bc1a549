package sale

import (
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/purchase"
)

// birthdayCafe is the café with a rule that reads a birthday at the till.
func birthdayCafe(t *testing.T) []byte {
	src, err := plan.Template("cafe")
	if err != nil {
		t.Fatal(err)
	}
	s := strings.Replace(string(src), "  - {id: own-cup,", "  - {id: birthday-double, kind: bonus, when: \"member.is_birthday\", give: 77}\n  - {id: own-cup,", 1)
	s = strings.Replace(s, "effective_from: 2026-04-01", "effective_from: 2026-05-01", 1)
	return []byte(s)
}

func TestABirthdayThatWasJudgedByIsKeptSealedAndStillJudgesTheReturn(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		s.write(func(tx *db.Tx) error {
			_, err := programme.Publish(tx, birthdayCafe(t), programme.Order{ShortNotice: true})
			return err
		})
		s.at("2026-05-11T10:00:00+09:00")
		s.write(func(tx *db.Tx) error {
			made, err := s.members.Create(tx, []member.Newcomer{{Card: card, JoinedOn: clock.MustDay("2026-04-01"),
				Person: member.Person{Birthday: clock.MustDay("1990-05-11")}}})
			if err == nil {
				err = made[0].Err
			}
			return err
		})
		in := coffee("1", card, "2026-05-11T10:00:00+09:00", 2200)
		in.Lines[0].Quantity = 2
		a := s.buys(in)
		if a.Award.Points != 20+100+77 { // base, first purchase, birthday
			t.Fatalf("%s", asJSON(t, a.Award))
		}
		err := s.db.Read(t.Context(), func(tx *db.Tx) error {
			p, err := purchase.Get(tx, must(ident.Purchase.Parse(a.ID)))
			if err == nil && (strings.Contains(string(p.Judged.Facts), "1990") || len(p.Judged.Sealed) == 0) {
				t.Errorf("the birthday stands in the clear: %s", p.Judged.Facts)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Return(t.Context(), purchase.ReturnInput{Source: "till", ReturnNo: "r", OrderNo: "1", OccurredAt: s.now, Lines: []purchase.ReturnLine{{No: 1, Quantity: 1}}}, By{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Clawback.AwardNow != 10+100+77 {
			t.Errorf("the return forgot the birthday: %s", asJSON(t, r.Clawback))
		}
		s.sound()
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
