package member

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/rules"
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
