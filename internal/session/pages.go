package session

import (
	"context"

	"github.com/a-h/templ"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/staff"
	"joren/internal/ui"
)

func startMeta(ctx context.Context, f ui.Form, link staff.Link, user staff.User) ui.Meta {
	m := ui.Meta{Title: ui.T(ctx, "session.owner_title"), Lead: ui.T(ctx, "session.owner_lead"), Errors: f.Errors}
	if !link.Owner {
		m.Title, m.Lead = ui.T(ctx, "session.invite_title"), ui.T(ctx, "session.invite_lead", "name", user.Name)
	}
	return m
}

func options(values []string, on string) []ui.Option {
	out := make([]ui.Option, len(values))
	for i, v := range values {
		out[i] = ui.Option{Value: v, Label: v, On: v == on}
	}
	return out
}

func langOptions(ctx context.Context) []ui.Option {
	l := ui.Lang(ctx)
	return []ui.Option{{Value: "ja", Label: "日本語", On: l == i18n.JA}, {Value: "en", Label: "English", On: l == i18n.EN}}
}

// templateOptions are the programmes a shop may begin with; the first is that
// of most shops.
func templateOptions(ctx context.Context, f ui.Form) []ui.Option {
	out := []ui.Option{}
	for _, name := range []string{"shop", "cafe", "salon"} {
		out = append(out, ui.Option{Value: name, Label: ui.T(ctx, "programmes.template."+name), On: f.Value("template") == name})
	}
	return append(out, ui.Option{Value: "none", Label: ui.T(ctx, "session.template_none"), On: f.Value("template") == "none"})
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

func sessionTable(ctx context.Context, who Who, list []Session, z clock.Zone) ui.Table {
	t := ui.Table{ID: "devices", Caption: ui.T(ctx, "session.devices"), Columns: []ui.Column{
		{Label: ui.T(ctx, "session.device")}, {Label: ui.T(ctx, "session.network"), Keep: true},
		{Label: ui.T(ctx, "session.signed_in_at"), Keep: true}, {Label: ui.T(ctx, "session.last_seen"), Keep: true}, {Label: ""}}}
	t.Columns[4].Label = ui.T(ctx, "session.action")
	for _, s := range list {
		var last templ.Component = ui.Do(ui.Button{Label: ui.T(ctx, "session.revoke"), Kind: "text", Post: "/me/sessions/revoke",
			Hidden: map[string]string{"id": sessionPrefix.Text(s.ID)}})
		if s.ID == who.Session.ID {
			last = thisDevice()
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(or(s.Agent, ui.T(ctx, "session.unknown_device"))), ui.Text(or(s.IP, "–")),
			ui.Text(i18n.Time(ui.Lang(ctx), s.CreatedAt.Time().In(z.Location))), ui.Text(i18n.Time(ui.Lang(ctx), s.SeenAt.Time().In(z.Location))), last}})
	}
	return t
}

// errorTitle is the catalogue's heading for a kind of fault.
func errorTitle(f *fault.Fault) string {
	switch f.Kind {
	case fault.NotFound:
		if f.Code == "staff.link_gone" {
			return "session.error.link"
		}
		return "session.error.not_found"
	case fault.Forbidden:
		return "session.error.forbidden"
	case fault.Internal:
		return "session.error.internal"
	case fault.Limited, fault.Unavailable, fault.Ambiguous:
		return "session.error.later"
	}
	return "session.error.refused"
}
