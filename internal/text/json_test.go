package text

import (
	"bytes"
	"encoding/json"
	"testing"
)

func FuzzAppendQuoted(f *testing.F) {
	for _, s := range []string{"", "ブレンド豆 200g", "a\"\\/\b\f\n\r\t\x00\x1f\x7f", "\u2028\u2029", "\xff\xe3\x83", "<&>", "😀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(s); err != nil {
			t.Fatal(err)
		}
		if got := string(AppendQuoted([]byte("x"), s)) + "\n"; got != "x"+want.String() {
			t.Errorf("%q is written %s, by encoding/json %s", s, got, want.String())
		}
	})
}
