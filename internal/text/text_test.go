package text

import (
	"testing"

	"pgregory.net/rapid"

	"joren/internal/fault"
)

func TestOneNameWrittenInManyWaysIsOneSearchForm(t *testing.T) {
	for _, same := range [][]string{
		{"ヤマダ タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ", "やまだ　たろう", "ヤマダ・タロウ", "やまだたろう", "ヤマダ－タロウ"},
		{"キャノン", "ｷﾔﾉﾝ", "キヤノン", "きゃのん"}, {"サトー", "ｻﾄｰ", "さと", "サト—"}, {"ヴァイオリン", "ばいおりん", "バイオリン"},
		{"ハナヂ", "はなじ"}, {"シヅカ", "しずか"}, {"カヲル", "かおる"}, {"ヂュン", "じゆん"},
		{"髙橋", "高橋"}, {"﨑山", "崎山"}, {"渡邊", "渡邉", "渡辺"}, {"齋藤", "斎藤"}, {"𠮷田", "吉田"}, {"濵田", "浜田", "濱田"}, {"葛\U000E0100城", "葛城"},
		{"ＡＢＣ　ｓｈｏｐ", "abc shop", "ABC-Shop", "A.B.C. Shop"}, {"José García", "jose garcia"}, {"O'Brien", "O’Brien", "obrien"}, {"０９０−１２３４", "0901234", "090 1234"},
		{"か\u3099", "が", "ｶﾞ"},
	} {
		want := Fold(same[0])
		for _, s := range same[1:] {
			if got := Fold(s); got != want {
				t.Errorf("Fold(%q) = %q, Fold(%q) = %q", s, got, same[0], want)
			}
		}
	}
	for _, apart := range [][2]string{{"かき", "がき"}, {"はは", "ばば"}, {"はは", "ぱぱ"}, {"斎藤", "斉藤"}, {"おの", "おおの"}, {"山田", "山本"}} {
		if Fold(apart[0]) == Fold(apart[1]) {
			t.Errorf("%q and %q are different names", apart[0], apart[1])
		}
	}
}

func TestFoldingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if once := Fold(s); Fold(once) != once {
			t.Fatalf("%q folds to %q, then to %q", s, once, Fold(once))
		}
		if once := Clean(s); Clean(once) != once {
			t.Fatalf("%q cleans to %q, then to %q", s, once, Clean(once))
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"ﾔﾏﾀﾞ", "İ", "ﾞ", "ǅ", "ẛ̣", "﨑\ufe00", "\xff", "ヷ゛"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if once := Fold(s); Fold(once) != once {
			t.Fatalf("%q folds to %q, then to %q", s, once, Fold(once))
		}
	})
}

func TestTheInputFormIsTidyAndStillWhatWasWritten(t *testing.T) {
	for in, want := range map[string]string{
		" 山田\u3000 太郎 ": "山田 太郎", "ﾔﾏﾀﾞ": "ヤマダ", "ＡＢＣ１２３": "ABC123", "\ufeffx\u200b": "x", "a\tb\r\nc": "a b c", "髙橋": "髙橋", "a\x00b": "ab", "": "", "①": "1", "～": "~",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestReadingsAreKatakana(t *testing.T) {
	for in, want := range map[string]string{"やまだ　たろう": "ヤマダ タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ": "ヤマダ タロウ", "さとー": "サトー"} {
		if got := Reading(in); got != want || !IsReading(got) {
			t.Errorf("Reading(%q) = %q, want %q", in, got, want)
		}
	}
	for _, s := range []string{"山田", "", "ヤマダ1", "ヤマダ@"} {
		if IsReading(s) {
			t.Errorf("%q passes as a reading", s)
		}
	}
}

func TestPhoneNumbersHaveOneCanonicalForm(t *testing.T) {
	for in, want := range map[string]string{
		"090-1234-5678": "09012345678", "０９０－１２３４－５６７８": "09012345678", "090ー1234ー5678": "09012345678", "(090) 1234 5678": "09012345678", "+81 90-1234-5678": "09012345678", "+81(0)90-1234-5678": "09012345678", "'+819012345678": "09012345678", "00819012345678": "09012345678", "9012345678": "09012345678", `="09012345678"`: "09012345678",
		"03-1234-5678": "0312345678", "+81 3 1234 5678": "0312345678", "0120-444-444": "0120444444", "0800-123-4567": "08001234567", "050-1234-5678": "05012345678", "+1 (415) 555-0100": "+14155550100", "010-1-415-555-0100": "+14155550100",
	} {
		if got, err := Phone(in); err != nil || got != want {
			t.Errorf("Phone(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for in, code := range map[string]string{"": "phone.empty", "-": "phone.empty", "なし": "phone.invalid", "312345678": "phone.leading_zero", "110": "phone.invalid", "09012345": "phone.invalid", "090123456789": "phone.invalid", "03123456789": "phone.invalid", "00312345678": "phone.invalid", "+0123456789": "phone.invalid", "+12": "phone.invalid", "090-1234-5678 内線3": "phone.invalid"} {
		if got, err := Phone(in); !fault.Is(err, code) {
			t.Errorf("Phone(%q) = %q, %v; want %s", in, got, err, code)
		}
	}
	for in, want := range map[string]string{"09012345678": "090-1234-5678", "0312345678": "03-1234-5678", "0120444444": "0120-444-444", "0791234567": "0791234567", "+14155550100": "+14155550100", "08001234567": "0800-123-4567"} {
		if got := ShowPhone(in); got != want {
			t.Errorf("ShowPhone(%q) = %q, want %q", in, got, want)
		}
	}
}

// A canonical number reads back as itself, also from the form shown.
func FuzzPhone(f *testing.F) {
	for _, s := range []string{"090-1234-5678", "+81(0)3-1234-5678", "010-1-415-555-0100", "0081", "+81"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Phone(s)
		if err != nil {
			return
		}
		for _, form := range []string{p, ShowPhone(p)} {
			if back, err := Phone(form); err != nil || back != p {
				t.Fatalf("%q gave %q; %q reads back as %q, %v", s, p, form, back, err)
			}
		}
	})
}

func TestMailAddressesHaveOneCanonicalForm(t *testing.T) {
	for in, want := range map[string]string{"Taro@Example.JP": "taro@example.jp", "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ": "taro@example.jp", " a..b.@docomo.ne.jp ": "a..b.@docomo.ne.jp", "x@例え.jp": "x@例え.jp"} {
		if got, err := Email(in); err != nil || got != want {
			t.Errorf("Email(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for in, code := range map[string]string{"": "email.empty", "taro": "email.invalid", "@x.jp": "email.invalid", "a@b": "email.invalid", "a@@b.jp": "email.invalid", "a b@c.jp": "email.invalid", "a@-b.jp": "email.invalid", "a@b..jp": "email.invalid", "a@b.jp, c@d.jp": "email.invalid", "<a@b.jp>": "email.invalid"} {
		if got, err := Email(in); !fault.Is(err, code) {
			t.Errorf("Email(%q) = %q, %v; want %s", in, got, err, code)
		}
	}
	if MailKey("t.a.ro+shop@gmail.com") != MailKey("taro@googlemail.com") || MailKey("t.aro@example.jp") == MailKey("taro@example.jp") {
		t.Error("dots count everywhere but at Google")
	}
}

func TestPostCodesHaveOneForm(t *testing.T) {
	for _, in := range []string{"1234567", "123-4567", "〒１２３－４５６７", "〒 123ー4567"} {
		if got, err := PostCode(in); err != nil || got != "123-4567" {
			t.Errorf("PostCode(%q) = %q, %v", in, got, err)
		}
	}
	for in, code := range map[string]string{"": "postcode.empty", "12345": "postcode.invalid", "123-45678": "postcode.invalid", "SW1A 1AA": "postcode.invalid"} {
		if _, err := PostCode(in); !fault.Is(err, code) {
			t.Errorf("PostCode(%q): %v, want %s", in, err, code)
		}
	}
}

func TestFullWidthCharactersTakeTwoColumns(t *testing.T) {
	for in, want := range map[string]int{"": 0, "abc": 3, "山田": 4, "ヤマダ": 6, "ﾔﾏﾀﾞ": 4, "1,200円": 7, "が": 2, "か\u3099": 2, "a\u200bb": 2, "👍": 2, "Ａ": 2} {
		if got := Width(in); got != want {
			t.Errorf("Width(%q) = %d, want %d", in, got, want)
		}
	}
	if got := Cut("ドリップ珈琲", 9); got != "ドリップ…" {
		t.Errorf("Cut = %q", got)
	}
	if got := Pad("山", 4) + "|" + PadLeft("12", 4); got != "山  |  12" {
		t.Errorf("Pad = %q", got)
	}
}

func TestSpreadsheetGuardsAreUndone(t *testing.T) {
	for in, want := range map[string]string{`="0123"`: "0123", `="a""b"`: `a"b`, "'+8190": "+8190", "'quoted'": "'quoted'", "\ufeffx": "x", `=""`: ``, "'": "'"} {
		if got := Cell(in); got != want {
			t.Errorf("Cell(%q) = %q, want %q", in, got, want)
		}
	}
}
