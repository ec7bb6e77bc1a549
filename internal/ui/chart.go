package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"joren/internal/clock"
)

// NoValue marks a point without a figure; a line is interrupted there.
const NoValue = math.MinInt64

// ChartKind is the shape of a chart.
type ChartKind string

const (
	Line ChartKind = "line"
	Bar  ChartKind = "bar"
)

// Series is one line or one set of bars.
type Series struct {
	Name   string
	Values []int64
	Hrefs  []string // the rows behind each value; may be shorter or nil
	// Low and High are the interval of each value, drawn as a band; nil for none.
	Low, High []int64
}

// ranged reports whether the series has intervals.
func (s Series) ranged() bool { return len(s.Low) > 0 && len(s.Low) == len(s.High) }

// between is the interval of the i-th value in words.
func (c Chart) between(s Series, i int) string {
	if i >= len(s.Low) || s.Low[i] == NoValue {
		return "–"
	}
	return c.format(s.Low[i]) + "–" + c.format(s.High[i])
}

// Chart is a picture of figures with a plain sentence above and its table
// behind. Series differ by dash and marker as well as by colour.
type Chart struct {
	ID      string
	Title   string
	Reading string // what the picture says, in one sentence
	Kind    ChartKind
	XName   string // head of the table's first column
	SayX    bool   // the places need their name below the picture too
	Words   bool   // places are names that none of may go missing; of one series of bars
	X       []string
	Series  []Series
	Format  func(int64) string // of values; grouped digits if nil
	Zoom    *Zoom              // the days behind it, for a range to be chosen from; nil for none
}

// Zoom is a series by days. A script draws it in place of the chart; without
// script the chart stays.
type Zoom struct {
	First         clock.Day
	Before, After string   // what stands around a value, such as a currency's sign
	Series        []Series // values from First on, a day each
}

// zoomRanges are the ranges offered, in days; 0 is all.
var zoomRanges = []struct {
	key  string
	days int
}{{"ui.zoom.all", 0}, {"ui.zoom.quarter", 92}, {"ui.zoom.month", 31}}

// data is what the script reads: seconds of each day's beginning in UTC, and
// the values.
func (z *Zoom) data(ctx context.Context) string {
	type series struct {
		Name   string  `json:"name"`
		Values []int64 `json:"values"`
	}
	type span struct {
		Name string `json:"name"`
		Days int    `json:"days"`
	}
	var doc struct {
		Days   []int64  `json:"days"`
		Series []series `json:"series"`
		Ranges []span   `json:"ranges"`
		Before string   `json:"before"`
		After  string   `json:"after"`
	}
	doc.Before, doc.After = z.Before, z.After
	for i := range z.Series[0].Values {
		y, m, d := (z.First + clock.Day(i)).Date()
		doc.Days = append(doc.Days, time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix())
	}
	for _, s := range z.Series {
		doc.Series = append(doc.Series, series{s.Name, s.Values})
	}
	for _, r := range zoomRanges {
		doc.Ranges = append(doc.Ranges, span{T(ctx, r.key), r.days})
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic("ui: numbers and names are JSON: " + err.Error())
	}
	return string(b)
}

func (c Chart) format(v int64) string {
	switch {
	case v == NoValue:
		return "–"
	case c.Format != nil:
		return c.Format(v)
	}
	return number(v)
}

// round is a figure's fraction when there is none to tell.
var round = regexp.MustCompile(`\.0+([^0-9]*)$`)

// axis are the labels of ticks: the fraction goes when none of them has any.
func (c Chart) axis(ticks []float64) []string {
	out, whole := make([]string, len(ticks)), true
	for i, t := range ticks {
		out[i] = c.format(int64(t))
		whole = whole && (t == 0 || round.MatchString(out[i]))
	}
	for i := range out {
		if whole {
			out[i] = round.ReplaceAllString(out[i], "$1")
		}
	}
	return out
}

// plot is a chart laid out for one width.
type plot struct {
	c              Chart
	w, h           float64
	left, bottom   float64
	top, right     float64
	min, max, step float64
}

func layout(c Chart, w, h float64) plot {
	p := plot{c: c, w: w, h: h, top: 12, right: 12, bottom: 30}
	lo, hi := c.bounds()
	p.min, p.max, p.step = scale(lo, hi, 4)
	longest := 0
	for _, label := range c.axis(p.ticks()) {
		longest = max(longest, width(label))
	}
	p.left = float64(longest)*7 + 12
	for i := range c.X {
		p.bottom = max(p.bottom, 30+lineHeight*float64(len(p.names(i))-1))
	}
	return p
}

// lineHeight is the distance of a name's lines.
const lineHeight = 14

// names are the lines of the i-th place's label: a chart of words wraps them,
// as none may go missing.
func (p plot) names(i int) []string {
	if !p.c.Words {
		return p.c.X[i : i+1]
	}
	return wrap(p.c.X[i], max(4, int((p.place()-8)/8)), 3)
}

// nameY is where the k-th line of a place's label stands.
func (p plot) nameY(k int) string { return px(p.h - p.bottom + 22 + lineHeight*float64(k)) }

// wrap breaks a text into lines of so many half-width places, at blanks where
// there are any; what exceeds the last line ends in an ellipsis.
func wrap(text string, room, most int) []string {
	lines := []string{""}
	for _, word := range strings.SplitAfter(text, " ") {
		if last := lines[len(lines)-1]; last != "" && width(strings.TrimSpace(last+word)) > room {
			lines = append(lines, "")
		}
		for _, r := range word {
			if last := lines[len(lines)-1]; width(last+string(r)) > room && r != ' ' {
				lines = append(lines, "")
			}
			lines[len(lines)-1] += string(r)
		}
	}
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	if len(lines) <= most {
		return lines
	}
	end := []rune(lines[most-1])
	for len(end) > 0 && width(string(end)) >= room {
		end = end[:len(end)-1]
	}
	return append(lines[:most-1:most-1], string(end)+"…")
}

// bounds always hold 0: a cut axis makes small changes look large.
func (c Chart) bounds() (lo, hi float64) {
	for _, s := range c.Series {
		for _, list := range [][]int64{s.Values, s.Low, s.High} {
			for _, v := range list {
				if v != NoValue {
					lo, hi = min(lo, float64(v)), max(hi, float64(v))
				}
			}
		}
	}
	return lo, hi
}

// scale widens lo to hi so that about n steps of 1, 2 or 5 times a power of
// ten cover it; steps are whole numbers.
func scale(lo, hi float64, n int) (min, max, step float64) {
	if hi == lo {
		hi = lo + 1
	}
	raw := (hi - lo) / float64(n)
	pow := math.Pow(10, math.Floor(math.Log10(raw)))
	step = pow
	for _, m := range []float64{1, 2, 5, 10} {
		if step = m * pow; step >= raw {
			break
		}
	}
	step = math.Max(step, 1)
	return math.Floor(lo/step) * step, math.Ceil(hi/step) * step, step
}

func (p plot) ticks() []float64 {
	var ts []float64
	for t := p.min; t <= p.max+p.step/2; t += p.step {
		ts = append(ts, t)
	}
	return ts
}

func (p plot) y(v float64) float64 {
	return p.top + (p.max-v)/(p.max-p.min)*(p.h-p.top-p.bottom)
}

// x is the middle of the i-th of len(X) equal places.
func (p plot) x(i int) float64 { return p.left + (float64(i)+0.5)*p.place() }

// labelX is where the i-th place's label stands: below it, but inside.
func (p plot) labelX(i int) float64 {
	half := 0.0
	for _, line := range p.names(i) {
		half = max(half, float64(width(line))*3.5)
	}
	return math.Max(half, math.Min(p.x(i), p.w-half))
}

func (p plot) place() float64 { return (p.w - p.left - p.right) / float64(max(len(p.c.X), 1)) }

// labelled reports whether the i-th place has room for its label; labels are
// left out evenly.
func (p plot) labelled(i int) bool {
	if p.c.Words {
		return true
	}
	longest := 1
	for _, x := range p.c.X {
		longest = max(longest, width(x))
	}
	every := int(math.Ceil((float64(longest)*8 + 10) / p.place())) // in cards letters are that wide
	return i%max(every, 1) == 0
}

// paths are the unbroken pieces of a line.
func (p plot) paths(s Series) []string {
	var out []string
	var b strings.Builder
	for i, v := range s.Values {
		if v == NoValue {
			out, b = cut(out, &b), strings.Builder{}
			continue
		}
		verb := "L"
		if b.Len() == 0 {
			verb = "M"
		}
		fmt.Fprintf(&b, "%s%s %s", verb, px(p.x(i)), px(p.y(float64(v))))
	}
	return cut(out, &b)
}

// bands are the unbroken areas between Low and High.
func (p plot) bands(s Series) (out []string) {
	for i := 0; i < len(s.Low); {
		from := i
		for i < len(s.Low) && s.Low[i] != NoValue {
			i++
		}
		if i > from {
			out = append(out, p.area(s, from, i))
		}
		i++
	}
	return out
}

func (p plot) area(s Series, from, to int) string {
	var b strings.Builder
	verb := "M"
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "%s%s %s", verb, px(p.x(i)), px(p.y(float64(s.High[i]))))
		verb = "L"
	}
	for i := to - 1; i >= from; i-- {
		fmt.Fprintf(&b, "L%s %s", px(p.x(i)), px(p.y(float64(s.Low[i]))))
	}
	return b.String() + "Z"
}

func cut(out []string, b *strings.Builder) []string {
	if b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}

// widest is the width no bar exceeds: one alone is no wall.
const widest = 72

// bar is the rectangle of the i-th value of the k-th series.
func (p plot) bar(k, i int) (x, y, w, h string) {
	v := float64(p.c.Series[k].Values[i])
	room := math.Min(p.place()*0.72, widest*float64(len(p.c.Series)))
	each := room / float64(len(p.c.Series))
	left := p.x(i) - room/2 + each*float64(k)
	a, b := p.y(math.Max(v, 0)), p.y(math.Min(v, 0))
	return px(left), px(a), px(math.Max(each-1, 1)), px(math.Max(b-a, 0.5))
}

// rowHeight is the room of a lying bar and its name.
const rowHeight = 42

// reach is how long a lying bar is; the longest leaves room for its figure.
func (c Chart) reach(v int64) float64 {
	_, most := c.bounds()
	return math.Max(float64(v)/math.Max(most, 1)*260, 1)
}

func (c Chart) length(v int64) string { return px(c.reach(v)) }
func (c Chart) behind(v int64) string { return px(c.reach(v) + 9) }

func (s Series) href(i int) string {
	if i < len(s.Hrefs) {
		return s.Hrefs[i]
	}
	return ""
}

// sparkPath is a line of two values or more in a box of 96 × 24.
func sparkPath(vs []int64) string {
	lo, hi := vs[0], vs[0]
	for _, v := range vs {
		lo, hi = min(lo, v), max(hi, v)
	}
	span := math.Max(float64(hi-lo), 1)
	var b strings.Builder
	for i, v := range vs {
		verb := "L"
		if i == 0 {
			verb = "M"
		}
		fmt.Fprintf(&b, "%s%s %s", verb, px(2+float64(i)*92/float64(len(vs)-1)), px(22-float64(v-lo)/span*20))
	}
	return b.String()
}

func px(f float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") }

// width counts a text in half-width places.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}
