package lane

import (
	"maps"

	"joren/internal/activity"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/idem"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/purchase"
)

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
		if !k.Found {
			continue
		}
		at[i].Purchase = found[k.Purchase]
		if at[i].Purchase == nil && k.Kind == "purchase" {
			return errAgain // somebody claimed or merged it between the two reads
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
