package insight

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"joren/internal/fault"
	"joren/internal/ident"
)

// Mark is a place in a ranking that stays where it is when members before it
// come or go: the last row of a page by what it was ranked by.
type Mark struct {
	key    float64
	member ident.ID
}

// String is a mark as links and the API carry it; "" is the beginning.
func (m Mark) String() string {
	if m.member.IsZero() {
		return ""
	}
	return strconv.FormatUint(math.Float64bits(m.key), 36) + "." + ident.Member.Text(m.member)
}

// ParseMark reads one.
//
// Faults: cursor.invalid.
func ParseMark(s string) (m Mark, err error) {
	if s == "" {
		return m, nil
	}
	key, id, _ := strings.Cut(s, ".")
	bits, bad := strconv.ParseUint(key, 36, 64)
	if m.key = math.Float64frombits(bits); bad != nil || math.IsNaN(m.key) {
		return m, fault.New(fault.Invalid, "cursor.invalid")
	}
	if m.member, bad = ident.Member.Parse(id); bad != nil {
		return m, fault.New(fault.Invalid, "cursor.invalid")
	}
	return m, nil
}

// RankingAfter is [Board.Ranking] from a mark on, with the mark of the page's
// end: the zero one where nothing follows.
//
// Faults: cursor.invalid for a mark of somebody unknown.
func (b *Board) RankingAfter(ctx context.Context, by Order, rising bool, p Pick, after Mark, most int) (list []Worth, next Mark, all int, r *Reading, err error) {
	if r, err = b.Reading(ctx); err != nil {
		return nil, next, 0, nil, err
	}
	today, _, err := b.upToDate(ctx)
	if err != nil {
		return nil, next, 0, nil, err
	}
	if p.Filter, err = b.filter(ctx, p.bound(today)); err != nil {
		return nil, next, 0, nil, err
	}
	err = b.View(func(c *Columns) error {
		ranks := c.ranked(r, by, rising, p, b.Extras)
		all = len(ranks)
		if !after.member.IsZero() {
			n, ok := c.Find(after.member)
			if !ok {
				return fault.New(fault.Invalid, "cursor.invalid")
			}
			last := ranked{buyer: buyer{n: n}, key: after.key}
			ranks = slices.DeleteFunc(ranks, func(x ranked) bool { return x.before(last) <= 0 })
		}
		left := len(ranks)
		ranks = foremost(ranks, most)
		for _, x := range ranks {
			list = append(list, c.worth(r, x, b.Extras))
		}
		if n := len(ranks); 0 < n && n < left {
			next = Mark{ranks[n-1].key, c.people.id[ranks[n-1].n]}
		}
		return nil
	})
	return list, next, all, r, err
}
