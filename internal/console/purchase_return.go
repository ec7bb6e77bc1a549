package console

import (
	"net/http"
	"net/url"
	"strings"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/session"
	texts "joren/internal/text"
	"joren/internal/ui"
)

// returning is the page on which goods come back: choose, see, record.
type returning struct {
	ui.Form
	purchasePage
	in      purchase.ReturnInput
	preview *sale.ReturnAnswer // what it would come to
}

func (c *Console) returnPage(w http.ResponseWriter, r *http.Request) error {
	return c.showReturn(w, r, http.StatusOK, returning{Form: ui.Form{Values: url.Values{}}})
}

func (c *Console) showReturn(w http.ResponseWriter, r *http.Request, status int, p returning) error {
	err := c.read(r, func(tx *db.Tx) error { return c.fillPurchase(r, tx, &p.purchasePage) })
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, returnView(p))
}

// takeBack shows what a return would come to (返品すると), and records it when
// that was seen.
func (c *Console) takeBack(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	var p purchasePage
	if err := c.read(r, func(tx *db.Tx) error { return c.fillPurchase(r, tx, &p) }); err != nil {
		return err
	}
	in, err := p.returnOf(r)
	f := returning{Form: ui.Form{Values: r.PostForm}, in: in}
	switch {
	case err != nil:
	case r.PostForm.Get("step") == "book":
		var a sale.ReturnAnswer
		if a, err = c.recordReturn(r, &p, in); err == nil {
			ui.Flash(w, "good", "console.return.done", "value", p.s.money(a.Value), "cash", p.s.money(a.CashRefund))
			return see(w, r, purchaseURL(p.p.ID))
		}
	default:
		var a sale.ReturnAnswer
		if a, err = c.Sales.PreviewReturn(r.Context(), in); err == nil {
			f.preview = &a
			return c.showReturn(w, r, http.StatusOK, f)
		}
	}
	if shown(err) {
		f.Form = ui.NewForm(lang(r), r.PostForm, err)
		return c.showReturn(w, r, session.Status(fault.Of(err).Kind), f)
	}
	return err
}

// returnOf reads the form. Its number and instant are made once and travel
// with it, so that sending it twice is the same return.
func (p *purchasePage) returnOf(r *http.Request) (purchase.ReturnInput, error) {
	f := r.PostForm
	in := purchase.ReturnInput{Source: p.p.Source, OrderNo: p.p.OrderNo, ReturnNo: f.Get("order"), OccurredAt: p.s.now, Store: f.Get("store"),
		Staff: ident.Staff.Text(session.Must(r.Context()).User.ID), Reason: strings.TrimSpace(f.Get("reason"))}
	if at, err := clock.ParseInstant(f.Get("at")); err == nil {
		in.OccurredAt = at
	}
	if in.ReturnNo == "" {
		in.ReturnNo = "console-" + ident.New().String()
	}
	if f.Get("everything") == "yes" {
		return in, nil
	}
	var wrong []fault.Field
	for _, l := range p.p.Lines {
		name := "quantity_" + itoa(int64(l.No))
		n, err := texts.Quantity(f.Get(name))
		switch {
		case f.Get(name) == "" || err == nil && n == 0:
			continue
		case err != nil || n > l.Quantity-l.Returned:
			wrong = append(wrong, fault.At(name, "console.quantity", "name", lineName(l), "most", l.Quantity-l.Returned))
		}
		in.Lines = append(in.Lines, purchase.ReturnLine{No: l.No, Quantity: n})
	}
	if len(wrong) == 0 && len(in.Lines) == 0 {
		wrong = append(wrong, fault.At("", "console.nothing_chosen"))
	}
	if len(wrong) > 0 {
		return in, fault.New(fault.Invalid, "console.return_invalid").With(wrong...)
	}
	return in, nil
}

func (c *Console) recordReturn(r *http.Request, p *purchasePage, in purchase.ReturnInput) (sale.ReturnAnswer, error) {
	who := session.Must(r.Context())
	return c.Sales.Return(r.Context(), in, sale.By{Actor: "staff:" + ident.Staff.Text(who.User.ID), Also: func(tx *db.Tx) error {
		e := session.Entry(r, "purchase.returned", "purchase", p.p.ID)
		e.After = audit.Values{"return_no": in.ReturnNo, "lines": len(in.Lines), "everything": len(in.Lines) == 0}
		return audit.Append(tx, e)
	}})
}

func lineName(l purchase.StoredLine) string {
	switch {
	case l.Name != "":
		return l.Name
	case l.SKU != "":
		return l.SKU
	}
	return "#" + itoa(int64(l.No))
}
