package console

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/staff"
)

// Parts of a whole are checked by adding them up.
func TestSharesOfAWholeAddUp(t *testing.T) {
	for _, c := range []struct {
		counts []int64
		want   []string
	}{
		{[]int64{2972, 1052, 348}, []string{"68.0", "24.1", "7.9"}},
		{[]int64{1, 1, 1}, []string{"33.4", "33.3", "33.3"}},
		{[]int64{0, 5}, []string{"0.0", "100.0"}},
		{[]int64{0, 0}, []string{"0.0", "0.0"}},
		{[]int64{1}, []string{"100.0"}},
	} {
		if got := sharesOf(c.counts); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.counts, got, c.want)
		}
	}
	for a := int64(0); a < 60; a++ {
		sum := int64(0)
		for _, s := range sharesOf([]int64{a, 7, 13 * a % 11, 3}) {
			whole, tenth, _ := strings.Cut(s, ".")
			n, err := strconv.ParseInt(whole+tenth, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		if sum != 1000 {
			t.Errorf("%d: tenths add up to %d", a, sum)
		}
	}
}

func TestTheAgeOfFiguresIsToldInMinutes(t *testing.T) {
	s := &scene{lang: i18n.JA}
	for age, want := range map[time.Duration]string{time.Second: "1秒前", 119 * time.Second: "119秒前", 134 * time.Second: "2分前"} {
		if got := s.readAgo(age); !strings.HasPrefix(got, want) {
			t.Errorf("%v: %q", age, got)
		}
	}
	if s.lang = i18n.EN; !strings.HasPrefix(s.readAgo(time.Second), "As read 1 second ago") {
		t.Error(s.readAgo(time.Second))
	}
}

// A mark and a score that say different things are explained; where they agree
// nobody needs to be told.
func TestAMarkBesideADifferentScoreIsExplained(t *testing.T) {
	for _, c := range []struct {
		rhythm insight.Rhythm
		score  insight.Tenths
		want   bool
	}{{insight.InRhythm, 716, false}, {insight.InRhythm, 215, true}, {insight.Dormant, 716, true}, {insight.Churned, 500, true}, {insight.Churned, 499, false}} {
		l := loyalty{Standing: &insight.Standing{Rhythm: c.rhythm, Loyalty: insight.Loyalty{Score: c.score}}}
		if l.disagree() != c.want {
			t.Errorf("%v at %v: %v", c.rhythm, c.score, l.disagree())
		}
	}
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c, seen := o.clerk(staff.Owner), map[bool]int{}
		for _, a := range c.get("/insight/members?size=100").ok(200).find("a") {
			if !strings.HasPrefix(a.attrs["href"], "/members/mem_") {
				continue
			}
			page := c.get(a.attrs["href"]).ok(200).main()
			said := scoreAndMark.FindStringSubmatch(page)
			if said == nil {
				t.Fatalf("%s names no score: %s", a.attrs["href"], page[max(0, strings.Index(page, "Loyalty")):])
			}
			score, err := strconv.ParseFloat(said[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			differ := (said[2] == "As usual") == (score < 50)
			if seen[differ]++; strings.Contains(page, i18n.T(i18n.EN, "insight.worth_differ")) != differ {
				t.Errorf("%s: %v, explained: %v", a.attrs["href"], said, !differ)
			}
		}
		if seen[true]+seen[false] == 0 {
			t.Error("no member was looked at")
		}
	})
}

var scoreAndMark = regexp.MustCompile(`Score ([0-9.]+) of 100[· ]*(As usual|Drifting away|May have left)`)
