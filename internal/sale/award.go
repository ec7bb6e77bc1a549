package sale

import (
	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/limit"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/tier"
)

// judge evaluates the desk's occasion. A programme whose last earning day has
// passed gives nothing.
func judge(d *lane.Desk) (rules.Result, error) {
	if end := d.Programme.LastEarnOn; end != 0 && d.Day > end {
		return rules.Result{}, nil
	}
	return d.Programme.Rules.Evaluate(d.Occasion, &d.Facts)
}

// award books what was judged: one entry per point type, one lot for each
// life that its components have.
func award(d *lane.Desk, post ledger.Posting, res rules.Result, eligible int64) ([]Award, error) {
	remember(d, post.Award, res)
	out := make([]Award, 0, len(res.Awards))
	for i := range res.Awards {
		a, err := awardType(d, post, &res.Awards[i])
		if err != nil {
			return nil, err
		}
		a.Eligible, a.Version = eligible, d.Programme.Rules.Number()
		out = append(out, a)
	}
	return out, nil
}

// remember notes the gifts of rules that give once.
func remember(d *lane.Desk, award ident.ID, res rules.Result) {
	for _, a := range res.Awards {
		for _, c := range a.Components {
			if c.Points > 0 && d.Programme.Rules.GivesOnce(c.Rule) {
				d.Gave(limit.Gift{Member: d.Member.ID, Rule: c.Rule, Award: award, Day: d.Day})
			}
		}
	}
}

func awardType(d *lane.Desk, post ledger.Posting, j *rules.Award) (Award, error) {
	a := Award{Type: j.Type, Points: j.Points, Components: j.Components, Refused: j.Refused}
	if j.Points == 0 {
		return a, nil
	}
	book, err := d.Book(j.Type)
	if err != nil {
		return a, err
	}
	e, err := book.Award(post, grants(d, j)...)
	if err != nil {
		return a, err
	}
	a.born(book, e, d.Now)
	return a, nil
}

// born notes the lots that an entry made.
func (a *Award) born(book *ledger.Book, e *ledger.Entry, now clock.Instant) {
	for _, l := range e.Born {
		a.RepaidDebt += l.Gross - l.Net
		a.Lots = append(a.Lots, AwardLot{Lot: lotText(l.ID), Points: l.Gross, State: book.State(l, now),
			ActivatesAt: sometime(l.ActivatesAt), ExpiresOn: book.ExpiresOn(l)})
	}
}

// sometime is none for a lot that waits for an event.
func sometime(at clock.Instant) clock.Instant {
	if at == clock.Never {
		return 0
	}
	return at
}

// grants groups an award's components by the life their rules give, in the
// order of the components. Points without a life of their own live as the
// version in force when it happened says; those of no purchase are usable at
// once (SEMANTICS §20).
func grants(d *lane.Desk, j *rules.Award) []ledger.Grant {
	var usual *rules.Terms
	if pp, ok := d.Programme.Policy(j.Type); ok {
		usual = &pp.Terms
		if origin(d) != ledger.Sale {
			usual.Pending = rules.Pending{}
		}
	}
	var out []ledger.Grant
	at := map[*rules.Terms]int{}
	for _, c := range j.Components {
		if c.Points == 0 {
			continue
		}
		t := d.Programme.Rules.TermsOf(c.Rule)
		if t == nil {
			t = usual
		}
		i, seen := at[t]
		if !seen {
			i = len(out)
			at[t] = i
			out = append(out, ledger.Grant{Terms: t, Origin: origin(d), EarnedBy: d.Member.ID})
		}
		out[i].Points += c.Points
	}
	return out
}

// origin tells purchases from gifts; accounting treats them apart.
func origin(d *lane.Desk) ledger.Origin {
	if d.Occasion.Trigger == rules.Purchase {
		return ledger.Sale
	}
	return ledger.Gift
}

// noteActivity keeps sliding points alive: a kept purchase and a committed
// spend are activities by default (SEMANTICS §5 L2).
func noteActivity(d *lane.Desk, post ledger.Posting) {
	for _, typ := range d.Types() {
		if b, err := d.Book(typ); err == nil && b.Policy.Terms.Expiry.Kind == rules.ExpirySliding {
			b.NoteActivity(post)
		}
	}
}

// rank tells the member's rank of a purchase (sign 1) or of what a return
// takes off it (sign −1, on the purchase's day).
func rank(d *lane.Desk, id ident.ID, sum tier.Amounts, awards []rules.Award, sign int64, counts clock.Day) {
	if d.Card == nil {
		return
	}
	earned, status := d.Current.RankPoints()
	for _, a := range awards {
		if a.Type == earned {
			sum[tier.EarnedPoints] += sign * a.Points
		}
		if a.Type == status {
			sum[tier.Status] += sign * a.Points
		}
	}
	d.Card.Add(id, tier.Event{At: d.At, On: d.Day, Day: counts, Delta: sum})
}

// tierOf is the rank part of an answer.
func tierOf(d *lane.Desk, by By) *Tier {
	if d.Card == nil || by.Brief {
		return nil
	}
	return TierOf(d.Card.Standing())
}

// TierOf shows a standing; nil when the programme has no ranks.
func TierOf(s tier.Standing) *Tier {
	if s.Current == "" {
		return nil
	}
	t := &Tier{Current: s.Current, ValidUntil: s.ValidUntil, GraceUntil: s.GraceUntil, Metric: s.Metric, ToKeep: s.ToKeep,
		Next: s.Next, ToNext: s.ToNext, IfNothingMore: s.IfNothing}
	if s.AtPace != nil {
		t.AtPace = &AtPace{s.AtPace.Metric, s.AtPace.Tier}
	}
	return t
}

// settle gives the answer its shape: the first award stands alone, those of
// other point types in a list; an award of one lot shows it as its own.
func (a *Answer) settle() {
	for i := range a.Awards {
		if x := &a.Awards[i]; len(x.Lots) == 1 {
			l := x.Lots[0]
			x.Lot, x.State, x.ActivatesAt, x.ExpiresOn, x.Lots = l.Lot, l.State, l.ActivatesAt, l.ExpiresOn, nil
		}
	}
	if len(a.Awards) > 0 {
		first := a.Awards[0]
		if a.Award, a.Awards = &first, a.Awards[1:]; len(a.Awards) == 0 {
			a.Awards = nil
		}
	}
}

// unsettle undoes settle: every award with its lots in one list.
func (a *Answer) unsettle() {
	if a.Award != nil {
		a.Awards = append([]Award{*a.Award}, a.Awards...)
		a.Award = nil
	}
	for i := range a.Awards {
		if x := &a.Awards[i]; x.Lot != "" {
			x.Lots = []AwardLot{{x.Lot, x.Points, x.State, x.ActivatesAt, x.ExpiresOn}}
			x.Lot, x.State, x.ActivatesAt, x.ExpiresOn = "", "", 0, 0
		}
	}
}

// answerOf is the stored answer of a purchase, with its components as judged
// and its refusals judged anew by the same version and facts.
func answerOf(d *lane.Desk, r *purchase.Purchase) (a Answer, err error) {
	if a, err = keptAnswer(r); err != nil || a.Award == nil {
		return a, err
	}
	b := r.Bought()
	_, res, err := rejudge(d, r, b.Cart, b.Freight)
	if err != nil {
		return a, err
	}
	fill := func(x *Award) {
		for _, j := range r.Judged.Awards {
			if j.Type == x.Type {
				x.Components = j.Components
			}
		}
		for _, j := range res.Awards {
			if j.Type == x.Type {
				x.Refused = j.Refused
			}
		}
	}
	fill(a.Award)
	for i := range a.Awards {
		fill(&a.Awards[i])
	}
	return a, nil
}
