package insight

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
)

func onlyAll() error { return fault.New(fault.Conflict, "insight.only_all") }

// Metrics evaluates the registry under a filter, up to date with all that has
// happened. Screen, file and API call this and nothing else.
func (b *Board) Metrics(ctx context.Context, f Filter) ([]Value, error) {
	list, err := b.MetricsOf(ctx, []Filter{f})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// MetricsOf is Metrics for several filters at once. What was counted is kept
// until something happens, so a page, its file and the API count once.
func (b *Board) MetricsOf(ctx context.Context, fs []Filter) ([][]Value, error) {
	today, at, err := b.upToDate(ctx)
	if err != nil {
		return nil, err
	}
	var margins Margins
	if err := b.db.Read(ctx, func(tx *db.Tx) (err error) { margins, err = LoadMargins(tx); return err }); err != nil {
		return nil, err
	}
	stamp := fmt.Sprint(at, today, margins)
	out := make([][]Value, len(fs))
	for i, f := range fs {
		f = f.bound(today)
		if out[i], err = keep(&b.counted, stamp, f, f, func() ([]Value, error) { return b.count(ctx, f, margins, today) }); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// count evaluates one bound filter.
func (b *Board) count(ctx context.Context, f Filter, margins Margins, today clock.Day) (out []Value, err error) {
	var a *ask
	if err := b.db.Read(ctx, func(tx *db.Tx) (err error) { a, err = b.ask(tx, f); return err }); err != nil {
		return nil, err
	}
	a.margins = margins
	return out, b.View(func(c *Columns) error {
		out = c.answer(a, today).values()
		return nil
	})
}

// filter is a filter with its segment looked up.
func (b *Board) filter(ctx context.Context, f Filter) (Filter, error) {
	if f.Segment == "" {
		return f, nil
	}
	return f, b.db.Read(ctx, func(tx *db.Tx) (err error) { f, err = b.chosenBy(tx, f); return err })
}

// memo keeps what was counted at one state of the shop, by what was asked.
type memo[K comparable, V any] struct {
	mu     sync.Mutex
	stamp  string
	values map[K]V
}

const mostKept = 256

func (m *memo[K, V]) get(stamp string, key K) (v V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stamp == stamp {
		v, ok = m.values[key]
	}
	return v, ok
}

func (m *memo[K, V]) put(stamp string, key K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stamp != stamp || len(m.values) >= mostKept {
		m.stamp, m.values = stamp, map[K]V{}
	}
	m.values[key] = v
}

// keep answers from the memo or counts and keeps. Whom a segment holds may
// change by itself, and a sample is counted once: nothing of them is kept.
func keep[K comparable, V any](m *memo[K, V], stamp string, key K, f Filter, count func() (V, error)) (V, error) {
	kept := f.Segment == "" && f.some == nil
	if v, ok := m.get(stamp, key); ok && kept {
		return v, nil
	}
	v, err := count()
	if err == nil && kept {
		m.put(stamp, key, v)
	}
	return v, err
}

// ask is a filter with what must be read for it.
type ask struct {
	f       Filter
	points  Points  // by time alone
	moved   []Moved // by account, when members or stores are chosen
	gifts   []Gift
	margins Margins
}

// ask reads what a bound filter needs beside the columns.
func (b *Board) ask(tx *db.Tx, f Filter) (a *ask, err error) {
	a = &ask{}
	if a.f, err = b.chosenBy(tx, f); err != nil {
		return a, err
	}
	if a.points, err = b.src.Points(tx, f.From, f.To); err != nil {
		return a, err
	}
	if !f.onlyPeriod() && f.Channel == "" {
		if a.moved, err = b.src.PointsByHolder(tx, f.From, f.To); err != nil {
			return a, err
		}
	}
	a.gifts, err = b.src.Gifts(tx, f.From, f.To)
	return a, err
}

// chosenBy is a filter with its segment looked up.
func (b *Board) chosenBy(tx *db.Tx, f Filter) (Filter, error) {
	if f.Segment == "" {
		return f, nil
	}
	if b.Segments == nil {
		return f, fault.New(fault.Invalid, "insight.filter").With(fault.At("segment", "insight.no_segments"))
	}
	ids, err := b.Segments(tx, f.Segment)
	if err != nil {
		return f, err
	}
	f.only = &holders{}
	return f, b.View(func(c *Columns) error {
		f.only.in = make([]bool, len(c.people.id))
		for _, id := range ids {
			if n, ok := c.Find(id); ok {
				f.only.in[n] = true
			}
		}
		return nil
	})
}

// answer counts what was asked.
func (c *Columns) answer(a *ask, today clock.Day) *tally {
	t := c.tally(a.f, today)
	x := c.census(a.f)
	t.census = x
	x.pointsValue = a.points.Value
	switch {
	case a.f.Channel != "":
		t.pointsMissing = noChannel()
	case a.f.onlyPeriod():
		t.points = a.points
	default:
		t.points = c.pointsOf(x, a.f, a.moved)
		t.points.Value = a.points.Value
	}
	c.addGifts(x, a.f, a.gifts)
	c.addMargin(x, a.f, a.margins)
	return t
}

// Cut is a way to divide members or purchases.
type Cut string

// Cuts a table may be made by.
var Cuts = []Cut{"tier", "store", "channel", "join_source", "join_store", "age", "gender", "area", "own"}

// Group is one value of a cut with its metrics.
type Group struct {
	Key    string
	Values []Value
}

// MetricsBy evaluates the registry for each value of a cut, those alphabetic.
// Faults: insight.filter for a cut that is none.
func (b *Board) MetricsBy(ctx context.Context, f Filter, by Cut) ([]Group, error) {
	if !slices.Contains(Cuts, by) {
		return nil, fault.New(fault.Invalid, "insight.filter").With(fault.At("by", "insight.filter_cut", "value", string(by)))
	}
	if _, _, err := b.upToDate(ctx); err != nil {
		return nil, err
	}
	var keys []string
	if err := b.View(func(c *Columns) error { keys = c.words(by); return nil }); err != nil {
		return nil, err
	}
	fs := make([]Filter, len(keys))
	for i, k := range keys {
		fs[i] = f
		for _, x := range fields {
			if x.name == string(by) {
				*x.text(&fs[i]) = k
			}
		}
	}
	all, err := b.MetricsOf(ctx, fs)
	out := make([]Group, len(all))
	for i := range all {
		out[i] = Group{keys[i], all[i]}
	}
	return out, err
}

// words are the values a cut has, but for "none".
func (c *Columns) words(by Cut) []string {
	p := &c.people
	switch by {
	case "age":
		return p.bands()
	case "gender", "area":
		return p.traits.values(string(by))
	case "own":
		var out []string
		for _, id := range p.traits.owned() {
			for _, v := range p.traits.values(ownTrait + id) {
				out = append(out, id+":"+v)
			}
		}
		return out
	}
	d := map[Cut]*words{"tier": &p.tiers, "store": &c.stores, "channel": &c.channels, "join_source": &p.sources, "join_store": &p.stores}[by]
	return slices.DeleteFunc(slices.Sorted(slices.Values(d.list)), func(s string) bool { return s == "" })
}

// bands are all ages where anybody's is known.
func (p *people) bands() []string {
	for _, y := range p.traits.born {
		if y > 0 {
			return Ages
		}
	}
	return nil
}

// Choices are the values each cut has, for forms.
func (b *Board) Choices() map[Cut][]string {
	out := map[Cut][]string{}
	_ = b.View(func(c *Columns) error { // before anything is read there is nothing to choose
		for _, by := range Cuts {
			out[by] = c.words(by)
		}
		return nil
	})
	return out
}

// Vocabulary is Choices once everything has been read.
//
// Faults: insight.reading while a patient board reads its first columns.
func (b *Board) Vocabulary(ctx context.Context) (map[Cut][]string, error) {
	if _, _, err := b.upToDate(ctx); err != nil {
		return nil, err
	}
	return b.Choices(), nil
}

// Table is values as rows under a head: figures unrounded, as the API has
// them. Every file of metrics is made of it.
func Table(l i18n.Lang, values []Value) [][]string {
	out := [][]string{{"metric", "name", "unit", "value", "n", "low", "high", "missing", "formula"}}
	for _, v := range values {
		row := []string{v.Metric.ID, v.Metric.Name(l), string(v.Metric.Unit), "", strconv.Itoa(v.N), "", "", codeOf(v.Missing), v.Metric.Formula(l)}
		if v.Missing == nil {
			row[3] = Figure(v.Value)
		}
		if v.Interval {
			row[5], row[6] = Figure(v.Low), Figure(v.High)
		}
		out = append(out, row)
	}
	return out
}

// Figure writes a number so that it reads back as the same.
func Figure(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// Say is a value as people read it, with its interval where it has one; money
// is in the shop's currency.
func (v Value) Say(l i18n.Lang, currency string) string {
	if v.Missing != nil {
		return "–"
	}
	return v.Metric.say(l, currency, v.Value)
}

// Range is the interval in words, "" without one.
func (v Value) Range(l i18n.Lang, currency string) string {
	if v.Missing != nil || !v.Interval {
		return ""
	}
	low := v.Metric.say(l, currency, v.Low)
	if v.Metric.Unit == InShare {
		low = strings.TrimSuffix(low, "%")
	}
	return low + "–" + v.Metric.say(l, currency, v.High)
}

func (m *Metric) say(l i18n.Lang, currency string, v float64) string {
	switch m.Unit {
	case InShare:
		return Percent(v)
	case InMoney:
		return i18n.Money(l, currency, int64(math.Round(v)))
	case InPeople, InPoints:
		return i18n.Number(int64(math.Round(v)))
	case InDays:
		return decimals(v, 1)
	}
	if v == math.Trunc(v) {
		return i18n.Number(int64(v))
	}
	return decimals(v, 2)
}

// Percent is a share with one decimal.
func Percent(v float64) string { return decimals(100*v, 1) + "%" }
