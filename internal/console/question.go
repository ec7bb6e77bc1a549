package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"joren/internal/fault"
	"joren/internal/i18n"
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
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
		q.refuse(fault.New(fault.Invalid, "console.address_broken"))
	}
	for _, name := range c.noted(r, spec.Filters...) {
		all := slices.Compact(slices.Clone(q.wanted.Filter[name]))
		for i, v := range all {
			if i > 0 || !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				q.strange(name, strings.ReplaceAll(strings.ToValidUTF8(v, "�"), "\x00", "�"))
				break
			}
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

// sentEmpty reports that a form was sent with nothing in its field name.
func (c *Console) sentEmpty(r *http.Request, name string) bool {
	sent := c.answers(r, name)
	return sent.Has(name) && strings.TrimSpace(sent.Get(name)) == ""
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
