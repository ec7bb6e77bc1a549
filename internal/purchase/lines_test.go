package purchase

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/db"
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
		measuredAs(t, Sold{lines: string(b)}, lines)
	})
}

// What lines begin with is remembered from one purchase to the next; the text
// it was read from may have changed by then.
func TestLinesSayWhatLinesBeforeHaveSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := NewSoldWords()
		words.most = rapid.SampledFrom([]int{0, 1, 3, mostSoldWords}).Draw(t, "most")
		known := rapid.SliceOfN(rapid.Custom(drawLine), 1, 4).Draw(t, "known")
		buf := make(db.Texts, 0, 1<<16)
		for range 6 {
			lines := make([]StoredLine, rapid.IntRange(1, 4).Draw(t, "n"))
			for i := range lines {
				lines[i] = rapid.Custom(drawLine).Draw(t, "line")
				old := rapid.SampledFrom(known).Draw(t, "as before")
				lines[i].SKU, lines[i].Name, lines[i].Category, lines[i].Tags, lines[i].Kind = old.SKU, old.Name, old.Category, old.Tags, old.Kind
			}
			buf = appendLines(buf[:0], lines)
			measuredAs(t, Sold{lines: buf.Lend(0, len(buf)), words: words}, lines)
		}
	})
}

// whole is a line that says itself what it is called.
func whole(l SoldLine, words *SoldWords) SoldLine {
	if l.Words > 0 {
		l.SoldName, l.Words = words.List[l.Words-1], 0
	}
	return l
}

func measuredAs(t *rapid.T, s Sold, lines []StoredLine) {
	t.Helper()
	var sold []SoldLine
	if err := s.EachLine(func(l *SoldLine) { sold = append(sold, *l) }); err != nil {
		t.Fatal(err)
	}
	for i, l := range lines {
		want := SoldLine{SoldName{l.SKU, l.Name, l.Category}, l.Kind == Fee, l.Quantity, l.Returned, l.Value, 0}
		if got := whole(sold[i], s.words); got != want {
			t.Fatalf("measured as %+v, want %+v", got, want)
		}
	}
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
		for _, words := range []*SoldWords{nil, NewSoldWords()} {
			if err := (&Sold{lines: good[:i], words: words}).EachLine(func(*SoldLine) {}); !fault.Is(err, "purchase.lines_broken") {
				t.Errorf("cut at %d, measured: %v", i, err)
			}
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

// With what was said before or without it, a text is measured alike.
func FuzzSoldLines(f *testing.F) {
	f.Add(`[{"no":1,"sku":"A","name":"x\",\"q\":1","q":2},{"no":2,"sku":"A","name":"x\",\"q\":1","q":2,"val":7}]`)
	f.Add(`[{"no":1,"q":2},{"no":2,"cat":",","q":3,"val":4}]`)
	f.Add(`[{"no":12345678901,"sku":"A","q":-2}]`)
	f.Fuzz(func(t *testing.T, text string) {
		words := NewSoldWords()
		want, err := soldLines(text, nil)
		for range 2 {
			got, again := soldLines(text, words)
			if (err == nil) != (again == nil) {
				t.Fatalf("alone %v, with words %v", err, again)
			}
			if d := cmp.Diff(want, got); err == nil && d != "" {
				t.Fatal(d)
			}
		}
	})
}

func soldLines(text string, words *SoldWords) (list []SoldLine, err error) {
	err = (&Sold{lines: text, words: words}).EachLine(func(l *SoldLine) {
		list = append(list, whole(*l, words))
	})
	return list, err
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

func BenchmarkEachSoldLine(b *testing.B) {
	s := Sold{lines: `[{"no":1,"sku":"SKU12345","name":"Something 12345","cat":"drink","q":1,"amt":1234,"rate":1000,"tax":112,"val":1234,"el":1234},{"no":2,"sku":"SKU02345","name":"Something 2345","cat":"drink","q":1,"amt":4321,"rate":1000,"tax":392,"val":4321,"el":4321},{"no":3,"sku":"SKU00005","name":"Something 5","cat":"drink","q":1,"amt":99,"rate":1000,"tax":9,"val":99,"el":99}]`}
	for name, words := range map[string]*SoldWords{"bare": nil, "remembered": NewSoldWords()} {
		b.Run(name, func(b *testing.B) {
			s.words = words
			n := 0
			for b.Loop() {
				if err := s.EachLine(func(*SoldLine) { n++ }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
