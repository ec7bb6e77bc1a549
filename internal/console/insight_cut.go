package console

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"joren/internal/audience"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/member"
	"joren/internal/segment"
	"joren/internal/ui"
)

// cut is the filter of a page of Insight as its URL says it. All pages have the
// same one; what a page cannot apply it says.
type cut struct {
	question
	s       *scene
	f       insight.Filter
	choices map[insight.Cut][]string
	own     member.Schema
	groups  map[string]string // names of the segments kept up to date
	also    []string          // what a page's own fields ask for, in words
}

// cutList is a page's list state with the filter's fields and those of its own.
func cutList(spec ui.ListSpec) ui.ListSpec {
	spec.Filters = append(insight.FilterNames(), spec.Filters...)
	return spec
}

// cut reads the filter of a page. One with a mistake chooses everything and
// says so.
func (c *Console) cut(r *http.Request, spec ui.ListSpec) (p cut, err error) {
	err = c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err == nil {
			p.own, err = c.Members.Schema(tx)
		}
		if err == nil && c.Audience != nil {
			p.groups, err = groupNames(tx, p.s)
		}
		return err
	})
	if err != nil {
		return p, err
	}
	p.question = c.ask(r, spec)
	p.choices = c.Insight.Choices()
	p.choices["segment"] = slices.Sorted(maps.Keys(p.groups))
	f, wrong := insight.ParseFilter(p.wanted.Get)
	if wrong == nil {
		wrong = audience.CheckCut(r.Context(), c.db, c.Insight, c.Members, c.Programmes, f)
	}
	switch {
	case fault.Is(wrong, "insight.filter"):
		p.refuse(wrong)
	case wrong != nil && !fault.Is(wrong, "programme.none_in_force"): // of that the page tells itself
		return p, wrong
	}
	p.f = heeded(&p.question, f)
	return p, nil
}

// oneOf is the value of a page's own field.
func (p *cut) oneOf(name string, options ...string) string {
	v := p.question.oneOf(name, options...)
	p.f = heeded(&p.question, p.f)
	return v
}

// meta is the frame of a page with a filter.
func (p cut) meta(at string) ui.Meta {
	m := p.s.insightMeta(at)
	m.Errors = p.wrong.Errors
	return m
}

// groupNames are the segments that members can be cut by.
func groupNames(tx *db.Tx, s *scene) (map[string]string, error) {
	list, err := segment.List(tx, segment.Active)
	names := make(map[string]string, len(list))
	for _, x := range list {
		names[x.ID] = x.Name.In(s.lang)
	}
	return names, err
}

// lastYear is the period of pages that show one when none is asked for.
func (p *cut) lastYear() {
	if p.f.From == 0 && p.f.To == 0 {
		p.f.From = p.s.today.AddMonths(-12) + 1
	}
}

// link is a page of Insight under the same filter, with pairs of name and
// value changed; an empty value takes the name away.
func (p cut) link(path string, pairs ...string) string {
	q := url.Values{}
	p.f.Each(func(name, value string) { q.Set(name, value) })
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// members is the list of the members behind a figure.
func (p cut) members(who insight.Who, pairs ...string) string {
	return p.link("/insight/members", append([]string{"who", string(who)}, pairs...)...)
}

var cutLabels = map[string]string{"from": "console.day_from", "to": "console.day_to", "store": "console.store", "channel": "insight.channel", "segment": "insight.segment",
	"tier": "console.member.rank", "age": "insight.age", "gender": "console.member.gender", "area": "insight.area", "own": "insight.own",
	"join_store": "insight.join_store", "join_source": "insight.join_source", "cohort_from": "insight.cohort_from", "cohort_to": "insight.cohort_to"}

// word is a filter's value as people read it.
func (p cut) word(name, v string) string {
	switch name {
	case "from", "to", "cohort_from", "cohort_to":
		if d, err := clock.ParseDay(v); err == nil {
			return i18n.ShortDay(p.s.lang, d)
		}
	case "store", "join_store":
		return p.s.store(v)
	case "tier":
		return p.s.level(v)
	case "age":
		return p.s.age(v)
	case "gender":
		return p.s.gender(v)
	case "own":
		return p.attribute(v)
	case "join_source":
		return p.s.joinedThrough(v)
	case "segment":
		return cmp.Or(p.groups[v], v)
	}
	return v
}

// age is a band in words.
func (s *scene) age(band string) string {
	from, to, _ := strings.Cut(band, "-")
	switch {
	case band == "":
		return s.t("insight.unknown")
	case to == "":
		return s.t("insight.age_from", "from", from)
	case from == "0":
		return s.t("insight.age_under", "to", to)
	}
	return s.t("insight.age_band", "from", from, "to", to)
}

func (s *scene) gender(v string) string {
	if v == "" {
		return s.t("console.gender.none")
	}
	if i18n.Has("console.gender." + v) {
		return s.t("console.gender." + v)
	}
	return v
}

func (p cut) attribute(v string) string {
	id, value, _ := strings.Cut(v, ":")
	for _, a := range p.own {
		if a.ID == id && !a.Name.IsZero() {
			id = a.Name.In(p.s.lang)
		}
	}
	if value == "true" || value == "false" {
		value = p.s.t("insight.own." + value)
	}
	return p.s.t("insight.own_is", "name", id, "value", value)
}

// says lists what is asked for, in words; "" for everything.
func (p cut) says() string {
	var out []string
	p.f.Each(func(name, v string) {
		out = append(out, p.s.t("insight.cut_is", "name", p.s.t(cutLabels[name]), "value", p.word(name, v)))
	})
	out = append(out, p.also...)
	return strings.Join(out, p.s.t("insight.cut_and"))
}

func (p cut) day(name string) ui.Field {
	value := ""
	p.f.Each(func(n, v string) {
		if n == name {
			value = v
		}
	})
	f := ui.Field{Name: name, Label: p.s.t(cutLabels[name]), Type: "date", Value: cmp.Or(p.wanted.Get(name), value), Width: "short", Error: p.wrong.Error(name)}
	if _, err := clock.ParseDay(f.Value); err != nil && f.Value != "" {
		f.Type = "" // a field of days would not show what was written
	}
	return f
}

// selects are the fields with something to choose.
func (p cut) selects(names ...string) []ui.Field {
	var out []ui.Field
	for _, name := range names {
		values := p.choices[insight.Cut(name)]
		if on := p.wanted.Get(name); len(values) == 0 && on == "" {
			continue
		}
		out = append(out, p.choice(name, p.s.t(cutLabels[name]), "short", p.s.options(p.wanted.Get(name), "console.any", values, func(v string) string { return p.word(name, v) })))
	}
	return out
}
