package liability

import (
	"joren/internal/clock"
	"joren/internal/fault"
)

// Month is a month of accounting, written YYYY-MM. Months compare as text.
type Month string

// MonthOf is the month of a day.
func MonthOf(d clock.Day) Month { return Month(d.String()[:7]) }

// ParseMonth reads YYYY-MM. Fault: day.month_invalid.
func ParseMonth(s string) (Month, error) {
	if _, err := clock.ParseDay(s + "-01"); err != nil {
		return "", fault.New(fault.Invalid, "day.month_invalid", "month", s)
	}
	return Month(s), nil
}

// First is the month's first day; 0 for a month that is none.
func (m Month) First() clock.Day {
	d, err := clock.ParseDay(string(m) + "-01")
	if err != nil {
		return 0
	}
	return d
}

// Last is the month's last day.
func (m Month) Last() clock.Day { return m.First().EndOfMonth() }

// Next is the month after.
func (m Month) Next() Month { return MonthOf(m.Last() + 1) }

// Since is how many months m is after o; negative before it.
func (m Month) Since(o Month) int {
	y, mo, _ := m.First().Date()
	y0, mo0, _ := o.First().Date()
	return 12*(y-y0) + int(mo) - int(mo0)
}
