package clock

import (
	"database/sql/driver"
	"fmt"
	"time"
	_ "time/tzdata" // one binary must know its zones on a machine that does not
)

// Day is a business day: a date in the programme's zone, counted from
// 0001-01-01 = 1. The zero Day means "none" and is stored as NULL; a stored
// day is text YYYY-MM-DD.
type Day int32

// Date makes a day. Fields out of range are normalised as in time.Date.
func Date(y int, m time.Month, d int) Day {
	month := int(m) - 1
	y += month / 12
	if month %= 12; month < 0 {
		month, y = month+12, y-1
	}
	// Years are counted from March, so that the leap day is the last of its
	// year, in eras of 400 years (H. Hinnant, "chrono-Compatible Low-Level Date
	// Algorithms", days_from_civil).
	fromMarch := (month + 10) % 12
	if fromMarch >= 10 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	ofEra := y - era*400
	days := ofEra*365 + ofEra/4 - ofEra/100 + (153*fromMarch+2)/5
	return Day(era*daysOfEra + days + d - marchZero)
}

const (
	daysOfEra = 146097 // in 400 years
	marchZero = 306    // days from 0000-03-01 to 0001-01-01
)

// Date splits d (the inverse, civil_from_days).
func (d Day) Date() (y int, m time.Month, day int) {
	n := int(d) - 1 + marchZero
	era := n / daysOfEra
	if n < 0 {
		era = (n - daysOfEra + 1) / daysOfEra
	}
	n -= era * daysOfEra
	year := (n - n/1460 + n/36524 - n/146096) / 365
	n -= 365*year + year/4 - year/100
	fromMarch := (5*n + 2) / 153
	y = year + era*400
	if fromMarch >= 10 {
		y++
	}
	return y, time.Month((fromMarch+2)%12 + 1), n - (153*fromMarch+2)/5 + 1
}

// Weekday is d's day of the week. 0001-01-01 was a Monday.
func (d Day) Weekday() time.Weekday { return time.Weekday((int(d)%7 + 7) % 7) }

// String is YYYY-MM-DD, "" for none.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	y, m, dd := d.Date()
	b := [10]byte{'0' + byte(y/1000%10), '0' + byte(y/100%10), '0' + byte(y/10%10), '0' + byte(y%10), '-',
		'0' + byte(m/10), '0' + byte(m%10), '-', '0' + byte(dd/10), '0' + byte(dd%10)}
	return string(b[:])
}

// ParseDay reads YYYY-MM-DD and refuses dates that do not exist.
func ParseDay(s string) (Day, error) {
	if len(s) == len(time.DateOnly) && s[4] == '-' && s[7] == '-' {
		y, m, dd := digits(s[:4]), digits(s[5:7]), digits(s[8:])
		d := Date(y, time.Month(m), dd)
		if yy, mm, same := d.Date(); y > 0 && yy == y && int(mm) == m && same == dd {
			return d, nil
		}
	}
	return 0, fmt.Errorf("clock: %q is not a date YYYY-MM-DD", s)
}

// digits is a number of up to four of them; -1 for anything else.
func digits(s string) (n int) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// MustDay is ParseDay for tests and constants; it panics on error.
func MustDay(s string) Day {
	d, err := ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *Day) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = 0
		return nil
	}
	*d, err = ParseDay(string(b))
	return err
}

// Value stores YYYY-MM-DD, NULL for none.
func (d Day) Value() (driver.Value, error) {
	if d == 0 {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads what Value wrote.
func (d *Day) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = 0
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	}
	return fmt.Errorf("clock: cannot read a day from %T", src)
}

// AddMonths moves d by n months and clamps to the month's end:
// 31 January + 1 month is 28 or 29 February.
func (d Day) AddMonths(n int) Day {
	y, m, dd := d.Date()
	m += time.Month(n)
	return Date(y, m, min(dd, daysIn(y, m)))
}

func daysIn(y int, m time.Month) int {
	switch m {
	case time.January, time.March, time.May, time.July, time.August, time.October, time.December:
		return 31
	case time.April, time.June, time.September, time.November:
		return 30
	}
	return int(Date(y, m+1, 1) - Date(y, m, 1)) // February, and months out of range
}

// MonthDay is a date without a year, such as a birthday or a fixed expiry.
type MonthDay struct {
	Month time.Month
	Day   int
}

// In is the date in year y; 29 February falls on 28 February in other years.
func (md MonthDay) In(y int) Day {
	return Date(y, md.Month, min(md.Day, daysIn(y, md.Month)))
}

// MonthDay drops the year.
func (d Day) MonthDay() MonthDay {
	_, m, dd := d.Date()
	return MonthDay{m, dd}
}

// StartOfMonth is the first day of d's month.
func (d Day) StartOfMonth() Day {
	y, m, _ := d.Date()
	return Date(y, m, 1)
}

// EndOfMonth is the last day of d's month.
func (d Day) EndOfMonth() Day { return d.PeriodEnd(1, time.January) }

// PeriodStart is the first day of the period of n months that holds d, where
// periods are counted from startMonth: n = 3 gives quarters, 6 half-years,
// 12 (fiscal) years. n must divide 12.
func (d Day) PeriodStart(n int, startMonth time.Month) Day {
	y, m, _ := d.Date()
	back := ((int(m)-int(startMonth))%12 + 12) % 12 % n
	return Date(y, m-time.Month(back), 1)
}

// PeriodEnd is the last day of the period [Day.PeriodStart] opens.
func (d Day) PeriodEnd(n int, startMonth time.Month) Day {
	y, m, _ := d.PeriodStart(n, startMonth).Date()
	return Date(y, m+time.Month(n), 1) - 1
}

// WeekStart is the day on or before d that is weekday w.
func (d Day) WeekStart(w time.Weekday) Day {
	return d - Day((int(d.Weekday())-int(w)+7)%7)
}

// A Zone places business days in time.
type Zone struct {
	Location *time.Location
	Starts   time.Duration // a business day begins this long after midnight; 0 <= Starts < 24 h
}

// LoadZone loads an IANA zone, e.g. "Asia/Tokyo".
func LoadZone(name string, starts time.Duration) (Zone, error) {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return Zone{}, fmt.Errorf("clock: unknown time zone %q", name)
	}
	return Zone{loc, starts}, nil
}

// Tokyo is the default zone, days beginning at midnight.
var Tokyo = Zone{Location: time.FixedZone("Asia/Tokyo", 9*3600)}

// Day is the business day that holds i.
func (z Zone) Day(i Instant) Day {
	y, m, d := time.UnixMicro(int64(i)).In(z.Location).Add(-z.Starts).Date()
	return Date(y, m, d)
}

// Start is the first instant of business day d. Where a clock change skips
// that hour, it is the first instant after the gap.
func (z Zone) Start(d Day) Instant {
	y, m, dd := d.Date()
	return At(time.Date(y, m, dd, 0, 0, int(z.Starts/time.Second), 0, z.Location))
}

// Local is i as wall-clock time in the zone.
func (z Zone) Local(i Instant) time.Time { return time.UnixMicro(int64(i)).In(z.Location) }

// NextOf is the first of some dates of the year on or after d, 0 of none.
func NextOf(dates []MonthDay, d Day) Day {
	y, _, _ := d.Date()
	best := Day(0)
	for _, md := range dates {
		c := md.In(y)
		if c < d {
			c = md.In(y + 1)
		}
		if best == 0 || c < best {
			best = c
		}
	}
	return best
}
