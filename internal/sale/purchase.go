package sale

import (
	"context"
	"slices"
	"strings"

	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/purchase"
	"joren/internal/rules"
)

// Record records a purchase: priced, judged, booked, answered after the
// commit. Repeating it changes nothing and gives the same answer.
//
// Faults: those of [purchase.Check] and [purchase.Price]; member.unknown,
// purchase.before_joining, purchase.changed, purchase.other_member, time.future, amount.overflow; and
// the lane's.
func (s *Sales) Record(ctx context.Context, in purchase.Input, by By) (Answer, error) {
	w, err := s.purchaseWork(in, by, false)
	if err != nil {
		return Answer{}, err
	}
	return do[Answer](ctx, s.lane, w)
}

// Result is the outcome of one purchase of several.
type Result struct {
	Answer Answer
	Err    error
}

// RecordAll records many purchases, each for itself, in few commits.
func (s *Sales) RecordAll(ctx context.Context, ins []purchase.Input, by By) ([]Result, error) {
	out := make([]Result, len(ins))
	err := s.doEach(ctx, len(ins), func(i int) (*lane.Work, error) { return s.purchaseWork(ins[i], by, false) }, func(i int, answer any, err error) {
		out[i].Answer, _ = answer.(Answer)
		out[i].Err = err
	})
	return out, err
}

// doEach does the works of n documents, each for itself, in few commits. told
// hears how each ended; the answer is nil where there is none.
func (s *Sales) doEach(ctx context.Context, n int, work func(i int) (*lane.Work, error), told func(i int, answer any, err error)) error {
	var works []*lane.Work
	var at []int
	for i := range n {
		w, err := work(i)
		if err != nil {
			told(i, nil, err)
			continue
		}
		works, at = append(works, w), append(at, i)
	}
	done, err := s.lane.DoAll(ctx, works)
	for k, o := range done {
		told(at[k], o.Answer, o.Err)
	}
	return err
}

// Preview says what Record would answer, and writes nothing. Unlike a sale
// that has happened it refuses points that are not there:
// points.insufficient, hold.expired, hold.closed.
func (s *Sales) Preview(ctx context.Context, in purchase.Input) (Answer, error) {
	w, err := s.purchaseWork(in, By{Actor: "preview"}, true)
	if err != nil {
		return Answer{}, err
	}
	a, err := s.lane.Try(ctx, w)
	if err != nil {
		return Answer{}, err
	}
	return a.(Answer), nil
}

// buying is one purchase on its way.
type buying struct {
	in     purchase.Input
	by     By
	strict bool // a preview: points must be there
	hold   ident.ID

	with   *plan.Programme // the version priced was made with
	priced purchase.Priced
	rank   *purchase.Shares // by the rank's own basis; nil where it has none
	record *purchase.Purchase
	flags  []Flag

	revision bool // a newer state of a recorded order
	claims   bool // a guest's order whose newer state names the member
}

func (s *Sales) purchaseWork(in purchase.Input, by By, strict bool) (*lane.Work, error) {
	in.Complete()
	if err := purchase.Refuse(purchase.Check(&in)); err != nil {
		return nil, err
	}
	b := &buying{in: in, by: by, strict: strict}
	w := &lane.Work{At: in.OccurredAt, Key: purchase.PurchaseKey(in.Source, in.OrderNo), Request: noted(by.Request), Prepare: b.prepare, Decide: b.decide}
	var err error
	switch {
	case in.Member != "":
		if w.Who.Member, err = ident.Member.Parse(in.Member); err != nil {
			return nil, fault.New(fault.NotFound, "member.unknown")
		}
	case in.Card != "":
		w.Who.Card = member.Card(in.Card)
	}
	if p := in.PointsPaid; p != nil && p.Hold != "" {
		if b.hold, err = ident.Hold.Parse(p.Hold); err != nil {
			return nil, fault.New(fault.NotFound, "hold.unknown")
		}
	}
	return w, nil
}

// prepare settles what it is: a repeat, a newer state of the order, or new;
// and says what is to be judged.
func (b *buying) prepare(d *lane.Desk) error {
	b.flags = nil // a batch that is judged again
	if d.Replay != nil && d.Purchase != nil {
		return b.repeat(d) // even if the order was revised since
	}
	rep, err := purchase.Repeated(&d.Known, &b.in)
	switch {
	case err != nil:
		return err
	case rep == purchase.Duplicate:
		return b.repeat(d)
	}
	if err := notFuture(b.in.OccurredAt, d.Now); err != nil {
		return err
	}
	if rep == purchase.Revision {
		if err := b.whose(d); err != nil {
			return err
		}
	}
	if err := b.admit(d); err != nil {
		return err
	}
	if err := b.price(d); err != nil {
		return err
	}
	b.record = purchase.New(ident.New(), memberID(d), &b.in, &b.priced, d.Day, d.Now, b.pointValue(d))
	b.record.Doc.Rank = b.rank
	if rep == purchase.Revision {
		return b.prepareRevision(d)
	}
	if d.Member == nil {
		return nil
	}
	o := b.record.Occasion(b.priced.Cart(&b.in), b.priced.Freight)
	d.Occasion = &o
	d.Want.Rank = true
	d.Want.GivesOnly = b.in.PointsPaid == nil || b.in.PointsPaid.Points == 0
	return nil
}

// repeat gives the stored answer again. Under a key it is a duplicate if it was
// one the first time.
func (b *buying) repeat(d *lane.Desk) error {
	a, err := answerOf(d, d.Purchase)
	if err != nil {
		return err
	}
	a.Replayed = d.Replay != nil
	a.Duplicate = !a.Replayed || d.Replay.Status == statusOK
	return d.Answer(a)
}

func memberID(d *lane.Desk) ident.ID {
	if d.Member == nil {
		return ident.ID{}
	}
	return d.Member.ID
}

// admit checks the member: one who has left buys like a guest, one who joins
// later is not judged for what was before.
func (b *buying) admit(d *lane.Desk) error {
	if d.Member == nil {
		return nil
	}
	if d.Member.Status != member.Active {
		b.flag("member.left")
		d.Member, d.Holder = nil, ident.ID{}
		return nil
	}
	if early := d.Member.JoinedOn - d.Day; early > 0 && int(early) > d.Programme.ClaimDays {
		return fault.New(fault.Invalid, "purchase.before_joining", "joined", d.Member.JoinedOn, "day", d.Day)
	}
	return nil
}

// told puts into the answer what a person should look at. What a state before
// took and did not find stays told.
func (b *buying) told(a *Answer) {
	for _, f := range b.priced.Flags {
		b.flag(f)
	}
	before := a.Flags
	a.Flags = slices.Clone(b.flags)
	for _, f := range before {
		if strings.HasPrefix(f.Code, "points.") || strings.HasPrefix(f.Code, "hold.") {
			a.Flags = append(a.Flags, f)
		}
	}
}

func (b *buying) flag(code string, args ...rules.Arg) {
	b.flags = append(b.flags, Flag{Code: code, Args: args})
}
