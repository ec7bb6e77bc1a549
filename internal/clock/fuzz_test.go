package clock

import (
	"testing"
	"time"
)

// What is read as an instant is written and read back as the same, and is the
// one the standard library reads.
func FuzzInstant(f *testing.F) {
	for _, s := range []string{"2026-11-15T10:12:40+09:00", "2026-11-15T01:12:40Z", "2026-11-15T01:12:40.123456789Z", "1970-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59",
		"0001-01-01T00:00:00+23:59", "2026-02-29T00:00:00Z", "2026-11-15T24:00:00Z", "2026-12-31T23:59:60Z", "２０２６-11-15T00:00:00Z", "never", "", "2026-11-15t01:12:40z", "2026-11-15T01:12:40,5Z", "2026-11-15 01:12:40Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var i Instant
		if i.UnmarshalText([]byte(s)) != nil {
			return
		}
		text, err := i.MarshalText()
		var back Instant
		if err != nil || back.UnmarshalText(text) != nil || back != i {
			t.Errorf("%q is %d, written %q, read back as %d", s, i, text, back)
		}
		if i == 0 || i == Never {
			return
		}
		if std, err := time.Parse(time.RFC3339Nano, s); err != nil || std.UnixMicro() != int64(i) {
			t.Errorf("%q is %d, by the standard library %v, %v", s, i, std, err)
		}
	})
}

// What is read as a day is a real one, is written as it was sent, and months
// from it never leave the month they are counted to.
func FuzzDay(f *testing.F) {
	for _, s := range []string{"2026-11-15", "2024-02-29", "2023-02-29", "0001-01-01", "0000-12-31", "9999-12-31", "10000-01-01", "2026-13-01", "２０２６-11-15", "2026-1-1", "", "2026-11-15T00:00:00Z"} {
		f.Add(s, int16(1))
	}
	f.Fuzz(func(t *testing.T, s string, months int16) {
		var d Day
		if d.UnmarshalText([]byte(s)) != nil {
			return
		}
		if d.String() != s {
			t.Errorf("%q is written %q", s, d)
		}
		if d == 0 {
			return
		}
		y, m, day := d.Date()
		if std, err := time.Parse(time.DateOnly, s); err != nil || std.Year() != y || std.Month() != m || std.Day() != day || std.Weekday() != d.Weekday() {
			t.Errorf("%q is %d-%d-%d, by the standard library %v, %v", s, y, m, day, std, err)
		}
		ny, nm, nd := d.AddMonths(int(months)).Date()
		if want := y*12 + int(m) - 1 + int(months); want >= 12 && (ny*12+int(nm)-1 != want || nd > day) {
			t.Errorf("%s + %d months is %d-%d-%d", d, months, ny, nm, nd)
		}
	})
}
