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
	"joren/internal/plan"
	"joren/internal/purchase"
	"joren/internal/rules"
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

// forRank is what the return takes off the rank's net spend.
func (r *returning) forRank(p *purchase.Purchase, pl *purchase.Plan) (int64, error) {
	if p.Doc.Rank == nil {
		return pl.Eligible, nil
	}
	own, err := purchase.Returned(p.ForRank().Bought(), p.Slips(), r.in.Lines)
	if err != nil {
		return 0, err
	}
	return own.Eligible, nil
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

// demandedAwards turns demands into awards, for the rank's metrics.
func demandedAwards(by map[string]int64, awards []rules.Award) []rules.Award {
	out := make([]rules.Award, 0, len(awards))
	for _, a := range awards {
		out = append(out, rules.Award{Type: a.Type, Points: by[a.Type]})
	}
	return out
}

// rejudge judges a cart by what the purchase was judged by.
func rejudge(d *lane.Desk, p *purchase.Purchase, cart []rules.Line, freight int64) (*plan.Programme, rules.Result, error) {
	if p.Judged.Version == 0 {
		return d.Programme, rules.Result{}, nil
	}
	v, err := d.Version(p.Judged.Version)
	if err != nil {
		return nil, rules.Result{}, err
	}
	var facts rules.Facts
	if err := thaw(v, p.Judged.Facts, d.Unsealed, &facts); err != nil {
		return nil, rules.Result{}, err
	}
	o := p.Occasion(cart, freight)
	res, err := v.Rules.Evaluate(&o, &facts)
	return v, res, err
}

// giveBackPaid returns spent points to the lots they came from, newest debit
// first (SEMANTICS §5 L5).
func giveBackPaid(d *lane.Desk, post ledger.Posting, p *purchase.Purchase, points int64, a *ReturnAnswer) error {
	if points == 0 {
		return nil
	}
	book, err := d.Book(p.Doc.PointsPaid.Type)
	if err != nil {
		return err
	}
	a.PointsReturned = &PointsReturned{Points: points}
	if points, err = refundFrom(d, book, post, p, points, func(back *ledger.Entry) error {
		a.PointsReturned.Lots = append(a.PointsReturned.Lots, gained(book, back)...)
		return nil
	}); err != nil {
		return err
	}
	for _, former := range d.Formers() {
		if points, err = refundFrom(d, former, post, p, points, func(back *ledger.Entry) error {
			lots, err := sendOn(d, former, book, post, back)
			a.PointsReturned.Lots = append(a.PointsReturned.Lots, lots...)
			return err
		}); err != nil {
			return err
		}
	}
	if points > 0 {
		return fault.New(fault.Internal, "return.points_lost", "points", points)
	}
	return nil
}

// refundFrom refunds a purchase's debits on one account, newest first, and
// gives what is left to refund elsewhere.
func refundFrom(d *lane.Desk, book *ledger.Book, post ledger.Posting, p *purchase.Purchase, points int64, done func(*ledger.Entry) error) (left int64, err error) {
	debits := book.DebitsOf(func(x ledger.Posting) bool { return x.Purchase == p.ID })
	for i := len(debits) - 1; i >= 0 && points > 0; i-- {
		e := debits[i]
		n := min(points, open(e))
		if n == 0 {
			continue
		}
		v, err := d.VersionAt(e.Recorded)
		if err != nil {
			return points, err
		}
		back, err := book.Refund(post, e.Seq, n, refundPolicy(d, book, d.Policy(v, book.Type)))
		if err != nil {
			return points, err
		}
		points -= n
		if err := done(back); err != nil {
			return points, err
		}
	}
	return points, nil
}

// sendOn carries what a refund restored on an account that is not the
// member's any more to the one she has today. Of a household she has left it
// takes the lots she earned; what others earned is theirs again. A lot that a
// hold has in its hands stays. So does everything on the account of a household
// that goes on when she is no member any more: there somebody can use it.
func sendOn(d *lane.Desk, former, book *ledger.Book, post ledger.Posting, back *ledger.Entry) ([]LotPart, error) {
	restored := map[int64]bool{}
	for _, x := range back.Pieces {
		restored[x.Lot] = restored[x.Lot] || x.Points > 0
	}
	for _, l := range back.Born {
		restored[l.No] = true
	}
	if stays(d, former) {
		return gained(former, back), nil
	}
	shared := d.SharedStill(former.Holder)
	parcel, err := former.MoveLots(post, func(l *ledger.Lot) bool {
		return restored[l.No] && l.Remaining > 0 && l.Held() == 0 && (!shared || d.Earned(l.EarnedBy))
	})
	if err != nil {
		return nil, err
	}
	in, err := book.TransferIn(post, parcel)
	if err != nil || in == nil {
		return nil, err
	}
	return gained(book, in), nil
}

// open is what of a debit has not been refunded yet.
func open(e *ledger.Entry) (n int64) {
	for _, x := range e.Pieces {
		n += -x.Points - x.Undone
	}
	return n
}

// gained lists what an entry put on lots.
func gained(book *ledger.Book, e *ledger.Entry) []LotPart {
	var out []LotPart
	for _, x := range e.Pieces {
		if l := book.Lot(x.Lot); l != nil && x.Points > 0 {
			out = append(out, LotPart{lotText(l.ID), x.Points})
		}
	}
	for _, l := range e.Born {
		out = append(out, LotPart{lotText(l.ID), l.Gross})
	}
	return out
}

// claw takes the demands from the accounts, or gives back where the smaller
// cart is judged higher than the one before.
func claw(d *lane.Desk, v *plan.Programme, post ledger.Posting, was, now []rules.Award, demands map[string]int64) ([]Clawback, error) {
	out := []Clawback{}
	for _, w := range was {
		book, err := d.Book(w.Type)
		if err != nil {
			return nil, err
		}
		c := Clawback{Type: w.Type, Points: demands[w.Type], AwardWas: w.Points, Taken: []TakenPart{}}
		for _, n := range now {
			if n.Type == w.Type {
				c.AwardNow = n.Points
			}
		}
		switch {
		case c.Points > 0:
			e, err := book.Clawback(post, c.Points, d.Policy(v, w.Type).Returns)
			if err != nil {
				return nil, err
			}
			c.taken(book, e.Taken())
		case c.Points < 0:
			if err := giveBack(d, book, post, -c.Points); err != nil {
				return nil, err
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// giveBack undoes clawbacks of the purchase's award. What of them was booked on
// an account she had before a merge, or before she joined or left a household,
// cannot be walked back there any more and comes as a new lot.
func giveBack(d *lane.Desk, book *ledger.Book, post ledger.Posting, points int64) error {
	here := min(points, book.Clawed(post.Award))
	if here > 0 {
		if _, err := book.GiveBack(post, here); err != nil {
			return err
		}
	}
	if points == here {
		return nil
	}
	_, err := book.Award(post, ledger.Grant{Points: points - here, Origin: ledger.Sale, EarnedBy: d.Member.ID})
	return err
}

func (c *Clawback) taken(book *ledger.Book, t ledger.Taken) {
	for _, x := range t.Lots {
		part := TakenPart{Points: x.Points, From: string(x.Source)}
		if l := book.Lot(x.Lot); l != nil {
			part.Lot = lotText(l.ID)
		}
		c.Taken = append(c.Taken, part)
	}
	c.Debt, c.Shortfall, c.Forgiven = t.Debt, t.Shortfall, t.Forgiven
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
