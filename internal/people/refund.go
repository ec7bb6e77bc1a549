package people

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
)

// Refunded is what giving spent points back came to.
type Refunded struct {
	Entry   ident.ID // the transfer that brought them back; zero for none
	Lots    []Part   // where they are now
	Balance ledger.Balance
}

// Part is points on one lot.
type Part struct {
	Lot    ident.ID
	Points int64
}

// Elsewhere reports whether the points of a hold were spent from an account
// that is not, or no longer, one member's own: the record was merged, she
// joined a household since, or a household spent them. Such points come back
// by [People.RefundHold].
func (p *People) Elsewhere(tx *db.Tx, hold ident.ID) (bool, error) {
	k, err := ledger.FindHold(tx, hold)
	if err != nil {
		if fault.Is(err, "hold.unknown") {
			err = nil
		}
		return false, err
	}
	now, m, err := p.holderNow(tx, k.Holder)
	return err == nil && (m == nil || now != k.Holder), err
}

// holderNow is who holds a member's points today, and the living record of the
// member, nil for an id that is no member's, a household's.
func (p *People) holderNow(tx *db.Tx, who ident.ID) (holder ident.ID, living *member.Member, err error) {
	found, err := p.Members.ByIDs(tx, []ident.ID{who})
	if err != nil {
		return holder, nil, err
	}
	m, known := found[who]
	if !known {
		return who, nil, nil
	}
	all, err := household.Holders(tx, []ident.ID{m.ID})
	return all[m.ID], &m, err
}

// RefundHold gives spent points of a committed hold back to the lots they came
// from, on the account they were spent from (SEMANTICS §5 L5), and from there
// to where those lots would be today: with the living record, or with the
// household she joined. Of a household that goes on, the lots of those who
// left it go to them if they are members still, the others stay. What comes to
// who was erased lapses at once, what comes to who has left waits for her a
// while ([People.Rejoin]). The balance is of the account that holds
// today what the hold was taken from.
//
// Faults: hold.unknown, hold.not_committed, refund.exceeds_spend,
// points.not_positive, member.busy.
func (p *People) RefundHold(tx *db.Tx, hold ident.ID, points int64, actor string) (Refunded, error) {
	r, err := p.openRefund(tx, hold)
	if err != nil {
		return Refunded{}, err
	}
	h, err := r.from.Hold(hold)
	switch {
	case err != nil:
		return Refunded{}, err
	case h.Seq == 0:
		return Refunded{}, fault.New(fault.Conflict, "hold.not_committed")
	case points <= 0:
		return Refunded{}, fault.New(fault.Invalid, "points.not_positive", "points", points).With(fault.At("points", "points.not_positive"))
	}
	spent, err := p.policy(tx, r.from.Type, h.ClosedAt)
	if err != nil {
		return Refunded{}, err
	}
	post := posting(tx, actor, "refund")
	if r.gone[r.today].Status == member.Erased {
		lapses := *spent
		lapses.RefundIfExpired, spent = ledger.Grace, &lapses // on a lot of their own, which ends with the transfer
	}
	e, err := r.from.Refund(post, h.Seq, points, spent)
	if err != nil {
		return Refunded{}, err
	}
	out := Refunded{Entry: e.Transfer}
	if err := r.sendOn(post, e, &out); err != nil {
		return Refunded{}, err
	}
	post.Transfer = e.Transfer
	if err := p.cameBack(tx, r, post, &out); err != nil {
		return Refunded{}, err
	}
	out.Balance = r.books[r.today].At(tx.Now)
	return out, save(tx, r.order)
}

// refunding is a refund under way: the account the points were spent from and
// those of everybody they may be sent on to.
type refunding struct {
	from  *ledger.Book
	today ident.ID // who holds now what from held
	books map[ident.ID]*ledger.Book
	order []*ledger.Book
	homes map[ident.ID]ident.ID      // who earned a lot: who holds her points
	gone  map[ident.ID]member.Member // holders who are no members any more
}

// cameBack ends what came back to who was erased, in the same transfer, and
// lets it wait for who has left, as a return does.
func (p *People) cameBack(tx *db.Tx, r *refunding, post ledger.Posting, out *Refunded) error {
	for _, b := range r.order {
		switch r.gone[b.Holder].Status {
		case member.Erased:
			post.Reason = "member.erased"
			b.Forfeit(post)
			out.Lots = slices.DeleteFunc(out.Lots, func(x Part) bool {
				return slices.ContainsFunc(b.Lots(), func(l *ledger.Lot) bool { return l.ID == x.Lot })
			})
		case member.Withdrawn:
			if b.Kept(tx.Now) > 0 {
				if err := p.Members.WaitAnew(tx, b.Holder, b.Policy.GraceUntil(tx.Now)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *People) openRefund(tx *db.Tx, hold ident.ID) (*refunding, error) {
	k, err := ledger.FindHold(tx, hold)
	if err != nil {
		return nil, err
	}
	r := &refunding{books: map[ident.ID]*ledger.Book{}, homes: map[ident.ID]ident.ID{}, gone: map[ident.ID]member.Member{}}
	var own *member.Member
	if r.today, own, err = p.holderNow(tx, k.Holder); err != nil {
		return nil, err
	}
	r.note(own)
	if err := ledger.Seize(tx, k.Holder, r.today); err != nil {
		return nil, err
	}
	if r.from, err = p.book(tx, k, hold); err != nil {
		return nil, err
	}
	r.add(r.from)
	for _, l := range r.from.Lots() {
		home := r.today // what a member held is all hers
		if own == nil && !l.EarnedBy.IsZero() {
			now, m, err := p.holderNow(tx, l.EarnedBy)
			if err != nil {
				return nil, err
			}
			r.note(m)
			if _, left := r.gone[now]; !left || r.from.Closed {
				home = now
			}
		}
		r.homes[l.EarnedBy] = home
		if r.books[home] == nil {
			b, err := p.book(tx, ledger.Key{Holder: home, Type: k.Type})
			if err != nil {
				return nil, err
			}
			r.add(b)
		}
	}
	if r.books[r.today] == nil {
		b, err := p.book(tx, ledger.Key{Holder: r.today, Type: k.Type})
		if err != nil {
			return nil, err
		}
		r.add(b)
	}
	return r, nil
}

// note remembers who is no member any more.
func (r *refunding) note(m *member.Member) {
	if m != nil && m.Status != member.Active {
		r.gone[m.ID] = *m
	}
}

func (r *refunding) add(b *ledger.Book) {
	r.books[b.Holder] = b
	r.order = append(r.order, b)
}

// sendOn carries what came back to whom it belongs. A lot that another hold
// has in its hands stays, as in a return.
func (r *refunding) sendOn(post ledger.Posting, e *ledger.Entry, out *Refunded) error {
	back := map[int64]bool{}
	for _, x := range e.Pieces {
		back[x.Lot] = back[x.Lot] || x.Points > 0
	}
	for _, l := range e.Born {
		back[l.No] = true
	}
	homes := map[ident.ID]bool{}
	for _, home := range r.homes {
		homes[home] = true
	}
	for _, b := range slices.Clone(r.order) {
		if b == r.from || !homes[b.Holder] {
			continue
		}
		parcel, err := r.from.MoveLots(post, func(l *ledger.Lot) bool {
			return back[l.No] && l.Remaining > 0 && l.Held() == 0 && r.homes[l.EarnedBy] == b.Holder
		})
		if err != nil {
			return err
		}
		in, err := b.TransferIn(post, parcel)
		if err != nil {
			return err
		}
		out.gain(b, in)
		b.Claim(post.Recorded)
	}
	out.gain(r.from, e) // what stays
	r.from.Claim(post.Recorded)
	return nil
}

// gain lists what an entry put on lots.
func (out *Refunded) gain(b *ledger.Book, e *ledger.Entry) {
	if e == nil {
		return
	}
	for _, x := range e.Pieces {
		if l := b.Lot(x.Lot); l != nil && x.Points > 0 && l.Remaining > 0 {
			out.Lots = append(out.Lots, Part{l.ID, x.Points})
		}
	}
	for _, l := range e.Born {
		if l.Remaining > 0 {
			out.Lots = append(out.Lots, Part{l.ID, l.Remaining})
		}
	}
}

// book loads one account whole, with a hold though it is closed.
func (p *People) book(tx *db.Tx, k ledger.Key, holds ...ident.ID) (*ledger.Book, error) {
	policy, err := p.policy(tx, k.Type, tx.Now)
	if err != nil {
		return nil, err
	}
	books, err := ledger.Load(tx, []ledger.Want{{Key: k, Policy: policy, Deep: true, Holds: holds}})
	if err != nil {
		return nil, err
	}
	return books[0], nil
}

// policy is a point type's, as it was at an instant. Fault:
// points.unknown_type.
func (p *People) policy(tx *db.Tx, typ string, at clock.Instant) (*ledger.Policy, error) {
	all, err := p.Policies(tx, at)
	for _, x := range all {
		if x.Type == typ {
			return x, nil
		}
	}
	if err == nil {
		err = fault.New(fault.Invalid, "points.unknown_type", "type", typ)
	}
	return nil, err
}
