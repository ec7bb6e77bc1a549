package rules

import "math/bits"

// bitset is a set of rules by their position.
type bitset []uint64

func newBitset(n int) bitset    { return make(bitset, (n+63)/64) }
func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }

// each calls f with the members that are in b and in all of others.
func (b bitset) each(others [4]bitset, f func(i int)) {
	for w := range b {
		x := b[w] & others[0][w] & others[1][w] & others[2][w] & others[3][w]
		for x != 0 {
			f(w*64 + bits.TrailingZeros64(x))
			x &= x - 1
		}
	}
}

// index finds the rules of one trigger that can apply on a day, in a store
// and over a channel without looking at the others.
type index struct {
	all      bitset
	weekday  [7]bitset
	monthday [32]bitset
	store    map[string]bitset
	anyStore bitset // rules of every store
	channel  map[string]bitset
	anyChan  bitset
}

func buildIndex(rules []rule) map[string]*index {
	out := map[string]*index{}
	for i := range rules {
		t := rules[i].trigger()
		x := out[t]
		if x == nil {
			x = newIndex(rules, t)
			out[t] = x
		}
		x.all.set(i)
	}
	return out
}

func newIndex(rules []rule, trigger string) *index {
	n := len(rules)
	x := &index{all: newBitset(n), anyStore: newBitset(n), anyChan: newBitset(n), store: map[string]bitset{}, channel: map[string]bitset{}}
	for d := range x.weekday {
		x.weekday[d] = newBitset(n)
	}
	for d := range x.monthday {
		x.monthday[d] = newBitset(n)
	}
	for i := range rules {
		if rules[i].trigger() == trigger {
			x.add(i, &rules[i].Rule)
		}
	}
	fillNamed(x.store, x.anyStore)
	fillNamed(x.channel, x.anyChan)
	return x
}

func (x *index) add(i int, r *Rule) {
	for d := range x.weekday {
		if r.onWeekday(d) {
			x.weekday[d].set(i)
		}
	}
	for d := range x.monthday {
		if r.onMonthday(d) {
			x.monthday[d].set(i)
		}
	}
	addNamed(x.store, x.anyStore, i, r.Stores)
	addNamed(x.channel, x.anyChan, i, r.Channels)
}

func addNamed(named map[string]bitset, any bitset, i int, names []string) {
	if len(names) == 0 {
		any.set(i)
		return
	}
	for _, n := range names {
		if named[n] == nil {
			named[n] = make(bitset, len(any))
		}
		named[n].set(i)
	}
}

// fillNamed adds the rules for everywhere to those of each name.
func fillNamed(named map[string]bitset, any bitset) {
	for _, b := range named {
		for w := range b {
			b[w] |= any[w]
		}
	}
}

// sets are the bitsets whose intersection are the candidates of an occasion.
func (x *index) sets(o *Occasion) [4]bitset {
	_, _, dom := o.Day.Date()
	s := [4]bitset{x.weekday[o.Day.Weekday()], x.monthday[dom], x.anyStore, x.anyChan}
	if b, ok := x.store[o.Store]; ok {
		s[2] = b
	}
	if b, ok := x.channel[o.Channel]; ok {
		s[3] = b
	}
	return s
}

func (r *Rule) onWeekday(d int) bool {
	if len(r.Weekdays) == 0 {
		return true
	}
	for _, w := range r.Weekdays {
		if int(w) == d {
			return true
		}
	}
	return false
}

func (r *Rule) onMonthday(d int) bool {
	if len(r.DaysOfMonth) == 0 {
		return true
	}
	for _, m := range r.DaysOfMonth {
		if m == d {
			return true
		}
	}
	return false
}
