package rules

import (
	"strings"

	"joren/internal/i18n"
	"joren/internal/label"
)

// Names gives the shop's word for an id: kind is "category", "sku", "tag",
// "tier", "store", "channel", "segment", "attribute" or "group". The zero
// text means there is none; the id is then shown. A nil Names knows none.
type Names func(kind, id string) label.Text

// Speaker puts judgements and conditions into words, in one language and
// currency.
type Speaker struct {
	Lang     i18n.Lang
	Currency string // ISO 4217; "" is JPY
	Names    Names
}

// Explanation is an award in words, for member, clerk and owner alike.
type Explanation struct {
	Rows     []Row // the components; their points sum to the award
	NotGiven []Row // the refusals; points 0
}

// Row is a line of an explanation.
type Row struct {
	Rule   string
	Name   string
	Points int64
	Text   string // how it came about; may be empty when the name says it all
}

// Explain puts an award of version v into words.
func (s Speaker) Explain(v *Version, a *Award) Explanation {
	var e Explanation
	for i := range a.Components {
		c := &a.Components[i]
		e.Rows = append(e.Rows, Row{c.Rule, s.componentName(v, c), c.Points, s.Sentence(v, c)})
	}
	for i := range a.Refused {
		r := &a.Refused[i]
		e.NotGiven = append(e.NotGiven, Row{Rule: r.Rule, Name: s.RuleName(v, r.Rule), Text: s.WhyNot(v, r)})
	}
	return e
}

// RuleName is the owner's name of a rule, else a word for its kind or its id.
func (s Speaker) RuleName(v *Version, id string) string {
	r, ok := v.Rule(id)
	switch {
	case !ok:
		return id
	case !r.Name.IsZero():
		return r.Name.In(s.Lang)
	case r.Kind == Base:
		return s.t("rules.name.base")
	}
	return strings.ReplaceAll(id, "-", " ")
}

// componentName lets a visit bonus without a name be called by its visit.
func (s Speaker) componentName(v *Version, c *Component) string {
	if n, ok := c.Args.Get("visit_no"); ok && s.nameless(v, c.Rule) {
		return s.t("rules.name.visit", "n", s.nth(n.Num))
	}
	return s.RuleName(v, c.Rule)
}

func (s Speaker) nameless(v *Version, id string) bool {
	r, ok := v.Rule(id)
	return !ok || r.Name.IsZero()
}

// nth is 20 in Japanese and 20th in English.
func (s Speaker) nth(n int64) string {
	if s.Lang != i18n.EN {
		return i18n.Number(n)
	}
	end := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return i18n.Number(n) + end
}

func (s Speaker) t(key string, args ...any) string { return i18n.T(s.Lang, key, args...) }

func (s Speaker) money(n int64) string { return i18n.Money(s.Lang, s.Currency, n) }

// bareMoney leaves out the word yen where a sentence has just said it.
func (s Speaker) bareMoney(n int64) string {
	if s.Lang == i18n.EN && (s.Currency == "" || s.Currency == "JPY") {
		return i18n.Number(n)
	}
	return s.money(n)
}

func (s Speaker) points(n int64) string { return i18n.Points(s.Lang, n) }

// name is the shop's word for an id, else the id.
func (s Speaker) name(kind, id string) string {
	if n, ok := s.named(kind, id); ok {
		return n
	}
	return id
}

func (s Speaker) named(kind, id string) (string, bool) {
	if s.Names != nil {
		if t := s.Names(kind, id); !t.IsZero() {
			return t.In(s.Lang), true
		}
	}
	if key := "rules." + kind + "." + id; i18n.Has(key) {
		return s.t(key), true
	}
	return "", false
}

func (a Args) num(key string) int64 {
	x, _ := a.Get(key)
	return x.Num
}

func (a Args) text(key string) string {
	x, _ := a.Get(key)
	return x.Text
}
