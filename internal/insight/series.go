package insight

import (
	"context"
	"fmt"

	"joren/internal/clock"
)

// MonthValues are some metrics of one calendar month.
type MonthValues struct {
	From, To clock.Day // To is the month's end, today in the month that runs
	Ended    bool
	Values   []Value // in the order asked for
}

// monthlyMetrics need nothing beside the columns.
var monthlyMetrics = []string{"net_sales", "buyers", "repeat_rate", "basket"}

// Monthly evaluates net sales, buyers, repeat rate and basket for each of the
// last n months under a filter; its period chooses which of them.
func (b *Board) Monthly(ctx context.Context, f Filter, n int) ([]MonthValues, error) {
	today, at, err := b.upToDate(ctx)
	if err != nil {
		return nil, err
	}
	f = f.bound(today)
	return keep(&b.monthly, fmt.Sprint(at, today), monthsAsked{f, n}, f, func() ([]MonthValues, error) {
		f, err := b.filter(ctx, f)
		if err != nil {
			return nil, err
		}
		return b.countMonths(f, today, n)
	})
}

// monthsAsked is a series that was asked for.
type monthsAsked struct {
	f Filter
	n int
}

func (b *Board) countMonths(f Filter, today clock.Day, n int) (out []MonthValues, err error) {
	for m := today.StartOfMonth().AddMonths(1 - n); m <= today; m = m.AddMonths(1) {
		if m >= f.From && m <= f.To {
			out = append(out, MonthValues{From: m, To: min(m.EndOfMonth(), f.To), Ended: m.EndOfMonth() < today && m.EndOfMonth() <= f.To})
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	err = b.View(func(c *Columns) error {
		tallies := c.monthly(f, out)
		for len(tallies) > 0 && tallies[0].orders == 0 && tallies[0].guests.orders == 0 {
			tallies, out = tallies[1:], out[1:] // before the shop's first month
		}
		for k := range out {
			for _, id := range monthlyMetrics {
				m := Find(id)
				out[k].Values = append(out[k].Values, m.value(m.of(&tallies[k])))
			}
		}
		return nil
	})
	return out, err
}

// Of is a metric of the month; nil for one that is not there.
func (m *MonthValues) Of(id string) *Value {
	for i := range m.Values {
		if m.Values[i].Metric.ID == id {
			return &m.Values[i]
		}
	}
	return nil
}

// mostDays bounds a daily series to what a screen can hold.
const mostDays = 800

// Daily is net sales day by day under a filter, guests included where it lets
// them in, from the first day with a purchase on.
func (b *Board) Daily(ctx context.Context, f Filter) (first clock.Day, net []int64, err error) {
	today, _, err := b.upToDate(ctx)
	if err != nil {
		return 0, nil, err
	}
	if f, err = b.filter(ctx, f.bound(today)); err != nil {
		return 0, nil, err
	}
	f.From = max(f.From, f.To-mostDays+1)
	err = b.View(func(c *Columns) error {
		first, net = c.daily(f)
		return nil
	})
	return first, net, err
}

func (c *Columns) daily(f Filter) (first clock.Day, net []int64) {
	if f.From > f.To { // a period that has not begun
		return 0, nil
	}
	all := make([]int64, int(f.To-f.From)+1)
	seen := f.To + 1
	add := func(d clock.Day, v int64) {
		if d >= f.From && d <= f.To {
			all[d-f.From] += v
			seen = min(seen, d)
		}
	}
	ch := c.chooser(f)
	c.each(&ch, 0, len(c.people.id), func(_ int32, rows []int) {
		if !ch.began(c, rows) {
			return
		}
		for _, i := range rows {
			if c.kept(i) && ch.purchase(c, i) {
				add(c.day[i], c.net(i))
			}
		}
	})
	if !f.people() {
		for k, s := range c.guests {
			if fits(ch.store, k.store) && fits(ch.channel, k.channel) {
				add(k.day, s.net)
			}
		}
	}
	if seen > f.To {
		return 0, nil
	}
	return seen, all[seen-f.From:]
}

// Mix is who the chosen members are: by rank, by how they joined, by age,
// gender and area. An empty word is "not known".
type Mix struct {
	Members, Joined            int            // active members; of them joined within the period
	Tiers, Ages, Genders, Area map[string]int // of Members
	Sources                    map[string]int // of Joined
}

// Mix counts the members a filter chooses.
func (b *Board) Mix(ctx context.Context, f Filter) (m Mix, err error) {
	today, at, err := b.upToDate(ctx)
	if err != nil {
		return m, err
	}
	f = f.bound(today)
	return keep(&b.mixes, fmt.Sprint(at, today), f, f, func() (m Mix, err error) {
		if f, err = b.filter(ctx, f); err != nil {
			return m, err
		}
		return m, b.View(func(c *Columns) error {
			x := c.census(f)
			x.ageBands[""] = x.members - x.birthKnown
			m = Mix{x.members, x.joined, x.tiers, x.ageBands, x.genders, x.areas, x.sources}
			return nil
		})
	})
}
