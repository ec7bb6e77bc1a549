package ui

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"
)

func itoa(n int) string { return strconv.Itoa(n) }

// attrs are the attributes an input has only sometimes.
func (d Field) attrs() templ.Attributes {
	a := templ.Attributes{}
	set := func(name, v string) {
		if v != "" {
			a[name] = v
		}
	}
	set("autocomplete", d.Autocomplete)
	set("inputmode", d.InputMode)
	set("aria-describedby", d.describedBy())
	if d.Error != "" {
		a["aria-invalid"] = "true"
	}
	return a
}

// state is the class of a field that is wrong, or says something else than what
// is recorded now.
func (d Field) state() string {
	switch {
	case d.Error != "":
		return "wrong"
	case d.Now != nil:
		return "differs"
	}
	return ""
}

// groupAttrs are those of a fieldset, which knows no aria-invalid.
func (d Field) groupAttrs() templ.Attributes {
	if by := d.describedBy(); by != "" {
		return templ.Attributes{"aria-describedby": by}
	}
	return nil
}

func (d Field) only() Option {
	if len(d.Options) > 0 {
		return d.Options[0]
	}
	return Option{Value: "yes", On: d.Value == "yes"}
}

func sortedKeys(m map[string]string) []string {
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}
