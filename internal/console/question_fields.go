package console

import (
	"slices"

	"joren/internal/text"
	"joren/internal/ui"
)

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
