package sale

import (
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/plan"
	"joren/internal/purchase"
	"joren/internal/rules"
)

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
