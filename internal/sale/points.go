package sale

import (
	"context"
	"time"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/member"
)

// HoldInput is the body of POST /v1/holds.
type HoldInput struct {
	Member     string `json:"member"`
	Points     int64  `json:"points"`
	Type       string `json:"type,omitempty"`
	TTLSeconds int64  `json:"ttl_seconds,omitempty"`
	Reference  string `json:"reference,omitempty"`
}

// HoldAnswer is a hold as taken.
type HoldAnswer struct {
	ID        string        `json:"id"`
	Points    int64         `json:"points"`
	ExpiresAt clock.Instant `json:"expires_at"`
	Lots      []LotPart     `json:"lots"`
	Available int64         `json:"available"`
	Repeat
}

// maxTTL bounds a hold: points reserved for longer belong to nobody's till.
const maxTTL = 31 * 24 * time.Hour

// Hold reserves points of specific lots (SEMANTICS §5 L4). Faults:
// points.insufficient, points.not_positive, points.unknown_type,
// points.not_for_paying, points.unit, points.minimum, points.maximum,
// hold.ttl, member.unknown, member.left, programme.ended.
func (s *Sales) Hold(ctx context.Context, in HoldInput, by By) (HoldAnswer, error) {
	id, err := memberOf(in.Member)
	if err != nil {
		return HoldAnswer{}, err
	}
	if in.TTLSeconds < 0 || time.Duration(in.TTLSeconds)*time.Second > maxTTL || in.TTLSeconds > int64(maxTTL/time.Second) {
		return HoldAnswer{}, fault.New(fault.Invalid, "hold.ttl", "max", int64(maxTTL/time.Second)).With(fault.At("ttl_seconds", "hold.ttl"))
	}
	w := &lane.Work{Who: lane.Who{Member: id}, Request: by.Request, Prepare: wantAccounts}
	w.Decide = func(d *lane.Desk) error {
		if err := maySpend(d, in.Type, in.Points); err != nil {
			return err
		}
		book, err := d.Book(in.Type)
		if err != nil {
			return err
		}
		h, err := book.Reserve(posting(d, by, "hold"), in.Points, time.Duration(in.TTLSeconds)*time.Second, in.Reference)
		if err != nil {
			return err
		}
		a := HoldAnswer{ID: ident.Hold.Text(h.ID), Points: h.Points, ExpiresAt: h.ExpiresAt, Available: book.At(d.Now).Available}
		for _, r := range h.Lots {
			a.Lots = append(a.Lots, LotPart{lotText(book.Lot(r.Lot).ID), r.Points})
		}
		return d.Answer(a)
	}
	return stored[HoldAnswer](ctx, s.lane, w, statusCreated)
}

// maySpend checks what a programme asks of spending points. It binds holds
// and previews; a sale that already happened is never refused.
func maySpend(d *lane.Desk, typ string, points int64) error {
	p, ok := d.Current.Policy(typ)
	r := p.Spend
	switch {
	case !ok:
		return fault.New(fault.Invalid, "points.unknown_type", "type", typ)
	case points <= 0:
		return positive(points)
	case d.Current.LastSpendOn != 0 && d.Current.Zone.Day(d.Now) > d.Current.LastSpendOn:
		return fault.New(fault.Conflict, "programme.ended", "on", d.Current.LastSpendOn)
	case r.Unit > 1 && points%r.Unit != 0:
		return fault.New(fault.Invalid, "points.unit", "unit", r.Unit)
	case points < r.Minimum:
		return fault.New(fault.Invalid, "points.minimum", "minimum", r.Minimum)
	case r.Maximum > 0 && points > r.Maximum:
		return fault.New(fault.Invalid, "points.maximum", "maximum", r.Maximum)
	}
	return nil
}

// positive refuses no points and less than none: points.not_positive.
func positive(points int64) error {
	if points > 0 {
		return nil
	}
	return fault.New(fault.Invalid, "points.not_positive", "points", points).With(fault.At("points", "points.not_positive"))
}

// CommitAnswer is what became of a hold that was committed.
type CommitAnswer struct {
	ID        string  `json:"id"`
	Committed int64   `json:"committed"`
	Freed     int64   `json:"freed"`
	Entry     string  `json:"entry"`
	Balance   Balance `json:"balance"`
	Repeat
}

// CommitHold spends points of a hold (0: all of them) and frees the rest, for
// something that is no purchase, a reward for instance. Faults: hold.unknown,
// hold.expired, hold.closed, hold.exceeded, points.not_positive.
func (s *Sales) CommitHold(ctx context.Context, hold string, points int64, by By) (CommitAnswer, error) {
	w, id, err := holdWork(hold, by)
	if err != nil {
		return CommitAnswer{}, err
	}
	w.Decide = func(d *lane.Desk) error {
		book, h, err := bookOfHold(d, id)
		if err != nil {
			return err
		}
		n := points
		if n == 0 {
			n = h.Points
		}
		if err := positive(n); err != nil {
			return err
		}
		e, err := book.CommitHold(posting(d, by, "hold"), id, n)
		if err != nil {
			return err
		}
		noteActivity(d, posting(d, by, "hold"))
		return d.Answer(CommitAnswer{ID: hold, Committed: n, Freed: h.Points - n, Entry: EntryText(e), Balance: *balanceOf(book, d.Now)})
	}
	return stored[CommitAnswer](ctx, s.lane, w, statusOK)
}

// CancelAnswer is what a cancelled hold freed.
type CancelAnswer struct {
	ID      string  `json:"id"`
	Freed   int64   `json:"freed"`
	Balance Balance `json:"balance"`
	Repeat
}

// CancelHold frees a hold's points. Faults: hold.unknown, hold.expired,
// hold.closed.
func (s *Sales) CancelHold(ctx context.Context, hold string, by By) (CancelAnswer, error) {
	w, id, err := holdWork(hold, by)
	if err != nil {
		return CancelAnswer{}, err
	}
	w.Decide = func(d *lane.Desk) error {
		book, _, err := bookOfHold(d, id)
		if err != nil {
			return err
		}
		freed, err := book.CancelHold(posting(d, by, "hold"), id)
		if err != nil {
			return err
		}
		return d.Answer(CancelAnswer{ID: hold, Freed: freed, Balance: *balanceOf(book, d.Now)})
	}
	return stored[CancelAnswer](ctx, s.lane, w, statusOK)
}

// RefundAnswer is what a refund of spent points gave back.
type RefundAnswer struct {
	ID       string    `json:"id"`
	Refunded int64     `json:"refunded"`
	Lots     []LotPart `json:"lots"`
	Entry    string    `json:"entry"`
	Balance  Balance   `json:"balance"`
	Repeat
}

// RefundHold gives spent points of a committed hold back to the lots they
// came from (SEMANTICS §5 L5). Faults: hold.unknown, hold.not_committed,
// refund.exceeds_spend, points.not_positive.
func (s *Sales) RefundHold(ctx context.Context, hold string, points int64, by By) (RefundAnswer, error) {
	w, id, err := holdWork(hold, by)
	if err != nil {
		return RefundAnswer{}, err
	}
	w.Decide = func(d *lane.Desk) error {
		book, h, err := bookOfHold(d, id)
		if err != nil {
			return err
		}
		if h.Seq == 0 {
			return fault.New(fault.Conflict, "hold.not_committed")
		}
		if err := positive(points); err != nil {
			return err
		}
		v, err := d.VersionAt(h.ClosedAt)
		if err != nil {
			return err
		}
		post := comeBack(d, posting(d, by, "refund"))
		e, err := book.Refund(post, h.Seq, points, refundPolicy(d, book, d.Policy(v, book.Type)))
		if err != nil {
			return err
		}
		a := RefundAnswer{ID: hold, Refunded: points, Lots: gained(book, e), Entry: EntryText(e)}
		ended, err := cameBack(d, post)
		if err != nil {
			return err
		}
		if ended {
			a.Lots = []LotPart{} // they are on none any more
		}
		a.Balance = *balanceOf(book, d.Now)
		return d.Answer(a)
	}
	return stored[RefundAnswer](ctx, s.lane, w, statusOK)
}

func holdWork(hold string, by By) (*lane.Work, ident.ID, error) {
	id, err := ident.Hold.Parse(hold)
	if err != nil {
		return nil, id, fault.New(fault.NotFound, "hold.unknown")
	}
	return &lane.Work{Who: lane.Who{Hold: id}, Request: by.Request, Prepare: func(d *lane.Desk) error {
		d.Want.Holds = []ident.ID{id}
		return nil
	}}, id, nil
}

// bookOfHold finds a hold on today's accounts. One that is known and not there
// was closed before its points changed holders: open ones keep them in place.
func bookOfHold(d *lane.Desk, id ident.ID) (*ledger.Book, *ledger.Hold, error) {
	for _, typ := range d.Types() {
		b, err := d.Book(typ)
		if err != nil {
			return nil, nil, err
		}
		if h, err := b.Hold(id); err == nil {
			return b, h, nil
		}
	}
	return nil, nil, fault.New(fault.Conflict, "hold.closed")
}

// AdjustInput is the body of POST /v1/adjustments.
type AdjustInput struct {
	Member    string    `json:"member"`
	Type      string    `json:"type,omitempty"`
	Points    int64     `json:"points"`
	Reason    string    `json:"reason"`
	ExpiresOn clock.Day `json:"expires_on,omitzero"`
	Note      string    `json:"note,omitempty"`
}

// AdjustAnswer is a correction as booked.
type AdjustAnswer struct {
	Entry   string  `json:"entry"`
	Balance Balance `json:"balance"`
	Repeat
}

// Adjust books a correction by staff with its reason: up as a lot, down from
// free lots. Faults: adjust.reason_required, points.not_positive (0),
// points.insufficient, points.unknown_type, adjust.expired, member.unknown.
func (s *Sales) Adjust(ctx context.Context, in AdjustInput, by By) (AdjustAnswer, error) {
	w, err := adjustWork(in, by)
	if err != nil {
		return AdjustAnswer{}, err
	}
	return stored[AdjustAnswer](ctx, s.lane, by.also(w), statusCreated)
}

// PreviewAdjust says what Adjust would answer and what the balance is before
// it, and writes nothing.
func (s *Sales) PreviewAdjust(ctx context.Context, in AdjustInput) (before Balance, after AdjustAnswer, err error) {
	w, err := adjustWork(in, By{Actor: "preview"})
	if err != nil {
		return before, after, err
	}
	decide := w.Decide
	w.Decide = func(d *lane.Desk) error {
		book, err := d.Book(in.Type)
		if err != nil {
			return err
		}
		before = *balanceOf(book, d.Now)
		return decide(d)
	}
	a, err := s.lane.Try(ctx, w)
	if err != nil {
		return before, after, err
	}
	return before, a.(AdjustAnswer), nil
}

func adjustWork(in AdjustInput, by By) (*lane.Work, error) {
	id, err := memberOf(in.Member)
	if err != nil {
		return nil, err
	}
	if in.Reason == "" {
		return nil, fault.New(fault.Invalid, "adjust.reason_required").With(fault.At("reason", "field.required"))
	}
	if in.Points == 0 {
		return nil, positive(0)
	}
	w := &lane.Work{Who: lane.Who{Member: id}, Request: by.Request, Prepare: wantAccounts}
	w.Decide = func(d *lane.Desk) error {
		if in.ExpiresOn != 0 && in.ExpiresOn < d.Day {
			return fault.New(fault.Invalid, "adjust.expired").With(fault.At("expires_on", "adjust.expired"))
		}
		book, err := d.Book(in.Type)
		if err != nil {
			return err
		}
		post := posting(d, by, code(in.Reason))
		if post.Note = in.Note; post.Reason == "other" {
			post.Note = in.Reason
		}
		e, err := book.Adjust(post, in.Points, ledger.Grant{Origin: ledger.Gift, EarnedBy: d.Member.ID, ExpiresOn: in.ExpiresOn})
		if err != nil {
			return err
		}
		return d.Answer(AdjustAnswer{Entry: EntryText(e), Balance: *balanceOf(book, d.Now)})
	}
	return w, nil
}

// code keeps a reason that looks like a code and sends everything else, which
// may name a person, to the erasable note.
func code(reason string) string {
	if len(reason) > 60 {
		return "other"
	}
	for _, r := range reason {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-') {
			return "other"
		}
	}
	return reason
}

// EntryText names an entry by its transfer.
func EntryText(e *ledger.Entry) string {
	if e == nil {
		return ""
	}
	return ident.Entry.Text(e.Transfer)
}

func memberOf(s string) (ident.ID, error) {
	id, err := ident.Member.Parse(s)
	if err != nil {
		return id, fault.New(fault.NotFound, "member.unknown")
	}
	return id, nil
}

func wantAccounts(d *lane.Desk) error {
	if d.Member.Status != member.Active {
		return fault.New(fault.Conflict, "member.left")
	}
	d.Want.Accounts = true
	return nil
}
