package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"golang.org/x/text/unicode/norm"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/label"
	"joren/internal/session"
	"joren/internal/shop"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) storeRoutes() {
	c.get("/settings/stores", staff.SettingsView, c.storesPage)
	c.get("/settings/stores/new", staff.SettingsEdit, c.newStorePage)
	c.post("/settings/stores", staff.SettingsEdit, c.addStore)
	c.get("/settings/stores/{id}", staff.SettingsEdit, c.storePage)
	c.post("/settings/stores/{id}", staff.SettingsEdit, c.saveStore)
}

func (c *Console) storesPage(w http.ResponseWriter, r *http.Request) error {
	file, err := c.asFile(r)
	if err != nil {
		return err
	}
	var list []shop.Store
	if err := c.read(r, func(tx *db.Tx) (err error) { list, err = shop.Stores(tx); return err }); err != nil {
		return err
	}
	if file {
		return storesCSV(w, list)
	}
	return ui.Render(w, r, http.StatusOK, storesPage(settingsTabs(r, "/settings/stores"), storeTable(r.Context(), list, can(r, staff.SettingsEdit)), can(r, staff.SettingsEdit)))
}

func storesCSV(w http.ResponseWriter, list []shop.Store) error {
	out := csvFile(w, "stores.csv")
	if err := out.Row("code", "name_ja", "name_en", "zone", "active"); err != nil {
		return err
	}
	for _, s := range list {
		active := "1"
		if !s.Active {
			active = "0"
		}
		if err := out.Row(s.Code, s.Name.JA, s.Name.EN, s.Zone, active); err != nil {
			return err
		}
	}
	return nil
}

func storeTable(ctx context.Context, list []shop.Store, mayEdit bool) ui.Table {
	t := ui.Table{ID: "stores", Caption: ui.T(ctx, "settings.stores"), CSV: true, List: ui.List{Path: "/settings/stores"},
		Columns: []ui.Column{{Label: ui.T(ctx, "stores.code"), Keep: true}, {Label: ui.T(ctx, "stores.name")}, {Label: ui.T(ctx, "session.zone")}, {Label: ui.T(ctx, "stores.state")}},
		Empty:   ui.Empty(ui.T(ctx, "stores.empty"), storeButton(ctx, mayEdit))}
	for _, s := range list {
		code := ui.Text(s.Code)
		if mayEdit {
			code = ui.To("/settings/stores/"+ident.Store.Text(s.ID), s.Code)
		}
		zone := s.Zone
		if zone == "" {
			zone = ui.T(ctx, "stores.zone_of_shop")
		}
		t.Rows = append(t.Rows, ui.Row{Muted: !s.Active, Cells: []templ.Component{code, ui.Text(s.Name.In(ui.Lang(ctx))), ui.Text(zone), storeState(ctx, s.Active)}})
	}
	return t
}

func storeState(ctx context.Context, active bool) templ.Component {
	if active {
		return ui.Badge("good", ui.T(ctx, "stores.active"))
	}
	return ui.Badge("", ui.T(ctx, "stores.inactive"))
}

func storeButton(ctx context.Context, mayEdit bool) *ui.Button {
	if !mayEdit {
		return nil
	}
	return &ui.Button{Label: ui.T(ctx, "stores.add"), Href: "/settings/stores/new"}
}

func (c *Console) newStorePage(w http.ResponseWriter, r *http.Request) error {
	return ui.Render(w, r, http.StatusOK, storePage(ui.Form{}, nil))
}

// storeFields are the form's fields in their order, but for the code.
func storeFields(ctx context.Context, f ui.Form) []ui.Field {
	return []ui.Field{
		f.Field("name", ui.T(ctx, "stores.name")).Must(),
		f.Field("name_en", ui.T(ctx, "stores.name_en")),
		f.Choice("zone", ui.T(ctx, "session.zone"), storeZones(ctx, f.Value("zone"))...),
	}
}

func storeValues(s shop.Store) url.Values {
	return url.Values{"name": {s.Name.JA}, "name_en": {s.Name.EN}, "zone": {s.Zone}, "version": {itoa(s.Version)}}
}

func storePath(s shop.Store) string { return "/settings/stores/" + ident.Store.Text(s.ID) }

func storeAnswers(p url.Values, s shop.Store) shop.Store {
	s.Name = label.Text{JA: strings.TrimSpace(p.Get("name")), EN: strings.TrimSpace(p.Get("name_en"))}
	s.Zone = p.Get("zone")
	return s
}

// storeChange is a store with what its page says: its state, or the rest. The
// version is the one the page was made from; a state that stands already asks
// for none.
func storeChange(p url.Values, was shop.Store) (shop.Store, error) {
	if !p.Has("active") {
		is := storeAnswers(p, was)
		is.Version = madeFrom(p, "version")
		return is, nil
	}
	on := p.Get("active")
	if on != "yes" && on != "no" {
		return was, fault.New(fault.Invalid, "shop.store_state_unknown")
	}
	if to := on == "yes"; to != was.Active {
		was.Active, was.Version = to, madeFrom(p, "version")
	}
	return was, nil
}

func storeAudit(s shop.Store) audit.Values {
	return audit.Values{"code": s.Code, "name": s.Name.JA, "name_en": s.Name.EN, "zone": s.Zone, "active": s.Active}
}

func (c *Console) addStore(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	err := c.write(r, func(tx *db.Tx) error {
		s, err := shop.AddStore(tx, storeAnswers(r.PostForm, shop.Store{Code: norm.NFKC.String(r.PostForm.Get("code"))}))
		if err != nil {
			return err
		}
		e := session.Entry(r, "store.added", "store", s.ID)
		e.After = storeAudit(s)
		return audit.Append(tx, e)
	})
	if correctable(err) {
		return ui.Render(w, r, session.Status(fault.Of(err).Kind), storePage(ui.NewForm(lang(r), r.PostForm, err), nil))
	}
	if err != nil {
		return err
	}
	ui.Flash(w, "good", "stores.saved")
	return see(w, r, "/settings/stores")
}

// storeOf finds the store of the address.
func (c *Console) storeOf(r *http.Request) (s shop.Store, err error) {
	id, err := ident.Store.Parse(r.PathValue("id"))
	if err != nil {
		return s, fault.New(fault.NotFound, "shop.store_unknown")
	}
	err = c.read(r, func(tx *db.Tx) (err error) { s, err = shop.GetStore(tx, id); return err })
	return s, err
}

func (c *Console) storePage(w http.ResponseWriter, r *http.Request) error {
	s, err := c.storeOf(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, storePage(ui.Form{Values: storeValues(s)}, &s))
}

func (c *Console) saveStore(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	s, err := c.storeOf(r)
	if err != nil {
		return err
	}
	err = c.write(r, func(tx *db.Tx) error {
		was, err := shop.GetStore(tx, s.ID)
		if err != nil {
			return err
		}
		is, err := storeChange(r.PostForm, was)
		if err != nil {
			return err
		}
		if is == was {
			return errSame
		}
		if is, err = shop.SaveStore(tx, is); err != nil {
			return err
		}
		e := session.Entry(r, "store.changed", "store", s.ID)
		e.Before, e.After = storeAudit(was), storeAudit(is)
		return audit.Append(tx, e)
	})
	if fault.Is(err, "shop.store_changed") {
		return c.storeOvertaken(w, r)
	}
	if correctable(err) {
		return ui.Render(w, r, session.Status(fault.Of(err).Kind), storePage(ui.NewForm(lang(r), r.PostForm, err), &s))
	}
	return saved(w, r, err, "stores.saved", "/settings/stores")
}

// storeOvertaken shows a store that somebody else changed first: beside what was
// sent, or as it is recorded now for who pressed a button.
func (c *Console) storeOvertaken(w http.ResponseWriter, r *http.Request) error {
	s, err := c.storeOf(r)
	if err != nil {
		return err
	}
	f := ui.Form{Values: storeValues(s), Overtaken: &ui.Overtaken{Button: true}}
	if !r.PostForm.Has("active") {
		now := ui.Recorded{Values: f.Values, Sent: storeValues(storeAnswers(r.PostForm, s)), Version: "version", Reopen: storePath(s)}
		f = now.Meet(r.PostForm, storeFields(r.Context(), ui.Form{})...)
	}
	return ui.Render(w, r, http.StatusConflict, storePage(f, &s))
}
