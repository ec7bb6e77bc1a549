package plan

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"joren/internal/amount"
	"joren/internal/clock"
	"joren/internal/rules"
)

// timeOfDay is HH:MM after midnight.
type timeOfDay time.Duration

// scalar is a type written as one word or number.
type scalar struct {
	read func(s string) (any, bool)
	code string // of the problem when it cannot be read
	make func() schema
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

var scalars = map[reflect.Type]scalar{
	reflect.TypeFor[clock.Day](): {readDay, "programme.bad_date", func() schema {
		return schema{"type": "string", "pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}
	}},
	reflect.TypeFor[clock.MonthDay](): {readMonthDay, "programme.bad_month_day", func() schema {
		return schema{"type": "string", "pattern": `^[0-9]{2}-[0-9]{2}$`}
	}},
	reflect.TypeFor[time.Weekday](): {readWeekday, "programme.bad_weekday", func() schema { return words(weekdays) }},
	reflect.TypeFor[time.Month](): {readMonth, "programme.bad_month", func() schema {
		return schema{"type": "integer", "minimum": 1, "maximum": 12}
	}},
	reflect.TypeFor[timeOfDay](): {readTime, "programme.bad_time", func() schema {
		return schema{"type": "string", "pattern": `^([01][0-9]|2[0-4]):[0-5][0-9]$`}
	}},
	reflect.TypeFor[amount.Milli](): {readMilli, "programme.bad_multiplier", func() schema {
		return schema{"type": "number", "minimum": 1, "maximum": 1000}
	}},
}

func (r *reader) scalar(path string, n ast.Node, v reflect.Value, _ field, sc scalar) {
	s, ok := text(n)
	if ok {
		var x any
		if x, ok = sc.read(s); ok {
			v.Set(reflect.ValueOf(x))
			return
		}
	}
	if sc.code == "programme.bad_weekday" {
		r.notOne(path, shown(n), weekdays)
		return
	}
	r.bad(path, sc.code, "value", shown(n))
}

// readDay allows years 2000 to 2199: a slip such as 0206 or 20226 is no date.
func readDay(s string) (any, bool) {
	d, err := clock.ParseDay(s)
	return d, err == nil && d >= clock.Date(2000, 1, 1) && d <= clock.Date(2199, 12, 31)
}

func readMonthDay(s string) (any, bool) {
	if len(s) != 5 {
		return nil, false
	}
	t, err := time.Parse(time.DateOnly, "2000-"+s)
	return clock.MonthDay{Month: t.Month(), Day: t.Day()}, err == nil
}

func readWeekday(s string) (any, bool) {
	for i, w := range weekdays {
		if s == w {
			return time.Weekday(i), true
		}
	}
	return nil, false
}

func readMonth(s string) (any, bool) {
	n, err := strconv.Atoi(s)
	return time.Month(n), err == nil && n >= 1 && n <= 12
}

func readTime(s string) (any, bool) {
	h, m, ok := strings.Cut(s, ":")
	hh, err1 := strconv.ParseUint(h, 10, 8)
	mm, err2 := strconv.ParseUint(m, 10, 8)
	ok = ok && len(h) == 2 && len(m) == 2 && err1 == nil && err2 == nil && mm < 60 && (hh < 24 || hh == 24 && mm == 0)
	return timeOfDay(time.Duration(hh)*time.Hour + time.Duration(mm)*time.Minute), ok
}

// readMilli reads a decimal with at most three places; SEMANTICS §1 wants
// 1 or more.
func readMilli(s string) (any, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	if len(frac) > 3 || len(whole) == 0 || len(whole) > 4 || strings.HasSuffix(s, ".") {
		return nil, false
	}
	n, err := strconv.ParseUint(whole+frac+strings.Repeat("0", 3-len(frac)), 10, 32)
	return amount.Milli(n), err == nil && n >= 1000 && n <= 1_000_000
}

func (t timeOfDay) duration() time.Duration { return time.Duration(t) }

func (t timeOfDay) String() string {
	d := time.Duration(t)
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

func init() {
	scalars[reflect.TypeFor[rules.AttrType]()] = scalar{func(s string) (any, bool) {
		switch t := rules.AttrType(s); t {
		case rules.AttrText, rules.AttrInt, rules.AttrBool, rules.AttrDate, rules.AttrChoice:
			return t, true
		}
		return nil, false
	}, "programme.bad_type", func() schema { return schema{"enum": []any{"text", "int", "bool", "date", "choice"}} }}
}

// short is an attribute given by its type alone.
func (r *reader) short(path, s string, a *Attribute) {
	if x, ok := scalars[reflect.TypeFor[rules.AttrType]()].read(s); ok {
		a.Type = x.(rules.AttrType)
		return
	}
	r.bad(path, "programme.bad_type", "value", s)
}
