package plan

import (
	"strings"

	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/label"
	"joren/internal/rules"
)

// Document is the member-facing terms in one language.
type Document struct {
	Lang       i18n.Lang
	Title      string
	Paragraphs []Paragraph
}

// Paragraph is one subject. Key is stable: what part of the programme it is
// about, e.g. "rules.five-days".
type Paragraph struct{ Key, Heading, Text string }

// Text is the whole document as plain text, headings in a column.
func (d Document) Text() string {
	widest := 0
	for _, p := range d.Paragraphs {
		widest = max(widest, Width(p.Heading))
	}
	var b strings.Builder
	for _, p := range d.Paragraphs {
		b.WriteString(pad(p.Heading, widest+2) + p.Text + "\n")
	}
	return b.String()
}

// Terms writes 付与条件・有効期限・利用条件 from the programme, in ja or en:
// earning, use, returns and ranks first, then a paragraph for every rule,
// limit, rank, reward, coupon, entitlement, booking, perk and date.
func Terms(p *Programme, l i18n.Lang) Document { return termsFrom(p, l, p.EffectiveFrom) }

func termsFrom(p *Programme, l i18n.Lang, from clock.Day) Document {
	w := &writer{p: p, l: l, from: from}
	w.opening()
	w.paying()
	for _, x := range p.Points[1:] {
		w.pointType(x)
	}
	main := w.mainRule()
	for i := range p.Spec.Rules {
		if r := &p.Spec.Rules[i]; r != main || r.Terms != nil || r.Limits != nil {
			w.rule(r)
		}
	}
	for _, g := range p.Spec.Groups {
		w.group(g)
	}
	for _, x := range p.Spec.Limits {
		w.add("limits."+x.ID, w.t("limit"), w.limit(x, true))
	}
	w.ranks()
	w.perks()
	w.closing()
	return Document{Lang: l, Title: w.t("title", "name", p.Name), Paragraphs: w.out}
}

// writer gathers paragraphs in one language.
type writer struct {
	p   *Programme
	l   i18n.Lang
	out []Paragraph

	from clock.Day // the example is told for a purchase after this day
}

// t is a text of the catalogue under plan.terms.
func (w *writer) t(key string, args ...any) string { return i18n.T(w.l, "plan.terms."+key, args...) }

func (w *writer) add(key, heading, text string) {
	w.out = append(w.out, Paragraph{key, heading, text})
}

// sentences joins what is not empty; English puts a space between.
func (w *writer) sentences(ss ...string) string {
	var have []string
	for _, s := range ss {
		if s != "" {
			have = append(have, s)
		}
	}
	if w.l == i18n.JA {
		return strings.Join(have, "")
	}
	return strings.Join(have, " ")
}

// list is a・b or "a, b and c".
func (w *writer) list(xs []string) string {
	if w.l == i18n.JA {
		return strings.Join(xs, "・")
	}
	if len(xs) < 2 {
		return strings.Join(xs, "")
	}
	return strings.Join(xs[:len(xs)-1], ", ") + w.t("and") + xs[len(xs)-1]
}

func (w *writer) money(n int64) string  { return i18n.Money(w.l, w.p.Currency, n) }
func (w *writer) number(n int64) string { return i18n.Number(n) }

// short is money without the word for yen where it has just been said.
func (w *writer) short(n int64) string {
	if w.p.Currency == "JPY" && w.l == i18n.EN {
		return i18n.Number(n)
	}
	return w.money(n)
}

// points is "5ポイント" of the first type and "1 Stamps" by name of others.
func (w *writer) points(id string, n int64) string {
	if p, ok := w.p.Policy(id); ok && p.ID != w.p.Points[0].ID {
		return w.t("units", "n", n, "name", p.Name)
	}
	return i18n.Points(w.l, n)
}

// word is what the owner calls a code, e.g. a category; else the catalogue's
// word, else the code itself.
func (w *writer) word(code string) string {
	if t, ok := w.p.Words[code]; ok {
		return t.In(w.l)
	}
	if i18n.Has("plan.word." + code) {
		return i18n.T(w.l, "plan.word."+code)
	}
	if w.l == i18n.JA {
		return "「" + code + "」"
	}
	return "'" + code + "'"
}

func (w *writer) words(codes []string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = w.word(c)
	}
	return w.list(out)
}

// opening is earning, use, returns, ranks: what a member reads first.
func (w *writer) opening() {
	main := w.mainRule()
	text := ""
	if main != nil {
		text = w.rate(main, true)
	}
	w.add("earning", w.t("earning"), w.sentences(text, w.excluded()))
	first := w.p.Points[0]
	w.add("use", w.t("use"), w.sentences(w.life(first.Terms, w.t("bought")), w.example(first.Terms)))
	w.add("returns", w.t("returns"), w.returns(first))
	if w.p.Tiers != nil {
		w.add("ranks", w.t("ranks"), w.rankSummary())
	}
}

// mainRule is the base rule of the first point type that holds for all:
// without a condition, in no group.
func (w *writer) mainRule() *rules.Rule {
	for i := range w.p.Spec.Rules {
		r := &w.p.Spec.Rules[i]
		if r.Kind == rules.Base && (r.Points == "" || r.Points == w.p.Points[0].ID) && w.conditions(r) == "" && r.Group == "" {
			return r
		}
	}
	return nil
}

func (w *writer) excluded() string {
	if w.p.Exclude == "" {
		return ""
	}
	s := w.either(w.p.Exclude)
	if w.l == i18n.EN && s != "" {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return w.t("excluded", "what", s)
}

// basis is what of an order counts, before or after the word for amount.
func (w *writer) basis(b rules.Basis) string {
	pick := func(yes bool, a, c string) string {
		if yes {
			return w.t("basis." + a)
		}
		return w.t("basis." + c)
	}
	parts := []string{pick(b.TaxIncluded, "tax_with", "tax_without"), pick(b.DiscountsBefore, "discounts_before", "discounts_after"),
		pick(b.ShippingWith, "shipping_with", "shipping_without")}
	if b.FeesWith {
		parts = append(parts, w.t("basis.fees_with"))
	}
	parts = append(parts, pick(b.PointsPaidWith, "points_with", "points_without"))
	return w.list(parts)
}

// rate says what a base rule gives.
func (w *writer) rate(r *rules.Rule, withBasis bool) string {
	basis := ""
	if withBasis {
		basis = w.basis(w.p.Basis)
	}
	steps := []rules.Step{{Per: r.Per, Give: r.Give}}
	mode := "whole"
	if r.Steps != nil {
		steps = r.Steps.Table
		if r.Steps.ByUnitPrice {
			mode = "unit"
		} else if r.Steps.Marginal {
			mode = "marginal"
		}
	}
	first := steps[0]
	from := ""
	if first.From > 0 {
		from = w.t("rate.from", "from", w.money(first.From))
	}
	var more []string
	for _, s := range steps[1:] {
		more = append(more, w.step(mode, first, s, r.Points))
	}
	extra := ""
	if more != nil {
		extra = w.t("rate.more", "steps", strings.Join(more, w.t("comma")))
	}
	key := "rate.plain"
	if basis != "" {
		key = "rate.basis"
	}
	s := w.t(key, "basis", basis, "per", w.money(first.Per), "points", w.points(r.Points, first.Give), "from", from, "more", extra)
	return w.sentences(s, w.each(r))
}

func (w *writer) step(mode string, first, s rules.Step, points string) string {
	give := w.points(points, s.Give)
	if s.Per != first.Per {
		give = w.t("rate.per", "per", w.money(s.Per), "points", give)
	}
	return w.t("rate.step_"+mode, "from", w.money(s.From), "points", give)
}

func (w *writer) each(r *rules.Rule) string {
	key := map[rules.Each]string{rules.EachLine: "each.line", rules.EachUnit: "each.unit"}[r.Each]
	s := ""
	if key != "" {
		s = w.t(key)
	}
	switch r.Rounding {
	case roundModes["half_up"]:
		return w.sentences(s, w.t("rounding.half_up"))
	case roundModes["ceil"]:
		return w.sentences(s, w.t("rounding.ceil"))
	}
	return s
}

func (w *writer) name(t label.Text) string { return t.In(w.l) }
