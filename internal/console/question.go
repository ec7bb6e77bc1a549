package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/text"
	"joren/internal/ui"
)

// question is what the URL of a page asks for, read with what is wrong with
// it. A page with a fault answers 422 and shows everything instead, from the
// beginning; its fields still hold what was typed. A file is never of another
// question than the one meant.
type question struct {
	list   ui.List // what is shown
	wanted ui.List // what was asked for
	wrong  ui.Form // what is wrong with that
	why    error   // the first of it
	csv    bool
	lang   i18n.Lang
}

// ask reads the parameters that spec names and those of every list. Names it
// does not know are harmless and stay unread; an empty value asks for nothing.
func (c *Console) ask(r *http.Request, spec ui.ListSpec) question {
	q := c.asked(r, spec)
	given := r.URL.Query()
	q.csv = wantsCSV(r)
	right := map[string]bool{"format": q.csv, "size": wholeOr(given.Get("size"), -1) == q.list.Size, "sort": slices.Contains(spec.Sorts, strings.TrimPrefix(given.Get("sort"), "-"))}
	for _, name := range c.noted(r, commonNames(spec)...) {
		if v := given.Get(name); v != "" && !right[name] {
			q.strange(name, v)
		}
	}
	return q
}

// names reads the parameters of a page that is no list.
func (c *Console) names(r *http.Request, names ...string) question {
	return c.asked(r, ui.ListSpec{Filters: names})
}

func (c *Console) asked(r *http.Request, spec ui.ListSpec) question {
	q := question{lang: lang(r), list: ui.ParseList(r.URL, spec)}
	q.wanted = q.list
	q.wrong.Values = q.wanted.Filter
	for _, name := range c.noted(r, spec.Filters...) {
		if all := slices.Compact(slices.Clone(q.wanted.Filter[name])); len(all) > 1 {
			q.strange(name, all[1])
		}
	}
	return q
}

// noted tells who wants to know which parameters a page reads.
func (c *Console) noted(r *http.Request, names ...string) []string {
	if c.reads != nil {
		c.reads(r.Pattern, names...)
	}
	return names
}

// asFile reports whether a page without a filter is asked for as a file.
func (c *Console) asFile(r *http.Request) (bool, error) {
	q := c.names(r, "format")
	return q.word("format", "csv") != "", q.why
}

// answers are the values of a form that was sent to be looked at only.
func (c *Console) answers(r *http.Request, names ...string) url.Values {
	c.noted(r, names...)
	return r.URL.Query()
}

// commonNames are the parameters that a list of spec has beside its filter's.
func commonNames(spec ui.ListSpec) []string {
	if len(spec.Sorts) == 0 {
		return []string{"format", "size"}
	}
	return []string{"format", "size", "sort"}
}

// wantsCSV reports that a page's rows are asked for as a file.
func wantsCSV(r *http.Request) bool { return r.URL.Query().Get("format") == "csv" }

func wholeOr(s string, none int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return none
	}
	return n
}

// refuse notes a mistake: then everything is shown.
func (q *question) refuse(wrong error) {
	q.why = cmp.Or(q.why, wrong)
	q.wrong.Errors = append(q.wrong.Errors, ui.NewForm(q.lang, nil, wrong).Errors...)
	q.list.Filter, q.list.After, q.list.Before = url.Values{}, "", ""
}

// strange refuses a parameter that no field of the page shows; the sentence
// above the page names it.
func (q *question) strange(name, value string) {
	q.wanted.Filter.Del(name)
	q.refuse(fault.New(fault.Invalid, "console.address", "name", name, "value", value))
}

// unseen is for a page that shows no field of its question: the sentences above
// it name what is wrong.
func (q *question) unseen() {
	wrong := q.wrong.Errors
	q.wrong.Errors = nil
	for _, e := range wrong {
		if e.Name == "" {
			q.wrong.Errors = append(q.wrong.Errors, e)
		} else {
			q.strange(e.Name, q.wanted.Get(e.Name))
		}
	}
}

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

func (q question) bad() bool { return len(q.wrong.Errors) > 0 }

// status is that of the page.
func (q question) status() int {
	if q.bad() {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// file reports whether the page is asked for as a file: never of another
// question than the one meant.
func (q question) file() bool { return q.csv && !q.bad() }

// head puts what is wrong with a question at the head of its page.
func (q question) head(m ui.Meta) ui.Meta {
	m.Errors = q.wrong.Errors
	return m
}

// field shows what was typed with what is wrong with it.
func (q question) field(name, label, width string) ui.Field {
	return ui.Field{Name: name, Label: label, Value: q.wanted.Get(name), Width: width, Error: q.wrong.Error(name)}
}

// dated is a field of days. What is no day stands in a field of text: one of
// days would not show it.
func (q question) dated(name, label string) ui.Field {
	f := q.field(name, label, "short")
	if d, err := text.Day(f.Value); err == nil && d != 0 {
		f.Value = d.String()
	} else if f.Value != "" {
		return f
	}
	f.Type = "date"
	return f
}

// choice is a field of options.
func (q question) choice(name, label, width string, options []ui.Option) ui.Field {
	f := q.field(name, label, width)
	f.Options = withTyped(options, f.Value)
	return f
}

// withTyped adds a value that is none of the options, so that the field shows
// what was asked for.
func withTyped(options []ui.Option, value string) []ui.Option {
	if value == "" || slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
		return options
	}
	for i := range options {
		options[i].On = false
	}
	return append(options, ui.Option{Value: value, Label: value, On: true})
}
