package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width is the number of columns s takes on a receipt or terminal: full-width
// characters two, combining and invisible ones none, all others one (Unicode
// Standard Annex 11; ambiguous characters count one).
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if r >= ' ' && r < 0x7f {
		return 1
	}
	if invisible(r) || unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Cut shortens s to at most columns, ending in … when something was cut.
func Cut(s string, columns int) string {
	if Width(s) <= columns {
		return s
	}
	n := 0
	for i, r := range s {
		w := runeWidth(r)
		if n+w > columns-1 {
			return s[:i] + "…"
		}
		n += w
	}
	return s
}

// Pad fills s with spaces on the right up to columns.
func Pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-Width(s)))
}

// PadLeft fills s with spaces on the left up to columns.
func PadLeft(s string, columns int) string {
	return strings.Repeat(" ", max(0, columns-Width(s))) + s
}
