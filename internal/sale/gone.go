package sale

import (
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
)

// What a return or refund gives back may come to an account whose member is
// gone. Who was erased will never use it: it lapses in the same transfer. Who
// has left may come back: it waits for her as long as points do that come back
// to an expired lot, and lapses then. Either way a clawback of the same return
// takes from it first.

// comeBack readies a posting for points that come back. Those of who was erased
// must outlive the clawback that follows, whatever the policy: they come on a
// lot of their own, and share one transfer with their end.
func comeBack(d *lane.Desk, post ledger.Posting) ledger.Posting {
	if d.Erased() && post.Transfer.IsZero() {
		post.Transfer = ident.New()
	}
	return post
}

// refundPolicy is what a refund on an account follows.
func refundPolicy(d *lane.Desk, from *ledger.Book, spent *ledger.Policy) *ledger.Policy {
	if !d.Erased() || stays(d, from) {
		return spent
	}
	p := *spent
	p.RefundIfExpired = ledger.Grace
	return &p
}

// stays reports that what comes back to an account is its household's, which
// goes on, because she who would take it with her is no member any more.
func stays(d *lane.Desk, from *ledger.Book) bool {
	return (d.Erased() || d.Left()) && d.SharedStill(from.Holder) && !from.Closed
}

// cameBack ends what came back to who was erased, or lets it wait for who has
// left; it reports whether it ended.
func cameBack(d *lane.Desk, post ledger.Posting) (ended bool, err error) {
	if !d.Erased() && !d.Left() {
		return false, nil
	}
	waits := false
	for _, typ := range d.Types() {
		b, err := d.Book(typ)
		if err != nil {
			return false, err
		}
		switch {
		case d.Erased():
			end := post
			end.Reason = "member.erased"
			ended = b.Forfeit(end) > 0 || ended
		case !waits && b.Kept(d.Now) > 0:
			waits = true
			d.LetWait(b.Policy.GraceUntil(d.Now))
		}
	}
	return ended, nil
}
