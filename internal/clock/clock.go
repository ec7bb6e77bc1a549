// Package clock tells what time it is and does the programme's calendar
// arithmetic: instants, business days, and the periods made of them.
//
// There are two clocks. Shop time drives rules, tiers and expiry; a demo or
// test database may carry its own. Wall time drives sessions, leases and
// time-outs. Only this package calls time.Now.
package clock

import (
	"database/sql/driver"
	"fmt"
	"math"
	"time"
)

// Instant is a point in time: microseconds since 1970-01-01T00:00:00Z.
// The zero Instant means "none" and is stored as NULL.
type Instant int64

// Never is later than every instant; a lot that never expires carries it.
const Never Instant = math.MaxInt64

// At converts t, cut to microseconds.
func At(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time converts i to a UTC time.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// Add returns i + d, cut to microseconds. Never stays Never.
func (i Instant) Add(d time.Duration) Instant {
	if i == Never {
		return Never
	}
	return i + Instant(d/time.Microsecond)
}

// Sub returns i - j.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Microsecond }

// String is RFC 3339 in UTC with as many fraction digits as needed;
// "" for none and "never" for Never.
func (i Instant) String() string {
	switch i {
	case 0:
		return ""
	case Never:
		return "never"
	}
	return i.Time().Format(time.RFC3339Nano)
}

// RFC 3339 has years of four digits: what an offset moves out of them could be
// read and not be written.
var firstInstant, lastInstant = At(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)), At(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)) - 1

// ParseInstant reads RFC 3339 with an offset or Z.
func ParseInstant(s string) (Instant, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if i := At(t); err != nil || i < firstInstant || i > lastInstant {
		return 0, fmt.Errorf("clock: %q is not an RFC 3339 instant", s)
	}
	return At(t), nil
}

// MustInstant is ParseInstant for tests and constants; it panics on error.
func MustInstant(s string) Instant {
	i, err := ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}

func (i Instant) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

func (i *Instant) UnmarshalText(b []byte) (err error) {
	switch string(b) {
	case "":
		*i = 0
	case "never":
		*i = Never
	default:
		*i, err = ParseInstant(string(b))
	}
	return err
}

// Value stores the microsecond count, NULL for none.
func (i Instant) Value() (driver.Value, error) {
	if i == 0 {
		return nil, nil
	}
	return int64(i), nil
}

// Scan reads what Value wrote.
func (i *Instant) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i = 0
	case int64:
		*i = Instant(v)
	default:
		return fmt.Errorf("clock: cannot read an instant from %T", src)
	}
	return nil
}

// Clock tells shop time and wall time.
type Clock struct {
	Shop func() Instant
	Wall func() Instant
}

// System runs both clocks on the machine's time.
func System() Clock { return Clock{Shop: now, Wall: now} }

func now() Instant { return At(time.Now()) }

// Fixed runs both clocks at one instant, for tests.
func Fixed(i Instant) Clock {
	f := func() Instant { return i }
	return Clock{Shop: f, Wall: f}
}

// Shifted keeps wall time and lets shop time start at shop now and run on at
// the machine's pace. A demo database whose history ended years ago uses it.
func Shifted(shop Instant) Clock {
	start := now()
	return Clock{Shop: func() Instant { return shop + (now() - start) }, Wall: now}
}
