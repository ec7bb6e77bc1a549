package insight

import (
	"context"
	"math"
	"slices"
	"strconv"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
)

func onlyAll() error    { return fault.New(fault.Conflict, "insight.only_all") }
func onlyPeriod() error { return fault.New(fault.Conflict, "insight.only_period") }

// Metrics evaluates the registry under a filter, up to date with all that has
// happened. Screen, file and API call this and nothing else.
func (b *Board) Metrics(ctx context.Context, f Filter) ([]Value, error) {
	list, err := b.MetricsOf(ctx, []Filter{f})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// MetricsOf is Metrics for several filters at once.
func (b *Board) MetricsOf(ctx context.Context, fs []Filter) ([][]Value, error) {
	today, err := b.Today(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := b.Follow(ctx); err != nil {
		return nil, err
	}
	tallies := make([]*tally, len(fs))
	if err := b.View(func(c *Columns) error {
		for i, f := range fs {
			tallies[i] = c.tally(f.bound(today), today)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if err := b.addPoints(ctx, fs, tallies, today); err != nil {
		return nil, err
	}
	out := make([][]Value, len(fs))
	for i, t := range tallies {
		out[i] = t.values()
	}
	return out, nil
}

func (b *Board) addPoints(ctx context.Context, fs []Filter, tallies []*tally, today clock.Day) error {
	return b.db.Read(ctx, func(tx *db.Tx) (err error) {
		for i, f := range fs {
			if !f.onlyPeriod() {
				tallies[i].pointsMissing = onlyPeriod()
				continue
			}
			f = f.bound(today)
			if tallies[i].points, err = b.src.Points(tx, f.From, f.To); err != nil {
				return err
			}
		}
		return nil
	})
}

// Cut is a way to divide members or purchases.
type Cut string

// Cuts a table may be made by.
var Cuts = []Cut{"tier", "store", "channel", "join_source", "join_store"}

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
	if _, err := b.Follow(ctx); err != nil {
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
	d := map[Cut]*words{"tier": &c.people.tiers, "store": &c.stores, "channel": &c.channels, "join_source": &c.people.sources, "join_store": &c.people.stores}[by]
	return slices.DeleteFunc(slices.Sorted(slices.Values(d.list)), func(s string) bool { return s == "" })
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
	return v.Metric.say(l, currency, v.Low) + "–" + v.Metric.say(l, currency, v.High)
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
func Percent(v float64) string { return decimals(100*v, 1) + " %" }
