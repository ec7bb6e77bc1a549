package clock

import (
	"testing"
	"time"
)

func TestMonthArithmeticClampsToTheMonthsEnd(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-01-31", 1, "2026-02-28"},
		{"2028-01-31", 1, "2028-02-29"},
		{"2028-02-29", 12, "2029-02-28"},
		{"2026-11-30", 3, "2027-02-28"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-11-22", 12, "2027-11-22"},
		{"2026-01-15", -13, "2024-12-15"},
	} {
		if got := MustDay(c.from).AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func TestPeriodsCountFromTheStartMonth(t *testing.T) {
	for _, c := range []struct {
		day        string
		months     int
		start      time.Month
		from, to   string
		explaining string
	}{
		{"2026-11-15", 6, time.April, "2026-10-01", "2027-03-31", "half-year from April"},
		{"2026-02-10", 12, time.April, "2025-04-01", "2026-03-31", "fiscal year"},
		{"2026-02-10", 3, time.April, "2026-01-01", "2026-03-31", "fiscal quarter"},
		{"2028-02-29", 1, time.January, "2028-02-01", "2028-02-29", "leap month"},
	} {
		d := MustDay(c.day)
		if from, to := d.PeriodStart(c.months, c.start), d.PeriodEnd(c.months, c.start); from.String() != c.from || to.String() != c.to {
			t.Errorf("%s: %s – %s, want %s – %s", c.explaining, from, to, c.from, c.to)
		}
	}
}

func TestABirthdayOn29FebruaryFallsOn28InOtherYears(t *testing.T) {
	md := MustDay("1992-02-29").MonthDay()
	if got := md.In(2027).String(); got != "2027-02-28" {
		t.Error(got)
	}
	if got := md.In(2028).String(); got != "2028-02-29" {
		t.Error(got)
	}
}

func TestABarsDayBeginsAtFive(t *testing.T) {
	z := Zone{Tokyo.Location, 5 * time.Hour}
	if got := z.Day(MustInstant("2026-11-16T04:59:59+09:00")).String(); got != "2026-11-15" {
		t.Error(got)
	}
	if got := z.Day(MustInstant("2026-11-16T05:00:00+09:00")).String(); got != "2026-11-16" {
		t.Error(got)
	}
	if got := z.Start(MustDay("2026-11-16")); got != MustInstant("2026-11-16T05:00:00+09:00") {
		t.Error(got)
	}
}

func TestDaysSurviveTextAndDatabase(t *testing.T) {
	for d := Date(1999, 12, 1); d < Date(2001, 1, 5); d++ {
		back, err := ParseDay(d.String())
		if err != nil || back != d {
			t.Fatalf("%d -> %s -> %d, %v", d, d, back, err)
		}
		v, _ := d.Value()
		var s Day
		if err := s.Scan(v); err != nil || s != d {
			t.Fatalf("scan %v = %v, %v", v, s, err)
		}
	}
	if _, err := ParseDay("2026-02-30"); err == nil {
		t.Error("30 February was accepted")
	}
	if got := Date(1, 1, 1); got != 1 {
		t.Errorf("0001-01-01 = %d", got)
	}
}

func TestADayStartsAndEndsWhereItsNeighboursDo(t *testing.T) {
	ny, err := LoadZone("America/New_York", 0)
	if err != nil {
		t.Fatal(err)
	}
	for d := MustDay("2026-03-01"); d < MustDay("2026-11-30"); d++ {
		s := ny.Start(d)
		if ny.Day(s) != d || ny.Day(s-1) != d-1 {
			t.Errorf("%s starts at %s", d, s)
		}
	}
}
