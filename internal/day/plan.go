package day

import (
	"fmt"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/tier"
)

// step is a part of a turn, in the order in which they are done.
type step int64

const (
	settle step = iota + 1
	ranks
	gifts // through the lane, with returns that waited
	expiring
	ending
	writeOff
	last // the liability, and the end of the turn
)

// turn is a turn as planned: who is due for what.
type turn struct {
	day   clock.Day
	start clock.Instant // as of
	from  state

	programme *plan.Programme
	policies  map[string]*ledger.Policy
	tiers     *tier.Rules

	due      []ledger.Key
	standing []ident.ID // members whose rank may change
	gifts    []Gift
	expiring []ledger.Key
	ending   []ident.ID
	debtors  []ledger.Key
	parked   []purchase.Parked
	booked   bool // something was booked for a day before

	rises []Gift // ranks that rose in this turn
}

func (w *turn) empty() bool { return w.weight()+len(w.gifts)+len(w.parked) == 0 && !w.booked }

func (w *turn) weight() int {
	return len(w.due) + len(w.standing) + len(w.expiring) + len(w.ending) + len(w.debtors)
}

// plan looks what the turn into day d has to do, less what a turn that was
// broken off has done.
func (t *Turner) plan(tx *db.Tx, s state, d clock.Day) (*turn, error) {
	line, err := t.programmes.Load(tx)
	if err != nil {
		return nil, err
	}
	w := &turn{day: d, from: s}
	if err := t.terms(w, line); err != nil || w.programme == nil {
		return w, err
	}
	since := clock.Instant(0)
	if s.Finished != 0 {
		since = w.programme.Zone.Start(s.Finished)
	}
	for _, look := range []func() error{
		func() (err error) { w.due, err = ledger.Due(tx, since, w.start); return err },
		func() error { return w.members(tx) },
		func() (err error) { w.gifts, err = t.dates(tx, w); return err },
		func() error { return w.reminders(tx, clock.Day(t.RemindDays)) },
		func() error { return w.debts(tx) },
		func() (err error) { w.parked, err = t.waiting(tx); return err },
		func() (err error) { w.booked, err = ledger.Unfolded(tx, d-1); return err },
	} {
		if err := look(); err != nil {
			return nil, err
		}
	}
	w.resume()
	return w, nil
}

// terms finds what was in force at the day's first instant. Before the first
// version nothing can be due.
func (t *Turner) terms(w *turn, line *programme.Timeline) error {
	all, err := line.All()
	if err != nil || len(all) == 0 {
		return err
	}
	w.start = all[0].Zone.Start(w.day)
	var better []*plan.Programme
	for _, p := range all {
		if p.Starts() <= w.start {
			w.programme = p
		}
		if p.ApplyToExisting {
			better = append(better, p)
		}
	}
	if w.programme != nil {
		w.policies, w.tiers = t.policies.Of(w.programme, better), lane.TierRules(all)
	}
	return nil
}

const page = 1000

// members lists whose rank may change by the day.
func (w *turn) members(tx *db.Tx) (err error) {
	if w.tiers != nil {
		w.standing, err = tier.Due(tx, w.day)
	}
	return err
}

// reminders lists accounts and members of whom something ends in n days.
func (w *turn) reminders(tx *db.Tx, n clock.Day) (err error) {
	z := w.programme.Zone
	if w.expiring, err = ledger.Due(tx, z.Start(w.day+n), z.Start(w.day+n+1)); err != nil || w.tiers == nil {
		return err
	}
	w.ending, err = tier.DueOn(tx, w.day+n+1)
	return err
}

// debts lists accounts whose debt may be old enough to be written off. Months
// are clamped to their ends, so a few are looked at up to three days early.
func (w *turn) debts(tx *db.Tx) error {
	for _, p := range w.programme.Points {
		if p.WriteOffMonths == 0 {
			continue
		}
		keys, err := ledger.Debtors(tx, p.ID, w.programme.Zone.Start(w.day.AddMonths(-p.WriteOffMonths)+4)-1)
		if err != nil {
			return err
		}
		w.debtors = append(w.debtors, keys...)
	}
	return nil
}

// resume leaves out what a broken-off turn into the same day has done. What
// was settled or ranked is no longer due; only reminders must be told apart.
func (w *turn) resume() {
	s := w.from
	if s.Turning != w.day {
		return
	}
	if s.Step > expiring {
		w.expiring = nil
	}
	if s.Step > ending {
		w.ending = nil
	}
	switch s.Step {
	case expiring:
		w.expiring = slices.DeleteFunc(w.expiring, func(k ledger.Key) bool { return place(k) <= s.Place })
	case ending:
		w.ending = slices.DeleteFunc(w.ending, func(m ident.ID) bool { return fmt.Sprintf("%x", m[:]) <= s.Place })
	}
}

// place is a key as text in the order of the lists.
func place(k ledger.Key) string { return fmt.Sprintf("%x/%s", k.Holder[:], k.Type) }

// part is what one transaction does.
type part struct {
	step     step
	place    string
	from, to int
	do       func(r *writing, from, to int) error
}

// parts cuts a turn into pieces of at most n things each.
func (w *turn) parts(n int) []part {
	var out []part
	cut := func(s step, all int, place func(i int) string, do func(*writing, int, int) error) {
		for from := 0; from < all; from += n {
			to := min(all, from+n)
			out = append(out, part{s, place(to - 1), from, to, do})
		}
	}
	nowhere := func(int) string { return "" }
	cut(settle, len(w.due), nowhere, (*writing).settle)
	cut(ranks, len(w.standing), nowhere, (*writing).rank)
	cut(expiring, len(w.expiring), func(i int) string { return place(w.expiring[i]) }, (*writing).expiring)
	cut(ending, len(w.ending), func(i int) string { m := w.ending[i]; return fmt.Sprintf("%x", m[:]) }, (*writing).ending)
	cut(writeOff, len(w.debtors), nowhere, (*writing).writeOff)
	return append(out, part{step: last, do: (*writing).liability})
}
