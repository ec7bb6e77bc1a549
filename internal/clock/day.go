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

const dayZero = -62135596800 / 86400 // days from 0001-01-01 to 1970-01-01, negative

// Date makes a day. Fields out of range are normalised as in time.Date.
func Date(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400-dayZero) + 1
}

func (d Day) t() time.Time { return time.Unix((int64(d)-1+dayZero)*86400, 0).UTC() }

// Date splits d.
func (d Day) Date() (y int, m time.Month, day int) { return d.t().Date() }

// Weekday is d's day of the week.
func (d Day) Weekday() time.Weekday { return d.t().Weekday() }

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
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return 0, fmt.Errorf("clock: %q is not a date YYYY-MM-DD", s)
	}
	return Date(t.Year(), t.Month(), t.Day()), nil
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
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	return Date(first.Year(), first.Month(), min(dd, daysIn(first.Year(), first.Month())))
}

func daysIn(y int, m time.Month) int {
	return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
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
