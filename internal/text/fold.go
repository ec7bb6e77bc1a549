package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is the search form. Two texts that a person takes for the same name
// fold to the same string:
//
//   - NFKC, lower case, Latin letters without accents
//   - katakana become hiragana: ヤマダ, ﾔﾏﾀﾞ and やまだ are one
//   - small kana become large (キヤノン = キャノン: bank and old card files have
//     no small kana), ヴァ is ば, ヴ is ぶ, ぢ is じ, づ is ず, を is お, ゐ is い, ゑ is え
//   - the long vowel mark goes, with every dash: サトー is the prefix さと of
//     サトウ, so that a search by prefix finds both
//   - variant characters of names take their common form: 髙 is 高, 齋 is 斎
//   - spaces, dots, apostrophes, brackets and invisible characters go
//
// Fold(Fold(s)) = Fold(s).
func Fold(s string) string {
	if plain(s) {
		return foldASCII(s)
	}
	for range 4 {
		f := foldOnce(s)
		if f == s {
			return f
		}
		s = f
	}
	return s
}

func foldASCII(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 32)
		case !ignoredASCII(c):
			b.WriteByte(c)
		}
	}
	return b.String()
}

func ignoredASCII(c byte) bool { return strings.IndexByte(" -.'`\"()[]{},/_", c) >= 0 }

func foldOnce(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if ignored(r) {
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	var out strings.Builder
	for _, r := range vu.Replace(norm.NFC.String(b.String())) {
		r = foldRune(r)
		if !ignored(r) {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// ignored characters do not count in a search. Of combining marks only the
// voicing marks of kana count; the accents of Latin letters do not.
func ignored(r rune) bool {
	switch {
	case r < 0x80:
		return r < ' ' || r == 0x7f || ignoredASCII(byte(r))
	case r >= 0x300 && r <= 0x36F:
		return true
	case r == '・' || r == '\u00b7' || r == '、' || r == '。' || r == '’' || r == '‘' || r == '「' || r == '」':
		return true
	}
	return isDash(r) || unicode.IsSpace(r) || invisible(r)
}

// vu: foreign names with v are written ヴァ or バ.
var vu = strings.NewReplacer("ヴァ", "ば", "ヴィ", "び", "ヴェ", "べ", "ヴォ", "ぼ", "ゔぁ", "ば", "ゔぃ", "び", "ゔぇ", "べ", "ゔぉ", "ぼ")

func foldRune(r rune) rune {
	if r >= 'ァ' && r <= 'ヶ' || r == 'ヽ' || r == 'ヾ' {
		r -= 'ァ' - 'ぁ'
	}
	if large, ok := kanaForms[r]; ok {
		return large
	}
	if common, ok := kanjiForms[r]; ok {
		return common
	}
	return r
}

// kanaForms: small to large, and sounds that are written in two ways.
var kanaForms = map[rune]rune{
	'ぁ': 'あ', 'ぃ': 'い', 'ぅ': 'う', 'ぇ': 'え', 'ぉ': 'お', 'っ': 'つ', 'ゃ': 'や', 'ゅ': 'ゆ', 'ょ': 'よ', 'ゎ': 'わ',
	'ゕ': 'か', 'ゖ': 'け', 'ゔ': 'ぶ', 'ぢ': 'じ', 'づ': 'ず', 'を': 'お', 'ゐ': 'い', 'ゑ': 'え',
	'ヷ': 'ば', 'ヸ': 'び', 'ヹ': 'べ', 'ヺ': 'ぼ',
}

// kanjiForms: variant characters in Japanese names to the form in common use
// (常用漢字表 and its 康熙字典体, and the 異体字 of frequent surnames).
var kanjiForms = func() map[rune]rune {
	m := map[rune]rune{}
	for _, set := range []string{
		"高髙", "崎﨑嵜碕", "辺邊邉", "斎齋", "斉齊", "浜濱濵", "沢澤", "広廣", "国國圀", "島嶋嶌", "真眞", "恵惠", "栄榮榮", "寿壽",
		"桜櫻", "竜龍", "蔵藏", "吉𠮷", "徳德", "隆隆", "柳栁", "曽曾", "桧檜", "滝瀧", "関關", "岳嶽", "実實", "芦蘆", "万萬",
		"亀龜", "静靜", "浅淺", "円圓", "塩鹽", "桑桒", "剣劍劔", "児兒", "来來", "礼禮", "礒磯", "穂穗", "鉄鐵", "豊豐", "与與",
		"巌巖", "峰峯", "富冨", "渕淵", "館舘", "鶴靏鸖", "晃晄", "亜亞", "栖棲", "條条", "槙槇", "祐祐", "神神", "福福", "都都", "清淸", "黒黑", "増增", "海海", "梅梅", "瀬瀨", "緑綠", "頼賴", "郎郞", "藤籘", "祢禰", "塚塚", "彦彥", "尚尙", "敏敏", "勉勉", "内內", "戸戶", "青靑", "節節",
	} {
		var first rune
		for _, r := range set {
			if first == 0 {
				first = r
			} else if r != first {
				m[r] = first
			}
		}
	}
	return m
}()
