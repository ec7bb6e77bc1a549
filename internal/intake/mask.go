package intake

import (
	"strings"
	"unicode/utf8"
)

// Mask hides a personal value and leaves what its owner needs to find it
// again: the ends of a number, the domain of an address, the first letter of
// a name.
//
//	090-1234-1234 → 09*-****-1234
//	hanako@example.jp → h*****@example.jp
//	山田花子 → 山***
func Mask(s string) string {
	if local, domain, ok := strings.Cut(s, "@"); ok {
		return keepFirst(local, 1) + "@" + domain
	}
	if digits := countDigits(s); digits >= 8 {
		return maskDigits(s, digits)
	}
	return keepFirst(s, 1)
}

func countDigits(s string) (n int) {
	for _, r := range s {
		if isDigit(r) {
			n++
		}
	}
	return n
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }

// maskDigits keeps the first two and the last four digits and every mark
// between; letters go too.
func maskDigits(s string, digits int) string {
	var b strings.Builder
	i := 0
	for _, r := range s {
		switch {
		case isDigit(r):
			if i++; i <= 2 || i > digits-4 {
				b.WriteRune(r)
			} else {
				b.WriteByte('*')
			}
		case r < utf8.RuneSelf && strings.ContainsRune("-+/() ", r):
			b.WriteRune(r)
		default:
			b.WriteByte('*')
		}
	}
	return b.String()
}

func keepFirst(s string, n int) string {
	var b strings.Builder
	for _, r := range s {
		if n > 0 {
			b.WriteRune(r)
			n--
		} else {
			b.WriteByte('*')
		}
	}
	return b.String()
}
