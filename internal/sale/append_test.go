package sale

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/rules"
)

// The answer written by hand is the one encoding/json writes, whatever is in
// it: also when somebody adds a field.
func TestTheAnswerIsWrittenAsEncodingJSONWritesIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Answer
		fill(t, reflect.ValueOf(&a).Elem())
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(&a); err != nil {
			t.Fatal(err)
		}
		if got := string(a.AppendJSON(nil)) + "\n"; got != want.String() {
			t.Errorf("by hand\n%sby encoding/json\n%s", got, want.String())
		}
	})
}

// fill puts something, or nothing, into everything.
func fill(t *rapid.T, v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *clock.Instant:
		*p = rapid.SampledFrom([]clock.Instant{0, clock.Never, clock.MustInstant("2026-11-21T15:00:00Z"), clock.MustInstant("2026-11-21T15:00:00.120001Z")}).Draw(t, "instant")
		return
	case *clock.Day:
		*p = rapid.SampledFrom([]clock.Day{0, clock.MustDay("2027-11-30"), clock.MustDay("0999-01-01")}).Draw(t, "day")
		return
	case *rules.Arg:
		*p = rules.Num(rapid.SampledFrom([]string{"per", "by"}).Draw(t, "key"), rapid.Int64().Draw(t, "num"))
		if rapid.Bool().Draw(t, "word") {
			*p = rules.Word(p.Key, rapid.String().Draw(t, "text"))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Slice:
		n := rapid.IntRange(-1, 2).Draw(t, "entries")
		if n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range max(0, n) {
			fill(t, v.Index(i))
		}
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.Just(""), rapid.String()).Draw(t, "string"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64()).Draw(t, "int"))
	default:
		t.Fatalf("nothing fills a %s", v.Type())
	}
}
