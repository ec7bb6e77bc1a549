package liability

import (
	"errors"
	"math"

	"joren/internal/fault"
	"joren/internal/ledger"
	"joren/internal/stats"
)

// Level of the interval of a learned share.
const Level = 0.95

// fewUses is how many uses a share is learned from at least: with fewer, one
// customer more or less would move it by more than its interval admits.
const fewUses = 30

// told is how finely a learned share is told, and used: a tenth of a percent.
// More digits would be noise.
const told = Whole / 1000

// Estimate is the use share of a key as its own cohorts show it.
type Estimate struct {
	Share     Share
	Low, High Share
	Basis     int64 // points it rests on
	Used      int64 // of them so far
	Uses      int64 // movements of use
	Cohorts   int
	RunOut    int             // cohorts with nothing left
	Unused    map[Month]int64 // of each cohort in the end
	Missing   error           // why it cannot be told yet; the rest is then 0 but what was counted
}

// Curve is how a cohort's points go: by age in months, what of its basis was
// used and what lapsed up to then.
type Curve struct {
	*Cohort
	Used, Lapsed []int64 // at the end of month Month + index
}

// Curves are the triangle of a key up to a month, oldest cohort first; rows of
// cohorts without a basis are left out. What happened before a cohort's own
// month counts in it.
func Curves(moves []Move, k Key, until Month) []Curve {
	var state cohorts
	for _, m := range moves {
		if m.Key == k && m.Month <= until && m.Cohort != "" && m.Cohort <= until {
			state.get(k, m.Cohort).add(m)
		}
	}
	var out []Curve
	row := map[Month]int{}
	for _, c := range state.list {
		if c.Basis() > 0 {
			row[c.Month] = len(out)
			n := until.Since(c.Month) + 1
			out = append(out, Curve{c, make([]int64, n), make([]int64, n)})
		}
	}
	for _, m := range moves {
		i, known := row[m.Cohort]
		if m.Key != k || m.Month > until || !known {
			continue
		}
		age := max(0, m.Month.Since(m.Cohort))
		switch m.Contra {
		case ledger.Redeemed:
			out[i].Used[age] -= m.Points
		case ledger.Expired:
			out[i].Lapsed[age] -= m.Points
		}
	}
	for _, c := range out {
		for a := 1; a < len(c.Used); a++ {
			c.Used[a] += c.Used[a-1]
			c.Lapsed[a] += c.Lapsed[a-1]
		}
	}
	return out
}

// Burn is what of the points of all cohorts that are old enough was used and
// had lapsed by an age.
type Burn struct {
	Age                 int // months after the month of issue
	Cohorts             int
	Basis, Used, Lapsed int64
}

// Pool adds cohorts up by age. Each age knows fewer cohorts than the one
// before, so its shares are of its own basis.
func Pool(curves []Curve) []Burn {
	var out []Burn
	for _, c := range curves {
		for a := range c.Used {
			if a == len(out) {
				out = append(out, Burn{Age: a})
			}
			b := &out[a]
			b.Cohorts++
			b.Basis += c.Basis()
			b.Used += c.Used[a]
			b.Lapsed += c.Lapsed[a]
		}
	}
	return out
}

// Of is a part of the basis; 0 where there is none.
func (b Burn) Of(n int64) Share {
	if b.Basis <= 0 || n <= 0 {
		return 0
	}
	s, err := rounded(min(n, b.Basis), int64(Whole), b.Basis)
	if err != nil {
		return 0
	}
	return Share(s)
}

// Learn estimates the use share of a key from its own cohorts up to a month: a
// chain ladder (Mack 1993) on the points not used yet, from all at issue to
// what is left in the end. It says nothing before one cohort has run its whole
// life (what comes after the oldest cohort's age is otherwise a guess), before
// three cohorts can be compared, or on fewer than 30 uses: that everything
// expires in a shop where nobody has used points yet is not learned.
func Learn(moves []Move, k Key, until Month) Estimate {
	var e Estimate
	curves := Curves(moves, k, until)
	for _, c := range curves {
		e.Basis += c.Basis()
		e.Used += c.Cohort.Used()
		e.Uses += c.Uses
		e.Cohorts++
		if c.RunOut() {
			e.RunOut++
		}
	}
	switch {
	case e.Basis == 0:
		e.Missing = fault.New(fault.NotFound, "liability.none_issued")
	case e.Used == 0:
		e.Missing = fault.New(fault.NotFound, "liability.never_used", "points", e.Basis)
	case e.Uses < fewUses:
		e.Missing = fault.New(fault.NotFound, "liability.few_uses", "have", e.Uses, "need", int64(fewUses))
	case e.RunOut == 0:
		e.Missing = fault.New(fault.NotFound, "liability.none_run_out", "cohorts", int64(e.Cohorts))
	default:
		e.ladder(curves)
	}
	return e
}

func (e *Estimate) ladder(curves []Curve) {
	triangle := make([][]float64, len(curves))
	for i, c := range curves {
		row := append(make([]float64, 0, len(c.Used)+1), float64(c.Basis()))
		for _, n := range c.Used {
			row = append(row, float64(max(0, c.Basis()-max(0, n))))
		}
		triangle[i] = row
	}
	e.Unused = make(map[Month]int64, len(curves))
	if usedUp(triangle) {
		for _, c := range curves {
			e.Unused[c.Month] = 0
		}
		e.Share, e.Low, e.High = Whole, Whole, Whole
		return
	}
	l, err := stats.ChainLadder(triangle, Level)
	if err != nil {
		e.Missing, e.Unused = missing(err), nil
		return
	}
	open := int64(0)
	for i, c := range curves {
		e.Unused[c.Month] = int64(math.Round(l.Ultimate[i].Value))
		open += c.Open()
	}
	basis := float64(e.Basis)
	least, most := float64(e.Used)/basis, float64(e.Used+open)/basis
	share := func(unused float64) Share {
		return told * Share(math.Round(float64(Whole/told)*min(max(1-unused/basis, least), most)))
	}
	e.Share, e.Low, e.High = share(l.Total.Value), share(l.Total.High), share(l.Total.Low)
}

// usedUp reports that at some age no cohort that got there has anything left
// unused: no factor leads on from there, and none is needed.
func usedUp(triangle [][]float64) bool {
	for j := 1; j < len(triangle[0]); j++ {
		sum := 0.0
		for _, row := range triangle {
			if len(row) > j {
				sum += row[j]
			}
		}
		if sum == 0 {
			return true
		}
	}
	return false
}

// missing turns what statistics find wanting into a fault with its figures.
func missing(err error) error {
	var n *stats.NotEnough
	if errors.As(err, &n) {
		return fault.New(fault.NotFound, n.Code, "have", int64(n.Have), "need", int64(n.Need))
	}
	return err
}
