package text

import (
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/fault"
)

func TestDatesAreReadAsShopsWriteThem(t *testing.T) {
	for in, want := range map[string]string{
		"2026年11月2日": "2026-11-02", "２０２６年１１月２日": "2026-11-02", "2026年11月2日（月）": "2026-11-02", "2026年11月2日(月曜日)": "2026-11-02",
		"2026年 11月 2日": "2026-11-02", "2026/11/2": "2026-11-02", "2026-11-02": "2026-11-02", "2026－11－02": "2026-11-02", "2026.11.2": "2026-11-02",
		"20261102": "2026-11-02", " 2026/11/02\u3000": "2026-11-02", "\ufeff2026/11/02": "2026-11-02", `="2026/11/02"`: "2026-11-02",
		"令和8年11月2日": "2026-11-02", "令和８年１１月２日": "2026-11-02", "R8.11.2": "2026-11-02", "r8/11/02": "2026-11-02", "R08-11-02": "2026-11-02", "R.8.11.2": "2026-11-02", "R081102": "2026-11-02",
		"令和元年5月1日": "2019-05-01", "㋿元年5月1日": "2019-05-01", "平成31年4月30日": "2019-04-30", "H1.1.8": "1989-01-08", "昭和64年1月7日": "1989-01-07", "S60/2/28": "1985-02-28", "大正15年12月24日": "1926-12-24", "M45.7.29": "1912-07-29",
		"2024/2/29": "2024-02-29", "2026/11/2(日)": "2026-11-02",
	} {
		got, err := Day(in)
		if err != nil || got.String() != want {
			t.Errorf("Day(%q) = %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestADateThatCannotBeReadSaysWhy(t *testing.T) {
	for in, code := range map[string]string{
		"": "date.empty", "\u3000 ": "date.empty", "2026年13月2日": "date.invalid", "2026/2/29": "date.invalid", "2026-00-01": "date.invalid", "2026/11": "date.invalid",
		"昨日": "date.invalid", "46328": "date.invalid", "26/11/2": "date.two_digit_year", "2/3/2026": "date.order", "11/2/26": "date.two_digit_year",
		"平成50年1月1日": "date.era", "昭和64年1月8日": "date.era", "令和元年4月30日": "date.era", "1750/1/1": "date.range", "9999-12-31": "date.range", "0000-00-00": "date.range",
		"2026/11-02": "date.invalid", "2026年11月2日以降": "date.invalid", "1e30": "date.invalid", "令和0年1月1日": "date.invalid", "令和-1年1月1日": "date.invalid",
	} {
		if got, err := Day(in); !fault.Is(err, code) {
			t.Errorf("Day(%q) = %s, %v; want %s", in, got, err, code)
		}
	}
}

func TestAForeignFileSaysItsOrderOfDayAndMonth(t *testing.T) {
	us, _ := DayIn("12/1/2010", MonthFirst)
	uk, _ := DayIn("12/1/2010", DayFirst)
	if us.String() != "2010-12-01" || uk.String() != "2010-01-12" {
		t.Errorf("month first %s, day first %s", us, uk)
	}
	if iso, err := DayIn("2010-12-01", DayFirst); err != nil || iso.String() != "2010-12-01" {
		t.Errorf("a four-digit year in front is clear in any file: %s, %v", iso, err)
	}
}

func TestDateAndTimeAreReadTogether(t *testing.T) {
	for in, want := range map[string]string{
		"2026/11/2 10:33": "2026-11-02T01:33:00Z", "2026-11-02 03:04:05": "2026-11-01T18:04:05Z", "2026年11月2日 10時33分": "2026-11-02T01:33:00Z", "2026年11月2日10時33分9秒": "2026-11-02T01:33:09Z",
		"2026年11月2日（月）10:33": "2026-11-02T01:33:00Z", "20261102103309": "2026-11-02T01:33:09Z", "202611021033": "2026-11-02T01:33:00Z",
		"2026-11-02T10:33:09+09:00": "2026-11-02T01:33:09Z", "2026-11-02T10:33:09": "2026-11-02T01:33:09Z", "2026-05-01 10:00:00 +0900": "2026-05-01T01:00:00Z", "2026-05-01 10:00:00 UTC": "2026-05-01T10:00:00Z", "2026-05-01T10:00:00.5Z": "2026-05-01T10:00:00.5Z",
		"令和8年11月2日 午後3時": "2026-11-02T06:00:00Z", "2026/11/2 ３：０５ PM": "2026-11-02T06:05:00Z", "2026/11/2 12:00 AM": "2026-11-01T15:00:00Z",
	} {
		at, has, err := DateTime(in, clock.Tokyo, YearFirst)
		if err != nil || !has || at.String() != want {
			t.Errorf("DateTime(%q) = %s, %v, %v; want %s", in, at, has, err, want)
		}
	}
	at, has, err := DateTime("2026/11/2", clock.Zone{Location: clock.Tokyo.Location, Starts: 5 * time.Hour}, YearFirst)
	if err != nil || has || at.String() != "2026-11-01T20:00:00Z" {
		t.Errorf("a date alone is the start of its business day: %s %v %v", at, has, err)
	}
	if at, _, err := DateTime("12/1/2010 8:26", clock.Tokyo, MonthFirst); err != nil || at.String() != "2010-11-30T23:26:00Z" {
		t.Errorf("Online Retail's form: %s, %v", at, err)
	}
	for in, code := range map[string]string{"": "date.empty", "2026/11/2 25:00": "time.invalid", "2026/13/2 10:00": "date.invalid", "2026/11/2 10:00 JST": "time.invalid", "0001-01-01T00:00:00Z": "date.range"} {
		if at, _, err := DateTime(in, clock.Tokyo, YearFirst); !fault.Is(err, code) {
			t.Errorf("DateTime(%q) = %s, %v; want %s", in, at, err, code)
		}
	}
}

func TestTimesOfDayAreReadInEveryForm(t *testing.T) {
	for in, want := range map[string]string{
		"103309": "10h33m9s", "93309": "9h33m9s", "1033": "10h33m0s", "933": "9h33m0s", "10:33": "10h33m0s", "１０：３３：０９": "10h33m9s", "10時33分": "10h33m0s", "10時": "10h0m0s",
		"午前0時5分": "5m0s", "午後0:30": "12h30m0s", "3:05pm": "15h5m0s", "10:33:09.250": "10h33m9s", "0:00": "0s",
	} {
		if got, err := TimeOfDay(in); err != nil || got.String() != want {
			t.Errorf("TimeOfDay(%q) = %s, %v; want %s", in, got, err, want)
		}
	}
	for in, code := range map[string]string{"": "time.empty", "24:00": "time.invalid", "10:60": "time.invalid", "10:33:60": "time.invalid", "午後13時": "time.invalid", "x": "time.invalid", "1:2:3:4": "time.invalid", "12345678": "time.invalid"} {
		if got, err := TimeOfDay(in); !fault.Is(err, code) {
			t.Errorf("TimeOfDay(%q) = %s, %v; want %s", in, got, err, code)
		}
	}
}

// Whatever is read is a real day, and its ISO form reads back as the same.
func FuzzDay(f *testing.F) {
	for _, s := range []string{"2026年11月2日", "R8.11.2", "令和元年5月1日", "20261102", "2026/11/2(月)", "12/1/2010", "平成50年1月1日", "２０２６／１１／２", "()", "年月日", "'2026-1-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range []Order{YearFirst, MonthFirst, DayFirst} {
			d, err := DayIn(s, o)
			if err != nil {
				if f := fault.Of(err); f.Kind != fault.Invalid {
					t.Fatalf("%q: %v", s, err)
				}
				continue
			}
			if back, err := Day(d.String()); err != nil || back != d {
				t.Fatalf("%q gave %s, which reads back as %s, %v", s, d, back, err)
			}
		}
		if at, _, err := DateTime(s, clock.Tokyo, YearFirst); err == nil {
			if back, _, err := DateTime(at.String(), clock.Tokyo, YearFirst); err != nil || back != at {
				t.Fatalf("%q gave %s, which reads back as %s, %v", s, at, back, err)
			}
		}
	})
}
