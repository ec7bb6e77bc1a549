package text

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"joren/internal/clock"
)

// Order is the order of a date's numbers when they are written with the same
// mark between: 2/3/2026 cannot tell.
type Order uint8

const (
	YearFirst  Order = iota // 2026/11/2, the only order read without being told
	MonthFirst              // 11/2/2026
	DayFirst                // 2/11/2026
)

// Day reads a date: 2026年11月2日, 2026年11月2日（月）, 2026/11/2, 2026-11-02,
// 2026.11.2, 20261102, 令和8年11月2日, 令和元年5月1日, R8.11.2, H31/4/30, in any
// width.
//
// Faults, all fault.Invalid: date.empty, date.invalid (not read, or a day
// that does not exist), date.two_digit_year (26/11/2), date.order (2/3/2026:
// say which order), date.era (a date outside its era, 平成50年), date.range
// (before 1868 or after 2200).
func Day(s string) (clock.Day, error) { return DayIn(s, YearFirst) }

// DayIn is [Day] for a file whose dates have another order.
func DayIn(s string, o Order) (clock.Day, error) {
	s = dateForm(s)
	if s == "" {
		return 0, bad("date.empty")
	}
	return readDay(s, o)
}

// DateTime reads a date with a time of day: 2026/11/2 10:33, 2026-11-02
// 03:04:05, 2026年11月2日 10時33分, 20261102103309, 2026-11-02T10:33:09+09:00,
// 2026-05-01 10:00:00 +0900. Without an offset it is wall-clock time in z.
// A date alone gives hasTime false and the start of that business day.
//
// Faults as [Day] and [TimeOfDay].
func DateTime(s string, z clock.Zone, o Order) (at clock.Instant, hasTime bool, err error) {
	s = dateForm(s)
	if s == "" {
		return 0, false, bad("date.empty")
	}
	if t, ok := withOffset(s); ok {
		if y := t.Year(); y < minYear || y > maxYear {
			return 0, false, bad("date.range")
		}
		return clock.At(t), true, nil
	}
	date, clockText := splitTime(s)
	day, err := readDay(date, o)
	if err != nil {
		return 0, false, err
	}
	if clockText == "" {
		return z.Start(day), false, nil
	}
	sod, err := TimeOfDay(clockText)
	if err != nil {
		return 0, false, err
	}
	y, m, d := day.Date()
	return clock.At(time.Date(y, m, d, 0, 0, int(sod/time.Second), 0, z.Location)), true, nil
}

// TimeOfDay reads 10:33, 10:33:09, 103309, 1033, 10時33分9秒, 午後3時, 3:05 PM, 10:33:09.250 (the
// fraction is dropped). 24:00 and later are refused.
//
// Faults: time.empty, time.invalid.
func TimeOfDay(s string) (time.Duration, error) {
	s = dateForm(s)
	if s == "" {
		return 0, bad("time.empty")
	}
	s, half := halfDay(s)
	parts, ok := timeParts(s)
	if !ok {
		return 0, bad("time.invalid")
	}
	h, m, sec := parts[0], parts[1], parts[2]
	if half != 0 {
		if h > 12 {
			return 0, bad("time.invalid")
		}
		h = h%12 + half - 1
	}
	if h > 23 || m > 59 || sec > 59 {
		return 0, bad("time.invalid")
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second, nil
}

// halfDay takes a.m. or p.m. off: 1 is morning, 13 afternoon, 0 not said.
func halfDay(s string) (string, int) {
	u := strings.ToUpper(s)
	for _, w := range []struct {
		word string
		n    int
	}{{"午前", 1}, {"午後", 13}} {
		if rest, ok := strings.CutPrefix(u, w.word); ok {
			return strings.TrimSpace(rest), w.n
		}
	}
	if rest, ok := strings.CutSuffix(u, "AM"); ok {
		return strings.TrimSpace(rest), 1
	}
	if rest, ok := strings.CutSuffix(u, "PM"); ok {
		return strings.TrimSpace(rest), 13
	}
	return s, 0
}

var clockMarks = strings.NewReplacer("時", ":", "分", ":", "秒", "")

func timeParts(s string) (p [3]int, ok bool) {
	if digits(s) {
		switch len(s) {
		case 3, 5:
			s = "0" + s // Excel ate the zero of 093309
			fallthrough
		case 4, 6:
			s = s[:2] + ":" + s[2:4] + ":" + s[4:]
			s = strings.TrimSuffix(s, ":")
		default:
			return p, false
		}
	}
	s = clockMarks.Replace(s)
	s = strings.TrimSuffix(s, ":")
	f := strings.Split(s, ":")
	if len(f) > 3 {
		return p, false
	}
	if len(f) == 3 {
		whole, frac, point := strings.Cut(f[2], ".")
		if point && (frac == "" || !digits(frac)) {
			return p, false
		}
		f[2] = whole
	}
	for i, x := range f {
		if x == "" || len(x) > 2 || !digits(x) {
			return p, false
		}
		p[i], _ = strconv.Atoi(x)
	}
	return p, true
}

// dateForm is NFKC with spaces collapsed and every dash a hyphen.
func dateForm(s string) string {
	s = Clean(Cell(s))
	return strings.Map(func(r rune) rune {
		if isDash(r) {
			return '-'
		}
		return r
	}, s)
}

var offsetForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05-07:00",
	"2006-01-02 15:04:05 -07:00", "2006-01-02 15:04:05 MST", "2006-01-02T15:04Z07:00",
}

func withOffset(s string) (time.Time, bool) {
	if len(s) < 16 || !(strings.HasSuffix(s, "Z") || strings.ContainsAny(s[10:], "+-") || strings.HasSuffix(s, "UTC")) {
		return time.Time{}, false
	}
	for _, f := range offsetForms {
		if strings.HasSuffix(f, "MST") && !strings.HasSuffix(s, "UTC") {
			continue // other zone names do not say their offset
		}
		if t, err := time.Parse(f, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// splitTime parts date and time of day: at a space or T, after 日 or ）, or
// after eight of fourteen digits.
func splitTime(s string) (date, timeOfDay string) {
	if digits(s) && (len(s) == 14 || len(s) == 12) {
		return s[:8], s[8:]
	}
	if i := strings.LastIndexAny(s, ")"); i > 0 && i < len(s)-1 {
		return s[:i+1], strings.TrimSpace(s[i+1:])
	}
	if i := strings.Index(s, "日"); i > 0 && i+len("日") < len(s) {
		rest := s[i+len("日"):]
		if !strings.HasPrefix(strings.TrimSpace(rest), "(") {
			return s[:i+len("日")], strings.TrimSpace(rest)
		}
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r == ' ' || r == 'T' }); i > 1 {
		return s[:i], strings.TrimSpace(s[i+1:])
	}
	return s, ""
}

const minYear, maxYear = 1868, 2200

func readDay(s string, o Order) (clock.Day, error) {
	s = dropWeekday(s)
	era, rest := cutEra(s)
	y, m, d, err := dateNumbers(rest, era != nil, o)
	if err != nil {
		return 0, err
	}
	if era != nil {
		y += era.base
	}
	if y < minYear || y > maxYear {
		return 0, bad("date.range")
	}
	day := clock.Date(y, time.Month(m), d)
	if yy, mm, dd := day.Date(); yy != y || int(mm) != m || dd != d {
		return 0, bad("date.invalid")
	}
	if era != nil && (day < era.from || day > era.to) {
		return 0, bad("date.era")
	}
	return day, nil
}

// dropWeekday takes (日), (月曜), (月曜日) off the end.
func dropWeekday(s string) string {
	i := strings.LastIndexByte(s, '(')
	if i < 0 || !strings.HasSuffix(s, ")") {
		return s
	}
	w := strings.TrimSuffix(strings.TrimSuffix(s[i+1:len(s)-1], "日"), "曜")
	if s[i+1:len(s)-1] == "日" || len([]rune(w)) == 1 && strings.ContainsAny(w, "日月火水木金土祝") {
		return strings.TrimSpace(s[:i])
	}
	return s
}

// era is a Japanese era with its first and last day. Meiji is read from its
// sixth year: before it Japan used a lunar calendar.
type era struct {
	names    []string
	base     int // year 1 of the era is base + 1
	from, to clock.Day
}

var eras = []era{
	{[]string{"令和", "R"}, 2018, clock.Date(2019, 5, 1), clock.Date(maxYear, 12, 31)},
	{[]string{"平成", "H"}, 1988, clock.Date(1989, 1, 8), clock.Date(2019, 4, 30)},
	{[]string{"昭和", "S"}, 1925, clock.Date(1926, 12, 25), clock.Date(1989, 1, 7)},
	{[]string{"大正", "T"}, 1911, clock.Date(1912, 7, 30), clock.Date(1926, 12, 24)},
	{[]string{"明治", "M"}, 1867, clock.Date(1873, 1, 1), clock.Date(1912, 7, 29)},
}

func cutEra(s string) (*era, string) {
	for i := range eras {
		for _, name := range eras[i].names {
			rest, ok := strings.CutPrefix(s, name)
			if !ok && len(name) == 1 {
				rest, ok = strings.CutPrefix(s, strings.ToLower(name))
			}
			rest = strings.TrimLeft(rest, " .")
			if !ok || rest == "" {
				continue
			}
			if first, ok := strings.CutPrefix(rest, "元"); ok {
				return &eras[i], "1" + first
			}
			if unicode.IsDigit([]rune(rest)[0]) {
				return &eras[i], rest
			}
		}
	}
	return nil, s
}

// dateNumbers finds year, month and day of a date without its era.
func dateNumbers(s string, inEra bool, o Order) (y, m, d int, err error) {
	f, ok := dateFields(s, inEra)
	if !ok {
		return 0, 0, 0, bad("date.invalid")
	}
	n := [3]int{}
	for i, x := range f {
		if x == "" || len(x) > 4 || !digits(x) {
			return 0, 0, 0, bad("date.invalid")
		}
		n[i], _ = strconv.Atoi(x)
	}
	switch {
	case inEra && len(f[0]) <= 2 && n[0] >= 1, len(f[0]) == 4 && !inEra:
		if len(f[1]) > 2 || len(f[2]) > 2 {
			return 0, 0, 0, bad("date.invalid")
		}
		return n[0], n[1], n[2], nil
	case inEra:
		return 0, 0, 0, bad("date.invalid")
	case len(f[2]) == 4 && len(f[0]) <= 2 && len(f[1]) <= 2:
		return yearLast(n, o)
	case len(f[0]) == 2 && len(f[1]) <= 2 && len(f[2]) <= 2:
		return 0, 0, 0, bad("date.two_digit_year")
	}
	return 0, 0, 0, bad("date.invalid")
}

func yearLast(n [3]int, o Order) (y, m, d int, err error) {
	switch o {
	case MonthFirst:
		return n[2], n[0], n[1], nil
	case DayFirst:
		return n[2], n[1], n[0], nil
	}
	return 0, 0, 0, bad("date.order")
}

// dateFields splits at 年月日 or at one kind of mark used twice.
func dateFields(s string, inEra bool) ([3]string, bool) {
	if strings.Contains(s, "年") {
		y, rest, _ := strings.Cut(s, "年")
		m, rest, ok := strings.Cut(rest, "月")
		d, rest, ok2 := strings.Cut(rest, "日")
		return [3]string{y, strings.TrimSpace(m), strings.TrimSpace(d)}, ok && ok2 && rest == ""
	}
	for _, sep := range []string{"/", "-", "."} {
		if f := strings.Split(s, sep); len(f) == 3 {
			return [3]string(f), true
		}
	}
	switch {
	case !digits(s):
	case len(s) == 8 && !inEra:
		return [3]string{s[:4], s[4:6], s[6:]}, true
	case len(s) == 6 && inEra:
		return [3]string{s[:2], s[2:4], s[4:]}, true
	}
	return [3]string{}, false
}
