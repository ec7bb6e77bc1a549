package liability

import (
	"cmp"
	"slices"

	"joren/internal/clock"
	"joren/internal/ledger"
)

// Roll is the roll-forward of a month in points: Opening and what moved add up
// to Closing.
type Roll struct {
	Key
	Opening, Issued, Redeemed, Expired, Reversed, Adjusted, Transferred, Closing int64
}

func (r *Roll) add(c ledger.Contra, n int64) {
	switch c {
	case ledger.Issued:
		r.Issued += n
	case ledger.Redeemed:
		r.Redeemed += n
	case ledger.Expired:
		r.Expired += n
	case ledger.Reversed:
		r.Reversed += n
	case ledger.Adjusted:
		r.Adjusted += n
	case ledger.Elsewhere:
		r.Transferred += n
	}
	r.Closing += n
}

// Statement is a month as the accounts see it.
type Statement struct {
	Month     Month
	SettledAt clock.Instant // when it was settled for good; 0 while it is provisional
	Running   bool          // the newest: it has not ended, or nothing came after it
	Points    []Roll        // by type and origin, what members owe among them
	Worths    []Worth       // cohorts that were open or moved, by key and month
	Terms     []Terms       // by key
	Before    map[Key]Method
	Names     map[Account]string // of a settled month: what accounts were called then
	Types     Types              // what points were called at its end
}

// Name is what an account was called when the month was settled.
func (s *Statement) Name(a Account) string { return Settings{Names: s.Names}.Name(a) }

// Settled reports that the month's figures stay as they are.
func (s *Statement) Settled() bool { return s.SettledAt != 0 }

// Carried is the month's money of a key.
type Carried struct {
	Terms
	Money
}

// Money sums the cohorts by key, in the order of the terms.
func (s *Statement) Money() []Carried {
	out := make([]Carried, len(s.Terms))
	for i, t := range s.Terms {
		out[i].Terms = t
		for _, w := range s.Worths {
			if w.Key == t.Key {
				out[i].Money.add(w.Money)
			}
		}
	}
	return out
}

// TermsOf are the terms of a key, if it has any in this month.
func (s *Statement) TermsOf(k Key) (Terms, bool) {
	for _, t := range s.Terms {
		if t.Key == k {
			return t, true
		}
	}
	return Terms{}, false
}

// Total is the money of all keys.
func (s *Statement) Total() (sum Money) {
	for _, w := range s.Worths {
		sum.add(w.Money)
	}
	return sum
}

// Values is what a programme's point types are worth, in minor units a point.
type Values map[string]int64

// Input is what a book is made from: moves and prices of all months up to
// Until, the statements that were settled, and what is set now.
type Input struct {
	First, Until Month // "" where nothing was booked yet
	Moves        []Move
	Prices       []Price
	Settled      []*Statement // in order, without gaps, from First on
	Settings     Settings
	Bases        []Basis // one a key, the newest
	Values       Values
}

// Book is the liability month by month.
type Book struct {
	Input
	Months []*Statement // in order
}

// Statement of a month; nil where there is none.
func (b *Book) Statement(m Month) *Statement {
	for _, s := range b.Months {
		if s.Month == m {
			return s
		}
	}
	return nil
}

// Last is the newest statement; nil without any.
func (b *Book) Last() *Statement {
	if len(b.Months) == 0 {
		return nil
	}
	return b.Months[len(b.Months)-1]
}

// Make values all months: settled ones as they were, the others from what
// happened, one after the other. Months need no movement to have a statement.
//
// Fault: amount.overflow.
func Make(in Input) (*Book, error) {
	slices.SortFunc(in.Moves, Move.compare)
	b := &Book{Input: in}
	m := maker{Book: b, carried: map[cohortKey]int64{}, rolls: map[Key]int64{}, methods: map[Key]Method{}}
	if in.First == "" {
		return b, nil
	}
	settled := map[Month]*Statement{}
	for _, s := range in.Settled {
		settled[s.Month] = s
	}
	for month := in.First; month <= in.Until; month = month.Next() {
		if err := m.month(month, settled[month]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// maker is the state between two months.
type maker struct {
	*Book
	state   cohorts
	carried map[cohortKey]int64
	rolls   map[Key]int64
	methods map[Key]Method
	at      int // moves before it are taken
}

func (m *maker) month(month Month, settled *Statement) error {
	s := &Statement{Month: month, Running: month == m.Until, Before: map[Key]Method{}}
	was := map[cohortKey]Cohort{}
	moved := m.moves(s, was)
	if settled != nil {
		s.SettledAt, s.Terms, s.Worths, s.Names = settled.SettledAt, settled.Terms, settled.Worths, settled.Names
		m.adopt(s.Worths)
	} else if err := m.value(s, was, moved); err != nil {
		return err
	}
	for k, v := range m.methods {
		s.Before[k] = v
	}
	clear(m.carried)
	for _, w := range s.Worths {
		m.carried[cohortKey{w.Key, w.Month}] = w.Closing
	}
	for _, t := range s.Terms {
		m.methods[t.Key] = t.Method
	}
	m.Months = append(m.Months, s)
	return nil
}

// adopt gives settled worths the counts their frozen moves come to.
func (m *maker) adopt(list []Worth) {
	for i := range list {
		w := &list[i]
		c := m.state.get(w.Key, w.Month)
		c.PutOff = w.PutOff
		kept := *c
		w.Cohort = &kept
	}
}

// moves takes the month's moves into the cohorts and into the roll-forward. It
// keeps how the cohorts stood before, and which moved.
func (m *maker) moves(s *Statement, was map[cohortKey]Cohort) map[cohortKey]bool {
	moved := map[cohortKey]bool{}
	rolls := map[Key]*Roll{}
	for k, n := range m.rolls {
		rolls[k] = &Roll{Key: k, Opening: n, Closing: n}
	}
	for _, c := range m.state.list {
		was[cohortKey{c.Key, c.Month}] = *c
	}
	for ; m.at < len(m.Moves) && m.Moves[m.at].Month <= s.Month; m.at++ {
		x := m.Moves[m.at]
		if rolls[x.Key] == nil {
			rolls[x.Key] = &Roll{Key: x.Key}
		}
		rolls[x.Key].add(x.Contra, x.Points)
		if x.Cohort != "" {
			m.state.get(x.Key, x.Cohort).add(x)
			moved[cohortKey{x.Key, x.Cohort}] = true
		}
	}
	for k, r := range rolls {
		m.rolls[k] = r.Closing
		s.Points = append(s.Points, *r)
	}
	slices.SortFunc(s.Points, func(x, y Roll) int { return x.Key.compare(y.Key) })
	return moved
}

// value values a month that is not settled.
func (m *maker) value(s *Statement, was map[cohortKey]Cohort, moved map[cohortKey]bool) error {
	for _, k := range m.state.keys() {
		t := m.terms(k, s.Month)
		s.Terms = append(s.Terms, t)
		for _, c := range m.state.of(k) {
			id := cohortKey{k, c.Month}
			x := step{was: was[id], opening: m.carried[id]}
			if err := m.putOff(c, &x, t, s.Month); err != nil {
				return err
			}
			if c.Open() == 0 && x.opening == 0 && !moved[id] {
				continue
			}
			kept := *c
			w, err := t.value(&kept, x)
			if err != nil {
				return err
			}
			s.Worths = append(s.Worths, w)
		}
	}
	return nil
}

// putOff fixes L0 of the priced points that were booked in the month, once and
// for all: a later expectation does not restate it.
func (m *maker) putOff(c *Cohort, x *step, t Terms, month Month) error {
	n := c.Priced - x.was.Priced
	if c.Origin != ledger.Sale || n <= 0 {
		return nil
	}
	paid := int64(0)
	for _, p := range m.Prices {
		if p.Month == month && p.Key == c.Key && p.Cohort == c.Month {
			paid += max(0, p.Paid)
		}
	}
	q, err := StandAlone(n, t.Value, t.Use)
	if err != nil {
		return err
	}
	if x.putOff, err = PutOff(paid, paid, q); err != nil {
		return err
	}
	c.PutOff += x.putOff
	return nil
}

// terms are what a month of a key is valued by, as set and known now.
func (m *maker) terms(k Key, month Month) Terms {
	t := Terms{Key: k, Method: m.Settings.Method(k.Origin), Value: m.Values[k.Type], Use: Whole, Source: Cautiously, Learnt: Learn(m.Moves, k, month)}
	if t.Learnt.Missing == nil {
		t.Use, t.Source = t.Learnt.Share, ByCohorts
	}
	i := slices.IndexFunc(m.Bases, func(b Basis) bool { return b.Key == k })
	if i < 0 {
		return t
	}
	t.Set = &m.Bases[i]
	if t.Set.Value != nil {
		t.Value = *t.Set.Value
	}
	if t.Set.Use != nil {
		t.Use, t.Source = *t.Set.Use, ByHand
	}
	return t
}

// StoreFlow is what a store issued and took, of a type in a month.
type StoreFlow struct {
	Store, Type      string
	Issued, Redeemed int64 // signed as moves
}

// SortFlows puts the stores in order, the busiest first.
func SortFlows(list []StoreFlow) {
	slices.SortFunc(list, func(x, y StoreFlow) int {
		return cmp.Or(cmp.Compare(y.Issued-y.Redeemed, x.Issued-x.Redeemed), cmp.Compare(x.Store, y.Store), cmp.Compare(x.Type, y.Type))
	})
}
