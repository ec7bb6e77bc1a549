package sale

import (
	"context"
	"encoding/json"

	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/limit"
	"joren/internal/outbox"
	"joren/internal/purchase"
	"joren/internal/tier"
)

// Return records a return: points paid come back first, then the award is
// judged again on what is kept and the difference is taken (SEMANTICS §6). A
// return whose purchase is unknown is parked and applied when it comes.
//
// It may not be of a business day before the purchase's. Within that day it may
// be earlier: files often know the date alone, and two tills' clocks differ.
//
// Faults: those of [purchase.CheckReturn]; return.exceeds_purchase,
// return.nothing_left, return.before_purchase, purchase.changed, time.future.
func (s *Sales) Return(ctx context.Context, in purchase.ReturnInput, by By) (ReturnAnswer, error) {
	w, err := returnWork(in, by)
	if err != nil {
		return ReturnAnswer{}, err
	}
	return storedAs[ReturnAnswer](ctx, s.lane, by.also(w), func(a ReturnAnswer) int { return statusOf(a.Duplicate, a.State) })
}

// PreviewReturn says what Return would answer (返品すると), and writes nothing.
func (s *Sales) PreviewReturn(ctx context.Context, in purchase.ReturnInput) (ReturnAnswer, error) {
	w, err := returnWork(in, By{Actor: "preview"})
	if err != nil {
		return ReturnAnswer{}, err
	}
	a, err := s.lane.Try(ctx, w)
	if err != nil {
		return ReturnAnswer{}, err
	}
	return a.(ReturnAnswer), nil
}

// ReturnResult is the outcome of one return of several.
type ReturnResult struct {
	Answer ReturnAnswer
	Err    error
}

// ReturnAll records many returns, each for itself.
func (s *Sales) ReturnAll(ctx context.Context, ins []purchase.ReturnInput, by By) ([]ReturnResult, error) {
	out := make([]ReturnResult, len(ins))
	err := s.doEach(ctx, len(ins), func(i int) (*lane.Work, error) { return returnWork(ins[i], by) }, func(i int, answer any, err error) {
		out[i].Answer, _ = answer.(ReturnAnswer)
		out[i].Err = err
	})
	return out, err
}

type returning struct {
	in purchase.ReturnInput
	by By
	id ident.ID
}

func returnWork(in purchase.ReturnInput, by By) (*lane.Work, error) {
	if err := purchase.Refuse(purchase.CheckReturn(&in)); err != nil {
		return nil, err
	}
	r := &returning{in: in, by: by, id: ident.New()}
	return &lane.Work{At: in.OccurredAt, Key: purchase.ReturnKey(in.Source, in.OrderNo, in.ReturnNo),
		Order: purchase.PurchaseKey(in.Source, in.OrderNo), Request: by.Request, Prepare: r.prepare, Decide: r.decide}, nil
}

func (r *returning) prepare(d *lane.Desk) error {
	if d.Known.Found {
		return r.repeat(d)
	}
	if err := notFuture(r.in.OccurredAt, d.Now); err != nil {
		return err
	}
	if d.Purchase == nil {
		d.Also(func(tx *db.Tx) error { return purchase.Park(tx, &r.in, d.Now) })
		return d.Answer(ReturnAnswer{ID: ident.Return.Text(r.id), State: parked})
	}
	if d.Day < d.Purchase.Day {
		return fault.New(fault.Invalid, "return.before_purchase", "bought", d.Purchase.Day, "day", d.Day)
	}
	if d.Member != nil {
		d.Want = lane.Want{Awards: []ident.ID{d.Purchase.ID}, Purchases: []ident.ID{d.Purchase.ID}, Rank: true, Forecast: !r.by.Brief}
	}
	return nil
}

// repeat gives the stored answer of a known return; other content is
// purchase.changed.
func (r *returning) repeat(d *lane.Desk) error {
	if string(d.Known.Content) != string(r.in.Hash()) {
		return fault.New(fault.Conflict, "purchase.changed", "source", r.in.Source, "order_no", r.in.OrderNo)
	}
	for _, x := range d.Purchase.Returns {
		if x.ID == d.Known.Event {
			var a ReturnAnswer
			if err := json.Unmarshal(x.Answer, &a); err != nil {
				return err
			}
			a.Duplicate = true
			return d.Answer(a)
		}
	}
	return fault.New(fault.Internal, "return.lost")
}

func (r *returning) decide(d *lane.Desk) error {
	p := d.Purchase
	pl, err := purchase.Returned(p.Bought(), p.Slips(), r.in.Lines)
	if err != nil {
		return err
	}
	a := ReturnAnswer{ID: ident.Return.Text(r.id), Purchase: ident.Purchase.Text(p.ID), Value: pl.Value, CashRefund: pl.Cash}
	t := &purchase.Taken{Purchase: p, Plan: pl, Content: r.in.Hash(), Return: purchase.Return{ID: r.id, Source: r.in.Source, ReturnNo: r.in.ReturnNo,
		OccurredAt: d.At, RecordedAt: d.Now, Day: d.Day, Store: r.in.Store, Staff: r.in.Staff, Reason: r.in.Reason}}
	if d.Member != nil {
		post := posting(d, r.by, "return")
		post.Store, post.Purchase, post.Award, post.Return = r.in.Store, p.ID, p.ID, r.id
		if err := r.undo(d, post, pl, t, &a); err != nil {
			return err
		}
	}
	if t.Return.Answer, err = json.Marshal(a); err != nil {
		return err
	}
	d.Return(t)
	d.Event(returned(t, a))
	return d.Answer(a)
}

// undo gives back points paid and takes back what the smaller cart does not
// earn, as the frozen version and facts judge it.
func (r *returning) undo(d *lane.Desk, post ledger.Posting, pl *purchase.Plan, t *purchase.Taken, a *ReturnAnswer) error {
	p := d.Purchase
	post = comeBack(d, post)
	if err := giveBackPaid(d, post, p, pl.PointsBack, a); err != nil {
		return err
	}
	v, res, err := rejudge(d, p, pl.Kept, pl.KeptFreight)
	if err != nil {
		return err
	}
	t.Return.Demanded = purchase.Demands(p.Judged.Awards, res.Awards, p.Demanded())
	if a.Clawbacks, err = claw(d, v, post, p.Judged.Awards, res.Awards, t.Return.Demanded); err != nil {
		return err
	}
	ended, err := cameBack(d, post)
	if err != nil {
		return err
	}
	if ended && a.PointsReturned != nil {
		a.PointsReturned.Lots = []LotPart{} // they are on none any more
	}
	back, left := limit.GiveBack(p.Judged.Counts, res.Counts)
	d.Count(back...)
	p.Judged.Counts = left
	orders := int64(0)
	if pl.Whole {
		orders = -1
		d.Also(func(tx *db.Tx) error { return limit.TakeBack(tx, d.Member.ID, p.ID) })
	}
	less, err := r.forRank(p, pl)
	if err != nil {
		return err
	}
	rank(d, r.id, tier.Amounts{tier.NetSpend: -less, tier.Orders: orders}, demandedAwards(t.Return.Demanded, p.Judged.Awards), -1, p.Day)
	return r.show(d, a)
}

func (r *returning) show(d *lane.Desk, a *ReturnAnswer) error {
	first, err := d.Book("")
	if err != nil {
		return err
	}
	a.Balance, a.Tier = balanceOf(first, d.Now), tierOf(d, r.by)
	if len(a.Clawbacks) > 0 {
		first := a.Clawbacks[0]
		if a.Clawback, a.Clawbacks = &first, a.Clawbacks[1:]; len(a.Clawbacks) == 0 {
			a.Clawbacks = nil
		}
	}
	return nil
}

func returned(t *purchase.Taken, a ReturnAnswer) outbox.Event {
	p := t.Purchase
	e := event.PurchaseReturned{Return: t.Return.ID, Purchase: p.ID, Store: t.Return.Store, OccurredAt: t.Return.OccurredAt, Day: t.Return.Day,
		Value: t.Plan.Value, Eligible: t.Plan.Eligible, Refunded: t.Plan.PointsBack, Full: t.Plan.Whole}
	if !p.Guest {
		e.Member = p.Member
	}
	if a.Clawback != nil {
		e.Clawback = a.Clawback.Points
	}
	return outbox.Of(e)
}
