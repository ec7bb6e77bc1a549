package console

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"joren/internal/clock"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/rules"
)

// birthday is her birthday with her age, where the year is known.
func birthday(s *scene, p *member360) string {
	d := p.p.Birthday
	if d == 0 {
		return ""
	}
	if age := p.p.AgeOn(s.today); age >= 0 {
		return s.t("console.member.born", "on", s.day(d), "age", age)
	}
	return partDay(d)
}

// attribute shows a value of the owner's own field.
func (s *scene) attribute(a member.Attribute, x any) string {
	switch v := x.(type) {
	case bool:
		return s.t("console." + attributeText(v))
	case clock.Day:
		return s.day(v)
	case int64:
		return number(v)
	}
	if a.Type == rules.AttrBool {
		return ""
	}
	return attributeText(x)
}

// purpose and channel of a consent; a word nobody translated shows itself.
func (s *scene) purpose(code string) string { return s.word("console.purpose.", code) }

func (s *scene) channel(code string) string { return s.word("console.channel.", code) }

func (s *scene) word(prefix, code string) string {
	if known(prefix + code) {
		return s.t(prefix + code)
	}
	return code
}

func join(sep string, parts ...string) string { return strings.Join(nonEmpty(parts...), sep) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// byExpiry orders the open lots by what dies first.
func byExpiry(a account) []*ledger.Lot {
	lots := openLots(a)
	slices.SortStableFunc(lots, func(x, y *ledger.Lot) int { return cmp.Compare(a.Expiry(x), a.Expiry(y)) })
	return lots
}
