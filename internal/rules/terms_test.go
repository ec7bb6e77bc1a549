package rules

import (
	"testing"
	"time"

	"joren/internal/clock"
)

func TestLastDayOfEachExpiryPolicy(t *testing.T) {
	dates := []clock.MonthDay{{Month: time.March, Day: 31}, {Month: time.September, Day: 30}}
	for _, c := range []struct {
		what   string
		e      Expiry
		start  string
		fiscal time.Month
		want   string
	}{
		{"12 months, the same day", Expiry{Kind: ExpiryMonths, Months: 12}, "2026-11-22", 4, "2027-11-22"},
		{"12 months, the day before", Expiry{Kind: ExpiryMonths, Months: 12, DayBefore: true}, "2026-11-22", 4, "2027-11-21"},
		{"12 months to the month's end", Expiry{Kind: ExpiryMonths, Months: 12, Round: RoundMonth}, "2026-11-01", 4, "2027-11-30"},
		{"the café's award", Expiry{Kind: ExpiryMonths, Months: 12, Round: RoundMonth}, "2026-11-22", 4, "2027-11-30"},
		{"leap day + 12 months", Expiry{Kind: ExpiryMonths, Months: 12}, "2028-02-29", 4, "2029-02-28"},
		{"31 January + 1 month, month's end, leap year", Expiry{Kind: ExpiryMonths, Months: 1, Round: RoundMonth}, "2028-01-31", 4, "2028-02-29"},
		{"to the fiscal quarter's end", Expiry{Kind: ExpiryMonths, Months: 6, Round: RoundQuarter}, "2026-11-22", 4, "2027-06-30"},
		{"to the fiscal half's end", Expiry{Kind: ExpiryMonths, Months: 6, Round: RoundHalf}, "2026-11-22", 4, "2027-09-30"},
		{"to the fiscal year's end", Expiry{Kind: ExpiryMonths, Months: 12, Round: RoundFiscalYear}, "2026-11-22", 4, "2028-03-31"},
		{"already the last day stays", Expiry{Kind: ExpiryMonths, Months: 12, Round: RoundFiscalYear}, "2026-03-31", 4, "2027-03-31"},
		{"calendar year by default", Expiry{Kind: ExpiryMonths, Months: 12, Round: RoundFiscalYear}, "2026-03-31", 0, "2027-12-31"},
		{"60 days", Expiry{Kind: ExpiryDays, Days: 60}, "2026-11-22", 4, "2027-01-21"},
		{"fixed dates", Expiry{Kind: ExpiryFixed, Dates: dates}, "2026-09-30", 4, "2026-09-30"},
		{"fixed dates with 90 days at least", Expiry{Kind: ExpiryFixed, Dates: dates, MinDays: 90}, "2026-09-30", 4, "2027-03-31"},
		{"fixed 29 February in another year", Expiry{Kind: ExpiryFixed, Dates: []clock.MonthDay{{Month: time.February, Day: 29}}}, "2026-03-01", 4, "2027-02-28"},
		{"never", Expiry{}, "2026-11-22", 4, ""},
	} {
		if got := c.e.LastDay(clock.MustDay(c.start), c.fiscal).String(); got != c.want {
			t.Errorf("%s: from %s to %s, want %s", c.what, c.start, got, c.want)
		}
	}
}

func TestPendingPointsOpenAtTheFirstInstantOfTheirDay(t *testing.T) {
	at := clock.MustInstant("2026-11-15T10:12:40+09:00")
	d := clock.MustDay("2026-11-15")
	for _, c := range []struct {
		what string
		p    Pending
		want clock.Instant
	}{
		{"none", Pending{}, at},
		{"0 days is at once", Pending{Kind: PendingDays}, at},
		{"7 days", Pending{Kind: PendingDays, Days: 7}, clock.MustInstant("2026-11-22T00:00:00+09:00")},
		{"a date", Pending{Kind: PendingDate, Date: clock.MustDay("2026-12-31")}, clock.MustInstant("2026-12-31T00:00:00+09:00")},
		{"a date already past", Pending{Kind: PendingDate, Date: clock.MustDay("2026-10-31")}, at},
		{"until delivered", Pending{Kind: PendingUntil, Event: "delivered"}, clock.Never},
	} {
		if got := c.p.Activates(d, at, clock.Tokyo); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
