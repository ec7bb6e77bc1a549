package sale

import (
	"context"
	"fmt"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/purchase"
)

// Document is a purchase or a return of a file, in its place.
type Document struct {
	Sale   *purchase.Input
	Return *purchase.ReturnInput
}

// Done is the outcome of one document.
type Done struct {
	Sale   Answer
	Return ReturnAnswer
	Err    error
}

// Documents records sales and returns in the order in which they stand, each
// for itself, in few commits.
func (s *Sales) Documents(ctx context.Context, docs []Document, by By) ([]Done, error) {
	out := make([]Done, len(docs))
	err := s.doEach(ctx, len(docs), func(i int) (*lane.Work, error) {
		if d := docs[i]; d.Sale != nil {
			return s.purchaseWork(*d.Sale, by, false)
		}
		return returnWork(*docs[i].Return, by)
	}, func(i int, answer any, err error) {
		out[i].Sale, _ = answer.(Answer)
		out[i].Return, _ = answer.(ReturnAnswer)
		out[i].Err = err
	})
	return out, err
}

// Opening is a balance brought from another system: one lot.
type Opening struct {
	Member    ident.ID
	Source    string
	Number    string // unique within the source: a repeat gives nothing
	Type      string
	Points    int64
	Origin    ledger.Origin // "" is migrated
	EarnedAt  clock.Instant // 0 is now
	ExpiresOn clock.Day     // 0: by the policy
}

// OpenAll books opening balances, each once. The answers tell whether one was
// known already. Faults of one: points.not_positive, points.unknown_type,
// member.unknown, opening.origin.
func (s *Sales) OpenAll(ctx context.Context, list []Opening, by By) (known []bool, errs []error, err error) {
	known, errs = make([]bool, len(list)), make([]error, len(list))
	works := make([]*lane.Work, len(list))
	for i := range list {
		works[i] = openingWork(&list[i], by)
	}
	done, err := s.lane.DoAll(ctx, works)
	for i, o := range done {
		errs[i] = o.Err
		known[i], _ = o.Answer.(bool)
	}
	return known, errs, err
}

func openingWork(o *Opening, by By) *lane.Work {
	w := &lane.Work{Who: lane.Who{Member: o.Member}, Key: purchase.DeliveryKey(o.Source, o.Number, "opening")}
	w.Prepare = func(d *lane.Desk) error {
		if d.Known.Found {
			return d.Answer(true)
		}
		if d.Member == nil {
			return fault.New(fault.NotFound, "member.unknown")
		}
		if d.Member.Status != member.Active {
			return fault.New(fault.Conflict, "member.left")
		}
		d.Want.Accounts = true
		return nil
	}
	w.Decide = func(d *lane.Desk) error {
		switch o.Origin {
		case "", ledger.Migrated, ledger.Sale, ledger.Gift, ledger.Paid:
		default:
			return fault.New(fault.Invalid, "opening.origin", "origin", string(o.Origin))
		}
		book, err := d.Book(o.Type)
		if err != nil {
			return err
		}
		post := posting(d, by, "opening")
		post.Award = ident.New()
		if o.EarnedAt != 0 {
			post.Occurred = o.EarnedAt
		}
		g := ledger.Grant{Points: o.Points, Origin: o.Origin, EarnedBy: d.Member.ID, ExpiresOn: o.ExpiresOn}
		if g.Origin == "" {
			g.Origin = ledger.Migrated
		}
		terms := book.Policy.Terms
		terms.Pending.Kind = 0 // usable at once: they were there
		g.Terms = &terms
		if _, err := book.Award(post, g); err != nil {
			return err
		}
		k := w.Key
		k.Member, k.Purchase, k.Event = d.Member.ID, post.Award, post.Award
		content := purchase.ContentOf(fmt.Appendf(nil, "%s %d %s %s", o.Type, o.Points, o.Origin, o.ExpiresOn))
		d.Also(func(tx *db.Tx) error { return purchase.TakeKeys(tx, purchase.Known{Key: k, Content: content}) })
		return d.Answer(false)
	}
	return w
}
