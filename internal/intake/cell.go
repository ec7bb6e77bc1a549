package intake

import (
	"fmt"
	"strings"
	"time"

	"joren/internal/amount"
	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/purchase"
	"joren/internal/text"
)

// Problem is what is wrong with one cell, row or document; a document with a
// problem is refused whole and the rest of the file goes on.
type Problem struct {
	Row    int
	Column string // header text, "" for the whole row
	Value  string // as it stands in the file; personal columns masked
	Code   string
	Args   fault.Args
	Note   bool `json:",omitempty"` // it was recorded all the same: something to look at
}

func decimalsOf(currency string) int { return i18n.Decimals(currency) }

// cells reads one row by field and collects what cannot be read.
type cells struct {
	t         *table
	row       Row
	bad       []Problem
	fractions int // amounts rounded to the minor unit
}

func (c *cells) start(row Row) { c.row, c.bad, c.fractions = row, c.bad[:0], 0 }

func (c *cells) raw(f Field) string {
	if i := c.t.at[f]; i >= 0 && i < len(c.row.Fields) {
		return c.row.Fields[i]
	}
	return ""
}

// str is the input form of a cell: Excel's wrappers undone, full-width forms
// folded, white space collapsed.
func (c *cells) str(f Field) string {
	s := c.raw(f)
	if s == "" {
		return s
	}
	s = text.Clean(text.Cell(s))
	if isSpreadsheetError(s) {
		c.fail(f, "cell.error")
		return ""
	}
	return s
}

func (c *cells) column(f Field) string {
	if i := c.t.at[f]; i >= 0 && i < len(c.t.header) && c.t.header[i] != "" {
		return c.t.header[i]
	}
	return f.String()
}

func (c *cells) fail(f Field, code string, args ...any) {
	v := c.raw(f)
	if n := len(c.bad); n > 0 && code == "cell.error" && c.bad[n-1].Code == code && c.bad[n-1].Column == c.column(f) {
		return // asked for twice
	}
	if f.personal() {
		v = Mask(v)
	}
	c.bad = append(c.bad, Problem{Row: c.row.No, Column: c.column(f), Value: v, Code: code, Args: fault.New(0, code, args...).Args})
}

func (c *cells) failed(f Field, err error) {
	x := fault.Of(err)
	c.bad = append(c.bad, Problem{Row: c.row.No, Column: c.column(f), Value: mask(f, c.raw(f)), Code: x.Code, Args: x.Args})
}

func mask(f Field, v string) string {
	if f.personal() {
		return Mask(v)
	}
	return v
}

// number reads an exact decimal: value = n / 10^scale. ok is false for an
// empty cell and for one that is wrong (which is noted).
func (c *cells) number(f Field) (n int64, scale int, ok bool) {
	s := c.raw(f)
	if s == "" || strings.TrimSpace(s) == "" {
		return 0, 0, false
	}
	if c.t.Decimal == "," {
		s = strings.NewReplacer(".", "", ",", ".").Replace(s)
	}
	if n, scale, ok = plainDecimal(s); ok {
		return n, scale, true
	}
	n, scale, err := text.Decimal(s)
	if err != nil {
		c.failed(f, err)
		return 0, 0, false
	}
	return n, scale, true
}

// plainDecimal is the common case: at most 15 ASCII digits with a point.
func plainDecimal(s string) (n int64, scale int, ok bool) {
	if len(s) > 16 {
		return 0, 0, false
	}
	i, neg, point := 0, false, -1
	if s[0] == '-' {
		neg, i = true, 1
	}
	first := i
	for ; i < len(s); i++ {
		switch ch := s[i]; {
		case ch >= '0' && ch <= '9':
			n = n*10 + int64(ch-'0')
		case ch == '.' && point < 0 && i > first && i+1 < len(s):
			point = i
		default:
			return 0, 0, false
		}
	}
	if i == first {
		return 0, 0, false
	}
	if point >= 0 {
		scale = len(s) - point - 1
	}
	if neg {
		n = -n
	}
	return n, scale, true
}

// minor turns n / 10^scale into minor units. A fraction of a minor unit is a
// problem, or rounded half up (away from zero) where the mapping says so.
// What no purchase may hold is amount.overflow, so that sums need no check.
func (c *cells) minor(f Field, n int64, scale int) int64 {
	m := c.toMinor(f, n, scale)
	if m > purchase.MaxAmount || m < -purchase.MaxAmount {
		c.fail(f, "amount.overflow")
		return 0
	}
	return m
}

func (c *cells) toMinor(f Field, n int64, scale int) int64 {
	for ; scale < c.t.decimals; scale++ {
		m, err := amount.Mul(n, 10)
		if err != nil {
			c.failed(f, err)
			return 0
		}
		n = m
	}
	pow := int64(1)
	for ; scale > c.t.decimals; scale-- {
		if pow > 1e17 {
			c.fail(f, "amount.fraction")
			return 0
		}
		pow *= 10
	}
	if n%pow == 0 {
		return n / pow
	}
	if c.t.Fraction != "half_up" {
		c.fail(f, "amount.fraction")
		return 0
	}
	c.fractions++
	if n < 0 {
		return -((-n + pow/2) / pow)
	}
	return (n + pow/2) / pow
}

func (c *cells) money(f Field) int64 {
	n, _ := c.moneyOK(f)
	return n
}

func (c *cells) moneyOK(f Field) (int64, bool) {
	n, scale, ok := c.number(f)
	if !ok {
		return 0, false
	}
	return c.minor(f, n, scale), true
}

// times is quantity × unit price, rounded once.
func (c *cells) times(f Field, quantity int64) (int64, bool) {
	n, scale, ok := c.number(f)
	if !ok {
		return 0, false
	}
	p, err := amount.Mul(n, quantity)
	if err != nil {
		c.failed(f, err)
		return 0, false
	}
	return c.minor(f, p, scale), true
}

// whole reads an integer, negative ones too; def stands for an empty cell.
func (c *cells) whole(f Field, def int64) int64 {
	n, scale, ok := c.number(f)
	if !ok {
		return def
	}
	for ; scale > 0; scale-- {
		if n%10 != 0 {
			c.fail(f, wholeCode(f))
			return def
		}
		n /= 10
	}
	if n > purchase.MaxQuantity || n < -purchase.MaxQuantity {
		c.fail(f, "amount.overflow")
		return def
	}
	return n
}

func wholeCode(f Field) string {
	if f == fQuantity {
		return "quantity.fraction"
	}
	return "amount.fraction"
}

// when reads an instant; a time of day in a column of its own is joined.
func (c *cells) when(f Field) clock.Instant {
	s := c.raw(f)
	if strings.TrimSpace(s) == "" {
		return 0
	}
	z := c.t.zone
	if f == fOccurredAt && c.t.at[fTime] >= 0 && c.raw(fTime) != "" {
		return c.joined(s, c.raw(fTime))
	}
	at, _, err := text.DateTime(s, z, c.t.order)
	if err != nil {
		c.undated(f, s, err)
		return 0
	}
	return at
}

func (c *cells) joined(date, tod string) clock.Instant {
	day, err := text.DayIn(date, c.t.order)
	if err != nil {
		c.undated(fOccurredAt, date, err)
		return 0
	}
	since, err := text.TimeOfDay(tod)
	if err != nil {
		c.failed(fTime, err)
		return 0
	}
	loc := c.t.zone.Location
	if name := c.str(fZone); name != "" {
		if l := zoneNamed(name); l != nil {
			loc = l
		} else {
			c.fail(fZone, "zone.unknown")
		}
	}
	y, m, d := day.Date()
	return clock.At(time.Date(y, m, d, 0, 0, int(since/time.Second), 0, loc))
}

// zoneNames are what Square writes in its Time Zone column.
var zoneNames = map[string]string{
	"Eastern Time (US & Canada)": "America/New_York", "Central Time (US & Canada)": "America/Chicago",
	"Mountain Time (US & Canada)": "America/Denver", "Pacific Time (US & Canada)": "America/Los_Angeles",
	"Osaka": "Asia/Tokyo", "Sapporo": "Asia/Tokyo", "Tokyo": "Asia/Tokyo", "東京": "Asia/Tokyo", "London": "Europe/London",
}

func zoneNamed(name string) *time.Location {
	if iana, ok := zoneNames[name]; ok {
		name = iana
	}
	if name == "" || name == "Local" {
		return nil
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return l
}

func (c *cells) day(f Field) clock.Day {
	s := c.raw(f)
	if strings.TrimSpace(s) == "" {
		return 0
	}
	d, err := text.DayIn(s, c.t.order)
	if err == nil {
		return d
	}
	if at, _, err2 := text.DateTime(s, c.t.zone, c.t.order); err2 == nil {
		return c.t.zone.Day(at)
	}
	c.undated(f, s, err)
	return 0
}

// undated says what a cell holds instead of a date.
func (c *cells) undated(f Field, s string, err error) {
	switch s = strings.TrimSpace(s); {
	case isSpreadsheetError(s):
		c.fail(f, "cell.error")
	case isSerial(s):
		c.fail(f, "date.serial")
	default:
		c.failed(f, err)
	}
}

// rate reads 10, 10%, 0.1, 0.10 as the decimal text of EXAMPLES §4 ("0.10").
func (c *cells) rate(f Field) string {
	s := c.str(f)
	if s == "" {
		return ""
	}
	n, scale, err := text.Decimal(strings.TrimSuffix(s, "%"))
	if err != nil || n < 0 || scale > 4 {
		c.fail(f, "tax.rate_invalid")
		return ""
	}
	for ; scale < 4; scale++ {
		n *= 10
	}
	if n < 10000 && !strings.HasSuffix(s, "%") {
		n *= 100
	}
	if n >= 1000000 {
		c.fail(f, "tax.rate_invalid")
		return ""
	}
	r := fmt.Sprintf("0.%06d", n)
	return r[:4] + strings.TrimRight(r[4:], "0")
}

// word looks a cell up in one of the mapping's word lists; an unknown word is
// a problem, so that a new status is seen and not guessed.
func (c *cells) word(f Field, words map[string]string, def string) string {
	s := c.str(f)
	if s == "" || len(words) == 0 {
		return def
	}
	if w, ok := words[s]; ok {
		return w
	}
	if w, ok := words["*"]; ok {
		return w
	}
	c.fail(f, "word.unknown", "word", s)
	return def
}

// truth reads 1, true, yes, はい, 有, ○ and their opposites; "" is false.
func (c *cells) truth(f Field) bool {
	switch strings.ToLower(c.str(f)) {
	case "", "0", "false", "no", "n", "いいえ", "無", "無効", "×", "-", "off", "拒否", "受け取らない":
		return false
	case "1", "true", "yes", "y", "はい", "有", "有効", "○", "◯", "on", "承諾", "希望", "希望する", "受け取る":
		return true
	}
	c.fail(f, "bool.invalid")
	return false
}
