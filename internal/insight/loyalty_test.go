package insight

import (
	"math"
	"testing"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/stats"
)

// simulated is a shop whose customers follow a known Pareto/NBD: they come in
// over 200 days and are watched for 500.
func simulated(n int, seed uint64) []stats.Visit {
	r := stats.Random(seed)
	m := stats.ParetoNBD{R: 0.8, Alpha: 8, S: 0.6, Beta: 12}
	var out []stats.Visit
	for who := range int32(n) {
		first := int32(opened) + r.Int32N(200)
		out = append(out, stats.Visit{Who: who, Day: first, Amount: 1000})
		rate, life := m.R/m.Alpha*r.ExpFloat64(), m.Beta/m.S*r.ExpFloat64()
		for t := r.ExpFloat64() / rate; t < life; t += r.ExpFloat64() / rate {
			if day := first + int32(t*Unit); day <= int32(opened)+500 {
				out = append(out, stats.Visit{Who: who, Day: day, Amount: 500 + 1000*r.Float64()})
			}
		}
	}
	return out
}

func reading(t *testing.T, visits []stats.Visit, day clock.Day) *Reading {
	t.Helper()
	r, err := Read(visits, day, 90)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAScoreIsTheSumOfItsPartsAndTheBehaviourOfItsReasons(t *testing.T) {
	r := reading(t, simulated(2000, 1), opened+400)
	if r.Missing != nil {
		t.Fatal(r.Missing)
	}
	seen := 0
	r.Each(func(n int32, o Odds) {
		l, ok := r.Loyalty(n, memberID(int(n)), nil)
		if !ok {
			t.Fatalf("no score for member %d", n)
		}
		sum, given := l.Average, Tenths(0)
		for _, x := range l.Reasons {
			sum += x.Points
		}
		for _, p := range l.Parts {
			given += p.Gives
		}
		if sum != l.Score || given != l.Score || l.Score < 0 || l.Score > 1000 {
			t.Errorf("member %d: score %d, reasons sum to %d, parts to %d", n, l.Score, sum, given)
		}
		if math.Abs(float64(l.Score)/1000-o.Probability) > 0.0006 {
			t.Errorf("member %d: score %d and probability %.4f", n, l.Score, o.Probability)
		}
		seen++
	})
	if seen != r.Len() || seen < 1500 {
		t.Errorf("%d members of %d", seen, r.Len())
	}
}

// A known shop: what was said for a group comes for that group.
func TestProbabilitiesOfASimulatedShopComeTrue(t *testing.T) {
	visits := simulated(6000, 2)
	b, err := Try(visits, opened+400, 90, opened+500)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := b.Row(ScoreName)
	if !ok || s.Calibration > 0.03 {
		t.Errorf("the calibration error of a shop that follows the model is %.3f", s.Calibration)
	}
	if !b.DropoutSeen {
		t.Error("six of ten customers drop out and nobody noticed")
	}
	if m, ok := b.Row("paretonbd"); !ok || math.Abs(m.Excess) > 0.1 {
		t.Errorf("the true model's count is off by %.0f %%", 100*m.Excess)
	}
}

func TestWhatIsNotEnoughIsSaidAndNeverANumber(t *testing.T) {
	one := []stats.Visit{{Who: 0, Day: int32(opened), Amount: 100}}
	var alone, strangers []stats.Visit
	for i := range int32(100) {
		alone = append(alone, stats.Visit{Who: 0, Day: int32(opened) + i, Amount: 100})
		strangers = append(strangers, stats.Visit{Who: i, Day: int32(opened) + i%50, Amount: 100})
	}
	for name, x := range map[string]struct {
		visits []stats.Visit
		code   string
	}{
		"nobody": {nil, "stats.few_customers"}, "one purchase": {one, "stats.few_customers"}, "one customer": {alone, "stats.few_customers"}, "nobody repeats": {strangers, "stats.few_repeaters"},
	} {
		r := reading(t, x.visits, opened+99)
		if !fault.Is(r.Missing, x.code) {
			t.Errorf("%s: %v, want %s", name, r.Missing, x.code)
		}
		if _, ok := r.Loyalty(0, memberID(0), nil); ok {
			t.Errorf("%s: a score all the same", name)
		}
		if p, ok := r.Past(0); ok && (p.Visits < 1 || p.Gap < 0 || math.IsNaN(p.Gap)) {
			t.Errorf("%s: past %+v", name, p)
		}
	}
}

// What is at risk is never more than what was ever spent, and nothing is said
// of a pace before there is one.
func TestWhatIsAtRiskIsNoMoreThanWasEverSpent(t *testing.T) {
	visits := append(simulated(2000, 1), stats.Visit{Who: 5000, Day: int32(opened), Amount: 90_000}, stats.Visit{Who: 5000, Day: int32(opened) + 1, Amount: 90_000})
	r := reading(t, visits, opened+400)
	told := 0
	r.Each(func(n int32, o Odds) {
		p, _ := r.Past(n)
		w := Worth{Told: true, Loyalty: Loyalty{Past: p, Odds: o}, AtRisk: r.atRisk(n, o)}
		risk, ok := w.Risk()
		if ok != (p.Visits > 1) || risk < 0 || risk > p.Money*(1-o.Probability)+1e-9 {
			t.Fatalf("%+v: %v, %v", p, risk, ok)
		}
		if ok && risk < p.Money*(1-o.Probability)-1e-9 {
			told++
		}
	})
	if told < 100 {
		t.Errorf("only %d are not bounded: the bound is the figure", told)
	}
}

// "Usually" is said of a habit, not of two days in a row.
func TestUsuallyIsSaidOfAHabit(t *testing.T) {
	for visits, want := range map[int][2]string{
		1:  {"30 days since the only day of purchase so far.", "最後のご購入から30日。ご購入はまだ1日だけです。"},
		2:  {"30 days since the last purchase; 7 days between the two so far.", "最後のご購入から30日。その前は7日あいていました。"},
		4:  {"30 days since the last purchase; the 4 so far were 7 days apart on average.", "最後のご購入から30日。これまで4日のご購入は平均7日おきでした。"},
		5:  {"30 days since the last purchase; usually every 7 days.", "最後のご購入から30日。普段は7日ごと。"},
		12: {"30 days since the last purchase; usually every 7 days.", "最後のご購入から30日。普段は7日ごと。"},
	} {
		l := Loyalty{Past: Past{Visits: visits, Since: 30, Gap: 7}}
		if en, ja := l.Sentence(i18n.EN, "recency", "JPY"), l.Sentence(i18n.JA, "recency", "JPY"); en != want[0] || ja != want[1] {
			t.Errorf("%d visits: %s / %s", visits, en, ja)
		}
	}
}

func TestPartsOfOtherRoomsEnterByTheirWeightAndMissingOnesDoNot(t *testing.T) {
	r := reading(t, simulated(2000, 1), opened+400)
	n := r.sum.Who[0]
	alone, _ := r.Loyalty(n, memberID(0), nil)
	with, ok := r.Loyalty(n, memberID(0), []Extra{
		{"attitude", func(ident.ID) (float64, bool) { return 100, true }},
		{"service", func(ident.ID) (float64, bool) { return 0, false }},
	})
	want := (60*float64(alone.Score) + 20*1000) / 80
	if !ok || math.Abs(float64(with.Score)-want) > 1 {
		t.Errorf("score %d, want %.1f", with.Score, want)
	}
	for _, p := range with.Parts {
		if p.Known != (p.Name == Behaviour || p.Name == "attitude") {
			t.Errorf("%s known: %t", p.Name, p.Known)
		}
	}
}
