package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// arms draws skewed spend with a prior that explains part of it.
func arms(r *rand.Rand, n int, effect float64) (treated, held Arm) {
	for i := range n {
		prior := r.ExpFloat64()
		v := prior + r.ExpFloat64()
		if i%2 == 0 {
			treated.Outcome, treated.Prior = append(treated.Outcome, v+effect), append(treated.Prior, prior)
		} else {
			held.Outcome, held.Prior = append(held.Outcome, v), append(held.Prior, prior)
		}
	}
	return treated, held
}

// Nothing was done (A/A): the fixed interval holds 0 in 93–97 of 100
// experiments, with and without the prior, which halves the variance.
func TestFixedIntervalsCover(t *testing.T) {
	r := Random(31)
	const runs = 3000
	with, without, saved := 0, 0, 0.0
	for range runs {
		a, b := arms(r, 300, 0)
		e := must(Compare(a, b))
		saved += e.Saved / runs
		if iv := e.Fixed(.95); iv.Low <= 0 && 0 <= iv.High {
			with++
		}
		if iv := must(Compare(Arm{Outcome: a.Outcome}, Arm{Outcome: b.Outcome})).Fixed(.95); iv.Low <= 0 && 0 <= iv.High {
			without++
		}
	}
	about(t, "with prior", float64(with)/runs, .95, .02)
	about(t, "without", float64(without)/runs, .95, .02)
	about(t, "variance saved", saved, .5, .03)
}

// The slope that CUPED takes out is the pooled one within the arms: the effect
// is that of the regression of the outcome on the arm and the prior.
func TestTheEffectIsThatOfTheRegression(t *testing.T) {
	a, b := arms(Random(35), 400, .3)
	n := len(a.Outcome) + len(b.Outcome)
	x, y := mat.NewDense(n, 3, nil), mat.NewVecDense(n, nil)
	for i := range n {
		arm, k, in := a, i, 1.0
		if i >= len(a.Outcome) {
			arm, k, in = b, i-len(a.Outcome), 0
		}
		x.SetRow(i, []float64{1, in, arm.Prior[k]})
		y.SetVec(i, arm.Outcome[k])
	}
	var c mat.VecDense
	if err := c.SolveVec(x, y); err != nil {
		t.Fatal(err)
	}
	e := must(Compare(a, b))
	about(t, "effect", e.Diff, c.AtVec(1), 1e-9)
	about(t, "slope", e.Theta, c.AtVec(2), 1e-9)
}

// Looked at after every 100 customers, the sequence holds 0 at all looks in at
// least 95 of 100 experiments, while the fixed interval, so abused, does not.
func TestTheSequenceHoldsAtEveryLook(t *testing.T) {
	r := Random(32)
	const runs, most = 300, 4000
	always, fixed := 0, 0
	for range runs {
		a, b := arms(r, most, 0)
		missA, missF := false, false
		for n := 100; n <= most/2; n += 100 {
			e := must(Compare(Arm{Outcome: a.Outcome[:n]}, Arm{Outcome: b.Outcome[:n]}))
			iv, fx := e.Always(.95, 5000), e.Fixed(.95)
			missA = missA || iv.Low > 0 || iv.High < 0
			missF = missF || fx.Low > 0 || fx.High < 0
		}
		if !missA {
			always++
		}
		if !missF {
			fixed++
		}
	}
	if c := float64(always) / runs; c < .95 {
		t.Errorf("the sequence held in %.3f of experiments", c)
	}
	if c := float64(fixed) / runs; c > .85 {
		t.Errorf("peeking at the fixed interval held in %.3f: the test sees nothing", c)
	}
	t.Logf("at every look: sequence %.3f, fixed %.3f", float64(always)/runs, float64(fixed)/runs)
}

func TestTheSequenceFindsAnEffect(t *testing.T) {
	a, b := arms(Random(33), 8000, .2)
	e := must(Compare(a, b))
	iv, fx := e.Always(.95, 5000), e.Fixed(.95)
	if iv.Low <= 0 || fx.Low <= 0 || iv.High-iv.Low > 2*(fx.High-fx.Low) {
		t.Errorf("%+v %+v", iv, fx)
	}
	about(t, "effect", e.Diff, .2, .1)
}

// The half-width with all numbers put in by hand.
func TestTheSequenceIsThePublishedOne(t *testing.T) {
	e := Effect{Diff: 1, SE: .02, N: 10_000} // s² = 4
	iv := e.Always(.95, 5000)
	rho := math.Sqrt((-2*math.Log(.05) + math.Log(-2*math.Log(.05)+1)) / 5000)
	n := 10_000.0
	want := math.Sqrt(4 * 2 * (n*rho*rho + 1) / (n * rho * n * rho) * math.Log(math.Sqrt(n*rho*rho+1)/.05))
	about(t, "half-width", iv.High-1, want, 1e-12)
}

func TestSampleRatio(t *testing.T) {
	s := must(SampleRatio([]int{821_588, 815_482}, []float64{.5, .5})) // Kohavi, Tang & Xu 2020, ch. 21
	about(t, "P", s.P, 1.8e-6, 1e-7)
	if !s.Suspect {
		t.Error("not suspected")
	}
	if s := must(SampleRatio([]int{905, 95}, []float64{9, 1})); s.Suspect {
		t.Errorf("%+v", s)
	}
	var lack *NotEnough
	if _, err := SampleRatio([]int{30, 1}, []float64{.9, .1}); !errors.As(err, &lack) {
		t.Error(err)
	}
}

func TestTooSmallExperiments(t *testing.T) {
	var lack *NotEnough
	if _, err := Compare(Arm{}, Arm{}); !errors.As(err, &lack) || lack.Code != FewCustomers {
		t.Error(err)
	}
	flat := Arm{Outcome: make([]float64, 50)}
	if _, err := Compare(flat, flat); !errors.As(err, &lack) || lack.Code != NoVariation {
		t.Error(err)
	}
}

func TestRatioKnowsThatPurchasesHangTogether(t *testing.T) {
	r := Random(34)
	misses := 0
	for range 1000 {
		var top, bottom []float64
		for range 200 {
			n := 1 + float64(r.IntN(5))
			top, bottom = append(top, n*10*r.ExpFloat64()), append(bottom, n)
		}
		v, se, err := Ratio(top, bottom)
		if err != nil {
			t.Fatal(err)
		}
		if iv := Plain(v, se, .95); iv.Low > 10 || iv.High < 10 {
			misses++
		}
	}
	about(t, "coverage", 1-float64(misses)/1000, .95, .02)
}

// Taylor & Ashe 1983, as run out by Mack 1993.
func TestChainLadder(t *testing.T) {
	paid := [][]float64{
		{357848, 766940, 610542, 482940, 527326, 574398, 146342, 139950, 227229, 67948},
		{352118, 884021, 933894, 1183289, 445745, 320996, 527804, 266172, 425046},
		{290507, 1001799, 926219, 1016654, 750816, 146923, 495992, 280405},
		{310608, 1108250, 776189, 1562400, 272482, 352053, 206286},
		{443160, 693190, 991983, 769488, 504851, 470639},
		{396132, 937085, 847498, 805037, 705960},
		{440832, 847631, 1131398, 1063269},
		{359480, 1061648, 1443370},
		{376686, 986608},
		{344014},
	}
	open := 0.0
	for _, row := range paid {
		for j := 1; j < len(row); j++ {
			row[j] += row[j-1]
		}
		open += row[len(row)-1]
	}
	l := must(ChainLadder(paid, .95))
	about(t, "still to come", l.Total.Value-open, 18_680_856, 1)
	about(t, "its standard error", l.TotalSE, 2_447_095, 1)
	about(t, "error of the youngest", l.SE[9], 1_363_155, 1)
	about(t, "error of the second", l.SE[1], 75_535, 1)
	about(t, "first factor", l.Factors[0], 3.4906, 5e-5)
	if !(l.Total.Low > open && l.Total.Low < l.Total.Value && l.Total.High > l.Total.Value) {
		t.Errorf("%+v", l.Total)
	}
	var lack *NotEnough
	for _, tri := range [][][]float64{nil, {{1, 2}}, {{0, 0, 0}, {0, 0}, {0}}} {
		if _, err := ChainLadder(tri, .95); !errors.As(err, &lack) {
			t.Error(tri, err)
		}
	}
	if l := must(ChainLadder([][]float64{{5, 5, 5}, {0, 0}, {7}}, .95)); !finite(l.TotalSE, l.Total.High) {
		t.Errorf("%+v", l)
	}
}
