package session

import (
	"net/http"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/shop"
	"joren/internal/staff"
	"joren/internal/ui"
)

// Entry is an audit entry of the request's person; the caller adds values and
// reason.
func Entry(r *http.Request, action, subject string, id ident.ID) audit.Entry {
	e := audit.Entry{Actor: audit.System, Action: action, Subject: subject, SubjectID: id, Source: "console", RequestID: RequestID(r.Context())}
	if who, ok := Current(r.Context()); ok {
		e.Actor, e.ActorID = audit.Staff, who.User.ID
	}
	return e
}

// linkPage shows what a one-time link is for. Opening it uses nothing up:
// mail scanners open every link.
func (web *Web) linkPage(w http.ResponseWriter, r *http.Request) error {
	link, user, err := web.peek(r)
	if err != nil {
		return err
	}
	f := ui.Form{}
	return ui.Render(w, r, http.StatusOK, startPage(f, link, user))
}

func (web *Web) peek(r *http.Request) (link staff.Link, user staff.User, err error) {
	err = web.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		if link, err = staff.PeekLink(tx, r.PathValue("token")); err != nil || link.Owner {
			return err
		}
		user, err = staff.Get(tx, link.StaffID)
		return err
	})
	return link, user, err
}

// takeLink makes the owner's account or sets the invited person's password,
// and signs them in.
func (web *Web) takeLink(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	link, user, err := web.peek(r)
	if err != nil {
		return err
	}
	if user, err = web.useLink(r, link, user); err != nil {
		f := fault.Of(err)
		if f.Kind != fault.Invalid && f.Kind != fault.Conflict {
			return err
		}
		form := ui.NewForm(ui.Lang(r.Context()), r.PostForm, err)
		form.Values.Del("password")
		return ui.Render(w, r, Status(f.Kind), startPage(form, link, user))
	}
	if err := web.admitUser(w, r, user, "session.opened"); err != nil {
		return err
	}
	http.Redirect(w, r, web.firstPage(r, user), http.StatusSeeOther)
	return nil
}

func (web *Web) useLink(r *http.Request, link staff.Link, user staff.User) (staff.User, error) {
	password := r.PostForm.Get("password")
	login := user.Login
	if link.Owner {
		login = staff.Login(r.PostForm.Get("login"))
	}
	if err := staff.CheckPassword(login, password); err != nil {
		return user, err
	}
	hash, err := staff.Hash(r.Context(), password)
	if err != nil {
		return user, err
	}
	err = web.DB.Write(r.Context(), func(tx *db.Tx) (err error) {
		if _, err = staff.TakeLink(tx, r.PathValue("token")); err != nil {
			return err
		}
		if link.Owner {
			user, err = staff.Create(tx, staff.User{Login: login, Name: r.PostForm.Get("name"), Role: staff.Owner, Status: staff.Active, Password: hash, PasswordAt: tx.Wall})
		} else {
			err = acceptInvitation(tx, user, hash)
		}
		if err != nil {
			return err
		}
		e := Entry(r, "staff.joined", "staff", user.ID)
		e.Actor, e.ActorID, e.After = audit.Staff, user.ID, audit.Values{"role": string(user.Role)}
		return audit.Append(tx, e)
	})
	return user, err
}

func acceptInvitation(tx *db.Tx, user staff.User, hash string) error {
	if err := staff.SetPassword(tx, user.ID, hash); err != nil {
		return err
	}
	return RevokeAll(tx, user.ID)
}

// firstPage leads an owner of a shop that is not set up to the set-up page.
func (web *Web) firstPage(r *http.Request, user staff.User) string {
	if Settings(r.Context()).Setup == shop.New && staff.Can(user.Role, staff.SettingsEdit) {
		return "/setup"
	}
	return "/"
}
