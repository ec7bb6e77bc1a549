package insight

import (
	"slices"
	"strings"

	"joren/internal/clock"
	"joren/internal/fault"
)

// Filter is one cut of the shop, applied to every metric alike. Zero fields
// choose all. Period, store and channel choose purchases; the rest chooses
// members, and with any of it guests are nobody.
type Filter struct {
	From, To             clock.Day // business days, inclusive; To is today at the latest
	Store, Channel       string
	Segment              string
	Tier                 string // rank now
	Age                  string // one of Ages
	Gender, Area         string
	Own                  string // an own attribute and its value: "skin:dry"
	JoinStore, JoinBy    string
	CohortFrom, CohortTo clock.Day // of the first purchase ever

	only *holders // whom the segment holds; nil for all
	some *sample  // members that are counted twice; nil for all
}

// holders are the members of a segment, by number.
type holders struct{ in []bool }

func (h *holders) has(n int32) bool { return h == nil || int(n) < len(h.in) && h.in[n] }

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
	{name: "segment", text: func(f *Filter) *string { return &f.Segment }},
	{name: "tier", text: func(f *Filter) *string { return &f.Tier }},
	{name: "age", text: func(f *Filter) *string { return &f.Age }},
	{name: "gender", text: func(f *Filter) *string { return &f.Gender }},
	{name: "area", text: func(f *Filter) *string { return &f.Area }},
	{name: "own", text: func(f *Filter) *string { return &f.Own }},
	{name: "join_store", text: func(f *Filter) *string { return &f.JoinStore }},
	{name: "join_source", text: func(f *Filter) *string { return &f.JoinBy }},
	{name: "cohort_from", day: func(f *Filter) *clock.Day { return &f.CohortFrom }},
	{name: "cohort_to", day: func(f *Filter) *clock.Day { return &f.CohortTo }},
}

// FilterNames are the names of a filter's fields, in their order.
func FilterNames() []string {
	out := make([]string, len(fields))
	for i, x := range fields {
		out[i] = x.name
	}
	return out
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
	return f, f.check()
}

func (f *Filter) check() error {
	wrong := func(field, code string, args ...any) error {
		return fault.New(fault.Invalid, "insight.filter").With(fault.At(field, code, args...))
	}
	switch {
	case f.From != 0 && f.To != 0 && f.From > f.To:
		return wrong("to", "insight.filter_order")
	case f.CohortFrom != 0 && f.CohortTo != 0 && f.CohortFrom > f.CohortTo:
		return wrong("cohort_to", "insight.filter_order")
	case f.Age != "" && !slices.Contains(Ages, f.Age):
		return wrong("age", "insight.filter_age", "value", f.Age)
	case f.Own != "" && !strings.Contains(f.Own, ":"):
		return wrong("own", "insight.filter_own", "value", f.Own)
	}
	return nil
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
	g := f
	g.From, g.To, g.Store, g.Channel, g.only = 0, 0, "", "", nil // but of some members guests are none
	return g != Filter{}
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
	traits                       []traitWant
	bornFrom, bornTo             int
}

// traitWant is a trait asked for; of is nil where nobody has the word.
type traitWant struct {
	of   *trait
	want int
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
	ch := chooser{Filter: f, store: look(&c.stores, f.Store), channel: look(&c.channels, f.Channel), tier: look(&p.tiers, f.Tier), at: look(&p.stores, f.JoinStore), by: look(&p.sources, f.JoinBy)}
	attribute, value, _ := strings.Cut(f.Own, ":")
	for _, x := range [][2]string{{"gender", f.Gender}, {"area", f.Area}, {ownTrait + attribute, value}} {
		if x[1] != "" {
			ch.traits = append(ch.traits, p.traits.want(x[0], x[1]))
		}
	}
	if f.Age != "" {
		ch.bornFrom, ch.bornTo, _ = years(f.Age, yearOf(f.To))
	}
	return ch
}

func (t *traits) want(name, word string) traitWant {
	if c := t.cols[name]; c != nil {
		return traitWant{c, c.words.find(word)}
	}
	return traitWant{}
}

func fits(want int, have uint16) bool { return want == anyWord || want == int(have) }

// person reports whether a member is chosen, but for her cohort.
func (ch *chooser) person(p *people, n int32) bool {
	return fits(ch.tier, p.tier[n]) && fits(ch.at, p.at[n]) && fits(ch.by, p.by[n]) && ch.only.has(n) && ch.some.has(&p.id[n]) && ch.like(p, n)
}

// like reports whether a member's traits are those asked for.
func (ch *chooser) like(p *people, n int32) bool {
	for _, x := range ch.traits {
		if x.of == nil || x.of.at(n) != x.want {
			return false
		}
	}
	return ch.Age == "" || p.traits.aged(n, ch.bornFrom, ch.bornTo)
}

// each gives those of a range of numbers who are chosen, but for their cohort,
// with their purchases by day; rows are reused.
func (c *Columns) each(ch *chooser, from, to int, fn func(n int32, rows []int)) {
	var rows []int
	for n := int32(from); int(n) < to; n++ {
		if c.people.into[n] < 0 && ch.person(&c.people, n) {
			rows = c.rows(n, rows)
			fn(n, rows)
		}
	}
}

// began reports whether a member with these purchases is of the cohorts.
func (ch *chooser) began(c *Columns, rows []int) bool {
	return ch.CohortFrom == 0 && ch.CohortTo == 0 || ch.cohort(c.firstKept(rows))
}

// cohort reports whether a first purchase on d is within the cohorts.
func (ch *chooser) cohort(d clock.Day) bool {
	return (ch.CohortFrom == 0 || d >= ch.CohortFrom) && (ch.CohortTo == 0 || d <= ch.CohortTo)
}

// purchase reports whether the i-th purchase is chosen, but for its day.
func (ch *chooser) purchase(c *Columns, i int) bool {
	return fits(ch.store, c.store[i]) && fits(ch.channel, uint16(c.channel(i)))
}
