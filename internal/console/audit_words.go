package console

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"joren/internal/audit"
	"joren/internal/i18n"
)

// changeWords tells what a page of the log tells of an entry's values, in the
// reader's words: "Role: Cashier → Manager". The file has the codes.
func changeWords(l i18n.Lang, e audit.Entry) string {
	var parts []string
	for _, c := range changes(e) {
		if c.key == "version" { // counts the changes; of no use to a person
			continue
		}
		word, was, is := keyWord(l, c.key), valueWord(l, e, c.key, c.before), valueWord(l, e, c.key, c.after)
		switch {
		case c.was && c.is:
			parts = append(parts, i18n.T(l, "audits.from_to", "what", word, "was", was, "is", is))
		case c.is:
			parts = append(parts, i18n.T(l, "audits.is", "what", word, "is", is))
		default:
			parts = append(parts, i18n.T(l, "audits.from_to", "what", word, "was", was, "is", "–"))
		}
	}
	return strings.Join(parts, i18n.T(l, "console.comma"))
}

// change is one value of an entry that became another.
type change struct {
	key           string
	before, after any
	was, is       bool
}

// changes are the values of an entry that differ, by key. Nothing, of
// something new, is none.
func changes(e audit.Entry) (out []change) {
	keys := slices.Collect(maps.Keys(e.After))
	for k := range e.Before {
		if _, both := e.After[k]; !both {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		c := change{key: k}
		c.before, c.was = e.Before[k]
		c.after, c.is = e.After[k]
		switch {
		case c.was && c.is && fmt.Sprint(c.before) == fmt.Sprint(c.after):
		case !c.was && slices.Contains([]string{"", "0", "false", "[]", "<nil>"}, fmt.Sprint(c.after)):
		default:
			out = append(out, c)
		}
	}
	return out
}

// keyWord is what a value is called. "lost.regular" and "accounts.refund" tell
// after the dot which of several it is.
func keyWord(l i18n.Lang, key string) string {
	if word := "audits.key." + key; i18n.Has(word) {
		return i18n.T(l, word)
	}
	if kind, of, dotted := strings.Cut(key, "."); dotted && i18n.Has("audits.key."+kind) {
		return i18n.T(l, "audits.of", "what", i18n.T(l, "audits.key."+kind), "which", of)
	}
	return key
}

// valueKeys are the catalogue's words for codes, by the key they stand under.
var valueKeys = map[string][]string{
	"role": {"staff.role."}, "scopes": {"staff.scope."}, "channel": {"console.channel."}, "fields": {"audits.field."}, "filters": {"audits.filter."},
	"lang": {"audits.lang."}, "langs": {"audits.lang."}, "sale": {"liability.method."}, "gift": {"liability.method."}, "kind": {"jobs.kind."},
	"purpose": {"audits.purpose."}, "every": {"insight.every."}, "setup": {"audits.setup."},
}

// valueWord is a value in words: a code's word, yes and no, a number grouped.
func valueWord(l i18n.Lang, e audit.Entry, key string, v any) string {
	switch x := v.(type) {
	case bool:
		return i18n.T(l, map[bool]string{true: "audits.yes", false: "audits.no_word"}[x])
	case json.Number:
		if n, err := x.Int64(); err == nil && key != "number" {
			return i18n.Number(n)
		}
	case []any:
		words := make([]string, len(x))
		for i := range x {
			words[i] = valueWord(l, e, key, x[i])
		}
		return strings.Join(words, i18n.T(l, "audits.and"))
	case string:
		for _, prefix := range append(valueKeys[key], statePrefixes[e.Subject+"."+key]) {
			if prefix != "" && i18n.Has(prefix+x) {
				return i18n.T(l, prefix+x)
			}
		}
	}
	return fmt.Sprint(v)
}

// statePrefixes are the words for states, which each subject has of its own.
var statePrefixes = map[string]string{"member.status": "console.status.", "staff.status": "staff.status.", "job.state": "jobs.state.", "segment.state": "segment.state."}

// auditReason is a reason in words: that of a code, else what a person wrote.
func auditReason(l i18n.Lang, reason string) string {
	if key := "console.reason." + reason; i18n.Has(key) {
		return i18n.T(l, key)
	}
	return reason
}
