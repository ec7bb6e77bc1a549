package console

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/segment"
	"joren/internal/staff"
	"joren/internal/ui"
)

// segmentName is a segment as other pages name it.
type segmentName struct{ id, name string }

// segmentsOf names the segments a member is in; ok is false where nobody may
// see them, or there are none in use.
func (c *Console) segmentsOf(r *http.Request, tx *db.Tx, s *scene, id ident.ID) (out []segmentName, ok bool, err error) {
	if c.Audience == nil || !can(r, staff.InsightView) {
		return nil, false, nil
	}
	list, err := segment.List(tx, segment.Active)
	if err != nil || len(list) == 0 {
		return nil, false, err
	}
	in, err := segment.Of(tx, []ident.ID{id})
	for _, x := range list {
		if slices.Contains(in[id], x.ID) {
			out = append(out, segmentName{x.ID, x.Name.In(s.lang)})
		}
	}
	return out, true, err
}

func (p whyPage) meta() ui.Meta {
	return ui.Meta{Title: p.s.t("segment.why_title", "name", p.who.name), Lead: p.s.t("segment.why_lead"), Word: ui.Insight,
		Crumbs: []ui.Link{{Label: p.s.t("ui.word.insight"), Href: "/insight"}, {Label: p.s.t("segment.page"), Href: "/segments"}}}
}

func reasonTone(holds bool) string {
	if holds {
		return "good"
	}
	return "warn"
}

func reasonWord(holds, untold bool) string {
	switch {
	case holds:
		return "segment.holds"
	case untold:
		return "segment.untold"
	}
	return "segment.holds_not"
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// brokenWhy says why a segment can no longer be used.
func brokenWhy(ctx context.Context, err error) string {
	f := fault.Of(err)
	text := i18n.Fault(ui.Lang(ctx), f.Code, f.Args)
	for _, x := range f.Fields {
		text += " " + i18n.Fault(ui.Lang(ctx), x.Code, x.Args)
	}
	return text
}

// segmentNames are the segments in use, for who may see them.
func (c *Console) segmentNames(r *http.Request, tx *db.Tx, s *scene) (out []segmentName, err error) {
	if c.Audience == nil || !can(r, staff.InsightView) {
		return nil, nil
	}
	list, err := segment.List(tx, segment.Active)
	for _, x := range list {
		out = append(out, segmentName{x.ID, x.Name.In(s.lang)})
	}
	return out, err
}

func (p membersPage) segmentIDs() []string {
	ids := make([]string, len(p.segments))
	for i, x := range p.segments {
		ids[i] = x.id
	}
	return ids
}

func (p membersPage) segmentField() ui.Field {
	names := make(map[string]string, len(p.segments))
	for _, x := range p.segments {
		names[x.id] = x.name
	}
	return p.choice("segment", p.s.t("segment.page"), "short", p.s.options(p.wanted.Get("segment"), "console.any", p.segmentIDs(), func(id string) string { return names[id] }))
}

// placed keeps members of the segment asked for.
func (f memberFilter) placed(tx *db.Tx, rows []person) ([]person, error) {
	if f.segment == "" {
		return rows, nil
	}
	in, err := segment.Of(tx, personIDs(rows))
	return slices.DeleteFunc(rows, func(p person) bool { return !slices.Contains(in[p.ID], f.segment) }), err
}
