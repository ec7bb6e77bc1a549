package ui

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Overtaken is what the head of a page says when somebody else changed its
// subject while the person had it open.
type Overtaken struct {
	Fields []Field // those that say something else than what is recorded now
	Button bool    // it was a button, on a page that shows what is recorded now
	Reopen string  // the page as it is recorded now
}

// Recorded is what is recorded by now of the subject of a form that was
// overtaken.
type Recorded struct {
	Values  url.Values // as the form shows them
	Sent    url.Values // what was sent, as it would be recorded; nil for as it was sent
	Version string     // the name of the hidden field that says what a form was made from, among Values
	Reopen  string     // the form's page
}

// Meet gives back an overtaken form as it was sent, made from the version
// recorded now, so that it can be saved again. Those of its fields that say
// something else than what is recorded now are marked and tell what that is.
func (rec Recorded) Meet(sent url.Values, fields ...Field) Form {
	f := Form{Values: maps.Clone(sent), Overtaken: &Overtaken{Reopen: rec.Reopen}, now: map[string][]string{}}
	f.Values.Set(rec.Version, rec.Values.Get(rec.Version))
	if rec.Sent == nil {
		rec.Sent = sent
	}
	for _, d := range fields {
		is := said(rec.Values[d.Name])
		if slices.Equal(said(rec.Sent[d.Name]), is) {
			continue
		}
		f.now[d.Name] = is
		f.Overtaken.Fields = append(f.Overtaken.Fields, d)
	}
	return f
}

// said are the values of a field that say something, whatever their order and
// however the browser ends a line.
func said(values []string) []string {
	out := []string{}
	for _, v := range values {
		if v = strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "\n")); v != "" {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

// Now is what is recorded now of a field that says something else; nil for one
// that does not.
func (f Form) Now(name string) []string { return f.now[name] }

// recorded says what is recorded now in the words that the field shows.
func (d Field) recorded(ctx context.Context) string {
	var words []string
	for _, o := range d.Options {
		if slices.Contains(d.Now, o.Value) || o.Value == "" && len(d.Now) == 0 {
			words = append(words, o.Label)
		}
	}
	switch {
	case len(words) > 0:
		return strings.Join(words, T(ctx, "ui.recorded.and"))
	case len(d.Now) > 0:
		return strings.Join(d.Now, T(ctx, "ui.recorded.and"))
	case len(d.Options) > 0:
		return T(ctx, "ui.recorded.none")
	}
	return T(ctx, "ui.recorded.empty")
}

// key is the catalogue's of what is said.
func (o Overtaken) key(part string) string {
	switch {
	case o.Button:
		return "ui.overtaken.button_" + part
	case len(o.Fields) == 0:
		return "ui.overtaken.same_" + part
	}
	return "ui.overtaken." + part
}
