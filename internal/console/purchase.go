package console

import (
	"net/http"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/sale"
	"joren/internal/session"
	"joren/internal/ui"
)

// purchasePage is one purchase: the receipt, why it earned what it earned,
// and what has come back.
type purchasePage struct {
	s       *scene
	p       *purchase.Purchase
	answer  sale.Answer
	who     *owner // nil: a guest
	why     []why
	checked bool
}

// why explains the award of one type of points.
type why struct {
	name   string // of the type
	points int64
	rules.Explanation
	lots []sale.AwardLot
}

func (c *Console) purchase(w http.ResponseWriter, r *http.Request) error {
	var p purchasePage
	err := c.read(r, func(tx *db.Tx) (err error) {
		return c.fillPurchase(r, tx, &p)
	})
	if err != nil {
		return err
	}
	if p.why, err = c.reasons(r, &p); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, purchaseView(p))
}

func (c *Console) fillPurchase(r *http.Request, tx *db.Tx, p *purchasePage) error {
	id, err := askedPurchase(r)
	if err != nil {
		return err
	}
	if p.s, err = c.scene(r, tx); err != nil {
		return err
	}
	if p.p, err = purchase.Get(tx, id); err != nil {
		return err
	}
	p.answer = answered(p.p)
	if !p.p.Guest {
		people, err := c.owners(tx, p.s, []ident.ID{p.p.Member})
		if err != nil {
			return err
		}
		who := people[p.p.Member]
		p.who = &who
	}
	p.checked, err = checked(tx, id)
	return err
}

func askedPurchase(r *http.Request) (ident.ID, error) {
	id, err := ident.Purchase.Parse(r.PathValue("id"))
	if err != nil {
		return id, fault.New(fault.NotFound, "purchase.unknown")
	}
	return id, nil
}

// reasons puts the awards into words by the version that judged them. Of a
// member who was forgotten the facts are gone, so what was not given is too.
func (c *Console) reasons(r *http.Request, p *purchasePage) ([]why, error) {
	if p.p.Judged.Version == 0 {
		return nil, nil
	}
	v, err := p.s.timeline.Number(p.p.Judged.Version)
	if err != nil {
		return nil, err
	}
	awards, err := c.Sales.Why(r.Context(), p.p.Source, p.p.OrderNo)
	if err != nil {
		if fault.Of(err).Kind == fault.Internal {
			return nil, err
		}
		awards = p.p.Judged.Awards
	}
	told := map[string]sale.Award{}
	for _, x := range append(p.answer.Awards, awardOf(p.answer)...) {
		told[x.Type] = x
	}
	var out []why
	for _, x := range awards {
		if len(x.Components)+len(x.Refused) > 0 {
			out = append(out, why{p.s.pointType(x.Type), x.Points, p.s.speaker().Explain(v.Rules, &x), lotsOf(told[x.Type])})
		}
	}
	return out, nil
}

func awardOf(a sale.Answer) []sale.Award {
	if a.Award == nil {
		return nil
	}
	return []sale.Award{*a.Award}
}

// lotsOf are an award's lots; one alone stands in the award itself.
func lotsOf(a sale.Award) []sale.AwardLot {
	if a.Lot != "" {
		return []sale.AwardLot{{Lot: a.Lot, Points: a.Points, State: a.State, ActivatesAt: a.ActivatesAt, ExpiresOn: a.ExpiresOn}}
	}
	return a.Lots
}

// left reports whether anything can still come back.
func (p *purchasePage) left() bool {
	for _, l := range p.p.Lines {
		if l.Returned < l.Quantity {
			return true
		}
	}
	return false
}

// lookedAt notes that somebody has looked at a flagged purchase.
func (c *Console) lookedAt(w http.ResponseWriter, r *http.Request) error {
	id, err := askedPurchase(r)
	if err != nil {
		return err
	}
	err = c.write(r, func(tx *db.Tx) error {
		if _, err := purchase.Get(tx, id); err != nil {
			return err
		}
		if done, err := checked(tx, id); err != nil || done {
			return err
		}
		return audit.Append(tx, session.Entry(r, "purchase.checked", "purchase", id))
	})
	if err != nil {
		return err
	}
	ui.Flash(w, "good", "console.purchase.checked_now")
	return see(w, r, purchaseURL(id))
}
