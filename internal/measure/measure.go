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
type Shop struct{ Programmes *programme.Cache }

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
		if levels[m.ID] == "" {
			levels[m.ID] = lowest
		}
		return fn(&insight.Person{ID: m.ID, Into: m.MergedInto, Active: m.Status == member.Active, Joined: m.JoinedOn,
			Store: m.JoinStore, Channel: m.JoinSource, Tier: levels[m.ID]})
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
func (s Shop) Points(tx *db.Tx, from, to clock.Day) (insight.Points, error) {
	p, err := s.Programmes.At(tx, tx.Now)
	if fault.Is(err, "programme.none_in_force") {
		return insight.Points{}, nil
	}
	if err != nil || len(p.Points) == 0 {
		return insight.Points{}, err
	}
	flows, err := ledger.Flows(tx, p.Points[0].ID, max(from, 1), to)
	return insight.Points{Issued: flows[ledger.Issued], Used: -flows[ledger.Redeemed], Expired: -flows[ledger.Expired], Value: p.Points[0].Value}, err
}
