package insight

import (
	"joren/internal/clock"
	"joren/internal/fault"
)

// Filter is one cut of the shop, applied to every metric alike. Zero fields
// choose all. Period, store and channel choose purchases; the rest chooses
// members, and with any of it guests are nobody.
type Filter struct {
	From, To             clock.Day // business days, inclusive; To is today at the latest
	Store, Channel       string
	Tier                 string // rank now
	JoinStore, JoinBy    string
	CohortFrom, CohortTo clock.Day // of the first purchase ever
}

// field is a filter's field under the name links and the API use.
type field struct {
	name string
	text func(f *Filter) *string
	day  func(f *Filter) *clock.Day
}

var fields = []field{
	{name: "from", day: func(f *Filter) *clock.Day { return &f.From }},
	{name: "to", day: func(f *Filter) *clock.Day { return &f.To }},
	{name: "store", text: func(f *Filter) *string { return &f.Store }},
	{name: "channel", text: func(f *Filter) *string { return &f.Channel }},
	{name: "tier", text: func(f *Filter) *string { return &f.Tier }},
	{name: "join_store", text: func(f *Filter) *string { return &f.JoinStore }},
	{name: "join_source", text: func(f *Filter) *string { return &f.JoinBy }},
	{name: "cohort_from", day: func(f *Filter) *clock.Day { return &f.CohortFrom }},
	{name: "cohort_to", day: func(f *Filter) *clock.Day { return &f.CohortTo }},
}

// ParseFilter reads a filter from named values.
//
// Faults: insight.filter with the wrong field.
func ParseFilter(get func(name string) string) (f Filter, err error) {
	for _, x := range fields {
		v := get(x.name)
		if x.text != nil {
			*x.text(&f) = v
			continue
		}
		if v == "" {
			continue
		}
		if *x.day(&f), err = clock.ParseDay(v); err != nil {
			return f, fault.New(fault.Invalid, "insight.filter").With(fault.At(x.name, "insight.filter_day", "value", v))
		}
	}
	if f.From != 0 && f.To != 0 && f.From > f.To {
		return f, fault.New(fault.Invalid, "insight.filter").With(fault.At("to", "insight.filter_order"))
	}
	return f, nil
}

// Each gives the fields that are set, in a fixed order.
func (f Filter) Each(fn func(name, value string)) {
	for _, x := range fields {
		v := ""
		if x.text != nil {
			v = *x.text(&f)
		} else if d := *x.day(&f); d != 0 {
			v = d.String()
		}
		if v != "" {
			fn(x.name, v)
		}
	}
}

// people reports whether f chooses among members.
func (f Filter) people() bool {
	return f.Tier != "" || f.JoinStore != "" || f.JoinBy != "" || f.CohortFrom != 0 || f.CohortTo != 0
}

// onlyPeriod reports whether f cuts by nothing but time.
func (f Filter) onlyPeriod() bool {
	return f == Filter{From: f.From, To: f.To}
}

// bound closes the period: from the beginning, to today.
func (f Filter) bound(today clock.Day) Filter {
	if f.To == 0 || f.To > today {
		f.To = today
	}
	return f
}

// chooser is a filter with its words looked up; a word nobody has is -1 and
// matches nothing.
type chooser struct {
	Filter
	store, channel, tier, at, by int
}

const anyWord = -2

func (c *Columns) chooser(f Filter) chooser {
	look := func(d *words, w string) int {
		if w == "" {
			return anyWord
		}
		return d.find(w)
	}
	p := &c.people
	return chooser{f, look(&c.stores, f.Store), look(&c.channels, f.Channel), look(&p.tiers, f.Tier), look(&p.stores, f.JoinStore), look(&p.sources, f.JoinBy)}
}

func fits(want int, have uint16) bool { return want == anyWord || want == int(have) }

// person reports whether a member is chosen, but for her cohort.
func (ch *chooser) person(p *people, n int32) bool {
	return fits(ch.tier, p.tier[n]) && fits(ch.at, p.at[n]) && fits(ch.by, p.by[n])
}

// cohort reports whether a first purchase on d is within the cohorts.
func (ch *chooser) cohort(d clock.Day) bool {
	return (ch.CohortFrom == 0 || d >= ch.CohortFrom) && (ch.CohortTo == 0 || d <= ch.CohortTo)
}

// purchase reports whether the i-th purchase is chosen, but for its day.
func (ch *chooser) purchase(c *Columns, i int) bool {
	return fits(ch.store, c.store[i]) && fits(ch.channel, uint16(c.channel(i)))
}
