package insight

import (
	"context"
	"fmt"
	"slices"

	"joren/internal/fault"
)

// rankingAsked is a part of a ranking that was asked for: what follows a mark,
// or a number of members.
type rankingAsked struct {
	by         Order
	rising     bool
	pick       Pick // its rhythm stands beside it
	rhythm     int  // 0 for any
	after      Mark
	from, most int
}

// rankingPage is that part: its members, where the next begins, and how many
// there are in all.
type rankingPage struct {
	list []Worth
	next Mark
	all  int
}

func asksFor(by Order, rising bool, p Pick, most int) rankingAsked {
	a := rankingAsked{by: by, rising: rising, pick: p, most: most}
	if a.pick.Rhythm = nil; p.Rhythm != nil {
		a.rhythm = 1 + int(*p.Rhythm)
	}
	return a
}

// Ranking lists members by an order, the most first or (rising) last, from a
// place on, and how many there are. Whose score cannot be told comes last in
// orders that go by it.
func (b *Board) Ranking(ctx context.Context, by Order, rising bool, p Pick, from, most int) (list []Worth, all int, r *Reading, err error) {
	a := asksFor(by, rising, p, most)
	a.from = from
	x, r, err := b.ranking(ctx, a)
	return slices.Clone(x.list), x.all, r, err
}

// RankingAfter is [Board.Ranking] from a mark on, with the mark of the page's
// end: the zero one where nothing follows.
//
// Faults: cursor.invalid for a mark of somebody unknown.
func (b *Board) RankingAfter(ctx context.Context, by Order, rising bool, p Pick, after Mark, most int) (list []Worth, next Mark, all int, r *Reading, err error) {
	a := asksFor(by, rising, p, most)
	a.after = after
	x, r, err := b.ranking(ctx, a)
	return slices.Clone(x.list), x.next, x.all, r, err
}

func (b *Board) ranking(ctx context.Context, a rankingAsked) (x rankingPage, r *Reading, err error) {
	if r, err = b.Reading(ctx); err != nil {
		return x, nil, err
	}
	today, at, err := b.upToDate(ctx)
	if err != nil {
		return x, nil, err
	}
	a.pick.Filter = a.pick.bound(today)
	read := func() (x rankingPage, err error) { return b.readRanking(ctx, r, a) }
	if a.most > longestKept {
		x, err = read()
	} else {
		x, err = keep(&b.rankings, fmt.Sprintf("%d %s %p", at, today, r), a, a.pick.Filter, read)
	}
	return x, r, err
}

// longestKept is how many rows of a page are remembered: a file has more.
const longestKept = 200

func (b *Board) readRanking(ctx context.Context, r *Reading, a rankingAsked) (x rankingPage, err error) {
	p := a.pick
	if p.Filter, err = b.filter(ctx, p.Filter); err != nil {
		return x, err
	}
	if rhythm := Rhythm(a.rhythm - 1); a.rhythm > 0 {
		p.Rhythm = &rhythm
	}
	return x, b.View(func(c *Columns) (err error) {
		x, err = c.rankingPage(r, a, p, b.Extras)
		return err
	})
}

func (c *Columns) rankingPage(r *Reading, a rankingAsked, p Pick, extras []Extra) (x rankingPage, err error) {
	ranks := c.ranked(r, a.by, a.rising, p, extras)
	x.all = len(ranks)
	if !a.after.member.IsZero() {
		n, ok := c.Find(a.after.member)
		if !ok {
			return x, fault.New(fault.Invalid, "cursor.invalid")
		}
		last := ranked{buyer: buyer{n: n}, key: a.after.key}
		ranks = slices.DeleteFunc(ranks, func(x ranked) bool { return x.before(last) <= 0 })
	}
	left := len(ranks)
	ranks = foremost(ranks, a.from+a.most)
	for _, y := range ranks[min(a.from, len(ranks)):] {
		x.list = append(x.list, c.worth(r, y, extras))
	}
	if n := len(ranks); 0 < n && n < left {
		x.next = Mark{ranks[n-1].key, c.people.id[ranks[n-1].n]}
	}
	return x, nil
}
