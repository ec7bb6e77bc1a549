package lane

import (
	"maps"

	"joren/internal/activity"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/idem"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/limit"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/purchase"
)

// batch is what shares one transaction.
type batch struct {
	*moment
	lane   *Lane
	tx     *db.Tx
	tasks  []*task
	dry    bool             // nothing is written
	used   map[shared]int64 // by the works before
	spends []limit.Add      // what they took from shared counters
	events []outbox.Event

	awaited bool           // a parked return waits for a purchase of this batch
	written []purchase.Key // purchases written, whose parked returns may be done
	revived []*task        // parked returns being done
	refused []*purchase.Parked
	stale   []*task // found their account closed: their holder is another by now
	later   []*task // wait for the next round: an account they need is in use

	mine map[ident.ID]bool // holders whose accounts the transaction has locked
	left []*task           // are for a batch of their own
}

// maxLosses is how often a work may lose its account to others before its
// caller is told to try again.
const maxLosses = 5

// run judges the tasks in rounds. In each, every holder and every key stands
// at most once, in the order handed in, so that later works see what earlier
// ones did.
//
// All batches, also those of other processes, take their locks in one order, so
// that they never wait for each other in a circle: accounts by holder, what
// stands behind an account, natural keys in their order, the counters that all
// members share, the numbers of the events. So the first round locks all the
// accounts a batch may change; a later task that needs another one, or lost its
// own, is left for a batch of its own with all that come after it.
func (b *batch) run() error {
	b.used, b.mine = map[shared]int64{}, map[ident.ID]bool{}
	waiting, err := b.rounds(b.tasks)
	for err == nil && len(waiting) > 0 && !b.dry {
		waiting, err = b.rounds(waiting)
	}
	if err != nil || b.dry {
		return err
	}
	if err := limit.SaveShared(b.tx, b.spends); err != nil {
		return err
	}
	return outbox.Append(b.tx, b.events...)
}

// rounds judges tasks in as many rounds as they need and returns the parked
// ones that may be done now.
func (b *batch) rounds(tasks []*task) (revived []*task, err error) {
	for len(tasks) > 0 {
		if tasks, err = b.next(tasks); err != nil {
			return nil, err
		}
	}
	if b.dry {
		return nil, nil
	}
	return b.revive()
}

// next is one round; it returns what waits for another.
func (b *batch) next(tasks []*task) (waiting []*task, err error) {
	desks, err := b.sit(tasks)
	if err != nil {
		return nil, err
	}
	round, rest := b.distinct(b.reachable(desks))
	lost, err := b.round(round)
	if err != nil {
		return nil, err
	}
	lost = b.retry(append(lost, b.stale...))
	waiting = append(b.later, rest...)
	b.later, b.stale = nil, nil
	if len(lost) == 0 || b.dry {
		return append(lost, waiting...), nil
	}
	return b.leave(append(lost, waiting...)), nil
}

// reachable leaves out the desks whose accounts are to be locked only now,
// when others already are.
func (b *batch) reachable(desks []*Desk) (near []*Desk) {
	for _, d := range desks {
		if b.tooLate(d, d.Holder) {
			b.left = append(b.left, d.task)
		} else {
			near = append(near, d)
		}
	}
	return near
}

// tooLate reports that a holder's account can no longer be locked in order.
// What was parked was taken out in this transaction and has to stay in it.
func (b *batch) tooLate(d *Desk, holder ident.ID) bool {
	return len(b.mine) > 0 && !b.mine[holder] && !holder.IsZero() && !d.finished() && d.task.parked == nil
}

// own notes whose accounts are locked with books.
func (b *batch) own(books []*ledger.Book) {
	for _, k := range books {
		if k.Changed() {
			b.mine[k.Holder] = true
		}
	}
}

// leave keeps tasks for a batch of their own.
func (b *batch) leave(tasks []*task) (here []*task) {
	for _, t := range tasks {
		if t.parked != nil {
			here = append(here, t)
		} else {
			b.left = append(b.left, t)
		}
	}
	return here
}

// expectParked looks whether a return waits for a purchase about to be made.
func (b *batch) expectParked(desks []*Desk) error {
	var keys []purchase.Key
	for _, d := range desks {
		if k := d.task.work.Key; k.Kind == "purchase" && !d.idle() {
			keys = append(keys, k)
		}
	}
	waits, err := purchase.AnyParked(b.tx, keys)
	b.awaited = b.awaited || waits
	return err
}

// revive takes out the parked returns of the purchases just written and makes
// works of them.
func (b *batch) revive() ([]*task, error) {
	keys := b.written
	b.written = nil
	if len(keys) == 0 || !b.awaited || b.lane.parked == nil {
		return nil, b.repark()
	}
	b.awaited = false
	list, err := purchase.Unpark(b.tx, keys)
	if err != nil {
		return nil, err
	}
	var tasks []*task
	for i := range list {
		w, err := b.lane.parked(&list[i])
		if err != nil {
			b.refused = append(b.refused, &list[i])
			continue
		}
		t := &task{work: w, parked: &list[i]}
		b.revived = append(b.revived, t)
		tasks = append(tasks, t)
	}
	if len(tasks) == 0 {
		return nil, b.repark()
	}
	return tasks, nil
}

// repark puts parked returns back that their purchase does not bear, for a
// person to look at.
func (b *batch) repark() error {
	for _, t := range b.revived {
		if t.err != nil {
			b.refused = append(b.refused, t.parked)
		}
	}
	b.revived = nil
	for _, p := range b.refused {
		if err := purchase.Park(b.tx, &p.Input, p.At); err != nil {
			return err
		}
	}
	b.refused = nil
	return nil
}

// retry lets tasks that lost their account be judged again, but not for ever.
func (b *batch) retry(lost []*task) []*task {
	var again []*task
	for _, t := range lost {
		if t.losses++; t.losses >= maxLosses {
			t.err = fault.New(fault.Unavailable, "lane.contended")
			continue
		}
		again = append(again, t)
	}
	return again
}

// sit finds out for each task whether it was answered before, what stands
// under its keys, and who is meant: all in one go, and in a second one for
// those whose member is named only by the purchase they act on.
func (b *batch) sit(tasks []*task) ([]*Desk, error) {
	desks := make([]*Desk, len(tasks))
	for i, t := range tasks {
		desks[i] = &Desk{Now: b.tx.Now, Wall: b.tx.Wall, lane: b.lane, task: t}
		desks[i].At = t.work.At
		if desks[i].At == 0 {
			desks[i].At = b.tx.Now
		}
	}
	var met acquaintance
	err := b.tx.Together(
		func() error { return b.learn() },
		func() error { return b.replays(desks) },
		func() error { return b.keys(desks) },
		func() error { return b.meet(&met, desks, named) },
	)
	if err != nil {
		return nil, err
	}
	for _, d := range desks {
		d.moment = b.moment
	}
	if err := b.meet(&met, desks, ofPurchase); err != nil {
		return nil, err
	}
	for _, d := range desks {
		if !d.finished() {
			d.seat(&met)
		}
	}
	if err := b.unseal(desks); err != nil {
		return nil, err
	}
	return desks, b.holders(desks)
}

// learn reads what the published versions come to, once for a batch.
func (b *batch) learn() (err error) {
	if b.moment == nil {
		b.moment, err = b.lane.moment(b.tx)
	}
	return err
}

// replays looks the callers' keys up.
func (b *batch) replays(desks []*Desk) error {
	var keys []idem.Key
	for _, d := range desks {
		if r := d.task.work.Request; r != nil {
			keys = append(keys, r.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	stored, err := idem.Lookup(b.tx, keys)
	if err != nil {
		return err
	}
	for _, d := range desks {
		r := d.task.work.Request
		if r == nil {
			continue
		}
		if s, ok := stored[r.Key]; ok {
			if err := s.Check(r.Print); err != nil {
				d.refuse(err)
				continue
			}
			d.Replay = &s
		}
	}
	return nil
}

// keys looks the natural keys up and loads the purchases they name.
func (b *batch) keys(desks []*Desk) error {
	var keys []purchase.Key
	var at []*Desk
	for _, d := range desks {
		if d.finished() {
			continue
		}
		for _, k := range []purchase.Key{d.task.work.Key, d.task.work.Order} {
			if k.Source != "" {
				keys, at = append(keys, k), append(at, d)
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	known, err := purchase.Keys(b.tx, keys)
	if err != nil {
		return err
	}
	var ids []purchase.Ref
	for i, k := range known {
		d := at[i]
		if keys[i] == d.task.work.Key {
			d.Known = k
		}
		if k.Found && k.Kind == "event" {
			e, err := activity.Get(b.tx, k.Member, k.Event)
			if err != nil {
				return err
			}
			d.Activity = &e
			continue
		}
		if k.Found {
			ids = append(ids, purchase.Ref{Member: k.Member, ID: k.Purchase})
		}
	}
	found, err := purchase.Load(b.tx, ids)
	if err != nil {
		return err
	}
	for i, k := range known {
		if k.Found {
			at[i].Purchase = found[k.Purchase]
		}
	}
	return nil
}

// acquaintance is the members that works name.
type acquaintance struct {
	byID   map[ident.ID]member.Member
	byCard map[string]member.Member
	ofHold map[ident.ID]ident.ID
}

// name is one way in which a work says who is meant.
type name struct {
	member ident.ID
	card   string
	hold   ident.ID
}

// named is what a work itself says; ofPurchase whose purchase it acts on.
func named(d *Desk) name {
	switch w := &d.task.work.Who; {
	case !w.Member.IsZero():
		return name{member: w.Member}
	case w.Card != "":
		return name{card: w.Card}
	}
	return name{hold: d.task.work.Who.Hold}
}

func ofPurchase(d *Desk) name {
	if d.finished() || named(d) != (name{}) || d.Purchase == nil || d.Purchase.Guest {
		return name{}
	}
	return name{member: d.Purchase.Member}
}

// meet reads the members that desks name in one way.
func (b *batch) meet(met *acquaintance, desks []*Desk, how func(*Desk) name) error {
	var ids, holds []ident.ID
	var cards []string
	for _, d := range desks {
		switch n := how(d); {
		case !n.member.IsZero():
			ids = append(ids, n.member)
		case n.card != "":
			cards = append(cards, n.card)
		case !n.hold.IsZero():
			holds = append(holds, n.hold)
		}
	}
	if met.ofHold == nil {
		met.byID, met.byCard, met.ofHold = map[ident.ID]member.Member{}, map[string]member.Member{}, map[ident.ID]ident.ID{}
	}
	for _, h := range holds {
		k, err := ledger.FindHold(b.tx, h)
		if fault.Is(err, "hold.unknown") {
			continue
		}
		if err != nil {
			return err
		}
		met.ofHold[h] = k.Holder
		ids = append(ids, k.Holder)
	}
	byID, err := b.lane.members.ByIDs(b.tx, ids)
	if err != nil {
		return err
	}
	byCard, err := b.lane.members.ByCards(b.tx, cards)
	maps.Copy(met.byID, byID)
	maps.Copy(met.byCard, byCard)
	return err
}

// unseal opens the personal facts that purchases were judged by. Few
// programmes judge by any.
func (b *batch) unseal(desks []*Desk) error {
	for _, d := range desks {
		if d.finished() || d.Purchase == nil || len(d.Purchase.Judged.Sealed) == 0 {
			continue
		}
		first, err := purchase.First(b.tx, d.Purchase) // under whose key they are
		if err != nil {
			return err
		}
		if d.Unsealed, err = b.lane.members.OpenFrozen(b.tx, first, d.Purchase.Judged.Sealed); err != nil {
			return err
		}
	}
	return nil
}

// seat sets the desk's member, or refuses an unknown one.
func (d *Desk) seat(met *acquaintance) {
	n := named(d)
	if n == (name{}) {
		n = ofPurchase(d)
	}
	var m member.Member
	known := false
	switch {
	case !n.member.IsZero():
		m, known = met.byID[n.member]
	case n.card != "":
		m, known = met.byCard[n.card]
	case !n.hold.IsZero():
		if d.Holder = met.ofHold[n.hold]; d.Holder.IsZero() {
			d.refuse(fault.New(fault.NotFound, "hold.unknown"))
			return
		}
		if m, known = met.byID[d.Holder]; !known {
			return // a household's
		}
	default:
		return
	}
	if !known {
		d.refuse(fault.New(fault.NotFound, "member.unknown"))
		return
	}
	d.Member, d.Holder = &m, m.ID
}

// holders finds whose accounts are meant: a member's household pools, or she
// is her own holder.
func (b *batch) holders(desks []*Desk) error {
	var ids []ident.ID
	for _, d := range desks {
		if d.Member != nil {
			ids = append(ids, d.Member.ID)
		}
	}
	if !b.pools || len(ids) == 0 {
		return nil
	}
	of, err := household.Holders(b.tx, ids)
	for _, d := range desks {
		if d.Member != nil {
			d.Holder = of[d.Member.ID]
		}
	}
	return err
}

// distinct splits desks into those of this round and the tasks that wait for
// the next: the second work of a holder, of a natural key or of a caller's
// key. Finished ones take no place.
func (b *batch) distinct(desks []*Desk) (round []*Desk, rest []*task) {
	holders := make(map[ident.ID]bool, len(desks))
	keys := make(map[purchase.Key]bool, len(desks))
	requests := map[idem.Key]bool{}
	for _, d := range desks {
		w := d.task.work
		claims := []purchase.Key{w.Key, w.Order}
		busy := !d.Holder.IsZero() && holders[d.Holder] || w.Request != nil && requests[w.Request.Key]
		for _, k := range claims {
			busy = busy || k.Source != "" && keys[k]
		}
		if busy {
			rest = append(rest, d.task)
		} else {
			round = append(round, d)
		}
		// A work that waits keeps its place before later ones of the same holder.
		if !d.Holder.IsZero() {
			holders[d.Holder] = true
		}
		for _, k := range claims {
			if k.Source != "" {
				keys[k] = true
			}
		}
		if w.Request != nil {
			requests[w.Request.Key] = true
		}
	}
	return round, rest
}

// refuse ends a desk with an error; nothing of it is written.
func (d *Desk) refuse(err error) {
	d.task.answer, d.task.err = nil, err
	d.over = true
	d.save = effects{}
	d.books = nil
}

// finished reports that nothing more is to be judged.
func (d *Desk) finished() bool { return d.over }
