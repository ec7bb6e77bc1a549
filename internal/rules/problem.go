package rules

import (
	"fmt"

	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/label"
)

// Problem is one thing wrong with a specification or condition: where, a
// stable code, and the values of its message (i18n key "fault." + code).
type Problem struct {
	Path string // e.g. "rules[3].when"; "" for a condition compiled alone
	Code string
	Args fault.Args
}

func (p Problem) String() string { return fmt.Sprint(p.Path, ": ", p.Code, " ", p.Args) }

// In is the message in a language.
func (p Problem) In(l i18n.Lang) string { return i18n.Fault(l, p.Code, p.Args) }

func problem(path, code string, args ...any) Problem {
	return Problem{path, code, fault.New(fault.Invalid, code, args...).Args}
}

// hint is "did you mean 'tier'?" in both languages, or nothing when no known
// word is near.
func hint(word string, known []string) label.Text {
	best, dist := "", max(len(word)/3, 1)+1
	for _, k := range known {
		if d := distance(word, k); d < dist {
			best, dist = k, d
		}
	}
	if best == "" {
		return label.Text{}
	}
	return label.Text{JA: i18n.T(i18n.JA, "rules.hint", "word", best), EN: i18n.T(i18n.EN, "rules.hint", "word", best)}
}

// distance is the edit distance of two words, a swap of neighbours counting
// once (optimal string alignment; Damerau 1964).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 60 || len(y) > 60 {
		return 60
	}
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
