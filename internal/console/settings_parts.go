package console

import (
	"context"
	"net/http"
	"slices"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/intake"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

// whenText is an instant on the shop's calendar, "–" for none.
func whenText(ctx context.Context, i clock.Instant) string {
	if i == 0 || i == clock.Never {
		return "–"
	}
	return i18n.Time(ui.Lang(ctx), i.Time().In(session.Settings(ctx).Calendar().Location))
}

// correctable reports a fault that the person can mend on the form in front
// of them.
func correctable(err error) bool {
	f := fault.Of(err)
	return f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict)
}

// settingsTabs leads to the pages of Settings that the person may open.
func settingsTabs(r *http.Request, on string) []ui.Tab {
	var tabs []ui.Tab
	for _, t := range []struct {
		key, href string
		need      staff.Permission
	}{
		{"settings.shop", "/settings", staff.SettingsView}, {"settings.stores", "/settings/stores", staff.SettingsView},
		{"settings.staff", "/settings/staff", staff.StaffManage}, {"settings.keys", "/settings/keys", staff.KeysManage},
		{"jobs.title", "/jobs", staff.JobsView}, {"settings.audit", "/settings/audit", staff.AuditView},
		{"settings.health", "/settings/health", staff.SettingsView},
	} {
		if can(r, t.need) {
			tabs = append(tabs, ui.Tab{Label: ui.T(r.Context(), t.key), Href: t.href, On: t.href == on})
		}
	}
	return tabs
}

// choicesOf makes options of plain values, with on among them whatever it is.
func choicesOf(values []string, on string) []ui.Option {
	if on != "" && !slices.Contains(values, on) {
		values = append([]string{on}, values...)
	}
	out := make([]ui.Option, len(values))
	for i, v := range values {
		out[i] = ui.Option{Value: v, Label: v, On: v == on}
	}
	return out
}

// download announces a file of a type under a name.
func download(w http.ResponseWriter, contentType, name string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
}

// csvFile begins a CSV download.
func csvFile(w http.ResponseWriter, name string) *intake.CSVWriter {
	download(w, "text/csv; charset=utf-8", name)
	return intake.NewCSVWriter(w)
}
