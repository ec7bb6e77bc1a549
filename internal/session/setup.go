package session

import (
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/shop"
	"joren/internal/ui"
)

func (web *Web) setupPage(w http.ResponseWriter, r *http.Request) error {
	if Settings(r.Context()).Setup != shop.New {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	return ui.Render(w, r, http.StatusOK, setupPage(ui.Form{}, Settings(r.Context())))
}

// setup stores the answers once; of two owners at the same moment the second
// is told that it is done.
func (web *Web) setup(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	next := "/"
	err := web.DB.Write(r.Context(), func(tx *db.Tx) error {
		s, err := shop.Load(tx)
		if err != nil {
			return err
		}
		if s.Setup != shop.New {
			return fault.New(fault.Conflict, "shop.already_set_up")
		}
		if s, err = web.Shop.Save(tx, answers(r, s)); err != nil {
			return err
		}
		e := Entry(r, "shop.set_up", "shop", ident.ID{})
		e.After = audit.Values{"setup": string(s.Setup), "lang": string(s.Lang), "zone": s.Zone, "currency": s.Currency}
		if web.OnSetup != nil {
			if next, err = web.OnSetup(r, tx, s); err != nil {
				return err
			}
		}
		return audit.Append(tx, e)
	})
	if f := fault.Of(err); err != nil && f.Kind == fault.Invalid {
		return ui.Render(w, r, Status(f.Kind), setupPage(ui.NewForm(ui.Lang(r.Context()), r.PostForm, err), Settings(r.Context())))
	}
	if err != nil {
		return err
	}
	ui.Flash(w, "good", "session.setup_done")
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

func answers(r *http.Request, s shop.Settings) shop.Settings {
	p := r.PostForm
	s.Name.JA, s.Name.EN = p.Get("name"), p.Get("name_en")
	s.Lang, s.Zone, s.Currency = i18n.Lang(p.Get("lang")), p.Get("zone"), p.Get("currency")
	s.DayStarts = minutes(p.Get("day_starts"))
	s.Setup = shop.Empty
	if p.Get("start") == "sample" {
		s.Setup = shop.Sample
	}
	return s
}

// minutes reads "05:00" in half or full width; what cannot be read becomes a negative duration,
// which the settings refuse.
func minutes(s string) time.Duration {
	if s == "" {
		return 0
	}
	t, err := time.Parse("15:04", strings.TrimSpace(norm.NFKC.String(s)))
	if err != nil {
		return -1
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}
