package rules

import (
	"time"

	"joren/internal/clock"
)

// Terms is the life of the points a rule gives: their class, when they become
// usable and when they expire. A rule's own terms replace its point type's.
type Terms struct {
	Class   string // "" means base; consumption may prefer classes ("promotional")
	Pending Pending
	Expiry  Expiry
}

// Pending says when points become usable.
type Pending struct {
	Kind            PendingKind
	Days            int       // PendingDays: from the first instant of business day D + Days
	Date            clock.Day // PendingDate: from the first instant of this day
	Event           string    // PendingUntil: from this event of the purchase, e.g. "delivered"
	CancelAfterDays int       // PendingUntil: void from the first instant of day D + CancelAfterDays; 0 means never
}

// PendingKind is a way of waiting.
type PendingKind uint8

const (
	PendingNone PendingKind = iota // usable at once
	PendingDays
	PendingDate
	PendingUntil
)

// Expiry says when points die (SEMANTICS §1, §5 L2).
type Expiry struct {
	Kind      ExpiryKind
	Months    int              // ExpiryMonths, ExpirySliding
	Days      int              // ExpiryDays
	Dates     []clock.MonthDay // ExpiryFixed: the first listed date on or after start + MinDays
	MinDays   int
	Round     Rounding
	DayBefore bool // last_day: day_before: the day before the same date
	Earned    bool // from: earned; otherwise the clock starts at activation
}

// ExpiryKind is a way of dying.
type ExpiryKind uint8

const (
	ExpiryNever ExpiryKind = iota
	ExpiryMonths
	ExpiryDays
	ExpiryFixed
	ExpirySliding // Months after the last activity of the account
)

// Rounding lengthens a life to the end of a period.
type Rounding uint8

const (
	RoundNone Rounding = iota
	RoundMonth
	RoundQuarter
	RoundHalf
	RoundFiscalYear
)

// LastDay is the last business day (inclusive) on which points whose clock
// starts on day start may be spent; 0 when they never expire. For
// ExpirySliding it is the last day if start is the last activity.
//
// Periods are counted from fiscalStart, the month a fiscal year begins with.
// A rounded life counts its months from the start day's month: 1 November
// 2026 + 12 months to the month's end is 30 November 2027 (SEMANTICS §1).
func (e Expiry) LastDay(start clock.Day, fiscalStart time.Month) clock.Day {
	if fiscalStart == 0 {
		fiscalStart = time.January
	}
	var d clock.Day
	switch e.Kind {
	case ExpiryNever:
		return 0
	case ExpiryMonths, ExpirySliding:
		if e.Round != RoundNone {
			d = start.StartOfMonth().AddMonths(e.Months)
		} else {
			d = start.AddMonths(e.Months)
		}
	case ExpiryDays:
		d = start + clock.Day(e.Days)
	case ExpiryFixed:
		d = e.fixed(start + clock.Day(e.MinDays))
	}
	switch e.Round {
	case RoundMonth:
		return d.EndOfMonth()
	case RoundQuarter:
		return d.PeriodEnd(3, fiscalStart)
	case RoundHalf:
		return d.PeriodEnd(6, fiscalStart)
	case RoundFiscalYear:
		return d.PeriodEnd(12, fiscalStart)
	}
	if e.DayBefore && e.Kind != ExpiryFixed {
		d--
	}
	return d
}

// fixed is the first listed date on or after d.
func (e Expiry) fixed(d clock.Day) clock.Day {
	return clock.NextOf(e.Dates, d)
}

// Activates is the first instant at which points earned on business day d at
// instant at are usable; clock.Never while an event is awaited.
func (p Pending) Activates(d clock.Day, at clock.Instant, z clock.Zone) clock.Instant {
	switch {
	case p.Kind == PendingDays && p.Days > 0:
		return z.Start(d + clock.Day(p.Days))
	case p.Kind == PendingDate && z.Start(p.Date) > at:
		return z.Start(p.Date)
	case p.Kind == PendingUntil:
		return clock.Never
	}
	return at
}
