package rules

import (
	"slices"
	"time"

	"joren/internal/clock"
)

// view is what a condition sees while one occasion is judged. It is scratch
// memory of one judgement and never outlives it.
type view struct {
	o        *Occasion
	f        *Facts
	zone     clock.Zone
	lines    []Line // kept lines that are not excluded
	line     *Line  // the line under judgement, nil outside line conditions
	eligible int64
	items    int64

	wall   time.Time // local time of the occasion, once asked for
	lineAt [maxDepth]*Line
	textAt [maxDepth]string
}

// reset forgets the occasion.
func (v *view) reset() {
	v.o, v.f, v.lines, v.line, v.eligible, v.items, v.wall = nil, nil, nil, nil, 0, 0, time.Time{}
}

// maxDepth is how deep exists() and all() may nest in a compiled condition.
const maxDepth = 4

func (v *view) local() time.Time {
	if v.wall.IsZero() {
		v.wall = v.zone.Local(v.o.At)
	}
	return v.wall
}

func (v *view) dayOf(i clock.Instant) clock.Day {
	if i == 0 {
		return 0
	}
	return v.zone.Day(i)
}

func (v *view) deliveredLate() bool {
	d := &v.o.Delivery
	return d.PromisedOn != 0 && d.DeliveredAt != 0 && v.dayOf(d.DeliveredAt) > d.PromisedOn
}

func (v *view) sinceJoining() int64 {
	if v.f.Member.JoinedOn == 0 {
		return -1
	}
	return int64(v.o.Day - v.f.Member.JoinedOn)
}

// firstBirthYear parts known birth years from the stand-in years of a
// birthday of which only month and day are known.
const firstBirthYear = 1800

// age is in full years, -1 when the year of birth is unknown.
func (v *view) age() int64 {
	b := v.f.Member.Birthday
	if b == 0 {
		return -1
	}
	by, _, _ := b.Date()
	if by < firstBirthYear {
		return -1
	}
	y, _, _ := v.o.Day.Date()
	age := int64(y - by)
	if b.MonthDay().In(y) > v.o.Day {
		age--
	}
	return age
}

func (v *view) isBirthday() bool {
	return v.f.Member.Birthday != 0 && falls(v.f.Member.Birthday.MonthDay(), v.o.Day)
}

func (v *view) isBirthdayMonth() bool {
	_, m, _ := v.o.Day.Date()
	return v.f.Member.Birthday != 0 && v.f.Member.Birthday.MonthDay().Month == m
}

func (v *view) isAnniversary() bool {
	return slices.ContainsFunc(v.f.Member.Anniversaries, func(md clock.MonthDay) bool { return falls(md, v.o.Day) })
}

// falls reports that the yearly date md falls on d.
func falls(md clock.MonthDay, d clock.Day) bool {
	y, _, _ := d.Date()
	return md.In(y) == d
}

// happened is what is known of her events of a kind.
func (v *view) happened(kind string) ProductStats {
	if p, ok := v.f.Events[kind]; ok {
		return p
	}
	return ProductStats{Interval: -1}
}

// product is what is known of her purchases of a product.
func (v *view) product(sku string) ProductStats {
	if p, ok := v.f.Products[sku]; ok {
		return p
	}
	return ProductStats{Interval: -1}
}
