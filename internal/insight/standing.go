package insight

import (
	"cmp"
	"context"
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
	History []Kept // at months' ends, oldest first
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
	Loyalty Loyalty
	Rhythm  Rhythm
	AtRisk  float64 // money expected of her at her usual pace, times the chance that she does not come
}

// Order of the list of value and risk.
type Order string

const (
	ByRisk  Order = "risk"  // most to lose first
	ByValue Order = "value" // most expected first
	ByScore Order = "score" // highest score first
)

// Ranking lists members of a reading by an order, the most first or (rising)
// last, from a place on, and how many there are.
func (b *Board) Ranking(ctx context.Context, by Order, rising bool, tier string, from, most int) (list []Worth, all int, r *Reading, err error) {
	if r, err = b.Reading(ctx); err != nil {
		return nil, 0, nil, err
	}
	err = b.View(func(c *Columns) error {
		want := anyWord
		if tier != "" {
			want = c.people.tiers.find(tier)
		}
		type rank struct {
			n   int32
			key float64
		}
		var ranks []rank
		r.Each(func(n int32, o Odds) {
			if c.people.active[n] && c.people.into[n] < 0 && fits(want, c.people.tier[n]) {
				key := r.key(by, n, o)
				if rising {
					key = -key
				}
				ranks = append(ranks, rank{n, key})
			}
		})
		slices.SortStableFunc(ranks, func(x, y rank) int { return cmp.Or(cmp.Compare(y.key, x.key), cmp.Compare(x.n, y.n)) })
		all = len(ranks)
		for _, x := range ranks[min(from, all):min(from+most, all)] {
			l, _ := r.Loyalty(x.n, c.people.id[x.n], b.Extras)
			list = append(list, Worth{c.people.id[x.n], l, r.Rhythm(x.n), r.atRisk(x.n, l.Odds)})
		}
		return nil
	})
	return list, all, r, err
}

func (r *Reading) key(by Order, n int32, o Odds) float64 {
	switch by {
	case ByValue:
		return o.Money
	case ByScore:
		return o.Probability
	}
	return r.atRisk(n, o)
}

// atRisk is what she would spend within the horizon at the pace she had while
// she came, times the chance that she does not come at all. One who bought
// once has no pace.
func (r *Reading) atRisk(n int32, o Odds) float64 {
	p, ok := r.Past(n)
	if !ok || p.Gap == 0 {
		return 0
	}
	times := float64(r.Horizon) / max(p.Gap, 1)
	return (1 - o.Probability) * times * p.Money / float64(p.Visits)
}

// Spread counts members per ten points of score.
func (b *Board) Spread(r *Reading) (m Month, err error) {
	err = b.View(func(c *Columns) error {
		_, all := c.loyalties(r, b.Extras)
		m.Day, m.Horizon, m.Missing = r.Day, r.Horizon, codeOf(r.Missing)
		m.sum(all)
		return nil
	})
	return m, err
}
