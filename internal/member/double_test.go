package member

import (
	"fmt"
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/sign"
)

func TestLikelyDoublesAreFoundOnceEachWithTheReason(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		person := func(name, kana, phone, mail, birthday string) Newcomer {
			return check(t, Input{Fields: Fields{Name: &name, NameKana: &kana, Phone: &phone, Email: &mail, Birthday: &birthday}})
		}
		all := create(t, d, m,
			person("山田 太郎", "ヤマダ タロウ", "090-1234-5678", "taro@example.jp", "1990-02-28"),
			person("山田 花子", "ヤマダ ハナコ", "090-1234-5678", "", "1991-03-01"),                                  // the family's phone
			person("ヤマダ タロウ", "ヤマダ タロウ", "080-1111-2222", "", "1990-02-28"),                                // the same reading and birthday
			person("山田 太朗", "ヤマダ タロウ", "", "", "1988-01-01"),                                               // another birthday
			person("T. Yamada", "", "090-1234-5678", "TARO@example.jp", ""),                                // phone and mail
			person("John Smith", "", "", "", "1980-05-05"), person("john smith", "", "", "", "1980-05-05")) // no reading: as written
		name := map[ident.ID]int{}
		for i, x := range all {
			name[x.ID] = i
		}
		said := func(ds []Double) string {
			var s []string
			for _, x := range ds {
				s = append(s, fmt.Sprintf("%d=%d %s", name[x.Newer.ID], name[x.Older.ID], strings.Join(x.By, "+")))
			}
			return strings.Join(s, ", ")
		}
		look := func(from Cursor, n int) (ds []Double, next Cursor) {
			t.Helper()
			err := d.Read(t.Context(), func(tx *db.Tx) (err error) { ds, next, err = m.Doubles(tx, from, n); return err })
			if err != nil {
				t.Fatal(err)
			}
			return ds, next
		}
		ds, next := look(Cursor{}, 100)
		if next != (Cursor{}) || len(ds) != 5 {
			t.Errorf("%s, next %v", said(ds), next)
		}
		for _, want := range []string{"1=0 phone", "2=0 birthday", "4=0 phone+mail", "4=1 phone", "6=5 birthday"} {
			if !strings.Contains(said(ds), want) {
				t.Errorf("%q is missing in %s", want, said(ds))
			}
		}
		var steps []Double
		for from, more := (Cursor{}), true; more; more = from != (Cursor{}) {
			var part []Double
			part, from = look(from, 2)
			steps = append(steps, part...)
		}
		if len(steps) != len(ds) {
			t.Errorf("two by two: %s", said(steps))
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			p, err := m.Person(tx, all[0].ID)
			if err != nil {
				return err
			}
			twins, err := m.DoublesOf(tx, all[0], p)
			if len(twins) != 3 {
				t.Errorf("%d may be the same as the first, want 3", len(twins))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
