package plan

import (
	"fmt"
	"strings"

	"golang.org/x/text/width"

	"joren/internal/i18n"
)

// Report is what "joren programme check" prints: a line per problem with
// file:line, path, message and code in columns, then the count. No problems
// give the sentence that all is well. Columns are measured as a terminal
// shows them: a full-width character takes two places.
func Report(file string, ps Problems, l i18n.Lang) string {
	if len(ps) == 0 {
		return i18n.T(l, "plan.check.ok", "file", file) + "\n"
	}
	rows := make([][3]string, len(ps))
	var widest [3]int
	for i, p := range ps {
		where := file
		if p.Line > 0 {
			where = fmt.Sprintf("%s:%d", file, p.Line)
		}
		rows[i] = [3]string{where, p.Path, p.Text(l)}
		for c, s := range rows[i] {
			widest[c] = max(widest[c], Width(s))
		}
	}
	var b strings.Builder
	for i, r := range rows {
		b.WriteString(pad(r[0], widest[0]+2) + pad(r[1], widest[1]+4) + pad(r[2], widest[2]+1) + "(" + ps[i].Code + ")\n")
	}
	b.WriteString(i18n.T(l, "plan.check.errors", "count", len(ps)) + "\n")
	return b.String()
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-Width(s))) }

// Width is the number of terminal places s takes (Unicode TR 11: wide and
// full-width characters take two).
func Width(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
