package sale

import (
	"context"
	"slices"
	"strings"

	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/plan"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/tier"
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

// price prices the purchase under the version in force when it happened.
func (b *buying) price(d *lane.Desk) error {
	if b.with == d.Programme {
		return nil
	}
	if c := b.in.Currency; c != "" && c != d.Programme.Currency {
		return fault.New(fault.Invalid, "purchase.currency", "currency", c, "expected", d.Programme.Currency).
			With(fault.At("currency", "currency.wrong", "expected", d.Programme.Currency))
	}
	p, err := purchase.Price(&b.in, purchase.RatesOf(d.Programme.Currency), b.options(d))
	if err != nil {
		return err
	}
	b.priced, b.with = *p, d.Programme
	return b.priceForRank(d)
}

// priceForRank prices it once more where the rank's net spend has a basis of
// its own.
func (b *buying) priceForRank(d *lane.Desk) error {
	b.rank = nil
	basis := d.Programme.RankBasis()
	if basis == nil {
		return nil
	}
	o := b.options(d)
	o.Basis = *basis
	p, err := purchase.Price(&b.in, purchase.RatesOf(d.Programme.Currency), o)
	if err != nil {
		return err
	}
	b.rank = purchase.SharesOf(p)
	return nil
}

func (b *buying) options(d *lane.Desk) purchase.Options {
	o := purchase.Options{Basis: d.Programme.Basis, Excluded: d.Programme.Rules.Excluded, Day: d.Day}
	if pp, ok := b.paidPolicy(d); ok {
		o.PointValue, o.PointsAs = pp.Value, purchase.PointsAs(pp.PaidAs)
	}
	return o
}

func (b *buying) paidPolicy(d *lane.Desk) (plan.PointPolicy, bool) {
	typ := ""
	if b.in.PointsPaid != nil {
		typ = b.in.PointsPaid.Type
	}
	return d.Programme.Policy(typ)
}

func (b *buying) pointValue(d *lane.Desk) int64 {
	pp, _ := b.paidPolicy(d)
	return max(1, pp.Value)
}

// decide books the purchase: points paid first, then what it earns.
func (b *buying) decide(d *lane.Desk) error {
	if b.revises() {
		return b.decideRevision(d)
	}
	a := Answer{ID: ident.Purchase.Text(b.record.ID)}
	if d.Member == nil {
		return b.guest(d, a)
	}
	a.Member = ident.Member.Text(d.Member.ID)
	post := posting(d, b.by, "purchase")
	post.Store, post.Purchase, post.Award = b.in.Store, b.record.ID, b.record.ID
	var err error
	if a.Paid, err = b.pay(d, post); err != nil {
		return err
	}
	res, err := judge(d)
	if err != nil {
		return err
	}
	a.Awards, err = award(d, post, res, b.record.Eligible)
	if err != nil {
		return err
	}
	if err := b.freeze(d, res); err != nil {
		return err
	}
	noteActivity(d, post)
	rank(d, b.record.ID, tier.Amounts{tier.NetSpend: b.record.ForRank().Eligible, tier.Orders: 1}, res.Awards, 1, d.Day)
	return b.finish(d, a, res)
}

// guest records a purchase without a member: nothing is earned, and points
// cannot have been paid.
func (b *buying) guest(d *lane.Desk, a Answer) error {
	if err := b.guestPoints(); err != nil {
		return err
	}
	return b.finish(d, a, rules.Result{})
}

func (b *buying) guestPoints() error {
	if b.in.PointsPaid != nil && b.in.PointsPaid.Points > 0 {
		return fault.New(fault.Invalid, "purchase.guest_points").With(fault.At("points_paid", "purchase.guest_points"))
	}
	return nil
}

// finish completes the answer and hands in what is to be written.
func (b *buying) finish(d *lane.Desk, a Answer, res rules.Result) error {
	b.told(&a)
	if d.Member != nil {
		first, err := d.Book("")
		if err != nil {
			return err
		}
		a.Balance = balanceOf(first, d.Now)
		a.Tier = tierOf(d, b.by)
	}
	a.Booked = booked(res.Awards)
	if err := keepAnswer(b.record, a); err != nil {
		return err
	}
	a.settle()
	d.Record(b.record)
	d.Count(res.Counts...)
	d.Event(b.recorded(d, res))
	return d.Answer(a)
}

func (b *buying) recorded(d *lane.Desk, res rules.Result) outbox.Event {
	r := b.record
	e := event.PurchaseRecorded{Purchase: r.ID, Member: memberID(d), Source: r.Source, Store: r.Store, Channel: r.Channel,
		OccurredAt: r.OccurredAt, Day: r.Day, Currency: d.Programme.Currency, Total: r.Total, Eligible: r.Eligible, Version: int64(d.Programme.Rules.Number())}
	e.Points = booked(res.Awards)
	return outbox.Of(e)
}

// booked are the points of the first type.
func booked(awards []rules.Award) int64 {
	if len(awards) == 0 {
		return 0
	}
	return awards[0].Points
}

// pay takes the points paid: from the hold as far as it goes, the rest from
// free lots. A sale that has happened is never refused: what is missing
// becomes debt and a flag; a preview refuses.
func (b *buying) pay(d *lane.Desk, post ledger.Posting) (*PointsTaken, error) {
	p := b.in.PointsPaid
	if p == nil || p.Points == 0 {
		return nil, nil
	}
	book, err := d.Book(p.Type)
	if err != nil {
		return nil, err
	}
	left := p.Points
	taken := &PointsTaken{Points: p.Points}
	if !b.hold.IsZero() {
		e, err := commitHold(book, post, b.hold, left)
		switch {
		case err == nil:
			left += e.Points // negative
			taken.add(book, e)
		case b.strict:
			return nil, err
		default:
			b.flag(fault.Of(err).Code)
		}
	}
	if left == 0 {
		return taken, nil
	}
	spend := book.SpendAllowingDebt
	if b.strict {
		spend = book.Spend
	}
	e, err := spend(post, left)
	if err != nil {
		return nil, err
	}
	if taken.add(book, e); taken.Debt > 0 {
		b.flag("points.short", rules.Num("points", taken.Debt))
	}
	return taken, nil
}

// commitHold commits as many points of a hold as it has, up to points.
func commitHold(book *ledger.Book, post ledger.Posting, id ident.ID, points int64) (*ledger.Entry, error) {
	h, err := book.Hold(id)
	if err != nil {
		return nil, err
	}
	return book.CommitHold(post, id, min(points, h.Points))
}

// add sums what an entry took into the answer.
func (t *PointsTaken) add(book *ledger.Book, e *ledger.Entry) {
	for _, x := range e.Pieces {
		if x.Source == ledger.Indebted {
			t.Debt -= x.Points
		} else if l := book.Lot(x.Lot); l != nil {
			t.Lots = append(t.Lots, LotPart{lotText(l.ID), -x.Points})
		}
	}
}

// freeze keeps with the purchase everything it was judged by.
func (b *buying) freeze(d *lane.Desk, res rules.Result) error {
	facts, sealed, err := freeze(d)
	b.record.Judged = purchase.Judged{Version: d.Programme.Rules.Number(), Facts: facts, Sealed: sealed, Awards: slim(res.Awards), Counts: res.Counts}
	return err
}

// slim leaves the refusals out: they follow from the version and the facts.
func slim(awards []rules.Award) []rules.Award {
	out := make([]rules.Award, len(awards))
	for i, a := range awards {
		a.Refused = nil
		out[i] = a
	}
	return out
}
