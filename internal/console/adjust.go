package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/sale"
	"joren/internal/session"
	"joren/internal/text"
	"joren/internal/ui"
)

// adjustForm is the form that corrects a member's points, and what it would
// come to.
type adjustForm struct {
	ui.Form
	before, after *sale.Balance // after the preview
	in            sale.AdjustInput
	order         string // names this correction, so that it happens once
}

// adjustReasons are the reasons offered; "other" asks for words.
var adjustReasons = []string{"goodwill", "correction", "migration", "campaign", "other"}

func (c *Console) adjustPage(w http.ResponseWriter, r *http.Request) error {
	return c.showAdjust(w, r, http.StatusOK, adjustForm{Form: ui.Form{Values: url.Values{}}})
}

func (c *Console) showAdjust(w http.ResponseWriter, r *http.Request, status int, f adjustForm) error {
	p := member360{form: f}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if p.m, p.p, err = c.head(r, tx, p.s); err != nil {
			return err
		}
		return c.fillAccounts(tx, &p)
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, adjustView(p))
}

// adjust shows what a correction would come to, and books it when that was
// seen.
func (c *Console) adjust(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	id, err := asked(r)
	if err != nil {
		return err
	}
	in, err := adjustmentOf(r.PostForm, id)
	if err == nil && r.PostForm.Get("step") == "book" {
		err = c.bookAdjustment(w, r, id, in)
		if err == nil {
			return see(w, r, memberURL(id))
		}
	} else if err == nil {
		var f adjustForm
		if f, err = c.previewAdjustment(r, id, in); err == nil {
			return c.showAdjust(w, r, http.StatusOK, f)
		}
	}
	if shown(err) {
		f := adjustForm{Form: ui.NewForm(lang(r), r.PostForm, atPoints(err))}
		return c.showAdjust(w, r, session.Status(fault.Of(err).Kind), f)
	}
	return err
}

// atPoints gives a fault about the amount its field.
func atPoints(err error) error {
	f := fault.Of(err)
	if len(f.Fields) == 0 && strings.HasPrefix(f.Code, "points.") {
		x := *f
		x.Fields = []fault.Field{{Path: "points", Code: f.Code, Args: f.Args}}
		return &x
	}
	return err
}

// adjustmentOf reads the form; what is wrong comes all at once.
func adjustmentOf(f url.Values, id ident.ID) (sale.AdjustInput, error) {
	in := sale.AdjustInput{Member: ident.Member.Text(id), Type: f.Get("type"), Reason: f.Get("reason"), Note: strings.TrimSpace(f.Get("note"))}
	var wrong []fault.Field
	n, err := text.Minor(f.Get("points"), 0)
	if in.Points = n; f.Get("direction") == "take" {
		in.Points = -n
	}
	if err != nil || n <= 0 {
		wrong = append(wrong, fault.At("points", "console.points_invalid"))
	}
	if !slices.Contains(adjustReasons, in.Reason) {
		wrong = append(wrong, fault.At("reason", "console.reason_missing"))
	}
	if in.Reason == "other" && in.Note == "" {
		wrong = append(wrong, fault.At("note", "console.note_missing"))
	} else if in.Reason == "other" {
		in.Reason, in.Note = in.Note, "" // the words are the reason
	}
	if s := strings.TrimSpace(f.Get("expires_on")); s != "" && in.Points > 0 {
		d, err := text.Day(s)
		if in.ExpiresOn = d; err != nil {
			wrong = append(wrong, fault.At("expires_on", fault.Of(err).Code))
		}
	}
	if len(wrong) > 0 {
		return in, fault.New(fault.Invalid, "console.adjust_invalid").With(wrong...)
	}
	return in, nil
}

func (c *Console) previewAdjustment(r *http.Request, id ident.ID, in sale.AdjustInput) (adjustForm, error) {
	before, after, err := c.Sales.PreviewAdjust(r.Context(), in)
	return adjustForm{Form: ui.Form{Values: r.PostForm}, before: &before, after: &after.Balance, in: in, order: ident.New().String()}, err
}

// bookAdjustment books a correction. Its number makes it happen once, however
// often the form is sent.
func (c *Console) bookAdjustment(w http.ResponseWriter, r *http.Request, id ident.ID, in sale.AdjustInput) error {
	who := session.Must(r.Context())
	order := r.PostForm.Get("order")
	by := sale.By{Actor: "staff:" + ident.Staff.Text(who.User.ID)}
	if order != "" {
		by.Request = once(who, "adjust", order, fmt.Sprint(in))
	}
	by.Also = func(tx *db.Tx) error {
		e := session.Entry(r, "points.adjusted", "member", id)
		e.After = audit.Values{"points": in.Points, "type": in.Type, "expires_on": in.ExpiresOn.String(), "order": order}
		e.Reason = r.PostForm.Get("reason")
		return audit.Append(tx, e)
	}
	a, err := c.Sales.Adjust(r.Context(), in, by)
	if err == nil {
		ui.Flash(w, "good", "console.adjust.done", "points", signed(in.Points), "available", number(a.Balance.Available))
	}
	return err
}
