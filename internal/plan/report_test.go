package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/i18n"
)

const threeSlips = `cafe.yaml:37  rules[3].when           unknown field 'tire' of member; did you mean 'tier'?             (condition.unknown_field)
cafe.yaml:53  groups[0].mode          'bset' is not one of all, first, best, cheapest, exclusive       (programme.bad_value)
cafe.yaml:65  tiers.levels[1].keep    keep 34000 is above enter 30000: nobody could keep what they won (tier.keep_above_enter)
3 errors; nothing was stored.
`

func slips(t *testing.T) Problems {
	t.Helper()
	src := strings.NewReplacer("when: \"member.tier == 'silver'\"", "when: \"member.tire == 'silver'\"", "mode: best", "mode: bset", "keep: 24000", "keep: 34000").Replace(template(t, "cafe"))
	p, bad := Parse([]byte(src))
	if p != nil {
		t.Error("a programme with problems came back")
	}
	return bad
}

func TestThreeSlipsOfThePenAreReportedAtOnce(t *testing.T) {
	if diff := cmp.Diff(threeSlips, Report("cafe.yaml", slips(t), i18n.EN)); diff != "" {
		t.Error(diff)
	}
}

func TestColumnsLineUpInJapaneseToo(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(Report("cafe.yaml", slips(t), i18n.JA)), "\n")
	if len(lines) != 4 || lines[3] != "エラーが3件あります。何も保存していません。" {
		t.Fatalf("%q", lines)
	}
	at := Width(lines[0][:strings.LastIndex(lines[0], "(")])
	for _, l := range lines[1:3] {
		if n := Width(l[:strings.LastIndex(l, "(")]); n != at {
			t.Errorf("the code begins at %d, in line one at %d: %s", n, at, l)
		}
	}
}

func TestAGoodFileSaysSo(t *testing.T) {
	if got := Report("cafe.yaml", nil, i18n.EN); got != "cafe.yaml has no errors.\n" {
		t.Error(got)
	}
}
