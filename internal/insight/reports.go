package insight

import (
	"context"
	"slices"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
)

// Every is how often a report is made.
type Every string

// Rhythms of reports.
const (
	Never     Every = "off"
	EachWeek  Every = "week"
	EachMonth Every = "month"
)

// Period is the whole week (Monday to Sunday) or month that holds a day.
func (e Every) Period(d clock.Day) (first, last clock.Day) {
	if e == EachWeek {
		first = d.WeekStart(time.Monday)
		return first, first + 6
	}
	return d.StartOfMonth(), d.EndOfMonth()
}

// Plan says which reports are made by themselves.
type Plan struct {
	Every Every
	Langs string // ja, en or both
}

// langs are the languages of a plan.
func (p Plan) langs() []i18n.Lang {
	switch p.Langs {
	case "ja":
		return []i18n.Lang{i18n.JA}
	case "en":
		return []i18n.Lang{i18n.EN}
	}
	return []i18n.Lang{i18n.JA, i18n.EN}
}

// Heading is what a report says of its shop.
type Heading struct {
	Shop, Currency string
}

// Report is the figures of one week or month beside those of the one before.
type Report struct {
	Heading
	Every       Every
	First, Last clock.Day
	Made        clock.Day
	Now, Before []Value // of the registry, in its order
	Months      []MonthValues
	Spread      Month
	Cohorts     []Cohort
	Care        []Worth // most to lose first
	Horizon     int
}

// Lengths of a report's lists.
const (
	reportMonths  = 13
	reportCohorts = 7
	reportCare    = 15
)

// Report makes the report of the period that holds a day.
//
// Faults: insight.report_running when that period has not ended.
func (b *Board) Report(ctx context.Context, e Every, day clock.Day, l i18n.Lang) (*Report, error) {
	today, err := b.Today(ctx)
	if err != nil {
		return nil, err
	}
	r := &Report{Every: e, Made: today}
	if r.First, r.Last = e.Period(day); r.Last >= today {
		return nil, fault.New(fault.Conflict, "insight.report_running", "first", r.First, "last", r.Last)
	}
	if b.Heading != nil {
		if err := b.db.Read(ctx, func(tx *db.Tx) (err error) { r.Heading, err = b.Heading(tx, l); return err }); err != nil {
			return nil, err
		}
	}
	return r, b.fill(ctx, r)
}

func (b *Board) fill(ctx context.Context, r *Report) error {
	first, last := r.Every.Period(r.First - 1)
	both, err := b.MetricsOf(ctx, []Filter{{From: r.First, To: r.Last}, {From: first, To: last}})
	if err != nil {
		return err
	}
	r.Now, r.Before = both[0], both[1]
	if r.Months, err = b.Monthly(ctx, Filter{To: r.Last}, monthsBack(r)); err != nil {
		return err
	}
	if r.Cohorts, err = b.Cohorts(ctx, Filter{}, 1); err != nil {
		return err
	}
	r.Cohorts = slices.DeleteFunc(r.Cohorts, func(c Cohort) bool { return c.Start > r.Last })
	r.Cohorts = r.Cohorts[max(0, len(r.Cohorts)-reportCohorts):]
	var reading *Reading
	if r.Care, _, reading, err = b.Ranking(ctx, ByRisk, false, Pick{}, 0, reportCare); err != nil {
		return err
	}
	r.Care = slices.DeleteFunc(r.Care, func(w Worth) bool { return w.AtRisk <= 0 || !w.Told })
	r.Horizon = reading.Horizon
	r.Spread, err = b.Spread(ctx, reading, Filter{})
	return err
}

// monthsBack is how far back from today the series of a report must reach to
// hold the months before its end.
func monthsBack(r *Report) int {
	return reportMonths + months(r.Last.StartOfMonth(), r.Made.StartOfMonth())
}
