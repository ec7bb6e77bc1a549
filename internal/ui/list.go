package ui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ListSpec says which state a table accepts.
type ListSpec struct {
	Sorts   []string // keys of sortable columns
	Sort    string   // the order when none is asked for; "-key" is descending
	Filters []string // names of filter fields
	Size    int      // rows per page, 50 if 0
}

// List is the state of a table. It stands in the URL and nowhere else: a
// shared link shows the same rows, Back restores them.
type List struct {
	Path   string
	Sort   string
	Desc   bool
	After  string // keyset cursor: rows after it
	Before string // keyset cursor: rows before it
	Size   int
	Filter url.Values
}

// ParseList reads the state from u. What spec does not know is ignored, so an
// old or mistyped link still shows the table.
func ParseList(u *url.URL, spec ListSpec) List {
	q := u.Query()
	l := List{Path: u.Path, After: q.Get("after"), Before: q.Get("before"), Size: spec.Size, Filter: url.Values{}}
	if l.Size == 0 {
		l.Size = 50
	}
	if n, err := strconv.Atoi(q.Get("size")); err == nil && n > 0 && n <= 500 {
		l.Size = n
	}
	l.setSort(spec.Sort)
	if key := strings.TrimPrefix(q.Get("sort"), "-"); slices.Contains(spec.Sorts, key) {
		l.setSort(q.Get("sort"))
	}
	for _, name := range spec.Filters {
		for _, v := range q[name] {
			if v = strings.TrimSpace(v); v != "" {
				l.Filter.Add(name, v)
			}
		}
	}
	return l
}

func (l *List) setSort(s string) {
	l.Sort, l.Desc = strings.CutPrefix(s, "-")
}

// Get is the first value of a filter.
func (l List) Get(name string) string { return l.Filter.Get(name) }

// Filtered reports whether any filter is set.
func (l List) Filtered() bool { return len(l.Filter) > 0 }

func (l List) order() string {
	if l.Desc {
		return "-" + l.Sort
	}
	return l.Sort
}

// URL is the list's address with pairs of name and value changed; an empty
// value takes the name away. Without After and Before it is the first page.
func (l List) URL(pairs ...string) string {
	q := url.Values{}
	for k, v := range l.Filter {
		q[k] = v
	}
	if l.Sort != "" {
		q.Set("sort", l.order())
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
			continue
		}
		q.Set(pairs[i], pairs[i+1])
	}
	if len(q) == 0 {
		return l.Path
	}
	return l.Path + "?" + q.Encode()
}

// SortURL orders by key, and turns the order round when it is in use already.
func (l List) SortURL(key string) string {
	if l.Sort == key && !l.Desc {
		key = "-" + key
	}
	return l.URL("sort", key)
}

// CSVURL is the same rows as a file: the page's handler answers format=csv.
func (l List) CSVURL() string { return l.URL("format", "csv") }

// Clear is the list without filters.
func (l List) Clear() string {
	l.Filter = nil
	return l.URL()
}

// ariaSort is the value of aria-sort for a column, "" when it is not the
// sorted one.
func (l List) ariaSort(key string) string {
	switch {
	case l.Sort != key:
		return ""
	case l.Desc:
		return "descending"
	}
	return "ascending"
}
