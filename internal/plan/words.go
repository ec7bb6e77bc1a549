package plan

import (
	"regexp"
	"strconv"
	"strings"

	"joren/internal/i18n"
)

// Conditions in words. The forms people write most are told as sentences;
// any other condition is quoted as it stands, which is exact if not pretty.

// all is a condition as one phrase: its parts joined by &&.
func (w *writer) all(src string) string { return w.phrases(src, "&&", w.t("cond.and")) }

// either is a condition over goods as a list: its parts joined by ||, or
// by && when there are none.
func (w *writer) either(src string) string {
	if parts := cut(src, "||"); len(parts) > 1 {
		out := make([]string, len(parts))
		for i, p := range parts {
			out[i] = w.all(p)
		}
		return w.list(out)
	}
	return w.all(src)
}

func (w *writer) phrases(src, op, join string) string {
	parts := cut(src, op)
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = w.phrase(strings.TrimSpace(p))
	}
	return strings.Join(out, join)
}

// cut splits at op outside quotes and brackets.
func cut(src, op string) []string {
	var out []string
	depth, start := 0, 0
	quote := byte(0)
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.HasPrefix(src[i:], op):
			out = append(out, src[start:i])
			start = i + len(op)
			i++
		}
	}
	return append(out, src[start:])
}

var (
	compared = regexp.MustCompile(`^([a-z_.]+)\s*(==|!=|>=|<=|>|<)\s*(-?[0-9]+)$`)
	modulo   = regexp.MustCompile(`^stats\.(visit_no|orders)\s*%\s*([0-9]+)\s*==\s*([0-9]+)$`)
	equals   = regexp.MustCompile(`^([a-z_.]+)\s*(==|!=)\s*['"]([^'"]*)['"]$`)
	among    = regexp.MustCompile(`^([a-z_.]+)\s+in\s+\[([^\]]*)\]$`)
	tagged   = regexp.MustCompile(`^['"]([^'"]*)['"]\s+in\s+(line\.tags|member\.segments)$`)
	prefixed = regexp.MustCompile(`^(line\.sku|line\.name|line\.category)\.startsWith\(['"]([^'"]*)['"]\)$`)
	isFlag   = regexp.MustCompile(`^(!?)(member\.is_[a-z_]+)$`)
	quoted   = regexp.MustCompile(`['"]([^'"]*)['"]`)
)

// moneyFields are amounts in minor units.
var moneyFields = map[string]bool{"purchase.eligible": true, "purchase.total": true, "purchase.shipping": true, "stats.spend": true,
	"line.amount": true, "line.eligible": true, "line.unit_price": true}

func (w *writer) phrase(src string) string {
	if m := modulo.FindStringSubmatch(src); m != nil {
		if s := w.every(m[1], m[2], m[3]); s != "" {
			return s
		}
	}
	if m := compared.FindStringSubmatch(src); m != nil {
		if s := w.comparison(m[1], m[2], m[3]); s != "" {
			return s
		}
	}
	if m := equals.FindStringSubmatch(src); m != nil {
		if s := w.value(m[1], []string{m[3]}, m[2] == "!="); s != "" {
			return s
		}
	}
	if m := among.FindStringSubmatch(src); m != nil {
		var vs []string
		for _, q := range quoted.FindAllStringSubmatch(m[2], -1) {
			vs = append(vs, q[1])
		}
		if s := w.value(m[1], vs, false); s != "" && len(vs) > 0 {
			return s
		}
	}
	if m := tagged.FindStringSubmatch(src); m != nil {
		return w.t("cond."+m[2], "value", w.word(m[1]))
	}
	if m := prefixed.FindStringSubmatch(src); m != nil {
		return w.t("cond.starts", "field", w.field(m[1]), "value", m[2])
	}
	if m := isFlag.FindStringSubmatch(src); m != nil && m[1] == "" && i18n.Has("plan.terms.cond."+m[2]) {
		return w.t("cond." + m[2])
	}
	return w.t("cond.raw", "source", src)
}

// every is "every 10th visit" when the remainder means just that: visit_no
// counts this visit, orders counts those before.
func (w *writer) every(field, mod, rest string) string {
	n, _ := strconv.ParseInt(mod, 10, 64)
	r, _ := strconv.ParseInt(rest, 10, 64)
	switch {
	case n < 1:
	case field == "visit_no" && r == 0:
		return w.t("cond.every_visit", "n", n)
	case field == "orders" && r == n-1:
		return w.t("cond.every_order", "n", n)
	}
	return ""
}

func (w *writer) comparison(field, op, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return ""
	}
	switch {
	case field == "stats.visit_no" && op == "==" && n == 1:
		return w.t("cond.first_visit")
	case field == "stats.visit_no" && op == ">" && n == 0:
		return w.t("cond.first_of_day")
	case field == "stats.visit_no" && op == "==":
		return w.t("cond.nth_visit", "n", n)
	case field == "stats.orders" && op == "==":
		return w.t("cond.nth_order", "n", n+1)
	case field == "stats.visits" && op == ">" && n == 0:
		return w.t("cond.came_before")
	}
	if !i18n.Has("plan.field." + field) {
		return ""
	}
	shown := w.number(n)
	if moneyFields[field] {
		shown = w.money(n)
	}
	return w.t("cond.op_"+ops[op], "field", w.field(field), "value", shown)
}

var ops = map[string]string{"==": "eq", "!=": "ne", ">=": "ge", "<=": "le", ">": "gt", "<": "lt"}

func (w *writer) field(f string) string { return i18n.T(w.l, "plan.field."+f) }

// value tells a text field's value.
func (w *writer) value(field string, vs []string, not bool) string {
	names := w.words(vs)
	if field == "member.tier" {
		names = w.list(w.tierNames(vs))
	}
	key := field
	switch {
	case not && i18n.Has("plan.field."+field):
		return w.t("cond.not", "field", w.field(field), "value", names)
	case not:
		return ""
	case field == "member.tier":
		return w.t("cond.tier", "tier", names)
	case field == "line.category":
		return names
	case i18n.Has("plan.terms.cond." + key):
		return w.t("cond."+key, "value", names)
	case i18n.Has("plan.field." + field):
		return w.t("cond.is", "field", w.field(field), "value", names)
	}
	return ""
}
