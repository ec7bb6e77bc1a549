package proof

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/text"
)

// Report is what Verify found: every law it looked at, in order.
type Report struct{ Laws []Law }

// Law is one promise of SEMANTICS §12 and whether it holds.
type Law struct {
	No     int
	Code   string // "ledger.zero", "limit.counters", …; stable
	Unit   string // what Seen counts, e.g. "lots"
	Seen   int64
	Broken int64     // cases
	Found  []Finding // the first of them
}

// Finding is one case of a broken law.
type Finding struct {
	Place string // entry, lot, member … ; args name it
	What  string // code of what is wrong there
	Args  fault.Args
}

// shown is how many cases of a law are kept; all are counted.
const shown = 20

func (l *Law) report(f Finding) {
	if l.Broken++; len(l.Found) < shown {
		l.Found = append(l.Found, f)
	}
}

// Holds reports whether no law is broken.
func (r Report) Holds() bool { return r.cases() == 0 }

// Exit is the status the command ends with: 0 when all laws hold, else 1.
func (r Report) Exit() int {
	if r.Holds() {
		return 0
	}
	return 1
}

func (r Report) cases() (n int64) {
	for _, l := range r.Laws {
		n += l.Broken
	}
	return n
}

// Law finds a law by its code.
func (r Report) Law(code string) (Law, bool) {
	i := slices.IndexFunc(r.Laws, func(l Law) bool { return l.Code == code })
	if i < 0 {
		return Law{}, false
	}
	return r.Laws[i], true
}

// Text is the report for people: a line for each law, the cases of broken
// ones below it, and the decision.
func (r Report) Text(l i18n.Lang) string {
	var b strings.Builder
	names, counts, units := 0, 0, 0
	for _, x := range r.Laws {
		names = max(names, text.Width(x.name(l)))
		counts = max(counts, len(i18n.Number(x.Seen)))
		units = max(units, text.Width(x.unit(l)))
	}
	for _, x := range r.Laws {
		state := "ok"
		if x.Broken > 0 {
			state = "BROKEN"
		}
		fmt.Fprintf(&b, "%2d %s  %*s %s  %s\n", x.No, pad(x.name(l), names), counts, i18n.Number(x.Seen), pad(x.unit(l), units), state)
		for _, f := range x.Found {
			fmt.Fprintf(&b, "   %s\n", f.Text(l))
		}
		if more := x.Broken - int64(len(x.Found)); more > 0 {
			fmt.Fprintf(&b, "   %s\n", i18n.T(l, "proof.more", "n", more))
		}
	}
	b.WriteString(r.decision(l))
	b.WriteByte('\n')
	return b.String()
}

func (r Report) decision(l i18n.Lang) string {
	if r.Holds() {
		return i18n.T(l, "proof.holds")
	}
	var nos []string
	for _, x := range r.Laws {
		if x.Broken > 0 {
			nos = append(nos, strconv.Itoa(x.No))
		}
	}
	return i18n.T(l, "proof.broken", "laws", strings.Join(nos, ", "), "count", len(nos), "n", r.cases(), "exit", r.Exit())
}

func (x Law) name(l i18n.Lang) string { return i18n.T(l, "proof.law."+x.Code) }
func (x Law) unit(l i18n.Lang) string { return i18n.T(l, "proof.unit."+x.Unit, "n", x.Seen) }

// Text is the case in words: where, and what is wrong there.
func (f Finding) Text(l i18n.Lang) string {
	return i18n.T(l, "proof.at."+f.Place, pairs(f.Args)...) + ": " + i18n.T(l, "proof.what."+f.What, pairs(f.Args)...)
}

func pairs(a fault.Args) []any {
	out := make([]any, 0, 2*len(a))
	for k, v := range a {
		out = append(out, k, v)
	}
	return out
}

func pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-text.Width(s))) }
