package insight

import (
	"cmp"
	"context"
	"slices"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Taste is what a member likes and how she buys, up to a day.
type Taste struct {
	Member    ident.ID
	Day       clock.Day
	Visits    int // customer-days
	Favourite []Favourite
	Weekdays  [7]int  // customer-days by time.Weekday
	Stores    []Habit // purchases by store, the most first
	Channels  []Habit
	Due       []Awaited // nearest first; those stopped left out
	Lacks     []Lack    // what goes with what she buys, and she does not buy
}

// Favourite is a product she buys.
type Favourite struct {
	Code, Name       string
	Times            int // customer-days
	Last             clock.Day
	Quantity, Amount int64
}

// Habit is a word and how many purchases have it.
type Habit struct {
	Word string
	N    int
}

// Lack is a product that members buy on the same day as one of hers, and that
// she has not bought for lackDays.
type Lack struct {
	Product, Because *Product
	Pair             Pair
}

const (
	mostFavourite = 5
	mostLacks     = 3
	mostNext      = 5
	lackDays      = 180
	leastLift     = 1.5 // at the lower end of its interval
)

// Taste of a member. One who never bought has an empty one.
//
// Faults: member.unknown.
func (b *Board) Taste(ctx context.Context, id ident.ID) (*Taste, error) {
	s, err := b.Shelf(ctx)
	if err != nil {
		return nil, err
	}
	t := &Taste{Day: s.Day}
	return t, b.View(func(c *Columns) error {
		n, ok := c.Find(id)
		if !ok {
			return fault.New(fault.NotFound, "member.unknown")
		}
		t.Member = c.people.id[n]
		w := c.walker(s.Day)
		w.read(n)
		t.habits(c, w)
		t.likes(c, s, w)
		return nil
	})
}

func (t *Taste) habits(c *Columns, w *walker) {
	t.Visits = len(w.days)
	for _, d := range w.days {
		t.Weekdays[d.Weekday()]++
	}
	stores, channels := map[string]int{}, map[string]int{}
	for _, i := range w.rows {
		if c.day[i] <= w.until && c.kept(i) {
			stores[c.stores.list[c.store[i]]]++
			channels[c.channels.list[c.channel(i)]]++
		}
	}
	t.Stores, t.Channels = habits(stores), habits(channels)
}

func habits(counts map[string]int) (out []Habit) {
	for word, n := range counts {
		if word != "" {
			out = append(out, Habit{word, n})
		}
	}
	slices.SortFunc(out, func(a, b Habit) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Word, b.Word)) })
	return out
}

// likes finds her products in the shelf by their codes: the columns may have
// been read afresh since.
func (t *Taste) likes(c *Columns, s *Shelf, w *walker) {
	last := map[int32]clock.Day{} // by place
	var buf []int
	rhythm := InRhythm
	if len(w.days) > 0 {
		rhythm = s.rhythm(w.days)
	}
	w.eachProduct(func(list []taken) {
		n := int(list[0].product)
		f := Favourite{Code: c.products.list[n], Name: c.named(n), Times: len(list), Last: list[len(list)-1].day}
		for _, x := range list {
			f.Quantity, f.Amount = f.Quantity+x.quantity, f.Amount+x.amount
		}
		t.Favourite = append(t.Favourite, f)
		p := s.Find(f.Code)
		if p == nil {
			return
		}
		at := s.at(p)
		last[at] = f.Last
		if d, ok := s.dueOf(at, list, &buf); ok && d.State != NotDue {
			if d.Rhythm = rhythm; d.listed() {
				t.Due = append(t.Due, Awaited{d, t.Member, p})
			}
		}
	})
	slices.SortFunc(t.Favourite, func(a, b Favourite) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Code, b.Code))
	})
	slices.SortFunc(t.Due, func(a, b Awaited) int {
		return cmp.Or(cmp.Compare(b.Chance, a.Chance), cmp.Compare(a.On, b.On), cmp.Compare(a.Product.Code, b.Product.Code))
	})
	t.lack(s, last)
	t.Favourite = t.Favourite[:min(len(t.Favourite), mostFavourite)]
	t.Due = t.Due[:min(len(t.Due), mostNext)]
}

// lack looks along the pairs of what she buys.
func (t *Taste) lack(s *Shelf, last map[int32]clock.Day) {
	best := map[int32]Lack{}
	for at := range last {
		for _, p := range s.Products[at].Partners {
			if p.Lift.Low < leastLift {
				continue
			}
			if d, has := last[p.Second]; has && s.Day-d < lackDays {
				continue
			}
			if was, ok := best[p.Second]; !ok || closer(p, was.Pair) < 0 {
				best[p.Second] = Lack{&s.Products[p.Second], &s.Products[at], p}
			}
		}
	}
	for _, l := range best {
		t.Lacks = append(t.Lacks, l)
	}
	slices.SortFunc(t.Lacks, func(a, b Lack) int { return closer(a.Pair, b.Pair) })
	t.Lacks = t.Lacks[:min(len(t.Lacks), mostLacks)]
}

// closer puts the larger share of baskets first.
func closer(a, b Pair) int {
	return cmp.Or(cmp.Compare(b.Count.Confidence(), a.Count.Confidence()), stronger(a, b))
}
