package member

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/label"
	"joren/internal/rules"
	"joren/internal/sign"
)

// A document is read for its traits alone as it is read for everything.
func TestTraitsAreThoseOfTheWholeDocument(t *testing.T) {
	schema := Schema{{ID: "skin", Type: rules.AttrChoice}, {ID: "parking", Type: rules.AttrBool}, {ID: "remark", Type: rules.AttrText},
		{ID: "visits", Type: rules.AttrInt}, {ID: "since", Type: rules.AttrDate}}
	word := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "dry", `"gender":"x"`, "東京都", "a\\b\"c\n", "\u2028<&>"}))
	id := rapid.SampledFrom([]string{"skin", "parking", "remark", "visits", "since", "gone"})
	value := rapid.OneOf(rapid.Map(word, anyOf), rapid.Map(rapid.Bool(), anyOf), rapid.Map(rapid.Int64Range(-9, 9), anyOf),
		rapid.Map(rapid.Int32Range(1, 40_000), func(n int32) any { return clock.Day(n) }))
	days := []clock.Day{0, clock.MustDay("0001-07-01"), clock.MustDay("0004-02-29"), clock.MustDay("1980-01-02"), clock.MustDay("2024-02-29")}
	rapid.Check(t, func(t *rapid.T) {
		p := Person{Name: word.Draw(t, "name"), Memo: word.Draw(t, "memo"), Birthday: rapid.SampledFrom(days).Draw(t, "birthday"),
			Gender: Gender(word.Draw(t, "gender")), Area: word.Draw(t, "area"), Attributes: rapid.MapOf(id, value).Draw(t, "attributes"),
			Anniversaries: []Anniversary{{Name: word.Draw(t, "anniversary"), On: days[1]}}, ExternalIDs: IDs{"area": "no area"}}
		doc, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var whole Person
		if err := json.Unmarshal(doc, &whole); err != nil {
			t.Fatal(err)
		}
		got, err := schema.traits(doc)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(schema.expected(whole), got); d != "" {
			t.Fatalf("%s\n%s", doc, d)
		}
	})
}

func anyOf[T any](v T) any { return v }

func (s Schema) expected(p Person) (t Traits) {
	t = Traits{Gender: string(p.Gender), Area: p.Area}
	if y, _, _ := p.Birthday.Date(); p.Birthday != 0 && y > leapUnknown {
		t.Born = y
	}
	for id, v := range p.Attributes {
		text := ""
		switch v := v.(type) {
		case string:
			if id == "skin" {
				text = v
			}
		case bool:
			if id == "parking" {
				text = strconv.FormatBool(v)
			}
		}
		if text != "" {
			if t.Own == nil {
				t.Own = map[string]string{}
			}
			t.Own[id] = text
		}
	}
	return t
}

// Traits are told of everybody with a document, or of those asked for; with
// another shop's keys they are refused in one line, not in a thousand.
func TestTraitsAreToldOfThoseWhoHaveADocument(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		in := make([]Newcomer, 2*measuredAtOnce+3)
		for i := range in {
			y := yamada()
			y.Phone, y.Email, y.ExternalIDs, y.Area = nil, nil, nil, ptr("区"+strconv.Itoa(i))
			in[i] = check(t, y)
		}
		who := create(t, d, m, in...)
		write(t, d, func(tx *db.Tx) error {
			return m.Define(tx, Attribute{ID: "roast", Type: rules.AttrChoice, Name: label.Text{JA: "焙煎"}, Choices: []string{"浅煎り", "深煎り"}})
		})
		write(t, d, func(tx *db.Tx) error { _, err := m.Erase(tx, who[1].ID); return err })
		told := func(m *Members, ids ...ident.ID) (map[ident.ID]string, error) {
			areas := map[ident.ID]string{}
			return areas, d.Read(t.Context(), func(tx *db.Tx) error {
				return m.EachTraits(tx, ids, func(id ident.ID, x *Traits) error {
					if x.Born != 1990 || x.Own["roast"] != "深煎り" {
						t.Errorf("%+v", x)
					}
					areas[id] = x.Area
					return nil
				})
			})
		}
		all, err := told(m)
		if err != nil || len(all) != len(who)-1 || all[who[500].ID] != "区500" || all[who[1].ID] != "" {
			t.Errorf("%d of %d are told, %v", len(all), len(who)-1, err)
		}
		some, err := told(m, who[1].ID, who[2].ID)
		if err != nil || len(some) != 1 || some[who[2].ID] != "区2" {
			t.Errorf("asked for two, of whom one is erased: %v, %v", some, err)
		}
		if none, err := told(nil); err != nil || len(none) > 0 {
			t.Errorf("without keys: %v, %v", none, err)
		}
		if _, err := told(New(sign.New())); !fault.Is(err, "seal.broken") || strings.Contains(err.Error(), "\n") {
			t.Errorf("with other keys: %.200v", err)
		}
	})
}
