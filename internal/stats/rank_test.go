package stats

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func TestTiesAreShared(t *testing.T) {
	if got := ranks([]float64{3, 1, 3, 2, 3}); !slices.Equal(got, []float64{4, 1, 4, 2, 4}) {
		t.Error(got)
	}
	score := []float64{1, 1, 1, 1, 2}
	came := []bool{true, false, false, true, true}
	// pairs: the 2 beats two negatives; each tied positive halves two.
	about(t, "AUC", must(AUC(score, came)), (2+1+1)/6., 1e-15)
	about(t, "AUC of one value", must(AUC([]float64{7, 7, 7, 7, 7}, came)), .5, 0)
	for range 3 { // top 40 % is the 2 and one of four tied, of whom half came
		about(t, "lift", must(Lift(score, came, .4)), (1+.5)/2/.6, 1e-15)
		score = append(score[1:], score[0])
		came = append(came[1:], came[0])
	}
	about(t, "Spearman", Spearman([]float64{1, 2, 3, 4}, []float64{10, 9, 9, 1}), -.9486833, 1e-7)
	about(t, "Spearman of a constant", Spearman([]float64{1, 1}, []float64{1, 2}), 0, 0)
}

func TestGini(t *testing.T) {
	gain := []float64{0, 0, 0, 100}
	about(t, "perfect", must(Gini([]float64{1, 2, 3, 4}, gain)), .75, 1e-15)
	about(t, "inverse", must(Gini([]float64{4, 3, 2, 1}, gain)), -.75, 1e-15)
	about(t, "useless", must(Gini([]float64{1, 1, 1, 1}, gain)), 0, 1e-15)
	if _, err := Gini([]float64{1, 2}, []float64{0, 0}); err == nil {
		t.Error("nothing gained")
	}
}

func TestOneOutcomeIsNoRanking(t *testing.T) {
	var lack *NotEnough
	if _, err := AUC([]float64{1, 2}, []bool{true, true}); !errors.As(err, &lack) || lack.Code != OneOutcome {
		t.Error(err)
	}
	if _, err := Lift(nil, nil, .1); !errors.As(err, &lack) {
		t.Error(err)
	}
	if _, err := AUC(nil, nil); !errors.As(err, &lack) {
		t.Error(err)
	}
}

func TestAUCDifference(t *testing.T) {
	r := Random(2)
	n := 800
	a, b, came := make([]float64, n), make([]float64, n), make([]bool, n)
	for i := range n {
		truth := r.NormFloat64()
		a[i], b[i] = truth+r.NormFloat64(), truth+3*r.NormFloat64()
		came[i] = r.Float64() < sigmoid(2*truth)
	}
	iv := must(AUCDifference(a, b, came, 300, 9, .95))
	about(t, "difference", iv.Value, must(AUC(a, came))-must(AUC(b, came)), 1e-12)
	if !(iv.Low > 0 && iv.High > iv.Value && iv.High < .3) {
		t.Errorf("%+v", iv)
	}
	if again := must(AUCDifference(a, b, came, 300, 9, .95)); again != iv {
		t.Error("two runs differ")
	}
	same := must(AUCDifference(a, a, came, 50, 9, .95))
	if same.Low != 0 || same.High != 0 {
		t.Errorf("a score against itself: %+v", same)
	}
}

func TestLogisticOfATwoByTwoTable(t *testing.T) {
	var x []float64
	var y []bool
	add := func(n int, f float64, l bool) {
		for range n {
			x, y = append(x, f), append(y, l)
		}
	}
	add(30, 1, true)
	add(10, 1, false)
	add(15, 0, true)
	add(45, 0, false)
	flat := make([]float64, len(x))
	m := must(FitLogistic([][]float64{x, flat}, y, 1e-9))
	about(t, "log odds ratio", m.Coef[0]/m.Scale[0], math.Log(30.*45/10/15), 1e-6)
	about(t, "standard error", m.Errors[0]/m.Scale[0], math.Sqrt(1./30+1./10+1./15+1./45), 1e-6)
	about(t, "a flat feature", m.Coef[1], 0, 1e-12)
	s := make([]float64, len(x))
	m.Scores(s, [][]float64{x, flat})
	about(t, "probability", sigmoid(s[0]), .75, 1e-7)
	about(t, "reasons add up", m.Bias+m.Share(0, 1)+m.Share(1, 0), s[0], 1e-12)
	if strong := must(FitLogistic([][]float64{x}, y, 100)); !(strong.Coef[0] < m.Coef[0]) {
		t.Error("ridge does not shrink")
	}
}

func TestLogisticStaysFinite(t *testing.T) {
	x, y := make([]float64, 100), make([]bool, 100)
	for i := range x {
		x[i], y[i] = float64(i), i >= 50
	}
	m := must(FitLogistic([][]float64{x, x, x}, y, 1)) // separated and thrice the same
	if !finite(m.Coef...) || !finite(m.Errors...) || math.Abs(m.Coef[0]-m.Coef[2]) > 1e-9 {
		t.Errorf("%+v", m)
	}
	var lack *NotEnough
	if _, err := FitLogistic([][]float64{x}, make([]bool, 100), 1); !errors.As(err, &lack) || lack.Code != OneOutcome {
		t.Error(err)
	}
	var bad *BadInput
	x[3] = math.NaN()
	if _, err := FitLogistic([][]float64{x}, y, 1); !errors.As(err, &bad) {
		t.Error(err)
	}
}

func TestCalibration(t *testing.T) {
	r := Random(4)
	n := 4000
	score, came, p, truth := make([]float64, n), make([]bool, n), make([]float64, n), make([]float64, n)
	for i := range n {
		score[i] = r.NormFloat64()
		truth[i] = sigmoid(1.5*score[i] - 1)
		came[i] = r.Float64() < truth[i]
	}
	platt := must(FitPlatt(score, came))
	about(t, "slope", platt.Slope, 1.5, .2)
	about(t, "bias", platt.Bias, -1, .15)
	iso := must(FitIsotonic(score, came))
	if !slices.IsSorted(iso.Level) || !slices.IsSorted(iso.At) {
		t.Error("not rising")
	}
	for name, f := range map[string]func(float64) float64{"Platt": platt.P, "isotonic": iso.P} {
		for i := range p {
			p[i] = f(score[i])
		}
		if e := CalibrationError(p, came, 10); e > .02 {
			t.Errorf("%s: calibration error %.3f", name, e)
		}
		about(t, name, LogLoss(p, came), LogLoss(truth, came), .01)
		about(t, name, Brier(p, came), Brier(truth, came), .004)
	}
}

func TestIsotonicPoolsWhatFalls(t *testing.T) {
	var score []float64
	var came []bool
	for at, hits := range []int{2, 1, 9} { // of ten each at scores 0, 1, 2
		for i := range 10 {
			score, came = append(score, float64(at)), append(came, i < hits)
		}
	}
	c := must(FitIsotonic(score, came))
	if !slices.Equal(c.At, []float64{.5, 2}) || !slices.Equal(c.Level, []float64{.15, .9}) {
		t.Errorf("%+v", c)
	}
	about(t, "left of all", c.P(-5), .15, 0)
	about(t, "between", c.P(1.25), .525, 1e-12)
	about(t, "right of all", c.P(99), .9, 0)
}

func TestErrorsOfProbabilities(t *testing.T) {
	p, came := []float64{.2, .2, .9, 1}, []bool{false, true, true, true}
	about(t, "calibration", CalibrationError(p, came, 10), (.6+.1)/4, 1e-12)
	about(t, "Brier", Brier(p, came), (.04+.64+.01)/4, 1e-12)
	about(t, "log loss", LogLoss(p, came), -(math.Log(.8)+math.Log(.2)+math.Log(.9))/4, 1e-12)
}

// What is no number is refused, never looped over or passed on.
func TestRankingsRefuseWhatIsNoNumber(t *testing.T) {
	nan := []float64{1, math.NaN(), math.Inf(1), 2}
	came := []bool{true, false, true, false}
	var bad *BadInput
	if _, err := AUC(nan, came); !errors.As(err, &bad) {
		t.Error(err)
	}
	if _, err := AUC(nan[:1], came); !errors.As(err, &bad) {
		t.Error(err)
	}
	if _, err := Lift(nan, came, .5); !errors.As(err, &bad) {
		t.Error(err)
	}
	if _, err := Gini(nan, []float64{1, 2, 3, 4}); !errors.As(err, &bad) {
		t.Error(err)
	}
	if _, err := Gini([]float64{1, 2}, []float64{1, -2}); !errors.As(err, &bad) {
		t.Error(err)
	}
	if _, err := AUCDifference(nan, nan, came, 30, 1, .95); !errors.As(err, &bad) {
		t.Error(err)
	}
	if _, err := PercentileInterval(0, make([]float64, 30), 1.5); !errors.As(err, &bad) {
		t.Error(err)
	}
	if p := Percentiles(nan); !finite(p...) {
		t.Error(p)
	}
	if e := CalibrationError([]float64{math.NaN(), 7, -1, .5}, came, 0); !finite(e) {
		t.Error(e)
	}
}
