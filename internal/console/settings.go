package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/session"
	"joren/internal/shop"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) settingsRoutes() {
	c.rail(ui.Settings, "/settings", staff.SettingsView)
	c.get("/settings", staff.SettingsView, c.shopPage)
	c.post("/settings", staff.SettingsEdit, c.saveShop)
}

func (c *Console) shopPage(w http.ResponseWriter, r *http.Request) error {
	var s shop.Settings
	if err := c.read(r, func(tx *db.Tx) (err error) { s, err = shop.Load(tx); return err }); err != nil {
		return err
	}
	return c.showShop(w, r, http.StatusOK, ui.Form{Values: shopValues(s)})
}

func (c *Console) showShop(w http.ResponseWriter, r *http.Request, status int, f ui.Form) error {
	return ui.Render(w, r, status, shopPage(settingsTabs(r, "/settings"), f, can(r, staff.SettingsEdit)))
}

func shopValues(s shop.Settings) url.Values {
	return url.Values{"name": {s.Name.JA}, "name_en": {s.Name.EN}, "shop_lang": {string(s.Lang)}, "zone": {s.Zone}, "currency": {s.Currency},
		"day_starts": {hourText(s.DayStarts)}, "version": {strconv.FormatInt(s.Version, 10)}}
}

func hourText(d time.Duration) string {
	return time.Unix(0, 0).UTC().Add(d).Format("15:04")
}

// hour reads "05:00" in half or full width; what cannot be read becomes a
// negative duration, which the settings refuse.
func hour(s string) time.Duration {
	t, err := time.Parse("15:04", strings.TrimSpace(norm.NFKC.String(s)))
	if err != nil {
		return -1
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

func (c *Console) saveShop(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	err := c.write(r, func(tx *db.Tx) error {
		was, err := shop.Load(tx)
		if err != nil {
			return err
		}
		is := shopAnswers(r.PostForm, was)
		if is == was {
			return errSame
		}
		if is, err = c.Web.Shop.Save(tx, is); err != nil {
			return err
		}
		e := session.Entry(r, "shop.changed", "shop", ident.ID{})
		e.Before, e.After = shopAudit(was), shopAudit(is)
		return audit.Append(tx, e)
	})
	if fault.Is(err, "shop.changed_meanwhile") {
		return c.shopOvertaken(w, r)
	}
	if correctable(err) {
		f := ui.NewForm(lang(r), r.PostForm, err)
		for i := range f.Errors {
			if f.Errors[i].Name == "lang" { // that name belongs to the reader's own language in the page's head
				f.Errors[i].Name = "shop_lang"
			}
		}
		return c.showShop(w, r, session.Status(fault.Of(err).Kind), f)
	}
	return saved(w, r, err, "settings.shop.saved", "/settings")
}

// shopOvertaken shows the settings as they were sent beside those that somebody
// else saved first.
func (c *Console) shopOvertaken(w http.ResponseWriter, r *http.Request) error {
	var s shop.Settings
	if err := c.read(r, func(tx *db.Tx) (err error) { s, err = shop.Load(tx); return err }); err != nil {
		return err
	}
	now := ui.Recorded{Values: shopValues(s), Sent: shopValues(shopAnswers(r.PostForm, s)), Version: "version", Reopen: "/settings"}
	return c.showShop(w, r, http.StatusConflict, now.Meet(r.PostForm, shopFields(r.Context(), ui.Form{})...))
}

// shopFields are the form's fields in their order.
func shopFields(ctx context.Context, f ui.Form) []ui.Field {
	day := f.Field("day_starts", ui.T(ctx, "session.day_starts")).Say(ui.T(ctx, "session.day_starts_hint"))
	day.Width = "short"
	return []ui.Field{
		f.Field("name", ui.T(ctx, "session.shop_name")).Must(),
		f.Field("name_en", ui.T(ctx, "session.shop_name_en")).Say(ui.T(ctx, "session.shop_name_en_hint")),
		f.Choice("shop_lang", ui.T(ctx, "session.shop_lang"), ui.Option{Value: "ja", Label: "日本語"}, ui.Option{Value: "en", Label: "English"}),
		f.Choice("zone", ui.T(ctx, "session.zone"), choicesOf(shop.Zones, f.Value("zone"))...).Say(ui.T(ctx, "settings.shop.zone_hint")),
		f.Choice("currency", ui.T(ctx, "session.currency"), choicesOf(shop.Currencies, f.Value("currency"))...).Say(ui.T(ctx, "settings.shop.currency_hint")),
		day,
	}
}

// shopAnswers is s with what the form says; the version is the one the form
// was made from, so that another's change in between shows.
func shopAnswers(p url.Values, s shop.Settings) shop.Settings {
	s.Name.JA, s.Name.EN = strings.TrimSpace(p.Get("name")), strings.TrimSpace(p.Get("name_en"))
	s.Lang, s.Zone, s.Currency, s.DayStarts = i18n.Lang(p.Get("shop_lang")), p.Get("zone"), p.Get("currency"), hour(p.Get("day_starts"))
	s.Version = madeFrom(p, "version")
	return s
}

func shopAudit(s shop.Settings) audit.Values {
	return audit.Values{"name": s.Name.JA, "name_en": s.Name.EN, "lang": string(s.Lang), "zone": s.Zone, "currency": s.Currency, "day_starts": hourText(s.DayStarts)}
}
