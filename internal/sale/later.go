package sale

import (
	"context"
	"encoding/json"

	"joren/internal/activity"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/outbox"
	"joren/internal/purchase"
	"joren/internal/tier"
)

// StepInput is the body of POST /v1/purchases/{id}/events: something that
// happened to an order, "delivered" for instance.
type StepInput struct {
	Kind       string        `json:"kind"`
	OccurredAt clock.Instant `json:"occurred_at"`
}

// StepAnswer is what became usable by it.
type StepAnswer struct {
	Purchase  string   `json:"purchase"`
	Kind      string   `json:"kind"`
	Duplicate bool     `json:"duplicate,omitempty"`
	Balance   *Balance `json:"balance,omitempty"`
	Repeat
}

// Step records that something happened to an order and opens the points that
// waited for it (SEMANTICS §5 L2). Faults: purchase.unknown, event.invalid,
// lot.voided, time.future.
func (s *Sales) Step(ctx context.Context, id string, in StepInput, by By) (StepAnswer, error) {
	p, err := s.find(ctx, id)
	if err != nil {
		return StepAnswer{}, err
	}
	if in.Kind == "" || len(in.Kind) > maxName || in.Kind == "purchase" || in.Kind == "return" || in.OccurredAt <= 0 {
		return StepAnswer{}, fault.New(fault.Invalid, "event.invalid").With(fault.At("kind", "field.required"))
	}
	w := &lane.Work{At: in.OccurredAt, Key: purchase.DeliveryKey(p.Source, p.OrderNo, in.Kind), Order: purchase.PurchaseKey(p.Source, p.OrderNo), Request: by.Request}
	a := StepAnswer{Purchase: id, Kind: in.Kind}
	w.Prepare = func(d *lane.Desk) error {
		if d.Known.Found {
			a.Duplicate = true
			return d.Answer(a)
		}
		if err := notFuture(in.OccurredAt, d.Now); err != nil {
			return err
		}
		d.Want.Awards = []ident.ID{p.ID}
		return nil
	}
	w.Decide = func(d *lane.Desk) error {
		post := posting(d, by, in.Kind)
		post.Purchase, post.Award = p.ID, p.ID
		for _, typ := range d.Types() {
			b, err := d.Book(typ)
			if err != nil {
				return err
			}
			if _, err := b.Activate(post, in.Kind); err != nil {
				return err
			}
		}
		if d.Member != nil {
			first, err := d.Book("")
			if err != nil {
				return err
			}
			a.Balance = balanceOf(first, d.Now)
		}
		k := w.Key
		k.Member, k.Purchase, k.Event = d.Purchase.Member, p.ID, ident.New()
		d.Also(func(tx *db.Tx) error {
			return purchase.TakeKeys(tx, purchase.Known{Key: k, Content: purchase.ContentOf(nil)})
		})
		return d.Answer(a)
	}
	return stored[StepAnswer](ctx, s.lane, w, statusOK)
}

func (s *Sales) find(ctx context.Context, id string) (*purchase.Purchase, error) {
	pid, err := ident.Purchase.Parse(id)
	if err != nil {
		return nil, fault.New(fault.NotFound, "purchase.unknown")
	}
	var p *purchase.Purchase
	err = s.lane.Read(ctx, func(tx *db.Tx) (err error) {
		p, err = purchase.Get(tx, pid)
		return err
	})
	return p, err
}

// ClaimInput is a receipt a member brings later (ポイント後付け).
type ClaimInput struct {
	Member  string    `json:"member"`
	OrderNo string    `json:"order_no"`
	On      clock.Day `json:"on"`
	Total   int64     `json:"total"`
}

// Claim makes a guest's purchase a member's and gives what it earns, judged as
// of when it happened. Faults: purchase.claim_off, purchase.claim_mismatch,
// purchase.claimed, purchase.claim_late, member.unknown, member.left.
func (s *Sales) Claim(ctx context.Context, in ClaimInput, by By) (Answer, error) {
	id, err := memberOf(in.Member)
	if err != nil {
		return Answer{}, err
	}
	var p *purchase.Purchase
	err = s.lane.Read(ctx, func(tx *db.Tx) (err error) {
		p, err = purchase.Receipt(tx, in.OrderNo, in.On)
		return err
	})
	if err != nil && !fault.Is(err, "purchase.unknown") {
		return Answer{}, err
	}
	if p == nil || err != nil {
		return Answer{}, fault.New(fault.NotFound, "purchase.claim_mismatch")
	}
	w := &lane.Work{Who: lane.Who{Member: id}, At: p.OccurredAt, Order: purchase.PurchaseKey(p.Source, p.OrderNo), Request: by.Request}
	w.Prepare = func(d *lane.Desk) error {
		if err := wantAccounts(d); err != nil {
			return err
		}
		today := d.Current.Zone.Day(d.Now)
		if err := purchase.Claim(d.Purchase, in.On, in.Total, today, d.Programme.ClaimDays); err != nil {
			return err
		}
		cart, freight, err := purchase.Kept(d.Purchase.Bought(), d.Purchase.Slips())
		if err != nil {
			return err
		}
		o := d.Purchase.Occasion(cart, freight)
		d.Occasion = &o
		return nil
	}
	w.Decide = func(d *lane.Desk) error { return claim(d, by) }
	return stored[Answer](ctx, s.lane, w, statusCreated)
}

func claim(d *lane.Desk, by By) error {
	p := d.Purchase
	b := &buying{record: p, by: by}
	post := posting(d, by, "claim")
	post.Store, post.Purchase, post.Award = p.Store, p.ID, p.ID
	a, err := b.earn(d, post, rankKept(p, d.Occasion.Eligible))
	if err != nil {
		return err
	}
	if err := keepAnswer(p, a); err != nil {
		return err
	}
	a.settle()
	member := d.Member.ID
	d.Also(func(tx *db.Tx) error { return purchase.Give(tx, p, member) })
	d.Event(outbox.Of(event.PurchaseClaimed{Purchase: p.ID, Member: member, Day: p.Day, Total: p.Total, Eligible: p.EligibleKept}))
	return d.Answer(a)
}

// earn gives the desk's member what is kept of a guest's purchase, judged as of
// when it happened. A purchase of which nothing is kept is no activity of hers.
func (b *buying) earn(d *lane.Desk, post ledger.Posting, spent int64) (a Answer, err error) {
	res, err := judge(d)
	if err != nil {
		return a, err
	}
	a = Answer{ID: ident.Purchase.Text(b.record.ID), Member: ident.Member.Text(d.Member.ID)}
	if a.Awards, err = award(d, post, res, d.Occasion.Eligible); err != nil {
		return a, err
	}
	if err := b.freeze(d, res); err != nil {
		return a, err
	}
	orders := int64(0)
	if len(d.Occasion.Lines) > 0 {
		orders = 1
		noteActivity(d, post)
	}
	rank(d, b.record.ID, tier.Amounts{tier.NetSpend: spent, tier.Orders: orders}, res.Awards, 1, b.record.Day)
	d.Count(res.Counts...)
	first, err := d.Book("")
	if err != nil {
		return a, err
	}
	a.Balance, a.Tier = balanceOf(first, d.Now), tierOf(d, b.by)
	return a, nil
}

// rankKept is what a purchase has left for the rank; eligible is what it has
// left for points.
func rankKept(p *purchase.Purchase, eligible int64) int64 {
	if p.Doc.Rank == nil {
		return eligible
	}
	return p.ForRank().EligibleKept
}

// TransferInput is the body of POST /v1/transfers.
type TransferInput struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Type   string `json:"type,omitempty"`
	Points int64  `json:"points"`
	Reason string `json:"reason,omitempty"`
}

// TransferAnswer is a transfer as booked on the giving side; the receiving
// side follows at once, or when it is resumed after a crash.
type TransferAnswer struct {
	ID      string  `json:"id"`
	Points  int64   `json:"points"`
	Balance Balance `json:"balance"` // of the giver
	Repeat
}

// Transfer moves points with their own expiry from one member to another
// (SEMANTICS §5 L8). One operation touches one holder, so it is two works: the
// debit notes what is on its way, the credit crosses it off; [Sales.Resume]
// finishes what stopped between. Faults: transfer.same, points.insufficient,
// points.not_positive, points.unknown_type, member.unknown, member.left.
func (s *Sales) Transfer(ctx context.Context, in TransferInput, by By) (TransferAnswer, error) {
	from, err := memberOf(in.From)
	if err != nil {
		return TransferAnswer{}, err
	}
	to, err := memberOf(in.To)
	if err != nil {
		return TransferAnswer{}, err
	}
	if from == to {
		return TransferAnswer{}, fault.New(fault.Invalid, "transfer.same").With(fault.At("to", "transfer.same"))
	}
	if err := positive(in.Points); err != nil {
		return TransferAnswer{}, err
	}
	if _, err := s.lane.Try(ctx, &lane.Work{Who: lane.Who{Member: to}, Prepare: func(d *lane.Desk) error {
		if err := wantAccounts(d); err != nil {
			return err
		}
		return d.Answer(nil)
	}}); err != nil {
		return TransferAnswer{}, err
	}
	w := &lane.Work{Who: lane.Who{Member: from}, Request: by.Request, Prepare: wantAccounts}
	w.Decide = func(d *lane.Desk) error {
		book, err := d.Book(in.Type)
		if err != nil {
			return err
		}
		parcel, err := book.TransferOut(posting(d, by, code(in.Reason)), in.Points)
		if err != nil {
			return err
		}
		body, err := json.Marshal(parcel)
		if err != nil {
			return err
		}
		t := activity.Transfer{ID: parcel.Transfer, From: d.Holder, To: to, Type: book.Type, Points: in.Points, Parcel: body}
		d.Also(func(tx *db.Tx) error { return activity.Start(tx, t) })
		return d.Answer(TransferAnswer{ID: ident.Transfer.Text(parcel.Transfer), Points: in.Points, Balance: *balanceOf(book, d.Now)})
	}
	a, err := stored[TransferAnswer](ctx, s.lane, w, statusCreated)
	if err != nil {
		return a, err
	}
	_, err = s.Resume(ctx)
	return a, err
}

// Resume finishes transfers that are on their way and says how many.
func (s *Sales) Resume(ctx context.Context) (int, error) {
	var open []activity.Transfer
	if err := s.lane.Read(ctx, func(tx *db.Tx) (err error) {
		open, err = activity.Unfinished(tx, 100)
		return err
	}); err != nil {
		return 0, err
	}
	for i := range open {
		if err := s.arrive(ctx, &open[i]); err != nil {
			return i, err
		}
	}
	return len(open), nil
}

func (s *Sales) arrive(ctx context.Context, t *activity.Transfer) error {
	var parcel ledger.Parcel
	if err := json.Unmarshal(t.Parcel, &parcel); err != nil {
		return err
	}
	w := &lane.Work{Who: lane.Who{Member: t.To}}
	w.Prepare = func(d *lane.Desk) error { d.Want.Accounts = true; return nil }
	w.Decide = func(d *lane.Desk) error {
		book, err := d.Book(t.Type)
		if err != nil {
			return err
		}
		if _, err := book.TransferIn(posting(d, By{Actor: "transfer"}, "transfer"), parcel); err != nil {
			return err
		}
		d.Also(func(tx *db.Tx) error {
			done, err := activity.Finish(tx, t.ID)
			if err == nil && !done {
				err = fault.New(fault.Conflict, "transfer.arrived")
			}
			return err
		})
		return d.Answer(nil)
	}
	_, err := s.lane.Do(ctx, w)
	if fault.Is(err, "transfer.arrived") {
		return nil // another process was faster
	}
	return err
}
