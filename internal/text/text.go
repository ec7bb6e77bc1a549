// Package text reads and normalises what people and files write in Japan:
// full-width and half-width forms, kana, phone numbers, mail addresses, post
// codes, dates with and without eras, amounts; and it measures how wide a
// string is on a receipt or terminal.
//
// Three forms of a text matter. The input form ([Clean]) is what is stored
// and shown. The reading form ([Reading]) is フリガナ. The search form
// ([Fold]) is for comparing only and is never shown.
//
// Everything here is pure and knows no product words. Faults name what is
// wrong by a code and never carry the text itself, which may be personal.
package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Clean is the input form: NFKC (half-width kana become full-width,
// full-width letters and digits half-width), control and invisible characters
// gone, white space at the ends removed and inside collapsed to one space.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	space := false
	for _, r := range norm.NFKC.String(s) {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
		case invisible(r):
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// plain reports printable ASCII without double or outer spaces, which every
// form leaves as it is or lower-cases.
func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// invisible are characters that cannot be seen: controls, format characters
// (byte order mark, zero-width space), and what could not be decoded.
func invisible(r rune) bool {
	return unicode.Is(unicode.C, r) || r == unicode.ReplacementChar ||
		r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

// Cell is the text of a CSV cell as spreadsheets write it: ="0123" and a
// leading apostrophe ('+8190…, Shopify's guard against formulas) are undone,
// the byte order mark and outer white space removed. Nothing else changes.
func Cell(s string) string {
	s = strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))
	if len(s) >= 3 && strings.HasPrefix(s, `="`) && strings.HasSuffix(s, `"`) {
		s = strings.ReplaceAll(s[2:len(s)-1], `""`, `"`)
	}
	if len(s) > 1 && s[0] == '\'' && s[len(s)-1] != '\'' {
		s = s[1:]
	}
	return s
}

// Digits keeps the digits of s, in whatever width they are written.
func Digits(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(s) {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isDash are the strokes people type for a hyphen: hyphen-minus, hyphens and
// dashes, minus, the box line, and the long vowel mark.
func isDash(r rune) bool {
	switch r {
	case '-', '‐', '‑', '‒', '–', '—', '―', '−', '─', '━', 'ー', 'ｰ', '﹣', '－', '˗', '⁃':
		return true
	}
	return false
}
