package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"joren/internal/amount"
	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/label"
)

// Fill replaces the placeholders of msg. A placeholder without a value stays
// as it is.
func Fill(l Lang, msg string, args fault.Args) string {
	if !strings.Contains(msg, "{") {
		return msg
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(msg, '{')
		if i < 0 {
			break
		}
		j := strings.IndexByte(msg[i:], '}')
		if j < 0 {
			break
		}
		b.WriteString(msg[:i])
		b.WriteString(fillOne(l, msg[i+1:i+j], args))
		msg = msg[i+j+1:]
	}
	b.WriteString(msg)
	return b.String()
}

func fillOne(l Lang, ph string, args fault.Args) string {
	if parts := strings.Split(ph, "|"); len(parts) == 3 {
		if n, ok := integer(args[parts[0]]); ok && n == 1 {
			return parts[1]
		}
		return parts[2]
	}
	name, format, _ := strings.Cut(ph, ":")
	v, ok := args[name]
	if !ok {
		return "{" + ph + "}"
	}
	return value(l, format, v)
}

func value(l Lang, format string, v any) string {
	n, isInt := integer(v)
	switch format {
	case "n":
		if isInt {
			return Number(n)
		}
	case "points":
		if isInt {
			return Points(l, n)
		}
	case "money":
		if isInt {
			return Yen(l, n)
		}
	case "milli":
		if isInt {
			return Milli(n)
		}
	case "percent":
		if isInt {
			return Milli(n*100) + "%"
		}
	case "day":
		if d, ok := v.(clock.Day); ok {
			return Day(l, d)
		}
	case "month":
		if d, ok := v.(clock.Day); ok {
			return Month(l, d)
		}
	}
	switch x := v.(type) {
	case clock.Day:
		return Day(l, x)
	case label.Text:
		return x.In(l)
	case string:
		return x
	}
	if isInt {
		return Number(n)
	}
	return fmt.Sprint(v)
}

func integer(v any) (int64, bool) {
	switch x := v.(type) {
	case int:
		return int64(x), true
	case int32:
		return int64(x), true
	case int64:
		return x, true
	case amount.Money:
		return int64(x), true
	case amount.Points:
		return int64(x), true
	case amount.Milli:
		return int64(x), true
	}
	return 0, false
}

// Number groups digits in threes: 1,234,567.
func Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	neg := s[0] == '-'
	if neg {
		s = s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		return "−" + s
	}
	return s
}

// Points is 355ポイント or 355 points.
func Points(l Lang, n int64) string {
	switch {
	case l == JA:
		return Number(n) + "ポイント"
	case n == 1:
		return "1 point"
	}
	return Number(n) + " points"
}

// Yen is 1,200円 or 1,200 yen.
func Yen(l Lang, n int64) string {
	if l == JA {
		return Number(n) + "円"
	}
	return Number(n) + " yen"
}

// decimals is the number of minor-unit digits where it is not 2 (ISO 4217).
var decimals = map[string]int{"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "TND": 3, "OMR": 3, "JOD": 3}

var signs = map[string]string{"USD": "$", "GBP": "£", "EUR": "€"}

// Decimals is the number of digits after the point of a currency.
func Decimals(currency string) int {
	if d, ok := decimals[currency]; ok {
		return d
	}
	return 2
}

// Money shows n minor units of a currency: 1,200円, £12.50, CHF 12.50.
func Money(l Lang, currency string, n int64) string {
	if currency == "JPY" || currency == "" {
		return Yen(l, n)
	}
	d := Decimals(currency)
	neg := n < 0
	if neg {
		n = -n
	}
	pow := int64(1)
	for range d {
		pow *= 10
	}
	s := Number(n / pow)
	if d > 0 {
		s += fmt.Sprintf(".%0*d", d, n%pow)
	}
	sign, ok := signs[currency]
	if !ok {
		sign = currency + " "
	}
	if neg {
		return "−" + sign + s
	}
	return sign + s
}

// Milli shows thousandths without trailing zeros: 1500 is 1.5.
func Milli(n int64) string {
	s := fmt.Sprintf("%s.%03d", Number(n/1000), abs(n%1000))
	if n < 0 && n > -1000 {
		s = "−" + s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

var weekdaysJA = [...]string{"日", "月", "火", "水", "木", "金", "土"}

// Day is 2026年11月22日（日） or Sun 22 November 2026.
func Day(l Lang, d clock.Day) string {
	if d == 0 {
		return ""
	}
	y, m, dd := d.Date()
	if l == JA {
		return fmt.Sprintf("%d年%d月%d日（%s）", y, m, dd, weekdaysJA[d.Weekday()])
	}
	return fmt.Sprintf("%s %d %s %d", d.Weekday().String()[:3], dd, m, y)
}

// ShortDay is 2026/11/22 or 22 Nov 2026, for tables.
func ShortDay(l Lang, d clock.Day) string {
	if d == 0 {
		return ""
	}
	y, m, dd := d.Date()
	if l == JA {
		return fmt.Sprintf("%d/%02d/%02d", y, m, dd)
	}
	return fmt.Sprintf("%d %s %d", dd, m.String()[:3], y)
}

// Month is 2026年11月 or November 2026.
func Month(l Lang, d clock.Day) string {
	y, m, _ := d.Date()
	if l == JA {
		return fmt.Sprintf("%d年%d月", y, m)
	}
	return fmt.Sprintf("%s %d", m, y)
}

// DayOfYear is 11/22 or 22 Nov, for charts whose year is said elsewhere.
func DayOfYear(l Lang, d clock.Day) string {
	_, m, dd := d.Date()
	if l == JA {
		return fmt.Sprintf("%d/%d", m, dd)
	}
	return fmt.Sprintf("%d %s", dd, m.String()[:3])
}

// ShortMonth is 2026/11 or Nov 2026, for charts and tables.
func ShortMonth(l Lang, d clock.Day) string {
	y, m, _ := d.Date()
	if l == JA {
		return fmt.Sprintf("%d/%02d", y, m)
	}
	return fmt.Sprintf("%s %d", m.String()[:3], y)
}

// Time is the local date and 24-hour time, for tables.
func Time(l Lang, t time.Time) string {
	d := clock.Date(t.Year(), t.Month(), t.Day())
	return ShortDay(l, d) + t.Format(" 15:04")
}
