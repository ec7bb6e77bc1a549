package purchase

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"joren/internal/clock"
)

// The canonical JSON written by hand is what encoding/json writes, also when
// somebody adds a field: what is digested today is known tomorrow.
func TestTheCanonicalFormIsThatOfEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in Input
		anything(t, reflect.ValueOf(&in).Elem())
		want, err := json.Marshal(&in)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(in.appendJSON(nil)); got != string(want) {
			t.Errorf("by hand\n%s\nby encoding/json\n%s", got, want)
		}
	})
}

func anything(t *rapid.T, v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *clock.Instant:
		*p = rapid.SampledFrom([]clock.Instant{0, clock.Never, clock.MustInstant("2026-11-21T15:00:00Z"), clock.MustInstant("2026-11-21T15:00:00.120001Z")}).Draw(t, "instant")
		return
	case *clock.Day:
		*p = rapid.SampledFrom([]clock.Day{0, clock.MustDay("2027-11-30")}).Draw(t, "day")
		return
	case *Rate:
		*p = rapid.SampledFrom([]Rate{0, NewRate(0), NewRate(80_000), NewRate(123_456)}).Draw(t, "rate")
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			anything(t, v.Field(i))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			anything(t, v.Elem())
		}
	case reflect.Slice:
		n := rapid.IntRange(-1, 2).Draw(t, "entries")
		if n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range max(0, n) {
			anything(t, v.Index(i))
		}
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.Just(""), rapid.Just("<b> & ブレンド\u2028"), rapid.String()).Draw(t, "string"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64()).Draw(t, "int"))
	default:
		t.Fatalf("nothing fills a %s", v.Type())
	}
}

func BenchmarkHash(b *testing.B) {
	in := Input{Source: "till-2", OrderNo: "8801", Card: "2900000123458", Store: "honten", Channel: "shop", OccurredAt: clock.MustInstant("2026-11-15T01:12:40Z"), Currency: "JPY", Prices: TaxExcluded,
		Lines: []Line{{No: 1, SKU: "BEANS200", Name: "ブレンド豆 200g", Category: "beans", Quantity: 2, Amount: 3200, TaxRate: NewRate(80_000)}, {No: 2, SKU: "CAKESET", Name: "ケーキセット", Category: "food", Quantity: 2, Amount: 2400, TaxRate: NewRate(100_000)}}, Total: 6000}
	b.ReportAllocs()
	for b.Loop() {
		in.Hash()
	}
}
