package i18n

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/fault"
)

var placeholder = regexp.MustCompile(`\{([a-z_0-9]+)[^}|]*\}`)

func TestEveryKeyHasBothLanguagesAndTheSamePlaceholders(t *testing.T) {
	for key, m := range catalogue() {
		if strings.TrimSpace(m.JA) == "" || strings.TrimSpace(m.EN) == "" {
			t.Errorf("%s lacks a language", key)
		}
		if ja, en := names(m.JA), names(m.EN); !slices.Equal(ja, en) {
			t.Errorf("%s: placeholders differ: ja %v, en %v", key, ja, en)
		}
	}
}

func names(msg string) []string {
	var ns []string
	for _, m := range placeholder.FindAllStringSubmatch(msg, -1) {
		ns = append(ns, m[1])
	}
	slices.Sort(ns)
	return slices.Compact(ns)
}

func TestTextsUseTheHousesWords(t *testing.T) {
	for key, m := range catalogue() {
		if strings.Contains(m.JA, "ロイヤリティ") {
			t.Errorf("%s says ロイヤリティ; the word is ロイヤルティ", key)
		}
	}
}

func TestNumbersMoneyAndDatesReadAsExpected(t *testing.T) {
	d := clock.MustDay("2026-11-22")
	for _, c := range []struct{ got, want string }{
		{Number(1234567), "1,234,567"}, {Number(-1000), "−1,000"}, {Number(0), "0"},
		{Points(EN, 1), "1 point"}, {Points(JA, 1355), "1,355ポイント"},
		{Money(JA, "JPY", 1200), "1,200円"}, {Money(EN, "GBP", -1250), "−£12.50"}, {Money(EN, "KWD", 1005), "KWD 1.005"},
		{Milli(1500), "1.5"}, {Milli(2000), "2"}, {Milli(-50), "−0.05"},
		{Day(JA, d), "2026年11月22日（日）"}, {Day(EN, d), "Sun 22 November 2026"},
		{ShortDay(JA, d), "2026/11/22"}, {Month(EN, d), "November 2026"},
		{Fill(EN, "{n} {n|point|points} until {d:day}", fault.Args{"n": 2, "d": d}), "2 points until Sun 22 November 2026"},
		{Fill(JA, "{x} {y}", fault.Args{"x": "a"}), "a {y}"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTheBrowsersLanguageDecides(t *testing.T) {
	for accept, want := range map[string]Lang{"": JA, "en-GB,en;q=0.9,ja;q=0.8": EN, "ja,en;q=0.5": JA, "fr": JA, "fr,en;q=0.3": EN, "en;q=0.2,ja;q=0.9": JA} {
		if got := Parse(accept); got != want {
			t.Errorf("%q -> %s, want %s", accept, got, want)
		}
	}
}

// counted are nouns that have a plural; a number before one may be 1.
const counted = `members|customers|buyers|purchases|products|months|times|customer-days|pairs|gaps|people|seconds`

var plainPlural = regexp.MustCompile(`\{([a-z_0-9]+)(:n)?\}(?: |\x{a0})(?:` + counted + `)\b`)

// neverOne are texts whose numbers are fixed and more than one, or fractions.
var neverOne = []string{"insight.due.none_yet", "insight.product.rules", "insight.test_part", "insight.choice.trial", "insight.due_trial.says", "insight.sampled"}

func TestInsightSaysOneMemberAndTwoMembers(t *testing.T) {
	for key, m := range catalogue() {
		if !strings.HasPrefix(key, "insight.") && !strings.HasPrefix(key, "liability.as_of") || slices.Contains(neverOne, key) {
			continue
		}
		for _, hit := range plainPlural.FindAllString(m.EN, -1) {
			t.Errorf("%s says %q of one too; write {n|one|many}", key, hit)
		}
	}
	for _, c := range []struct {
		key  string
		args []any
		want string
	}{
		{"insight.mean_note", []any{"n", 1, "horizon", 90}, "1 member; chance of buying in 90 days"},
		{"insight.mix_all", []any{"n", 1, "top", "Silver"}, "The only one is “Silver” (1)."},
		{"insight.worth_band", []any{"n", 1, "low", 10, "high", 20}, "1 member has a score from 10 to 20."},
		{"insight.value.people", []any{"n", 1}, "member"},
		{"liability.as_of", []any{"n", 1}, "As read 1 second ago. Open the page again for newer figures."},
	} {
		if got := T(EN, c.key, c.args...); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
