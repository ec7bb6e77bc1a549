package day

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/outbox"
	"joren/internal/rules"
	"joren/internal/tier"
)

// writing is one transaction of a turn.
type writing struct {
	*turn
	t      *Turner
	tx     *db.Tx
	events []outbox.Event
	risen  []Gift
}

func begin(t *Turner, tx *db.Tx, w *turn) *writing { return &writing{turn: w, t: t, tx: tx} }

// close publishes what happened.
func (r *writing) close() error {
	risen := r.risen
	r.tx.AfterCommit(func() { r.turn.rises = append(r.turn.rises, risen...) })
	return outbox.Append(r.tx, r.events...)
}

// maxLosses is how often an account may be lost to another process in one
// transaction.
const maxLosses = 5

// change loads accounts, changes and saves them; accounts that another process
// changed meanwhile are loaded again. fn says what is to be published.
func (r *writing) change(keys []ledger.Key, fn func(*ledger.Book) []outbox.Event) error {
	wants := r.wants(keys)
	for try := 0; len(wants) > 0; try++ {
		if try == maxLosses {
			return fault.New(fault.Unavailable, "lane.contended")
		}
		books, err := ledger.Load(r.tx, wants)
		if err != nil {
			return err
		}
		events := make([][]outbox.Event, len(books))
		for i, b := range books {
			events[i] = fn(b)
		}
		lost, err := ledger.Save(r.tx, books)
		if err != nil {
			return err
		}
		var again []ledger.Want
		for i, b := range books {
			if slices.Contains(lost, b.Holder) {
				again = append(again, wants[i])
			} else {
				r.events = append(r.events, events[i]...)
			}
		}
		wants = again
	}
	return nil
}

func (r *writing) wants(keys []ledger.Key) []ledger.Want {
	wants := make([]ledger.Want, 0, len(keys))
	for _, k := range keys {
		if p := r.policies[k.Type]; p != nil {
			wants = append(wants, ledger.Want{Key: k, Policy: p})
		}
	}
	return wants
}

// settle writes the rows that are due. A sliding lot that turns out to live on
// may end within the time of the reminder: its own day for it has passed.
func (r *writing) settle(from, to int) error {
	return r.change(r.due[from:to], func(b *ledger.Book) (out []outbox.Event) {
		b.Settle(r.start)
		soon := map[clock.Instant]bool{}
		for _, l := range b.Lots() {
			if l.Life != nil && l.Life.Expiry.Kind == rules.ExpirySliding && l.Remaining > 0 {
				soon[b.Expiry(l)] = true
			}
		}
		for x := r.day; x < r.day+clock.Day(r.t.RemindDays); x++ {
			if dies := r.programme.Zone.Start(x + 1); soon[dies] {
				out = append(out, expiringOn(b, r.start, dies)...)
			}
		}
		return out
	})
}

// expiring publishes what ends in as many days as people are reminded before.
func (r *writing) expiring(from, to int) error {
	books, err := ledger.Load(r.tx, r.wants(r.turn.expiring[from:to]))
	dies := r.programme.Zone.Start(r.day + clock.Day(r.t.RemindDays) + 1)
	for _, b := range books {
		r.events = append(r.events, expiringOn(b, r.start, dies)...)
	}
	return err
}

// expiringOn is the reminder of what an account would lose at dies: never more
// than can be spent until then.
func expiringOn(b *ledger.Book, now, dies clock.Instant) []outbox.Event {
	f := event.PointsExpiring{Holder: b.Holder, Type: b.Type}
	for _, l := range b.Lots() {
		if s := b.State(l, now); l.Remaining > 0 && b.Expiry(l) == dies && (s == "active" || s == "pending") {
			f.Points += l.Remaining
			f.On = b.ExpiresOn(l)
		}
	}
	if f.Points = min(f.Points, b.At(dies-1).Available); f.Points <= 0 {
		return nil
	}
	return []outbox.Event{outbox.Of(f)}
}

// rank brings members' ranks to the day.
func (r *writing) rank(from, to int) error {
	ids := r.standing[from:to]
	if err := tier.Lock(r.tx, ids); err != nil {
		return err
	}
	joined, err := r.joined(ids)
	if err != nil {
		return err
	}
	moved, err := tier.Turn(r.tx, r.tiers, ids, joined, r.start, r.day)
	for _, m := range moved {
		e := outbox.Of(event.TierChanged{Member: m.Member, From: m.From, To: m.To, Reason: string(m.Reason), OccurredAt: r.start, Day: m.On})
		r.events = append(r.events, e)
		if m.Up && gives(r.programme, rules.RankUp) {
			r.risen = append(r.risen, rise(e.ID, m.Member, r.start, r.day))
		}
	}
	return err
}

func (r *writing) joined(ids []ident.ID) ([]clock.Day, error) {
	found, err := r.t.members.ByIDs(r.tx, ids)
	days := make([]clock.Day, len(ids))
	for i, id := range ids {
		days[i] = found[id].JoinedOn
	}
	return days, err
}

// ending publishes the ranks that end soon if nothing is bought.
func (r *writing) ending(from, to int) error {
	ids := r.turn.ending[from:to]
	joined, err := r.joined(ids)
	if err != nil {
		return err
	}
	asks := make([]*rules.Ask, len(ids))
	for i, id := range ids {
		asks[i] = &rules.Ask{Member: id, At: r.start, Day: r.day, Facts: &rules.Facts{Member: rules.MemberFacts{JoinedOn: joined[i]}}}
	}
	cards, err := tier.FillFacts(r.tx, r.tiers, asks)
	if err != nil {
		return err
	}
	for _, c := range cards {
		s := c.Standing()
		if s.IfNothing != s.Current && s.IfNothing != "" {
			r.events = append(r.events, outbox.Of(event.TierEnding{Member: c.Member, Tier: s.Current, Next: s.IfNothing, On: r.day + clock.Day(r.t.RemindDays)}))
		}
	}
	return nil
}

func (r *writing) writeOff(from, to int) error {
	return r.change(r.debtors[from:to], func(b *ledger.Book) []outbox.Event { b.Settle(r.start); return nil })
}

// liability adds what was booked since to the open points.
func (r *writing) liability(int, int) error {
	if err := snapshot(r.tx, r.day-1); err != nil {
		return err
	}
	return r.t.Books.Settle(r.tx)
}
