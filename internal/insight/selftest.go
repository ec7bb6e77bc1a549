package insight

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Check is one metric counted twice: as every page does, and plainly from the
// purchases and members themselves.
type Check struct {
	Metric      *Metric
	Fast, Plain Value // of Plain only Value, N and whether it is missing
	Same        bool
}

// SelfTest is all metrics counted twice on the shop's own data.
type SelfTest struct {
	Filter Filter
	One    int // one in so many members was counted, by chance; 1 for all, with guests
	Day    clock.Day
	At     clock.Instant // wall time
	Took   time.Duration
	Checks []Check
}

// Differs counts the metrics of which the two disagree.
func (s *SelfTest) Differs() (n int) {
	for _, c := range s.Checks {
		if !c.Same {
			n++
		}
	}
	return n
}

// Of is the check of a metric; nil for none.
func (s *SelfTest) Of(id string) *Check {
	for i := range s.Checks {
		if s.Checks[i].Metric.ID == id {
			return &s.Checks[i]
		}
	}
	return nil
}

// SelfTest counts everything a second time under a filter, by code that shares
// nothing with the first: it reads purchases and members afresh, keeps them in
// plain lists and counts by the words of each definition. In a large shop both
// count a part of the members, each hour another.
func (b *Board) SelfTest(ctx context.Context, f Filter) (*SelfTest, error) {
	began := b.db.Clock().Wall()
	today, _, err := b.upToDate(ctx)
	if err != nil {
		return nil, err
	}
	out := &SelfTest{Filter: f, One: 1, Day: today, At: began}
	if f.some = b.sample(began); f.some != nil {
		out.One = int(f.some.one)
	}
	fast, err := b.Metrics(ctx, f)
	if err != nil {
		return nil, err
	}
	var p *plain
	err = b.db.Read(ctx, func(tx *db.Tx) (err error) {
		g, err := b.chosenIDs(tx, f)
		if err == nil {
			p, err = readPlain(tx, b.src, f.bound(today), g, today)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, v := range fast {
		out.Checks = append(out.Checks, p.check(v))
	}
	out.Took = b.db.Clock().Wall().Sub(began)
	return out, nil
}

func (b *Board) chosenIDs(tx *db.Tx, f Filter) (map[ident.ID]bool, error) {
	if f.Segment == "" || b.Segments == nil {
		return nil, nil
	}
	ids, err := b.Segments(tx, f.Segment)
	out := make(map[ident.ID]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

func (p *plain) check(fast Value) Check {
	c := Check{Metric: fast.Metric, Fast: fast}
	value, n, ok := plainMetrics[fast.Metric.ID](p)
	c.Plain = Value{Metric: fast.Metric, Value: value, N: n}
	if !ok {
		c.Plain.Missing = nothingYet()
	}
	switch {
	case !ok || fast.Missing != nil:
		c.Same = !ok && fast.Missing != nil
	default:
		c.Same = math.Abs(value-fast.Value) <= 1e-9*max(1, math.Abs(value)) && n == fast.N
	}
	return c
}

// selfTests are the newest self-tests, by filter.
type selfTests struct {
	mu  sync.Mutex
	all map[Filter]*newest[*SelfTest]
}

const mostTests = 16

func (t *selfTests) of(f Filter) *newest[*SelfTest] {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) >= mostTests && t.all[f] == nil {
		t.all = map[Filter]*newest[*SelfTest]{Filter{}: t.all[Filter{}]}
	}
	if t.all == nil {
		t.all = map[Filter]*newest[*SelfTest]{}
	}
	if t.all[f] == nil {
		t.all[f] = &newest[*SelfTest]{}
	}
	return t.all[f]
}

// testEvery is how often a patient board counts everything twice by itself.
const testEvery = time.Hour

// LastSelfTest is the newest self-test of the whole shop. A patient board
// answers with what it has, nil before the first, and makes the next beside;
// another makes it now.
func (b *Board) LastSelfTest(ctx context.Context) (*SelfTest, error) {
	t, err := ready(ctx, b, b.tests.of(Filter{}), testEvery, b.testing(Filter{}))
	if Waiting(err) {
		return nil, nil
	}
	return t, err
}

// testing counts twice, in its own time.
func (b *Board) testing(f Filter) maker[*SelfTest] {
	return func(ctx context.Context, _ *SelfTest, _ bool) (*SelfTest, error) {
		if b.Patient > 0 {
			if _, err := b.Follow(ctx); err != nil {
				return nil, err
			}
		}
		return b.SelfTest(ctx, f)
	}
}

// SelfTestOf is a self-test under a filter of now. A patient board makes it
// beside: until then done is false and t is the one before, nil without one.
func (b *Board) SelfTestOf(ctx context.Context, f Filter) (t *SelfTest, done bool, err error) {
	if b.Patient == 0 {
		t, err = b.SelfTest(ctx, f)
		return t, err == nil, err
	}
	n, wall := b.tests.of(f), b.db.Clock().Wall
	if t, at, have := n.last(); have && wall() < at.Add(b.Patient) {
		return t, true, nil
	}
	if _, _, err = n.soon(ctx, wall, b.testing(f)); err != nil {
		return nil, false, err
	}
	t, at, have := n.last()
	return t, have && wall() < at.Add(b.Patient), nil
}

// plain is a shop as lists, with nothing precomputed.
type plain struct {
	f       Filter
	today   clock.Day
	people  []*plainPerson // whom the filter chooses
	traits  map[ident.ID]Traits
	guests  []Purchase // within the period, store and channel
	points  *Points    // nil where the ledger does not know
	value   int64
	gifts   map[ident.ID]int64 // welcome points
	gave    bool               // to anybody, for no purchase
	brought bool               // anybody, ever, by a member
	margins Margins
}

type plainPerson struct {
	Person
	all  []Purchase // kept or not, by day
	mine []Purchase // of the store and channel
}

func readPlain(tx *db.Tx, src Source, f Filter, only map[ident.ID]bool, today clock.Day) (*plain, error) {
	p := &plain{f: f, today: today, gifts: map[ident.ID]int64{}}
	everybody, into := map[ident.ID]Person{}, map[ident.ID]ident.ID{}
	if err := src.People(tx, nil, func(x *Person) error {
		p.brought = p.brought || slices.Contains(referrals, x.Channel)
		if !x.Into.IsZero() {
			into[x.ID] = x.Into
		} else if f.some.has(&x.ID) {
			everybody[x.ID] = *x
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if err := p.readTraits(tx, src); err != nil {
		return nil, err
	}
	root := func(id ident.ID) ident.ID {
		for range 64 {
			if next, ok := into[id]; ok {
				id = next
			}
		}
		return id
	}
	bought, err := p.readBought(tx, src, everybody, into, root)
	if err != nil {
		return nil, err
	}
	for id := range bought {
		if _, ok := everybody[id]; !ok {
			everybody[id] = Person{ID: id}
		}
	}
	chosen := map[ident.ID]*plainPerson{}
	for id, x := range everybody {
		if only == nil || only[id] {
			if y := p.choose(x, bought[id]); y != nil {
				p.people, chosen[id] = append(p.people, y), y
			}
		}
	}
	return p, p.readPoints(tx, src, root, chosen)
}

// readTraits reads what is known of members, where the filter asks for it.
func (p *plain) readTraits(tx *db.Tx, src Source) error {
	if p.f.Gender == "" && p.f.Area == "" && p.f.Own == "" && p.f.Age == "" {
		return nil
	}
	p.traits = map[ident.ID]Traits{}
	return src.Traits(tx, nil, func(id ident.ID, t *Traits) error { p.traits[id] = *t; return nil })
}

// readBought reads what members bought, by who each lives on in, and what
// guests did.
func (p *plain) readBought(tx *db.Tx, src Source, people map[ident.ID]Person, into map[ident.ID]ident.ID, root func(ident.ID) ident.ID) (map[ident.ID][]Purchase, error) {
	var of []ident.ID // nil for all
	if p.f.some != nil {
		of = slices.Collect(maps.Keys(people))
		for id := range into {
			if _, ok := people[root(id)]; ok {
				of = append(of, id)
			}
		}
		if len(of) == 0 {
			return nil, nil
		}
	}
	bought := map[ident.ID][]Purchase{}
	return bought, src.Purchases(tx, of, worded(func(some []Purchase) error {
		for _, x := range some {
			x.Lines = slices.Clone(x.Lines)
			switch {
			case !x.Guest:
				bought[root(x.Member)] = append(bought[root(x.Member)], x)
			case !p.f.people() && p.within(&x) && p.here(&x):
				p.guests = append(p.guests, x)
			}
		}
		return nil
	}))
}

func (p *plain) readPoints(tx *db.Tx, src Source, root func(ident.ID) ident.ID, chosen map[ident.ID]*plainPerson) error {
	byTime, err := src.Points(tx, p.f.From, p.f.To)
	if err != nil {
		return err
	}
	p.value = byTime.Value
	moved, err := src.PointsByHolder(tx, p.f.From, p.f.To)
	if err != nil {
		return err
	}
	if p.f.Channel == "" {
		p.points = &Points{}
		for _, m := range moved {
			if (p.f.Store == "" || p.f.Store == m.Store) && (!p.f.people() || chosen[root(m.Holder)] != nil) {
				p.points.Issued, p.points.Used, p.points.Expired = p.points.Issued+m.Points.Issued, p.points.Used+m.Points.Used, p.points.Expired+m.Points.Expired
				p.points.Back += m.Points.Back
			}
		}
	}
	gifts, err := src.Gifts(tx, p.f.From, p.f.To)
	if err != nil {
		return err
	}
	for _, g := range gifts {
		p.gave = true
		if x := chosen[root(g.Holder)]; x != nil && p.isNew(x) && g.On >= x.Joined && g.On-x.Joined <= 6 {
			p.gifts[x.ID] += g.Points
		}
	}
	p.margins, err = LoadMargins(tx)
	return err
}

// within, here and choose are the filter by its words.
func (p *plain) within(x *Purchase) bool { return x.Day >= p.f.From && x.Day <= p.f.To }

func (p *plain) here(x *Purchase) bool {
	return (p.f.Store == "" || p.f.Store == x.Store) && (p.f.Channel == "" || p.f.Channel == x.Channel)
}

func (p *plain) choose(x Person, bought []Purchase) *plainPerson {
	f, t := p.f, p.traits[x.ID]
	attribute, value, _ := strings.Cut(f.Own, ":")
	if f.Tier != "" && f.Tier != x.Tier || f.JoinStore != "" && f.JoinStore != x.Store || f.JoinBy != "" && f.JoinBy != x.Channel ||
		f.Gender != "" && f.Gender != t.Gender || f.Area != "" && f.Area != t.Area || f.Own != "" && t.Own[attribute] != value {
		return nil
	}
	if f.Age != "" && (t.Born == 0 || bandOf(yearOf(f.To)-t.Born) != f.Age) {
		return nil
	}
	y := &plainPerson{Person: x, all: bought}
	slices.SortStableFunc(y.all, func(a, b Purchase) int { return int(a.Day - b.Day) })
	first := clock.Day(0)
	for _, b := range y.all {
		if b.Kept && first == 0 {
			first = b.Day
		}
		if p.here(&b) {
			y.mine = append(y.mine, b)
		}
	}
	if f.CohortFrom != 0 && first < f.CohortFrom || f.CohortTo != 0 && first > f.CohortTo {
		return nil
	}
	return y
}

// bandOf is the band of an age.
func bandOf(age int) string {
	switch {
	case age < 0:
		return ""
	case age < 20:
		return Ages[0]
	case age >= 70:
		return Ages[6]
	}
	return Ages[age/10-1]
}
