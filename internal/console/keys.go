package console

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) keyRoutes() {
	c.get("/settings/keys", staff.KeysManage, c.keysPage)
	c.get("/settings/keys/new", staff.KeysManage, c.newKeyPage)
	c.post("/settings/keys", staff.KeysManage, c.makeKey)
	c.post("/settings/keys/{id}/revoke", staff.KeysManage, c.revokeKey)
}

func (c *Console) keysPage(w http.ResponseWriter, r *http.Request) error {
	if file, err := c.asFile(r); err != nil {
		return err
	} else if file {
		return c.exportKeys(w, r)
	}
	var list []staff.Key
	var names map[ident.ID]string
	err := c.read(r, func(tx *db.Tx) (err error) {
		if list, err = staff.Keys(tx); err != nil {
			return err
		}
		names, err = staff.Names(tx)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, keysPage(settingsTabs(r, "/settings/keys"), keyTable(r.Context(), list, names)))
}

func keyTable(ctx context.Context, list []staff.Key, names map[ident.ID]string) ui.Table {
	t := ui.Table{ID: "keys", Caption: ui.T(ctx, "settings.keys"), List: ui.List{Path: "/settings/keys"}, CSV: true, Columns: []ui.Column{{Label: ui.T(ctx, "keys.name")}, {Label: ui.T(ctx, "keys.tail"), Keep: true}, {Label: ui.T(ctx, "keys.scopes")},
		{Label: ui.T(ctx, "keys.made"), Keep: true}, {Label: ui.T(ctx, "keys.by")}, {Label: ui.T(ctx, "keys.used"), Keep: true}, {Label: ui.T(ctx, "session.action")}},
		Empty: ui.Empty(ui.T(ctx, "keys.empty"), &ui.Button{Label: ui.T(ctx, "keys.make"), Href: "/settings/keys/new"})}
	for _, k := range list {
		last := ui.Do(ui.Button{Label: ui.T(ctx, "keys.revoke"), Kind: "text", Post: "/settings/keys/" + ident.Key.Text(k.ID) + "/revoke"})
		if k.RevokedAt != 0 {
			last = ui.Badge("", ui.T(ctx, "keys.revoked"))
		}
		used := whenText(ctx, k.LastUsedAt)
		if k.LastUsedAt == 0 {
			used = ui.T(ctx, "keys.never_used")
		}
		t.Rows = append(t.Rows, ui.Row{Muted: k.RevokedAt != 0, Cells: []templ.Component{ui.Text(k.Name), ui.Text("…" + k.Tail), ui.Text(scopeNames(ctx, k.Scopes)),
			ui.Text(whenText(ctx, k.CreatedAt)), ui.Text(names[k.CreatedBy]), ui.Text(used), last}})
	}
	return t
}

func scopeNames(ctx context.Context, scopes []staff.Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = ui.T(ctx, "staff.scope."+string(s))
	}
	return strings.Join(names, " · ")
}

func scopeOptions(ctx context.Context) []ui.Option {
	out := make([]ui.Option, len(staff.Scopes))
	for i, s := range staff.Scopes {
		out[i] = ui.Option{Value: string(s), Label: ui.T(ctx, "staff.scope."+string(s)), Hint: ui.T(ctx, "keys.about."+string(s))}
	}
	return out
}

func (c *Console) newKeyPage(w http.ResponseWriter, r *http.Request) error {
	return ui.Render(w, r, http.StatusOK, newKeyPage(ui.Form{}))
}

func (c *Console) makeKey(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	var scopes []staff.Scope
	for _, s := range r.PostForm["scopes"] {
		scopes = append(scopes, staff.Scope(s))
	}
	var k staff.Key
	var secret string
	err := c.write(r, func(tx *db.Tx) (err error) {
		if k, secret, err = staff.NewKey(tx, r.PostForm.Get("name"), scopes, session.Must(r.Context()).User.ID); err != nil {
			return err
		}
		e := session.Entry(r, "key.made", "key", k.ID)
		e.After = audit.Values{"name": k.Name, "scopes": k.Scopes}
		return audit.Append(tx, e)
	})
	if correctable(err) {
		return ui.Render(w, r, session.Status(fault.Of(err).Kind), newKeyPage(ui.NewForm(lang(r), r.PostForm, err)))
	}
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, keyPage(k, secret))
}

func (c *Console) revokeKey(w http.ResponseWriter, r *http.Request) error {
	id, err := ident.Key.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "key.unknown")
	}
	err = c.write(r, func(tx *db.Tx) error {
		if err := staff.RevokeKey(tx, id); err != nil {
			return err
		}
		return audit.Append(tx, session.Entry(r, "key.revoked", "key", id))
	})
	if err != nil {
		return err
	}
	ui.Flash(w, "good", "keys.revoked_now")
	return see(w, r, "/settings/keys")
}
