package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// many adds n subjects alike.
func many(r *Recurrence, n int, open int, gaps ...int) {
	for range n {
		r.Add(gaps, open)
	}
}

func TestRecurrenceByHand(t *testing.T) {
	// Ten come back after 10 days and are watched to day 30, ten have been
	// waited for 30 days: half comes back.
	var half Recurrence
	many(&half, 10, 20, 10)
	many(&half, 10, 30)
	// As before, but five of those waited for only 5 days: at day 10 ten of the
	// fifteen still watched come back, and two thirds do.
	var cut Recurrence
	many(&cut, 10, 20, 10)
	many(&cut, 5, 30)
	many(&cut, 5, 5)
	// One with 1,000 gaps of a day among ten with one of 20 days weighs one.
	var heavy Recurrence
	often := make([]int, 1000)
	for i := range often {
		often[i] = 1
	}
	heavy.Add(often, 1)
	many(&heavy, 10, 20, 20)
	// Everybody buys daily.
	var daily Recurrence
	many(&daily, 10, 0, 1, 1, 1)
	for name, c := range map[string]struct {
		r                     *Recurrence
		within                int
		share                 float64
		quarter, median, late int
	}{"half": {&half, 30, 0.5, 10, 10, 10}, "cut": {&cut, 30, 2.0 / 3, 10, 10, 10}, "heavy": {&heavy, 40, 1, 20, 20, 20}, "daily": {&daily, 3, 1, 1, 1, 1}} {
		got, err := c.r.Estimate(0.95)
		if err != nil || got.Within != c.within || math.Abs(got.Share.Value-c.share) > 1e-12 || got.Quarter != c.quarter || got.Median != c.median || got.Late != c.late {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if got.Low > got.Median || got.Median > got.High || got.Share.Low > got.Share.Value || got.Share.High < got.Share.Value || !finite(got.Share.Low, got.Share.High) {
			t.Errorf("%s: intervals %+v", name, got)
		}
	}
	// Nobody cut: Greenwood is the binomial variance, so the interval is Wilson's of 10 in 20.
	plain, _ := half.Estimate(0.95)
	if want, _ := Wilson(10, 20, 0.95); math.Abs(plain.Share.Low-want.Low) > 1e-12 || math.Abs(plain.Share.High-want.High) > 1e-12 {
		t.Errorf("%+v, want %+v", plain.Share, want)
	}
}

func TestTooFewReturnsHaveNoMedian(t *testing.T) {
	for name, fill := range map[string]func(r *Recurrence){
		"nothing": func(*Recurrence) {}, "nobody came back": func(r *Recurrence) { many(r, 500, 30) },
		"nine": func(r *Recurrence) { many(r, 9, 5, 5); many(r, 100, 20) }, "one with a thousand": func(r *Recurrence) { r.Add(make1000(), 3) },
		"bought today": func(r *Recurrence) { many(r, 50, 0) },
	} {
		var r Recurrence
		fill(&r)
		_, err := r.Estimate(0.95)
		if few, ok := errors.AsType[*NotEnough](err); !ok || few.Code != FewRepeaters || few.Need != LeastReturned {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func make1000() []int {
	out := make([]int, 1000)
	for i := range out {
		out[i] = 2
	}
	return out
}

// Subjects whose rhythms differ are watched for one window; the estimate finds
// the median of a subject's gaps where pooling all gaps finds far less.
func TestHeavyRepeatersDoNotShortenTheMedian(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	var r Recurrence
	var pooled []float64
	for range 3000 {
		every := 10.0
		if rnd.IntN(2) == 0 {
			every = 60
		}
		var gaps []int
		at, gap := 0, 0
		for {
			gap = max(1, int(math.Round(every*math.Exp(0.2*rnd.NormFloat64()))))
			if at+gap > 720 {
				break
			}
			at += gap
			gaps, pooled = append(gaps, gap), append(pooled, float64(gap))
		}
		r.Add(gaps, 720-at)
	}
	got, err := r.Estimate(0.95)
	if err != nil || got.Quarter < 8 || got.Quarter > 12 || got.Late < 52 || got.Late > 68 {
		t.Errorf("%+v, %v", got, err)
	}
	if m := Mean(pooled); m > 25 {
		t.Errorf("the example is none: mean of pooled gaps %.1f", m)
	}
}

func TestCredibilityFindsWhatItWasDrawnFrom(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 3))
	classes := make([]Spread, 40)
	for p := range classes {
		mean := 2 + rnd.Float64()
		for range 60 {
			own := mean + 0.5*rnd.NormFloat64()
			var v []float64
			for range 1 + rnd.IntN(6) {
				v = append(v, own+0.8*rnd.NormFloat64())
			}
			classes[p].Add(v)
		}
	}
	c, err := Believe(classes)
	if err != nil || math.Abs(c.Within-0.64) > 0.03 || math.Abs(c.Between-0.25) > 0.03 {
		t.Errorf("%+v, %v", c, err)
	}
	if z := (Credibility{0.6, 0.2}).Factor(3); math.Abs(z-0.5) > 1e-12 { // 3 / (3 + 0.6/0.2)
		t.Errorf("Z = %v", z)
	}
	if v := (Credibility{0.6, 0.2}).Variance(3); math.Abs(v-0.7) > 1e-12 {
		t.Errorf("variance %v", v)
	}
}

func TestSubjectsAlikeAreNotTold(t *testing.T) {
	classes := make([]Spread, 1)
	for range 20 {
		classes[0].Add([]float64{1, 2, 3})
	}
	if c, err := Believe(classes); err != nil || c.Between != 0 || c.Factor(1000) != 0 || !finite(c.Variance(5)) {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := Believe(nil); err == nil {
		t.Error("nothing was enough")
	}
}

func TestTogetherByHand(t *testing.T) {
	tea := Together{Both: 3, First: 4, Second: 4, All: 8} // Fisher's lady: 17 of 70
	if p := tea.Chance(); math.Abs(p-17.0/70) > 1e-12 {
		t.Errorf("chance %v", p)
	}
	if p := (Together{4, 4, 4, 8}).Chance(); math.Abs(p-1.0/70) > 1e-12 {
		t.Errorf("all four: %v", p)
	}
	if p := (Together{1, 4, 4, 8}).Chance(); math.Abs(p-69.0/70) > 1e-12 {
		t.Errorf("one or more: %v", p)
	}
	x := Together{Both: 20, First: 40, Second: 50, All: 1000}
	if l := x.Lift(0.95); math.Abs(l.Value-10) > 1e-12 || l.Low < 5 || l.High > 20 || x.Confidence() != 0.5 {
		t.Errorf("%+v", l)
	}
}

func TestLiftIsTheSameFromBothSidesAndAlwaysANumber(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for range 2000 {
		n := 1 + rnd.IntN(400)
		a, b := 1+rnd.IntN(n), 1+rnd.IntN(n)
		low := max(0, a+b-n)
		x := Together{low + rnd.IntN(min(a, b)-low+1), a, b, n}
		y := Together{x.Both, b, a, n}
		l, m := x.Lift(0.99), y.Lift(0.99)
		if !same(l.Value, m.Value) || !same(l.Low, m.Low) || !same(x.Chance(), y.Chance()) {
			t.Fatalf("%+v: %+v and %+v, chance %v and %v", x, l, m, x.Chance(), y.Chance())
		}
		if !finite(l.Value, l.Low, l.High, x.Chance(), x.Confidence()) || l.Low > l.Value || l.Value > l.High || x.Chance() < 0 || x.Chance() > 1 {
			t.Fatalf("%+v: %+v, %v", x, l, x.Chance())
		}
		sum := 0.0 // the tail, term by term
		for k := x.Both; k <= min(a, b); k++ {
			sum += math.Exp(lchoose(a, k) + lchoose(n-a, b-k) - lchoose(n, b))
		}
		if math.Abs(sum-x.Chance()) > 1e-9 {
			t.Fatalf("%+v: chance %v, term by term %v", x, x.Chance(), sum)
		}
	}
	for _, x := range []Together{{}, {1, 0, 0, 0}, {5, 3, 3, 10}, {0, 5, 5, 3}} {
		if l := x.Lift(0.95); !finite(l.Value, l.Low, l.High, x.Chance()) {
			t.Errorf("%+v: %+v", x, l)
		}
	}
}

func same(a, b float64) bool { return math.Abs(a-b) <= 1e-6*max(1, math.Abs(a)) }
