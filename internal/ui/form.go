package ui

import (
	"net/url"
	"strings"

	"joren/internal/fault"
	"joren/internal/i18n"
)

// FieldError is what is wrong with one field, in the reader's words. Name is
// "" for a fault of the form as a whole.
type FieldError struct {
	Name string
	Text string
}

// Form is what was sent and what is wrong with it.
type Form struct {
	Values    url.Values
	Errors    []FieldError
	Overtaken *Overtaken // somebody else was faster, see [Recorded.Meet]
	now       map[string][]string
}

// NewForm joins the values sent with the fault that refused them; the places
// of the fault become errors of the fields of that name. err may be nil.
func NewForm(l i18n.Lang, values url.Values, err error) Form {
	f := Form{Values: values}
	if err == nil {
		return f
	}
	why := fault.Of(err)
	for _, p := range why.Fields {
		f.Errors = append(f.Errors, FieldError{p.Path, i18n.Fault(l, p.Code, p.Args)})
	}
	if len(f.Errors) == 0 {
		f.Errors = []FieldError{{"", i18n.Fault(l, why.Code, why.Args)}}
	}
	return f
}

// Value is what was sent for a field.
func (f Form) Value(name string) string { return f.Values.Get(name) }

// Has reports whether v is among the values sent for a field.
func (f Form) Has(name, v string) bool {
	for _, x := range f.Values[name] {
		if x == v {
			return true
		}
	}
	return false
}

// Error is what is wrong with a field, "" if nothing.
func (f Form) Error(name string) string {
	for _, e := range f.Errors {
		if e.Name == name {
			return e.Text
		}
	}
	return ""
}

// Field describes one input. Its label is always visible; its error has the
// same words in the summary.
type Field struct {
	Name         string
	Label        string
	Type         string // text if ""
	Value        string
	Hint         string
	Error        string
	Now          []string // what is recorded now, if that is something else, see [Form.Now]
	Required     bool
	ReadOnly     bool
	Rows         int    // of a text area, 5 if 0
	Width        string // "short", "mid" or "" for full
	Autocomplete string
	InputMode    string
	Accept       string // of a file field
	Multiple     bool
	Options      []Option // of a select, radios, checkboxes
}

// Option is one choice.
type Option struct {
	Value string
	Label string
	Hint  string
	On    bool
}

// Field makes a text field with the form's value and error.
func (f Form) Field(name, label string) Field {
	return Field{Name: name, Label: label, Value: f.Value(name), Error: f.Error(name), Now: f.Now(name)}
}

// Choice makes a field of options with those sent switched on; when the form
// carries no values at all, the options' own On stands.
func (f Form) Choice(name, label string, options ...Option) Field {
	if f.Values.Has(name) {
		for i := range options {
			options[i].On = f.Has(name, options[i].Value)
		}
	}
	return Field{Name: name, Label: label, Error: f.Error(name), Now: f.Now(name), Options: options}
}

// Must marks a field as required.
func (d Field) Must() Field { d.Required = true; return d }

// Of sets the input type.
func (d Field) Of(typ string) Field { d.Type = typ; return d }

// Say sets the hint.
func (d Field) Say(hint string) Field { d.Hint = hint; return d }

func (d Field) id() string { return "f-" + d.Name }

func (d Field) typ() string {
	if d.Type == "" {
		return "text"
	}
	return d.Type
}

func (d Field) rows() int {
	if d.Rows == 0 {
		return 5
	}
	return d.Rows
}

// describedBy names the hint, what is recorded now and the error for assistive
// technology.
func (d Field) describedBy() string {
	var ids []string
	if d.Hint != "" {
		ids = append(ids, d.id()+"-hint")
	}
	if d.Now != nil {
		ids = append(ids, d.id()+"-now")
	}
	if d.Error != "" {
		ids = append(ids, d.id()+"-error")
	}
	return strings.Join(ids, " ")
}

// anchor is where the summary's link leads.
func (e FieldError) anchor() string {
	if e.Name == "" {
		return ""
	}
	return "#f-" + e.Name
}
