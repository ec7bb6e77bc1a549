package sale

import (
	"joren/internal/fault"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/purchase"
)

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
