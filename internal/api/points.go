package api

import (
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/idem"
	"joren/internal/ident"
	"joren/internal/sale"
	"joren/internal/staff"
)

type holdIn struct{ Body sale.HoldInput }

type holdRef struct {
	ID string `path:"id" doc:"hld_…"`
}

type holdPoints struct {
	ID   string `path:"id" doc:"hld_…"`
	Body CommitRequest
}

// CommitRequest says how many points of a hold are spent.
type CommitRequest struct {
	Points int64 `json:"points,omitempty" doc:"left out: all of them; what is not committed is freed"`
}

type refundPoints struct {
	ID   string `path:"id" doc:"hld_…"`
	Body RefundRequest
}

// RefundRequest says how many spent points go back.
type RefundRequest struct {
	Points int64 `json:"points" doc:"back to the lots they came from"`
}

type adjustIn struct{ Body sale.AdjustInput }

type transferIn struct{ Body sale.TransferInput }

func (s *server) points() {
	write := func(path, summary, detail, example string) route {
		return route{Method: "POST", Path: path, Tag: "Points", Scope: staff.ScopeWrite, Once: needsKey, Summary: summary, Detail: detail, Example: example}
	}
	handle(s, created(write("/v1/holds", "Reserve points", "Specific lots are reserved until ttl_seconds (usually 1,800) have passed; then they are free again by themselves.", holdExample)), s.postHold)
	handle(s, write("/v1/holds/{id}/commit", "Spend reserved points", "For something that is no purchase, a reward for instance; a purchase names its hold in points_paid.", `{"points":450}`), s.postCommit)
	handle(s, write("/v1/holds/{id}/cancel", "Free reserved points", "", ""), s.postCancel)
	handle(s, write("/v1/holds/{id}/refund", "Give spent points back", "To the lots they came from; where one has expired meanwhile, as the programme says.", `{"points":100}`), s.postRefund)
	handle(s, created(write("/v1/adjustments", "Correct a balance", "Up as a lot, down from free lots, always with a reason.", adjustExample)), s.postAdjustment)
	handle(s, created(write("/v1/transfers", "Give points to another member", "The lots keep their expiry.", transferExample)), s.postTransfer)
}

func (s *server) postHold(c *call, in *holdIn) (a answer[sale.HoldAnswer], err error) {
	by, err := c.by()
	if err == nil {
		a.body, err = s.Sales.Hold(c.ctx, in.Body, by)
	}
	a.replayed = a.body.Replayed
	return a, err
}

func (s *server) postCommit(c *call, in *holdPoints) (a answer[sale.CommitAnswer], err error) {
	by, err := c.by()
	if err == nil {
		a.body, err = s.Sales.CommitHold(c.ctx, in.ID, in.Body.Points, by)
	}
	a.replayed = a.body.Replayed
	return a, err
}

func (s *server) postCancel(c *call, in *holdRef) (a answer[sale.CancelAnswer], err error) {
	by, err := c.by()
	if err == nil {
		a.body, err = s.Sales.CancelHold(c.ctx, in.ID, by)
	}
	a.replayed = a.body.Replayed
	return a, err
}

func (s *server) postRefund(c *call, in *refundPoints) (a answer[sale.RefundAnswer], err error) {
	id, err := ident.Hold.Parse(in.ID)
	if err != nil {
		return a, fault.New(fault.NotFound, "hold.unknown")
	}
	moved := false
	if err := s.DB.Read(c.ctx, func(tx *db.Tx) (err error) { moved, err = s.People.Elsewhere(tx, id); return err }); err != nil {
		return a, err
	}
	if moved {
		return s.refundElsewhere(c, in, id)
	}
	by, err := c.by()
	if err == nil {
		a.body, err = s.Sales.RefundHold(c.ctx, in.ID, in.Body.Points, by)
	}
	if fault.Is(err, "hold.closed") { // her points moved in this very moment
		return s.refundElsewhere(c, in, id)
	}
	a.replayed = a.body.Replayed
	return a, err
}

// refundElsewhere gives back points that a household spent, or a member whose
// points have changed holders since.
func (s *server) refundElsewhere(c *call, in *refundPoints, id ident.ID) (answer[sale.RefundAnswer], error) {
	return unbusy(c, func(tx *db.Tx) (out sale.RefundAnswer, err error) {
		r, err := s.People.RefundHold(tx, id, in.Body.Points, c.actor())
		if err != nil {
			return out, err
		}
		out = sale.RefundAnswer{ID: in.ID, Refunded: in.Body.Points, Entry: ident.Entry.Text(r.Entry),
			Balance: sale.Balance{Available: r.Balance.Available, Pending: r.Balance.Pending, Held: r.Balance.Held, Debt: r.Balance.Debt}}
		for _, l := range r.Lots {
			out.Lots = append(out.Lots, sale.LotPart{Lot: ident.Lot.Text(l.Lot), Points: l.Points})
		}
		return out, nil
	})
}

func (s *server) postAdjustment(c *call, in *adjustIn) (a answer[sale.AdjustAnswer], err error) {
	by, err := c.by()
	if err == nil {
		a.body, err = s.Sales.Adjust(c.ctx, in.Body, by)
	}
	a.replayed = a.body.Replayed
	return a, err
}

// postTransfer looks the key up before the story: its receiver may have left
// since the first time.
func (s *server) postTransfer(c *call, in *transferIn) (a answer[sale.TransferAnswer], err error) {
	by, err := c.by()
	if err != nil {
		return a, err
	}
	stored, there, err := c.stored(by.Request.Key, by.Request.Print)
	if err != nil || there {
		return answer[sale.TransferAnswer]{stored: stored.Body, replayed: there}, err
	}
	a.body, err = s.Sales.Transfer(c.ctx, in.Body, by)
	a.replayed = a.body.Replayed
	return a, err
}

// stored looks up what a key has had as its answer. Faults: those of
// [idem.Stored.Check].
func (c *call) stored(key idem.Key, print idem.Fingerprint) (s idem.Stored, there bool, err error) {
	err = c.server.DB.Read(c.ctx, func(tx *db.Tx) error {
		all, err := idem.Lookup(tx, []idem.Key{key})
		if err != nil {
			return err
		}
		if s, there = all[key]; !there {
			return nil
		}
		return s.Check(print)
	})
	return s, there, err
}
