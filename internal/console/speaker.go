package console

import (
	"joren/internal/i18n"
	"joren/internal/label"
	"joren/internal/rules"
)

// known reports a text of the catalogue.
func known(key string) bool { return i18n.Has(key) }

// speaker puts judgements into words with the shop's names.
func (s *scene) speaker() rules.Speaker {
	return rules.Speaker{Lang: s.lang, Currency: s.currency, Names: s.called}
}

// called is the shop's word for an id of a rule.
func (s *scene) called(kind, id string) label.Text {
	switch kind {
	case "tier":
		if s.plan != nil {
			if l, ok := s.plan.Level(id); ok {
				return l.Name
			}
		}
	case "store":
		if n := s.stores[id]; n != "" {
			return label.Text{JA: n, EN: n}
		}
	}
	if s.plan != nil {
		return s.plan.Words[id]
	}
	return label.Text{}
}
