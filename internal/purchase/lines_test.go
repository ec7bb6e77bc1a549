package purchase

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/fault"
)

func drawLine(t *rapid.T) StoredLine {
	n := rapid.Int64Range(0, 1<<53)
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", `a "b"`, "ブレンド豆 200g", "tab\tnew\nline\\", "<&>", " "}))
	l := StoredLine{Line: Line{No: rapid.IntRange(1, 5000).Draw(t, "no"), SKU: text.Draw(t, "sku"), Name: text.Draw(t, "name"), Category: text.Draw(t, "cat"),
		Kind: rapid.SampledFrom([]Kind{Goods, Fee}).Draw(t, "kind"), Quantity: n.Draw(t, "q"), Amount: n.Draw(t, "amt"), TaxRate: Rate(n.Draw(t, "rate"))},
		Returned: n.Draw(t, "ret"), Shared: n.Draw(t, "disc"), Tax: n.Draw(t, "tax"), Value: n.Draw(t, "val"), Eligible: n.Draw(t, "el")}
	if tags := rapid.SliceOfN(text, 0, 3).Draw(t, "tags"); len(tags) > 0 {
		l.Tags = tags
	}
	return l
}

func TestLinesComeBackAsTheyWereAndAreJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(drawLine), 1, 6).Draw(t, "lines")
		b := appendLines(nil, lines)
		if !json.Valid(b) {
			t.Fatalf("no JSON: %s", b)
		}
		got, err := readLines(string(b))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(lines, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestBrokenLinesAreAFault(t *testing.T) {
	good := `[{"no":1,"sku":"A","q":2,"amt":300,"val":300,"el":300}]`
	if _, err := readLines(good); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		if _, err := readLines(good[:i]); !fault.Is(err, "purchase.lines_broken") {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	for _, s := range []string{`[{"no":1,"what":2}]`, `[{"no":1} ]`, `[{"no":1}]x`, `[{"no":"1"}]`, `[{"sku":"\q"}]`, `[{"no":99999999999999999999}]`} {
		if _, err := readLines(s); !fault.Is(err, "purchase.lines_broken") {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func FuzzReadLines(f *testing.F) {
	f.Add(`[{"no":1,"sku":"A","name":"x\"y","tags":["a","b"],"fee":1,"q":2}]`)
	f.Fuzz(func(t *testing.T, s string) {
		lines, err := readLines(s)
		if err != nil || !utf8.ValidString(s) {
			return
		}
		again, err := readLines(string(appendLines(nil, lines)))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(lines, again); d != "" {
			t.Fatal(d)
		}
	})
}

func BenchmarkReadLines(b *testing.B) {
	lines := make([]StoredLine, 3)
	for i := range lines {
		lines[i] = StoredLine{Line: Line{No: i + 1, SKU: "BEANS200", Name: "ブレンド豆 200g", Category: "beans", Kind: Goods, Quantity: 2, Amount: 3200, TaxRate: 80}, Tax: 243, Value: 3286, Eligible: 2754}
	}
	s := string(appendLines(nil, lines))
	for b.Loop() {
		if _, err := readLines(s); err != nil {
			b.Fatal(err)
		}
	}
}
