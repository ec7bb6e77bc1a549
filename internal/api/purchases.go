package api

import (
	"net/http"

	"joren/internal/activity"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/staff"
)

type purchaseIn struct{ Body purchase.Input }

type purchaseRef struct {
	ID string `path:"id" doc:"pur_…"`
}

func (s *server) purchases() {
	handle(s, route{Method: "POST", Path: "/v1/purchases", Tag: "Purchases", Scope: staff.ScopeWrite, Once: mayKey, MaxBody: 4 << 20,
		Status: []int{http.StatusCreated, http.StatusOK}, Example: purchaseExample, Summary: "Record a purchase",
		Detail: "It is priced, judged and booked, and answered after the commit. The same source and order_no with the same content is answered 200 with duplicate: true; other content is 409 purchase.changed unless revision or updated_at is newer."},
		s.postPurchase)
	handle(s, route{Method: "POST", Path: "/v1/purchases/preview", Tag: "Purchases", Scope: staff.ScopeRead, MaxBody: 4 << 20, Example: purchaseExample,
		Summary: "What a purchase would give", Detail: "The answer that recording it now would give; nothing is written. Points that are not there are refused."},
		s.postPreview)
	handle(s, route{Method: "POST", Path: "/v1/purchases/bulk", Tag: "Purchases", Scope: staff.ScopeWrite, Once: mayKey, MaxBody: bulkBody, Timeout: bulkTime,
		Summary: "Record up to 10,000 purchases", Detail: "Each item stands for itself and is answered by itself; one that is refused stops no other. Items are told apart by source and order_no, so the whole may be sent again."},
		s.postBulk)
	handle(s, route{Method: "GET", Path: "/v1/purchases/{id}", Tag: "Purchases", Scope: staff.ScopeRead, Summary: "A purchase with its returns"}, s.getPurchase)
	handle(s, route{Method: "GET", Path: "/v1/purchases/{id}/award", Tag: "Purchases", Scope: staff.ScopeRead, Summary: "What a purchase gave, and why",
		Detail: "The answer given when it was recorded, with every rule that gave points and every rule that did not, and why."}, s.getAward)
}

// postPurchase is the way most requests go; it does nothing that one purchase
// does not need.
func (s *server) postPurchase(c *call, in *purchaseIn) (answer[sale.Answer], error) {
	by, err := c.by()
	if err != nil {
		return answer[sale.Answer]{}, err
	}
	a, err := s.Sales.Record(c.ctx, in.Body, by)
	return recorded(a), err
}

// recorded is the answer to a purchase: 200 for one that stood there already
// (SEMANTICS §10 I1).
func recorded(a sale.Answer) answer[sale.Answer] {
	out := answer[sale.Answer]{body: a, replayed: a.Replayed}
	if a.Duplicate {
		out.status = http.StatusOK
	}
	return out
}

func (s *server) postPreview(c *call, in *purchaseIn) (answer[sale.Answer], error) {
	a, err := s.Sales.Preview(c.ctx, in.Body)
	return ok(a), err
}

// purchaseOf finds the purchase of a path: purchase.unknown.
func (s *server) purchaseOf(c *call, text string) (p *purchase.Purchase, err error) {
	id, err := ident.Purchase.Parse(text)
	if err != nil {
		return nil, fault.New(fault.NotFound, "purchase.unknown")
	}
	err = s.DB.Read(c.ctx, func(tx *db.Tx) (err error) {
		p, err = purchase.Get(tx, id)
		return err
	})
	return p, err
}

func (s *server) getPurchase(c *call, in *purchaseRef) (answer[Purchase], error) {
	p, err := s.purchaseOf(c, in.ID)
	if err != nil {
		return answer[Purchase]{}, err
	}
	return ok(purchaseOut(p)), nil
}

func (s *server) getAward(c *call, in *purchaseRef) (answer[sale.Answer], error) {
	a, err := s.Sales.Explain(c.ctx, in.ID)
	return ok(a), err
}

type stepIn struct {
	ID   string `path:"id" doc:"pur_…"`
	Body sale.StepInput
}

type claimIn struct{ Body sale.ClaimInput }

type eventIn struct{ Body activity.Input }

func (s *server) events() {
	handle(s, route{Method: "POST", Path: "/v1/purchases/{id}/events", Tag: "Purchases", Scope: staff.ScopeWrite, Once: mayKey, Example: `{"kind":"delivered","occurred_at":"2026-11-17T14:05:00+09:00"}`,
		Summary: "Tell what happened to an order", Detail: "delivered opens the points that waited for it. The same kind again changes nothing: duplicate: true."}, s.postStep)
	handle(s, created(route{Method: "POST", Path: "/v1/purchases/claim", Tag: "Purchases", Scope: staff.ScopeWrite, Once: mayKey, Summary: "Claim a receipt for a member",
		Detail: "A guest's purchase becomes a member's, judged as of when it happened, where the programme allows it and within its days. A newer state of the order that names her does the same; where it may not, its answer has a flag."}), s.postClaim)
	handle(s, created(route{Method: "POST", Path: "/v1/events", Tag: "Purchases", Scope: staff.ScopeWrite, Once: mayKey, Status: []int{http.StatusOK}, Example: eventExample,
		Summary: "Record something that is no purchase", Detail: "A visit, a review, a kind of the programme's own: stored once under source and event_no, and judged by the rules that wait for it."}), s.postEvent)
}

func (s *server) postStep(c *call, in *stepIn) (a answer[sale.StepAnswer], err error) {
	by, err := c.by()
	if err != nil {
		return a, err
	}
	a.body, err = s.Sales.Step(c.ctx, in.ID, in.Body, by)
	a.replayed = a.body.Replayed
	return a, err
}

func (s *server) postClaim(c *call, in *claimIn) (answer[sale.Answer], error) {
	by, err := c.by()
	if err != nil {
		return answer[sale.Answer]{}, err
	}
	a, err := s.Sales.Claim(c.ctx, in.Body, by)
	return recorded(a), err
}

func (s *server) postEvent(c *call, in *eventIn) (answer[sale.EventAnswer], error) {
	by, err := c.by()
	if err != nil {
		return answer[sale.EventAnswer]{}, err
	}
	a, err := s.Sales.Event(c.ctx, in.Body, by)
	out := answer[sale.EventAnswer]{body: a, replayed: a.Replayed}
	if a.Duplicate {
		out.status = http.StatusOK
	}
	return out, err
}

type returnIn struct{ Body purchase.ReturnInput }

func (s *server) returns() {
	handle(s, route{Method: "POST", Path: "/v1/returns", Tag: "Purchases", Scope: staff.ScopeWrite, Once: mayKey,
		Status: []int{http.StatusCreated, http.StatusOK, http.StatusAccepted}, Example: returnExample, Summary: "Record a return",
		Detail: "Points paid come back first, then the award is judged again on what is kept. Left out lines mean everything that is left. Before its purchase is known a return is parked: 202."},
		s.postReturn)
	handle(s, route{Method: "POST", Path: "/v1/returns/preview", Tag: "Purchases", Scope: staff.ScopeRead, Example: returnExample, Summary: "What a return would do"}, s.postReturnPreview)
}

func (s *server) postReturn(c *call, in *returnIn) (answer[sale.ReturnAnswer], error) {
	by, err := c.by()
	if err != nil {
		return answer[sale.ReturnAnswer]{}, err
	}
	a, err := s.Sales.Return(c.ctx, in.Body, by)
	out := answer[sale.ReturnAnswer]{body: a, replayed: a.Replayed}
	switch {
	case a.State == "parked":
		out.status = http.StatusAccepted
	case a.Duplicate:
		out.status = http.StatusOK
	}
	return out, err
}

func (s *server) postReturnPreview(c *call, in *returnIn) (answer[sale.ReturnAnswer], error) {
	a, err := s.Sales.PreviewReturn(c.ctx, in.Body)
	return ok(a), err
}
