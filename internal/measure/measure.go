// Package measure hands insight what other rooms keep: purchases, members and
// their ranks.
//
// It decides nothing and keeps nothing.
package measure

import (
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
	return s.Members.EachMeasured(tx, ids, func(m *member.Measured) error {
		if levels[m.ID] == "" {
			levels[m.ID] = lowest
		}
		return fn(&insight.Person{ID: m.ID, Into: m.MergedInto, Active: m.Status == member.Active, Joined: m.JoinedOn,
			Store: m.JoinStore, Channel: m.JoinSource, Tier: levels[m.ID], Ranked: levels[m.ID] != lowest,
			Born: m.Traits.Born, Gender: m.Traits.Gender, Area: m.Traits.Area, Own: m.Traits.Own})
	})
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

// Count is how many purchases there are.
func (Shop) Count(tx *db.Tx) (int64, error) { return purchase.CountSold(tx) }

// Purchases streams purchases, in no promised order.
func (Shop) Purchases(tx *db.Tx, members []ident.ID, fn func(*insight.Purchase) error) error {
	if members == nil {
		return purchase.EachSold(tx, told(fn))
	}
	return purchase.EachSoldTo(tx, members, told(fn))
}

// GuestPurchases streams what nobody known bought on some days.
func (Shop) GuestPurchases(tx *db.Tx, days []clock.Day, fn func(*insight.Purchase) error) error {
	return purchase.EachSoldToGuests(tx, days, told(fn))
}

// DaysOf are the business days of purchases.
func (Shop) DaysOf(tx *db.Tx, ids []ident.ID) ([]clock.Day, error) { return purchase.DaysOf(tx, ids) }

// told turns purchases into what insight reads. A purchase of which nothing is
// kept leaves no amount, whatever its returns say they paid back.
func told(fn func(*insight.Purchase) error) func(*purchase.Sold) error {
	var lines []insight.Line
	add := func(l *purchase.SoldLine) {
		if k := keptLine(l); k.Quantity > 0 && !l.Fee { // a fee is no product
			lines = append(lines, k)
		}
	}
	return func(s *purchase.Sold) error {
		p := insight.Purchase{Member: s.Member, Guest: s.Guest, Day: s.Day, Store: s.Store, Channel: s.Channel,
			Gross: s.Value, Net: max(0, s.Value-s.Returned), Eligible: s.Eligible, Kept: s.Kept}
		if !s.Kept {
			p.Net = 0
		}
		lines = lines[:0]
		if !s.Guest {
			if err := s.EachLine(add); err != nil {
				return err
			}
		}
		p.Lines = lines
		return fn(&p)
	}
}

// keptLine is what stayed of a line. A price correction lowers the purchase,
// not its lines: which of them it was about is in the return alone.
func keptLine(l *purchase.SoldLine) insight.Line {
	left := l.Quantity - l.Returned
	out := insight.Line{Product: l.SKU, Quantity: left, Name: l.Name, Category: l.Category}
	if out.Product == "" {
		out.Product = l.Name
	}
	if l.Quantity > 0 {
		out.Amount = l.Value / l.Quantity * left
		out.Amount += l.Value % l.Quantity * left / l.Quantity
	}
	return out
}

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
