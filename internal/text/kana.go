package text

import "strings"

// Reading is フリガナ as it is stored and shown: the input form with hiragana
// turned to full-width katakana, words apart by one space.
func Reading(s string) string {
	var b strings.Builder
	for _, r := range Clean(s) {
		if r >= 'ぁ' && r <= 'ゖ' || r == 'ゝ' || r == 'ゞ' {
			r += 'ァ' - 'ぁ'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// IsReading reports whether s holds nothing but what a reading may: katakana,
// the long vowel mark, Latin letters, spaces, and ・ - . '.
func IsReading(s string) bool {
	for _, r := range s {
		switch {
		case r >= 'ァ' && r <= 'ヺ' || r == 'ー' || r == 'ヽ' || r == 'ヾ':
		case r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z':
		case strings.ContainsRune(" ・-.'’", r):
		default:
			return false
		}
	}
	return s != ""
}

// HasKana reports whether s contains hiragana or katakana.
func HasKana(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 'ぁ' && r <= 'ヿ' && r != '・' })
}

// Words splits a name at its spaces: 山田 太郎 is 山田 and 太郎.
func Words(s string) []string { return strings.Fields(Clean(s)) }
