// Package measure hands insight what other rooms keep: purchases, members and
// their ranks.
//
// It decides nothing and keeps nothing.
package measure

import (
	"cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/tier"
)

// Shop is the source of insight's columns.
type Shop struct {
	Programmes *programme.Cache
	Members    *member.Members
}

var _ insight.Source = Shop{}

// People streams members with their ranks.
func (s Shop) People(tx *db.Tx, ids []ident.ID, fn func(*insight.Person) error) error {
	levels := map[ident.ID]string{}
	var err error
	if ids == nil {
		err = tier.EachLevel(tx, func(m ident.ID, level string) error { levels[m] = level; return nil })
	} else {
		levels, err = tier.Levels(tx, ids)
	}
	if err != nil {
		return err
	}
	lowest, err := s.lowest(tx)
	if err != nil {
		return err
	}
	return member.EachMeasured(tx, ids, func(m *member.Measured) error {
		level := cmp.Or(levels[m.ID], lowest)
		return fn(&insight.Person{ID: m.ID, Into: m.MergedInto, Active: m.Status == member.Active, Joined: m.JoinedOn,
			Store: m.JoinStore, Channel: m.JoinSource, Tier: level, Ranked: level != lowest})
	})
}

// Traits streams what members' documents say.
func (s Shop) Traits(tx *db.Tx, ids []ident.ID, fn func(ident.ID, *insight.Traits) error) error {
	return s.Members.EachTraits(tx, ids, func(id ident.ID, t *member.Traits) error { return fn(id, (*insight.Traits)(t)) })
}

// lowest is the rank of members without one written down; "" where there are
// no ranks.
func (s Shop) lowest(tx *db.Tx) (string, error) {
	p, err := s.Programmes.At(tx, tx.Now)
	if fault.Is(err, "programme.none_in_force") {
		return "", nil
	}
	if err != nil || p.Tiers == nil || len(p.Tiers.Levels) == 0 {
		return "", err
	}
	return p.Tiers.Levels[0].ID, nil
}

// Count is about how many members and purchases there are.
func (Shop) Count(tx *db.Tx) (people, purchases int64, err error) {
	if people, err = member.CountMeasured(tx); err == nil {
		purchases, err = purchase.CountSold(tx)
	}
	return people, purchases, err
}

// Purchases streams purchases, in no promised order.
func (Shop) Purchases(tx *db.Tx, members []ident.ID, fn func(*insight.Batch) error) error {
	if members == nil {
		return everyPurchase(tx, fn)
	}
	return purchase.EachSoldTo(tx, members, told(fn))
}

// GuestPurchases streams what nobody known bought on some days.
func (Shop) GuestPurchases(tx *db.Tx, days []clock.Day, fn func(*insight.Purchase) error) error {
	return purchase.EachSoldToGuests(tx, days, told(func(b *insight.Batch) error { return fn(&b.List[0]) }))
}

// DaysOf are the business days of purchases.
func (Shop) DaysOf(tx *db.Tx, ids []ident.ID) ([]clock.Day, error) { return purchase.DaysOf(tx, ids) }

// Points sums what moved on a period's days, of the programme's first point
// type. What a refund gave back is off what was used.
func (s Shop) Points(tx *db.Tx, from, to clock.Day) (p insight.Points, err error) {
	pointType, value, err := s.points(tx)
	if err != nil || pointType == "" {
		return p, err
	}
	flows, err := ledger.Flows(tx, pointType, max(from, 1), to)
	for contra, n := range flows {
		add(&p, contra, n)
	}
	p.Value = value
	return p, err
}

// points are the programme's first point type and what one is worth; "" where
// there are none.
func (s Shop) points(tx *db.Tx) (pointType string, value int64, err error) {
	p, err := s.Programmes.At(tx, tx.Now)
	if fault.Is(err, "programme.none_in_force") {
		return "", 0, nil
	}
	if err != nil || len(p.Points) == 0 {
		return "", 0, err
	}
	return p.Points[0].ID, p.Points[0].Value, nil
}

func add(p *insight.Points, contra ledger.Contra, n int64) {
	switch contra {
	case ledger.Issued:
		p.Issued += n
	case ledger.Redeemed:
		p.Used -= n
	case ledger.Expired:
		p.Expired -= n
	case ledger.Reversed:
		p.Back -= n
	}
}

// PointsByHolder sums the same from the journal, by account and store.
func (s Shop) PointsByHolder(tx *db.Tx, from, to clock.Day) (out []insight.Moved, err error) {
	pointType, _, err := s.points(tx)
	if err != nil || pointType == "" {
		return nil, err
	}
	err = ledger.EachFlow(tx, pointType, from, to, func(f ledger.Flow) error {
		if last := len(out) - 1; last < 0 || out[last].Holder != f.Holder || out[last].Store != f.Store {
			out = append(out, insight.Moved{Holder: f.Holder, Store: f.Store})
		}
		add(&out[len(out)-1].Points, f.Contra, f.Points)
		return nil
	})
	return out, err
}

// Gifts are points given for no purchase: welcome, birthday, by hand.
func (s Shop) Gifts(tx *db.Tx, from, to clock.Day) (out []insight.Gift, err error) {
	pointType, _, err := s.points(tx)
	if err != nil || pointType == "" {
		return nil, err
	}
	err = ledger.EachGift(tx, pointType, from, to, func(holder ident.ID, on clock.Day, points int64) error {
		out = append(out, insight.Gift{Holder: holder, On: on, Points: points})
		return nil
	})
	return out, err
}
