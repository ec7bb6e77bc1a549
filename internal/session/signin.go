package session

import (
	"context"
	"net/http"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (web *Web) signInPage(w http.ResponseWriter, r *http.Request) error {
	next := local(r.URL.Query().Get("next"))
	if _, ok := Current(r.Context()); ok {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	return web.showSignIn(w, r, http.StatusOK, ui.Form{}, next)
}

func (web *Web) showSignIn(w http.ResponseWriter, r *http.Request, status int, f ui.Form, next string) error {
	var owner bool
	err := web.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		owner, err = staff.HasOwner(tx)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, signInPage(f, next, owner, r.TLS == nil && !loopback(r)))
}

// signIn answers a wrong login, a wrong password and a disabled user in the
// same words after the same work.
func (web *Web) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	next, login := local(r.PostForm.Get("next")), staff.Login(r.PostForm.Get("login"))
	err := web.limits.take(network(r), login)
	var user staff.User
	if err == nil {
		user, err = web.prove(r.Context(), login, r.PostForm.Get("password"))
	}
	if f := fault.Of(err); err != nil && f.Kind != fault.Unauthenticated && f.Kind != fault.Limited {
		return err
	}
	if err != nil {
		form := ui.NewForm(ui.Lang(r.Context()), r.PostForm, err)
		form.Values.Del("password")
		if f := fault.Of(err); f.Kind == fault.Limited {
			w.Header().Set("Retry-After", retryAfter(f))
		}
		return web.showSignIn(w, r, Status(fault.Of(err).Kind), form, next)
	}
	if err := web.admitUser(w, r, user, "session.opened"); err != nil {
		return err
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// prove finds the active user of a login and password: session.wrong. The
// hash is computed outside of any transaction, also for a login nobody has.
func (web *Web) prove(ctx context.Context, login, password string) (staff.User, error) {
	wrong := fault.New(fault.Unauthenticated, "session.wrong")
	var user staff.User
	err := web.DB.Read(ctx, func(tx *db.Tx) (err error) {
		user, _, err = staff.Find(tx, login)
		return err
	})
	if err != nil {
		return user, err
	}
	ok, stale, err := staff.Verify(ctx, user.Password, password)
	if err != nil {
		return user, err
	}
	if !ok || user.Status != staff.Active {
		return user, wrong
	}
	if stale {
		web.rehash(ctx, user, password)
	}
	return user, nil
}

func (web *Web) rehash(ctx context.Context, user staff.User, password string) {
	hash, err := staff.Hash(ctx, password)
	if err == nil {
		err = web.DB.Write(ctx, func(tx *db.Tx) error { return staff.Rehash(tx, user.ID, user.Password, hash) })
	}
	if err != nil {
		web.Log.WarnContext(ctx, "hash not renewed", "error", err)
	}
}

// admitUser opens a new session, ends the one the browser had, and sets the
// cookie.
func (web *Web) admitUser(w http.ResponseWriter, r *http.Request, user staff.User, action string) error {
	var token string
	old, had := Current(r.Context())
	err := web.DB.Write(r.Context(), func(tx *db.Tx) (err error) {
		if had {
			if _, err := tx.Exec(`DELETE FROM session_session WHERE id = $1`, old.Session.ID); err != nil {
				return err
			}
		}
		var s Session
		if token, s, err = Open(tx, user.ID, network(r), device(r.UserAgent())); err != nil {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: audit.Staff, ActorID: user.ID, Action: action, Subject: "session", SubjectID: s.ID,
			Source: "console", RequestID: RequestID(r.Context())})
	})
	if err == nil {
		setToken(w, r, token, life)
	}
	return err
}

func (web *Web) signOut(w http.ResponseWriter, r *http.Request) error {
	if who, ok := Current(r.Context()); ok {
		err := web.DB.Write(r.Context(), func(tx *db.Tx) error {
			if err := Revoke(tx, who.User.ID, who.Session.ID); err != nil {
				return err
			}
			return audit.Append(tx, Entry(r, "session.closed", "session", who.Session.ID))
		})
		if err != nil && !fault.Is(err, "session.unknown") {
			return err
		}
	}
	clearToken(w, r)
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

func (web *Web) preferences(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	lang, colours := i18n.Lang(r.PostForm.Get("lang")), r.PostForm.Get("theme")
	if lang == i18n.JA || lang == i18n.EN {
		remember(w, r, "lang", string(lang))
	} else {
		lang = ""
	}
	if colours == "auto" || colours == "light" || colours == "dark" {
		remember(w, r, "theme", colours)
	}
	if who, ok := Current(r.Context()); ok {
		if err := web.storePreferences(r.Context(), who.User, lang, colours); err != nil {
			return err
		}
	}
	http.Redirect(w, r, local(r.PostForm.Get("back")), http.StatusSeeOther)
	return nil
}

func (web *Web) storePreferences(ctx context.Context, u staff.User, lang i18n.Lang, colours string) error {
	if lang == "" {
		lang = u.Lang
	}
	switch colours {
	case "auto":
		colours = ""
	case "light", "dark":
	default:
		colours = u.Theme
	}
	return web.DB.Write(ctx, func(tx *db.Tx) error { return staff.SetPreferences(tx, u.ID, lang, colours) })
}
