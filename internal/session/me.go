package session

import (
	"net/http"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/staff"
	"joren/internal/ui"
)

// prefix of a session's id in forms.
const sessionPrefix ident.Prefix = "ses"

func (web *Web) mePage(w http.ResponseWriter, r *http.Request) error {
	return web.showMe(w, r, http.StatusOK, ui.Form{})
}

func (web *Web) showMe(w http.ResponseWriter, r *http.Request, status int, f ui.Form) error {
	who := Must(r.Context())
	var list []Session
	err := web.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		list, err = List(tx, who.User.ID)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, mePage(f, who, list, Settings(r.Context()).Calendar()))
}

// changePassword asks for the present password, ends every session of the
// person and opens a new one here.
func (web *Web) changePassword(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	who := Must(r.Context())
	if err := web.storePassword(r, who); err != nil {
		f := fault.Of(err)
		if f.Kind != fault.Invalid && f.Kind != fault.Limited {
			return err
		}
		return web.showMe(w, r, Status(f.Kind), ui.NewForm(ui.Lang(r.Context()), nil, err))
	}
	if err := web.admitUser(w, r, who.User, "session.opened"); err != nil {
		return err
	}
	ui.Flash(w, "good", "session.password_changed")
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}

func (web *Web) storePassword(r *http.Request, who Who) error {
	if err := web.limits.take(network(r), who.User.Login); err != nil {
		return err
	}
	ok, _, err := staff.Verify(r.Context(), who.User.Password, r.PostForm.Get("present"))
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Invalid, "session.present_wrong").With(fault.At("present", "session.present_wrong"))
	}
	password := r.PostForm.Get("password")
	if err := staff.CheckPassword(who.User.Login, password); err != nil {
		return err
	}
	hash, err := staff.Hash(r.Context(), password)
	if err != nil {
		return err
	}
	return web.DB.Write(r.Context(), func(tx *db.Tx) error {
		if err := staff.SetPassword(tx, who.User.ID, hash); err != nil {
			return err
		}
		if err := RevokeAll(tx, who.User.ID); err != nil {
			return err
		}
		return audit.Append(tx, Entry(r, "staff.password_changed", "staff", who.User.ID))
	})
}

func (web *Web) revokeSession(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	who := Must(r.Context())
	id, err := sessionPrefix.Parse(r.PostForm.Get("id"))
	if err != nil {
		return fault.New(fault.NotFound, "session.unknown")
	}
	err = web.DB.Write(r.Context(), func(tx *db.Tx) error {
		if err := Revoke(tx, who.User.ID, id); err != nil {
			return err
		}
		return audit.Append(tx, Entry(r, "session.revoked", "session", id))
	})
	if err != nil {
		return err
	}
	ui.Flash(w, "good", "session.revoked")
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}
