package liability

import (
	"cmp"
	"slices"

	"joren/internal/ledger"
)

// Key is what has an account of its own: the points of a type and origin. The
// origin ledger.Owed holds what members owe, negative; it has no cohorts and
// is worth nothing in the accounts: a claim is not booked before it is repaid.
type Key struct {
	Type   string
	Origin ledger.Origin
}

func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Type, o.Type), cmp.Compare(k.Origin, o.Origin))
}

// Move is what happened in a month of accounting to the points of a cohort.
type Move struct {
	Month Month
	Key
	Cohort Month // of issue; "" for what is owed
	Contra ledger.Contra
	Priced bool  // issued for a purchase, whose price is shared
	Points int64 // signed, as members' accounts gained it
	Times  int64 // movements it sums
}

// place is all of a move but its numbers.
func (m Move) place() Move {
	m.Points, m.Times = 0, 0
	return m
}

func (m Move) compare(o Move) int {
	p := 0
	if m.Priced != o.Priced {
		p = 1
		if o.Priced {
			p = -1
		}
	}
	return cmp.Or(cmp.Compare(m.Month, o.Month), m.Key.compare(o.Key), cmp.Compare(m.Cohort, o.Cohort), cmp.Compare(m.Contra, o.Contra), p)
}

// Gather sums moves of one place and puts them in order.
type Gather struct{ at map[Move]*Move }

// Add counts one movement.
func (g *Gather) Add(m Move) {
	if g.at == nil {
		g.at = map[Move]*Move{}
	}
	k := m.place()
	sum, known := g.at[k]
	if !known {
		sum = &k
		g.at[m.place()] = sum
	}
	sum.Points += m.Points
	sum.Times += max(1, m.Times)
}

// Moves are the sums in order.
func (g *Gather) Moves() []Move {
	out := make([]Move, 0, len(g.at))
	for _, m := range g.at {
		out = append(out, *m)
	}
	slices.SortFunc(out, Move.compare)
	return out
}

// Price is what was paid, without tax and without the part paid by points, in
// the purchases that gave a cohort's priced points of a month. It is both P
// and S: what a shop takes after discounts is what its goods are sold for.
type Price struct {
	Month Month
	Key
	Cohort Month
	Paid   int64
}

// Cohort is the points of a key issued in a month, with all that happened to
// them up to some month. Movements are signed as in [Move].
type Cohort struct {
	Key
	Month       Month
	Issued      int64
	Priced      int64 // of Issued
	Reversed    int64
	Adjusted    int64
	Transferred int64
	Redeemed    int64
	Expired     int64
	Uses        int64 // movements of use
	PutOff      int64 // Σ L0 of the priced points, each fixed in the month it was booked
}

func (c *Cohort) add(m Move) {
	switch m.Contra {
	case ledger.Issued:
		c.Issued += m.Points
		if m.Priced {
			c.Priced += m.Points
		}
	case ledger.Reversed:
		c.Reversed += m.Points
	case ledger.Adjusted:
		c.Adjusted += m.Points
	case ledger.Elsewhere:
		c.Transferred += m.Points
	case ledger.Redeemed:
		c.Redeemed += m.Points
		c.Uses += m.Times
	case ledger.Expired:
		c.Expired += m.Points
	}
}

// Open is what is left. What was taken on a day before the points' own month
// makes it negative there for a while; it then counts as 0.
func (c *Cohort) Open() int64 {
	return max(0, c.Issued+c.Reversed+c.Adjusted+c.Transferred+c.Redeemed+c.Expired)
}

// Used is what was used and not refunded.
func (c *Cohort) Used() int64 { return max(0, -c.Redeemed) }

// Lapsed is what expired unused.
func (c *Cohort) Lapsed() int64 { return max(0, -c.Expired) }

// Basis is what was ever there to be used: open, used or lapsed. What a return
// took back was not.
func (c *Cohort) Basis() int64 { return c.Open() + c.Used() + c.Lapsed() }

// RunOut reports that nothing is left to be used.
func (c *Cohort) RunOut() bool { return c.Basis() > 0 && c.Open() == 0 }

// cohorts is the state of all cohorts, found by key and month.
type cohorts struct {
	at   map[cohortKey]*Cohort
	list []*Cohort // by key and month
}

type cohortKey struct {
	Key
	month Month
}

func (s *cohorts) get(k Key, m Month) *Cohort {
	if s.at == nil {
		s.at = map[cohortKey]*Cohort{}
	}
	id := cohortKey{k, m}
	c := s.at[id]
	if c == nil {
		c = &Cohort{Key: k, Month: m}
		s.at[id] = c
		i, _ := slices.BinarySearchFunc(s.list, c, func(x, y *Cohort) int { return cmp.Or(x.Key.compare(y.Key), cmp.Compare(x.Month, y.Month)) })
		s.list = slices.Insert(s.list, i, c)
	}
	return c
}

// of are the cohorts of a key, oldest first.
func (s *cohorts) of(k Key) []*Cohort {
	var out []*Cohort
	for _, c := range s.list {
		if c.Key == k {
			out = append(out, c)
		}
	}
	return out
}

// keys are those that have cohorts, in order.
func (s *cohorts) keys() []Key {
	var out []Key
	for _, c := range s.list {
		if len(out) == 0 || out[len(out)-1] != c.Key {
			out = append(out, c.Key)
		}
	}
	return out
}
