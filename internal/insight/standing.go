package insight

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Standing is all that can be said of one member's loyalty.
type Standing struct {
	Member  ident.ID // who she is now: one merged away leads to the member she lives on in
	Day     clock.Day
	Loyalty Loyalty
	Missing error // why there is no score; nil when there is one
	Rhythm  Rhythm
	History []Kept      // at months' ends, oldest first
	Bought  []clock.Day // different days with a kept purchase, in order
	Usual   float64     // days between purchases, drawn to the shop's own: what Rhythm goes by
}

// Change is the difference to the newest month kept; ok is false without one.
func (s *Standing) Change() (d Tenths, ok bool) {
	if s.Missing != nil || len(s.History) == 0 {
		return 0, false
	}
	return s.Loyalty.Score - s.History[len(s.History)-1].Score, true
}

// Standing of a member.
//
// Faults: member.unknown.
func (b *Board) Standing(ctx context.Context, id ident.ID) (*Standing, error) {
	r, err := b.Reading(ctx)
	if err != nil {
		return nil, err
	}
	s := &Standing{Day: r.Day}
	err = b.View(func(c *Columns) error {
		n, ok := c.Find(id)
		if !ok {
			return fault.New(fault.NotFound, "member.unknown")
		}
		s.Member = c.people.id[n]
		if s.Loyalty, ok = r.Loyalty(n, s.Member, b.Extras); !ok {
			s.Missing = r.why(n)
		}
		s.Rhythm = r.Rhythm(n)
		s.Bought, s.Usual = c.daysOf(n), r.usualOf(n)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, b.db.Read(ctx, func(tx *db.Tx) (err error) {
		s.History, err = History(tx, s.Member)
		return err
	})
}

// daysOf are the different days with a kept purchase.
func (c *Columns) daysOf(n int32) (out []clock.Day) {
	for _, i := range c.rows(n, nil) {
		if c.kept(i) && (len(out) == 0 || out[len(out)-1] != c.day[i]) {
			out = append(out, c.day[i])
		}
	}
	return out
}

// usualOf is the gap that a member's rhythm is judged by.
func (r *Reading) usualOf(n int32) float64 {
	i, ok := r.place(n)
	if !ok {
		return 0
	}
	return (r.sum.TX[i]*Unit + r.gap) / float64(r.sum.X[i]+1)
}

// Turns are the days from which a member counts as dormant and as churned.
func (s *Standing) Turns() (dormant, churned clock.Day) {
	if len(s.Bought) == 0 {
		return 0, 0
	}
	last := s.Bought[len(s.Bought)-1]
	return last + clock.Day(math.Floor(dormantFrom*s.Usual)) + 1, last + clock.Day(math.Floor(churnedFrom*s.Usual)) + 1
}

// why there is no score of a member: the shop's past, or hers.
func (r *Reading) why(n int32) error {
	if _, bought := r.Past(n); !bought {
		return fault.New(fault.Conflict, "insight.never_bought")
	}
	return r.Missing
}

// Rhythm is how a member stands to her own pace on the reading's day.
func (r *Reading) Rhythm(n int32) Rhythm {
	i, ok := r.place(n)
	if !ok {
		return InRhythm
	}
	s := r.sum
	return rhythmOf((s.T[i]-s.TX[i])*Unit, s.TX[i]*Unit, float64(s.X[i]), r.gap)
}

// Worth is a member on the list of value and risk.
type Worth struct {
	Member  ident.ID
	Active  bool
	Told    bool // there is a score
	Loyalty Loyalty
	Rhythm  Rhythm
	Usual   float64   // days between purchases that Rhythm is judged by, her own drawn to the shop's
	AtRisk  float64   // see Risk
	Last    clock.Day // within the period, as are the next two; 0 without a purchase
	Visits  int
	Money   int64
}

// Order of the list of value and risk.
type Order string

const (
	ByRisk  Order = "risk"  // most to lose first
	ByValue Order = "value" // most expected first
	ByScore Order = "score" // highest score first
	ByMoney Order = "money" // most bought in the period first
	ByLast  Order = "last"  // latest purchase first
)

// Pick is a part of the chosen members. Zero fields take all.
type Pick struct {
	Filter
	Who                Who
	Recency, Frequency int     // groups of [RFM], 1 to 5
	Band               int     // ten points of score, 1 to 10
	Rhythm             *Rhythm // against her own pace today
}

// ranked are the members of a pick with what an order goes by.
func (c *Columns) ranked(r *Reading, by Order, rising bool, p Pick, extras []Extra) []ranked {
	ranks := c.picked(r, p, extras)
	for i := range ranks {
		if ranks[i].key = r.key(by, &ranks[i]); rising {
			ranks[i].key = -ranks[i].key
		}
	}
	return ranks
}

// foremost are the first n in their order. A page wants few of many, so most
// are only compared with the last of those found so far.
func foremost(ranks []ranked, n int) []ranked {
	if n >= len(ranks)/8 {
		slices.SortFunc(ranks, ranked.before)
		return ranks[:min(n, len(ranks))]
	}
	best, full := make([]ranked, 0, 2*n+2), false
	for _, x := range ranks {
		if full && best[n-1].before(x) <= 0 {
			continue
		}
		if best = append(best, x); len(best) == cap(best) {
			slices.SortFunc(best, ranked.before)
			best, full = best[:n], n > 0
		}
	}
	slices.SortFunc(best, ranked.before)
	return best[:min(n, len(best))]
}

// before is the order of a list: the greater key first, then who was known
// first.
func (x ranked) before(y ranked) int {
	return cmp.Or(cmp.Compare(y.key, x.key), cmp.Compare(x.n, y.n))
}

func (c *Columns) worth(r *Reading, x ranked, extras []Extra) Worth {
	w := Worth{Member: c.people.id[x.n], Active: c.people.active[x.n], Last: x.last, Visits: x.visits, Money: x.money, Rhythm: r.Rhythm(x.n), Usual: r.usualOf(x.n)}
	if w.Loyalty, w.Told = r.Loyalty(x.n, w.Member, extras); w.Told {
		w.AtRisk = r.atRisk(x.n, w.Loyalty.Odds)
	}
	return w
}

type ranked struct {
	buyer
	odds Odds
	told bool
	key  float64
}

// picked are the members of a pick, in no order.
func (c *Columns) picked(r *Reading, p Pick, extras []Extra) []ranked {
	list := c.buyers(p.Filter, p.Who)
	var places []rfmPlace
	if p.Recency > 0 || p.Frequency > 0 {
		_, places = rfm(list, p.To)
	}
	out := make([]ranked, 0, len(list))
	for i, x := range list {
		if places != nil && (p.Recency > 0 && places[i].recency != p.Recency || p.Frequency > 0 && places[i].frequency != p.Frequency) {
			continue
		}
		if p.Rhythm != nil && (x.visits == 0 || r.Rhythm(x.n) != *p.Rhythm) {
			continue
		}
		if p.Band > 0 {
			score, ok := r.score(x.n, c.people.id[x.n], extras)
			if !ok || band(score) != p.Band-1 {
				continue
			}
		}
		o, told := r.Odds(x.n)
		out = append(out, ranked{buyer: x, odds: o, told: told})
	}
	return out
}

func (r *Reading) key(by Order, x *ranked) float64 {
	switch {
	case by == ByMoney:
		return float64(x.money)
	case by == ByLast:
		return float64(x.last)
	case !x.told:
		return math.Inf(-1)
	case by == ByValue && x.odds.NoMoney:
		return x.odds.Count
	case by == ByValue:
		return x.odds.Money
	case by == ByScore:
		return x.odds.Probability
	}
	return r.atRisk(x.n, x.odds)
}

// atRisk is what she would spend within the horizon at her usual pace, drawn
// to the shop's own as her rhythm is, times the chance that she does not come
// at all. Few visits close together are no pace to go on for ever: it is never
// more than she has spent so far. One who bought once has no pace.
func (r *Reading) atRisk(n int32, o Odds) float64 {
	p, ok := r.Past(n)
	if !ok || p.Visits < 2 {
		return 0
	}
	times := float64(r.Horizon) / max(r.usualOf(n), 1)
	return (1 - o.Probability) * min(1, times/float64(p.Visits)) * max(0, p.Money)
}

// Risk is the money at risk; ok is false without a score or a pace.
func (w *Worth) Risk() (money float64, ok bool) {
	return w.AtRisk, w.Told && w.Loyalty.Past.Visits > 1
}

// Spread counts the members a filter chooses per ten points of score.
func (b *Board) Spread(ctx context.Context, r *Reading, f Filter) (m Month, err error) {
	today, at, err := b.upToDate(ctx)
	if err != nil {
		return m, err
	}
	f = f.bound(today)
	return keep(&b.spreads, fmt.Sprintf("%d %s %p", at, today, r), f, f, func() (Month, error) {
		f, err := b.filter(ctx, f)
		if err != nil {
			return Month{}, err
		}
		return b.countSpread(r, f)
	})
}

func (b *Board) countSpread(r *Reading, f Filter) (m Month, err error) {
	return m, b.View(func(c *Columns) error {
		var all []Loyalty
		for _, x := range c.buyers(f, "") {
			if score, ok := r.score(x.n, c.people.id[x.n], b.Extras); ok {
				all = append(all, Loyalty{Score: score})
			}
		}
		m.Day, m.Horizon, m.Missing = r.Day, r.Horizon, codeOf(r.Missing)
		m.sum(all)
		return nil
	})
}

// score is a member's score without what explains it.
func (r *Reading) score(n int32, id ident.ID, extras []Extra) (Tenths, bool) {
	var behaviour *float64
	if o, told := r.Odds(n); told {
		v := 100 * o.Probability
		if behaviour = &v; len(extras) == 0 { // the one part there is
			return tenths(v), true
		}
	}
	_, score, ok := mix(behaviour, id, extras)
	return score, ok
}

// Map is the recency, frequency, money map of the active members a filter
// chooses who bought in its period.
func (b *Board) Map(ctx context.Context, f Filter) (m RFM, err error) {
	today, at, err := b.upToDate(ctx)
	if err != nil {
		return m, err
	}
	f = f.bound(today)
	return keep(&b.maps, fmt.Sprint(at, today), f, f, func() (m RFM, err error) {
		if f, err = b.filter(ctx, f); err != nil {
			return m, err
		}
		return m, b.View(func(c *Columns) error {
			m, _ = rfm(c.buyers(f, ""), f.To)
			return nil
		})
	})
}
