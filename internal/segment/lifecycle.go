package segment

import (
	"joren/internal/clock"
	"joren/internal/rules"
)

// Stage is where a member stands in her own rhythm of buying.
type Stage string

const (
	NoStage  Stage = "" // she never bought
	New      Stage = "new"
	Growing  Stage = "growing"
	Regular  Stage = "regular"
	Champion Stage = "champion"
	AtRisk   Stage = "at_risk"
	Lapsing  Stage = "lapsing"
	Dormant  Stage = "dormant"
	Lost     Stage = "lost"
)

// Stages in the order of screens: as a customer's life goes.
var Stages = []Stage{New, Growing, Regular, Champion, AtRisk, Lapsing, Dormant, Lost}

// A gap between two visits is long when few of hers would be as long. If she
// comes as by chance at a steady pace, a gap longer than k times her usual
// one has the probability e^−k: one gap in five is longer than 1.5 times the
// usual, one in seven than twice, one in twenty than 3 times, one in fifty
// than 4 times. Twice and 4 times are where the metrics of insight begin to
// call a member dormant and churned, so that lapsing and dormant members here
// are the dormant ones there, and lost ones the churned.
//
// The times are counted in halves, so that a boundary is a whole number.
const (
	atRiskOver  = 3 // halves of a usual gap: beyond 1.5 times
	lapsingOver = 4
	dormantOver = 6
	lostOver    = 8
)

// One gap may be an accident and two may differ by one; from three gaps on,
// which is four visits, her own past outweighs the shop's three to one.
const regularFrom = 4

// StageOf places a member by her statistics on a day:
//
//   - her usual gap is the mean of her gaps and one of the shop's: who bought
//     once has nothing else to go by;
//   - within 1.5 usual gaps of her last visit she is new with one visit,
//     growing with two or three, regular from four on, and a champion when she
//     is regular and in the highest class of both frequency and money;
//   - later she is at risk, over 2 lapsing, over 3 dormant, over 4 lost.
//
// A boundary day itself still belongs to the better side.
func StageOf(s *rules.Stats, n *Norms, day clock.Day) Stage {
	if s.Visits == 0 {
		return NoStage
	}
	since := max(0, int64(day-s.LastOn))
	// since > (k/2)·(span+gap)/visits, in whole numbers: repeats + 1 = visits.
	late := func(k int64) bool { return 2*since*s.Visits > k*(int64(s.LastOn-s.FirstOn)+n.gap()) }
	switch {
	case late(lostOver):
		return Lost
	case late(dormantOver):
		return Dormant
	case late(lapsingOver):
		return Lapsing
	case late(atRiskOver):
		return AtRisk
	case s.Visits == 1:
		return New
	case s.Visits < regularFrom:
		return Growing
	case n.class(n.Frequency, s.Visits) == Classes && n.class(n.Money, s.Spend) == Classes:
		return Champion
	}
	return Regular
}

// UsualGap is the mean days between a member's visits as StageOf takes it,
// rounded to whole days for people, as insight rounds its own.
func UsualGap(s *rules.Stats, n *Norms) int64 {
	if s.Visits == 0 {
		return n.gap()
	}
	return (2*(int64(s.LastOn-s.FirstOn)+n.gap()) + s.Visits - 1) / (2 * s.Visits)
}
