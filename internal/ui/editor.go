package ui

import (
	"strings"

	"github.com/a-h/templ"
)

func (s Source) rows() int {
	if s.Rows == 0 {
		return 24
	}
	return s.Rows
}

// lines counts the lines of the document, at least one.
func (s Source) lines() int { return strings.Count(s.Text, "\n") + 1 }

func (s Source) marked(line int) bool {
	for _, m := range s.Marks {
		if m.Line == line {
			return true
		}
	}
	return false
}

func (s Source) attrs() templ.Attributes {
	var by []string
	if s.Hint != "" {
		by = append(by, "f-"+s.Name+"-hint")
	}
	a := templ.Attributes{}
	if s.Now != "" {
		by = append(by, "f-"+s.Name+"-now")
	}
	if len(s.Marks) > 0 {
		by = append(by, "f-"+s.Name+"-error")
		a["aria-invalid"] = "true"
	}
	if len(by) > 0 {
		a["aria-describedby"] = strings.Join(by, " ")
	}
	return a
}

func (s Source) state() string {
	switch {
	case len(s.Marks) > 0:
		return "wrong"
	case s.Now != "":
		return "differs"
	}
	return ""
}

func (l DiffLine) class() string {
	switch l.Op {
	case '+':
		return "added"
	case '-':
		return "removed"
	}
	return "same"
}

func lineNo(n int) string {
	if n == 0 {
		return ""
	}
	return itoa(n)
}

// Lines compares two texts line by line by their longest common subsequence.
// Texts whose product of line counts exceeds 4 million are shown as a whole
// removed and a whole added.
func Lines(old, new string) []DiffLine {
	a, b := split(old), split(new)
	if len(a)*len(b) > 4_000_000 {
		return walk(a, b, func(i, j int) int { return 0 })
	}
	w := len(b) + 1
	lcs := make([]int32, (len(a)+1)*w)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				lcs[i*w+j] = lcs[(i+1)*w+j+1] + 1
			} else {
				lcs[i*w+j] = max(lcs[(i+1)*w+j], lcs[i*w+j+1])
			}
		}
	}
	return walk(a, b, func(i, j int) int { return int(lcs[i*w+j]) })
}

func walk(a, b []string, common func(i, j int) int) []DiffLine {
	var out []DiffLine
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, DiffLine{' ', i + 1, j + 1, a[i]})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || common(i+1, j) >= common(i, j+1)):
			out = append(out, DiffLine{'-', i + 1, 0, a[i]})
			i++
		default:
			out = append(out, DiffLine{'+', 0, j + 1, b[j]})
			j++
		}
	}
	return out
}

// Near keeps the lines that changed, and n on either side of them.
func Near(lines []DiffLine, n int) []DiffLine {
	var out []DiffLine
	next := 0 // the first line that is not kept yet
	for i, l := range lines {
		if l.Op != ' ' {
			from, to := max(next, i-n), min(len(lines), i+n+1)
			if from < to {
				out, next = append(out, lines[from:to]...), to
			}
		}
	}
	return out
}

func split(s string) []string {
	s = strings.TrimSuffix(s, "\n")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}
