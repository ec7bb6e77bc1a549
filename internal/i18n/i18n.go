// Package i18n holds every text the product shows to people, in Japanese and
// English side by side, and formats numbers, money and dates as readers of
// each language expect.
//
// Catalogues are YAML files in catalog/, one per area, each key carrying both
// languages; a test refuses a key that lacks one or whose placeholders differ.
//
// A message holds placeholders: {name}, {name:FORMAT} and, for English
// plurals, {name|one|many}. Formats: n (1,234), points, money, day
// (2026年11月22日（日）), month, instant, milli (1.5), percent (thousandths).
package i18n

import (
	"embed"
	"fmt"
	"path"
	"sort"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"joren/internal/fault"
	"joren/internal/label"
)

// Lang is a language of the interface.
type Lang = label.Lang

const (
	JA = label.JA
	EN = label.EN
)

//go:embed catalog/*.yaml
var files embed.FS

type message struct {
	JA string `yaml:"ja"`
	EN string `yaml:"en"`
}

var catalogue = sync.OnceValue(func() map[string]message {
	all := map[string]message{}
	names, err := files.ReadDir("catalog")
	if err != nil {
		panic(err)
	}
	for _, f := range names {
		b, err := files.ReadFile(path.Join("catalog", f.Name()))
		if err != nil {
			panic(err)
		}
		var m map[string]message
		if err := yaml.UnmarshalWithOptions(b, &m, yaml.DisallowUnknownField()); err != nil {
			panic(fmt.Sprintf("i18n: %s: %v", f.Name(), err))
		}
		for k, v := range m {
			if _, twice := all[k]; twice {
				panic("i18n: key " + k + " stands twice")
			}
			all[k] = v
		}
	}
	return all
})

// Has reports whether key is in the catalogue.
func Has(key string) bool {
	_, ok := catalogue()[key]
	return ok
}

// Keys lists every key, sorted.
func Keys() []string {
	m := catalogue()
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	sort.Strings(ks)
	return ks
}

// T is the message of key in l with its placeholders filled; args are pairs
// of name and value. A missing key shows itself in brackets: ugly on screen,
// and found by the tests that render every page.
func T(l Lang, key string, args ...any) string {
	if len(args) == 0 {
		return text(l, key)
	}
	a := make(fault.Args, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		a[args[i].(string)] = args[i+1]
	}
	return Fill(l, text(l, key), a)
}

func text(l Lang, key string) string {
	m, ok := catalogue()[key]
	if !ok {
		return "[" + key + "]"
	}
	if l == EN {
		return m.EN
	}
	return m.JA
}

// Fault is the sentence for a fault: what is wrong and what to do. The key is
// "fault." + code; an unknown code gets a general sentence with the code.
func Fault(l Lang, code string, args fault.Args) string {
	key := "fault." + code
	if !Has(key) {
		return Fill(l, text(l, "fault.unknown"), fault.Args{"code": code})
	}
	return Fill(l, text(l, key), args)
}

// Parse picks a language from an Accept-Language header; Japanese unless
// English is preferred over it.
func Parse(accept string) Lang {
	best, lang := -1.0, JA
	for _, part := range strings.Split(accept, ",") {
		tag, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		weight := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(q), "q="); ok {
			fmt.Sscanf(v, "%g", &weight)
		}
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if (base == "ja" || base == "en") && weight > best {
			best, lang = weight, Lang(base)
		}
	}
	return lang
}
