// Package limit counts what limits and budgets have used up: how often, how
// many points, how much money, per member or for the programme as a whole
// (SEMANTICS §9).
//
// Package rules decides how much of an award a limit leaves; this package
// tells it what was used before and writes what the award adds, in the same
// transaction. Nothing is locked in between: a cap is looked at once more as
// the counter is written, and who would overshoot it judges again. A member's
// own counters are safe behind the guard of her account; those all members
// share are written last ([SaveShared]).
package limit

import (
	"cmp"
	"slices"

	"joren/internal/ident"
	"joren/internal/rules"
)

// programme is the holder of counters all members share: an id no member has.
var programme = ident.ID{15: 1}

// Add is an addition to counters: what an award counts, or with negative
// deltas what a return gives back.
type Add struct {
	Member ident.ID
	Counts []rules.Count
}

// row is a counter's key.
type row struct {
	holder      ident.ID
	limit       string
	store, from string
}

func rowOf(member ident.ID, k rules.LimitKey) row {
	if !k.Member {
		member = programme
	}
	return row{member, k.Limit, k.Store, k.From.String()}
}

func (r row) compare(o row) int {
	return cmp.Or(r.holder.Compare(o.holder), cmp.Compare(r.limit, o.limit), cmp.Compare(r.store, o.store), cmp.Compare(r.from, o.from))
}

func (r row) shared() bool { return r.holder == programme }
func (r row) own() bool    { return !r.shared() }

// sums adds up all deltas per counter, in key order, of the counters meant.
// cap is the smallest cap named for the counter.
func sums(adds []Add, which func(row) bool) (rows []row, deltas, caps []int64) {
	type total struct{ delta, cap int64 }
	by := map[row]total{}
	for _, a := range adds {
		for _, c := range a.Counts {
			r := rowOf(a.Member, c.Key)
			if !which(r) {
				continue
			}
			t, seen := by[r]
			if !seen || c.Key.Cap < t.cap {
				t.cap = c.Key.Cap
			}
			t.delta += c.Delta
			by[r] = t
		}
	}
	for r, t := range by {
		if t.delta != 0 {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, row.compare)
	for _, r := range rows {
		deltas, caps = append(deltas, by[r].delta), append(caps, by[r].cap)
	}
	return rows, deltas, caps
}

// GiveBack is what a return gives back to the counters: what the award has in
// them less what it is judged to count now, never less than nothing. What a
// later give-back restores is not counted again, so left is the smallest each
// counter has been judged at since (SEMANTICS §20).
func GiveBack(has, now []rules.Count) (back, left []rules.Count) {
	type id struct {
		key  rules.LimitKey
		kind string
	}
	bare := func(c rules.Count) id {
		c.Key.Cap = 0
		return id{c.Key, c.Type}
	}
	is := map[id]int64{}
	for _, c := range now {
		is[bare(c)] += c.Delta
	}
	for _, c := range has {
		keep := min(c.Delta, is[bare(c)])
		is[bare(c)] -= keep
		if keep < c.Delta {
			b := c
			b.Delta = keep - c.Delta
			back = append(back, b)
		}
		if keep > 0 {
			c.Delta = keep
			left = append(left, c)
		}
	}
	return back, left
}
