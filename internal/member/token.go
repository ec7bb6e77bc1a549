package member

import (
	"slices"
	"strings"
	"unicode"

	"joren/internal/clock"
	"joren/internal/text"
)

// Prefix lengths, in characters, under which names are indexed. A query is
// looked up by the longest of these that it reaches; what comes back is
// opened and compared in full. One character is indexed for kanji only: one
// kana would return a twentieth of all members.
var (
	nameLengths = []int{1, 2, 3, 5} // of the whole name, 山田太郎
	wordLengths = []int{1, 2, 3}    // of each later word, 太郎
)

// tokens are all keyed hashes by which p is found.
func (m *Members) tokens(p *Person) []int64 {
	var ts []int64
	for _, name := range []string{p.Name, p.NameKana} {
		ts = m.nameTokens(ts, name)
	}
	if p.Phone != "" {
		ts = append(ts, m.index.phone.Token(p.Phone), m.index.last4.Token(last4(p.Phone)))
	}
	if p.Email != "" {
		ts = append(ts, m.index.mail.Token(p.Email))
	}
	for _, id := range p.ExternalIDs {
		ts = append(ts, m.index.external.Token(foldID(id)))
	}
	if p.Birthday != 0 {
		ts = append(ts, m.index.monthDay.Token(monthDay(p.Birthday)))
	}
	for _, a := range p.Anniversaries {
		ts = append(ts, m.index.anniversary.Token(monthDay(a.On)))
	}
	slices.Sort(ts)
	return slices.Compact(ts)
}

func (m *Members) nameTokens(ts []int64, name string) []int64 {
	whole := []rune(text.Fold(name))
	for _, n := range nameLengths {
		if prefix, ok := indexed(whole, n); ok {
			ts = append(ts, m.index.name.Token(prefix))
		}
	}
	for i, w := range strings.Fields(name) {
		if i == 0 {
			continue // its prefixes are those of the whole
		}
		word := []rune(text.Fold(w))
		for _, n := range wordLengths {
			if prefix, ok := indexed(word, n); ok {
				ts = append(ts, m.index.word.Token(prefix))
			}
		}
	}
	return ts
}

// indexed is the first n characters of s, when s has them and they are
// indexed at all.
func indexed(s []rune, n int) (string, bool) {
	if len(s) < n || n == 1 && !unicode.Is(unicode.Han, s[0]) {
		return "", false
	}
	return string(s[:n]), true
}

// longest is the longest indexed prefix of a query.
func longest(q []rune, lengths []int) (string, bool) {
	for i := len(lengths) - 1; i >= 0; i-- {
		if p, ok := indexed(q, lengths[i]); ok {
			return p, true
		}
	}
	return "", false
}

func last4(phone string) string { return phone[max(0, len(phone)-4):] }

// monthDay is the MM-DD of a day.
func monthDay(d clock.Day) string { return d.String()[5:] }

func foldID(id string) string { return strings.ToLower(text.Clean(id)) }
