package ledger

import (
	"slices"
	"sort"

	"joren/internal/clock"
	"joren/internal/rules"
)

func (l *Lot) slides() bool { return l.Life != nil && l.Life.Expiry.Kind == rules.ExpirySliding }

func (l *Lot) forfeited() bool { return l.Life != nil && l.Life.Ended != 0 }

// expiry is the first instant at which l is dead: its stored one, moved by
// the account's activities when it slides, or by a later version's kinder
// terms; but never after it was forfeited.
func (b *Book) expiry(l *Lot) clock.Instant {
	if l.forfeited() {
		return min(b.allowed(l), l.Life.Ended)
	}
	return b.allowed(l)
}

// allowed is the expiry by the terms.
func (b *Book) allowed(l *Lot) clock.Instant {
	switch {
	case l.ActivatesAt == clock.Never:
		return l.ExpiresAt
	case l.slides():
		return b.slid(l)
	}
	at, _ := b.better(l)
	return at
}

// slid follows the chain of activities. Each that finds the lot alive moves
// its last day to day + N months, never earlier; only the latest that still
// finds it alive matters, because later days give later ends.
func (b *Book) slid(l *Lot) clock.Instant {
	last := l.Life.Last
	for {
		i := sort.Search(len(b.Activity), func(i int) bool { return b.Activity[i] > last }) - 1
		if i < 0 || b.Activity[i] < l.Life.From {
			break
		}
		to := l.Life.Expiry.LastDay(b.Activity[i], b.Policy.FiscalStart)
		if to <= last {
			break
		}
		last = to
	}
	return b.Policy.after(last)
}

// better is the expiry under kinder later terms and the instant from which
// it differs from the stored one.
func (b *Book) better(l *Lot) (dies, from clock.Instant) {
	dies = l.ExpiresAt
	if dies == clock.Never || l.Parent != 0 {
		return dies, 0
	}
	for _, k := range b.Policy.Better {
		if classOf(k.Class) != classOf(l.Class) || l.OccurredAt >= k.From || dies <= k.From ||
			k.Expiry.Kind == rules.ExpirySliding {
			continue
		}
		if to := b.Policy.dies(k.Expiry, b.startDay(l, k.Expiry)); to > dies {
			if from == 0 {
				from = k.From
			}
			dies = to
		}
	}
	return dies, from
}

func (b *Book) startDay(l *Lot, e rules.Expiry) clock.Day {
	if e.Earned {
		return b.Policy.Zone.Day(l.OccurredAt)
	}
	return b.Policy.Zone.Day(l.ActivatesAt)
}

// State is what l is at an instant, whether or not its rows are written.
func (b *Book) State(l *Lot, t clock.Instant) string {
	switch {
	case l.Phase == IsVoided || b.voided(l, t):
		return "voided"
	case b.expiry(l) <= t:
		if l.Remaining == 0 && l.Lost == 0 {
			return "exhausted"
		}
		return "expired"
	case l.Remaining == 0:
		return "exhausted"
	case l.ActivatesAt > t:
		return "pending"
	}
	return "active"
}

// Expiry is the first instant of l's death, clock.Never if it has none.
func (b *Book) Expiry(l *Lot) clock.Instant { return b.expiry(l) }

// ExpiresOn is the last day on which l may be spent (inclusive), 0 for never.
func (b *Book) ExpiresOn(l *Lot) clock.Day { return b.lastDay(b.expiry(l)) }

func (b *Book) lastDay(dies clock.Instant) clock.Day {
	if dies == clock.Never {
		return 0
	}
	return b.Policy.Zone.Day(dies - 1)
}

func (b *Book) voided(l *Lot, t clock.Instant) bool {
	return l.ActivatesAt == clock.Never && l.CancelAt != 0 && l.CancelAt <= t
}

func (b *Book) alive(l *Lot, t clock.Instant) bool {
	return l.Phase != IsVoided && l.ActivatesAt <= t && t < b.expiry(l)
}

func (b *Book) pending(l *Lot, t clock.Instant) bool {
	return l.Phase != IsVoided && l.ActivatesAt > t && t < b.expiry(l) && !b.voided(l, t)
}

// remember adds a day of activity. Of each calendar month the first and last
// day are kept: what lies between cannot move a life of whole months, except
// of a lot that came by transfer and counts only later days. Where one came a
// bar stands, and on each side of it the first and last day are kept. remember
// reports whether the day was news.
func (b *Book) remember(d clock.Day) bool {
	i, found := slices.BinarySearch(b.Activity, d)
	if found {
		return false
	}
	same := func(i int) bool {
		return i >= 0 && i < len(b.Activity) && b.Activity[i].StartOfMonth() == d.StartOfMonth()
	}
	before := same(i-1) && !b.barAfter(i-1)
	switch {
	case before && same(i):
		return false
	case before && same(i-2) && !b.barAfter(i-2): // d is the new last day
		b.Activity = slices.Clone(b.Activity)
		b.Activity[i-1] = d
	case same(i) && same(i+1) && !b.barAfter(i): // d is the new first day
		b.Activity = slices.Clone(b.Activity)
		b.Activity[i] = d
	default:
		b.Activity = slices.Insert(slices.Clone(b.Activity), i, d)
	}
	b.dirty = true
	return true
}

// bar keeps the days so far apart from those to come and gives the first day
// beyond; 0 when there are none. A day that stands twice has a bar behind it.
func (b *Book) bar() clock.Day {
	i := len(b.Activity) - 1
	if i < 0 {
		return 0
	}
	day := b.Activity[i]
	if !b.barAfter(i) {
		b.Activity = append(slices.Clone(b.Activity), day)
		b.dirty = true
	}
	return day + 1
}

// barAfter tells whether a bar stands behind the i-th day.
func (b *Book) barAfter(i int) bool {
	day := b.Activity[i]
	return i > 0 && b.Activity[i-1] == day || i+1 < len(b.Activity) && b.Activity[i+1] == day
}
