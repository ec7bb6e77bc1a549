package console

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/text"
)

func unknownOption(name, value string) error { return wrongAt(name, "insight.filter_option", value) }

func wrongAt(name, code, value string) error {
	return fault.New(fault.Invalid, "insight.filter").With(fault.At(name, code, "value", value))
}

// oneOf is the value of a field with options.
func (q *question) oneOf(name string, options ...string) string {
	v := q.wanted.Get(name)
	if v != "" && !slices.Contains(options, v) {
		q.refuse(unknownOption(name, v))
		return ""
	}
	return v
}

// word is oneOf where no field shows the value.
func (q *question) word(name string, options ...string) string {
	v := q.wanted.Get(name)
	if v != "" && !slices.Contains(options, v) {
		q.strange(name, v)
		return ""
	}
	return v
}

// days are the first and the last day of a period as people type them, 0 for
// one that is not asked for.
func (q *question) days(from, to string) (first, last clock.Day) {
	first, last = q.day(from), q.day(to)
	if first != 0 && last != 0 && first > last {
		q.refuse(wrongAt(to, "insight.filter_order", ""))
	}
	return first, last
}

func (q *question) day(name string) clock.Day {
	v := q.wanted.Get(name)
	if v == "" {
		return 0
	}
	d, err := text.Day(v)
	if err != nil {
		q.refuse(wrongAt(name, "insight.filter_day", v))
		return 0
	}
	return d
}

// id is an id that a link carries.
func (q *question) id(name string, prefix ident.Prefix) ident.ID {
	v := q.wanted.Get(name)
	id, err := prefix.Parse(v)
	if v != "" && err != nil {
		q.strange(name, v)
	}
	return id
}

// placeOf is where the page of a list begins, and whether it was reached
// backwards.
func placeOf[P any](q *question, parse func(string) (P, bool)) (at P, back bool) {
	name, v := "after", q.wanted.After
	if q.wanted.Before != "" {
		name, v, back = "before", q.wanted.Before, true
	}
	at, ok := parse(v)
	if v != "" && (!ok || q.wanted.After != "" && back) {
		q.strange(name, v)
	}
	if q.bad() {
		var start P
		return start, false
	}
	return at, back
}

// place is placeOf for rows counted from 0.
func (q *question) place() int {
	n, _ := placeOf(q, func(s string) (int, bool) { n := wholeOr(s, -1); return max(n, 0), n >= 0 })
	return n
}

// refuseAt refuses a field for what somebody else found wrong with its value.
func (q *question) refuseAt(name string, why error) {
	f := fault.Of(why)
	q.refuse(fault.New(fault.Invalid, "insight.filter").With(fault.Field{Path: name, Code: f.Code, Args: f.Args}))
}

// said is a parameter that is either 1 or left out.
func (q *question) said(name string) bool { return q.word(name, "1") != "" && !q.bad() }

// heeded is a filter when nothing is wrong, else the one that takes all.
func heeded[F any](q *question, f F) F {
	if q.bad() {
		var all F
		return all
	}
	return f
}
