package clock

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// timeOf is the day by the standard library.
func timeOf(d Day) time.Time { return time.Date(1, 1, int(d), 0, 0, 0, 0, time.UTC) }

func TestDaysAgreeWithTheStandardLibrary(t *testing.T) {
	for d := MustDay("1999-12-30"); d < MustDay("2101-01-02"); d++ {
		y, m, dd := d.Date()
		if wy, wm, wd := timeOf(d).Date(); y != wy || m != wm || dd != wd || d.Weekday() != timeOf(d).Weekday() || Date(y, m, dd) != d {
			t.Fatalf("%d: %d-%d-%d %s, want %s", d, y, m, dd, d.Weekday(), timeOf(d))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := Day(rapid.Int32Range(-800_000, 4_000_000).Draw(t, "day"))
		y, m, dd := d.Date()
		if wy, wm, wd := timeOf(d).Date(); y != wy || m != wm || dd != wd || d.Weekday() != timeOf(d).Weekday() {
			t.Fatalf("%d: %d-%d-%d %s, want %s", d, y, m, dd, d.Weekday(), timeOf(d))
		}
		y, n, x := rapid.IntRange(-500, 9999).Draw(t, "y"), rapid.IntRange(-40, 40).Draw(t, "m"), rapid.IntRange(-400, 400).Draw(t, "d")
		want := time.Date(y, time.Month(n), x, 0, 0, 0, 0, time.UTC)
		if got := timeOf(Date(y, time.Month(n), x)); !got.Equal(want) {
			t.Fatalf("Date(%d, %d, %d) = %s, want %s", y, n, x, got, want)
		}
	})
}

// A text is a day where it is one to the standard library.
func TestADayIsReadAsTheStandardLibraryReadsIt(t *testing.T) {
	part := func(most int) *rapid.Generator[string] {
		return rapid.Map(rapid.IntRange(0, most), func(n int) string { return fmt.Sprintf("%02d", n) })
	}
	year := rapid.OneOf(rapid.StringMatching(`[0-9]{4}`), rapid.SampledFrom([]string{"2000", "1900", "2024", "0000", "+200", "-001", "20 4"}))
	rapid.Check(t, func(t *rapid.T) {
		s := year.Draw(t, "year") + rapid.SampledFrom([]string{"-", "-", "-", "/"}).Draw(t, "sign") + part(13).Draw(t, "month") + "-" + part(32).Draw(t, "day")
		got, err := ParseDay(s)
		std, wrong := time.Parse(time.DateOnly, s)
		if wrong == nil && std.Year() < 1 {
			wrong = errors.New("the year 0")
		}
		if (err == nil) != (wrong == nil) || err == nil && !timeOf(got).Equal(std) {
			t.Fatalf("%s is %s, %v; by the standard library %s, %v", s, got, err, std, wrong)
		}
	})
}

func BenchmarkAddMonths(b *testing.B) {
	d := MustDay("2026-11-28")
	for b.Loop() {
		_ = d.AddMonths(-12)
	}
}
