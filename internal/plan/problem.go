package plan

import (
	"cmp"
	"slices"
	"strings"

	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/label"
)

// Problem is one thing wrong with a document: where, what, and with the
// catalogue's sentence ("fault." + Code) what to do.
type Problem struct {
	Path string // e.g. tiers.levels[1].keep; "" is the document as a whole
	Line int    // from 1; 0 when the document has no such place
	Code string
	Args fault.Args
}

// Text is the sentence for people: what is wrong and what to do.
func (p Problem) Text(l i18n.Lang) string { return i18n.Fault(l, p.Code, p.Args) }

// Problems are all that is wrong, in the order of the document.
type Problems []Problem

// Fault is nil for no problems, otherwise programme.invalid with one field
// per problem.
func (ps Problems) Fault() error {
	if len(ps) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "programme.invalid", "count", len(ps))
	for _, p := range ps {
		f.Fields = append(f.Fields, fault.Field{Path: p.Path, Line: p.Line, Code: p.Code, Args: p.Args})
	}
	return f
}

func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return ps
}

// lineOf finds the line of path or of the nearest part around it.
func lineOf(lines map[string]int, path string) int {
	for path != "" {
		if n, ok := lines[path]; ok {
			return n
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return lines[""]
}

// hint is "; did you mean 'tier'?" in both languages, or nothing when no
// known word is near.
func hint(word string, known []string) label.Text {
	best := near(word, known)
	if best == "" {
		return label.Text{}
	}
	return label.Text{JA: i18n.T(i18n.JA, "plan.hint", "word", best), EN: i18n.T(i18n.EN, "plan.hint", "word", best)}
}

// near is the candidate closest to word, "" when none is close enough to have
// been meant (Levenshtein distance at most 2, and less than half the word).
func near(word string, candidates []string) string {
	best, dist := "", 3
	for _, c := range candidates {
		if d := distance(word, c); d < dist && d*2 < max(len(word), len(c)) {
			best, dist = c, d
		}
	}
	return best
}

// distance is the optimal string alignment distance: Levenshtein's with
// neighbours exchanged counted as one slip.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			swap := 1
			if a[i-1] == b[j-1] {
				swap = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+swap)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
