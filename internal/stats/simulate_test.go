package stats

import (
	"math"
	"testing"
)

// Shops drawn from a model are recovered within the standard errors the fit
// reports: over models and seeds the squared distances are those of χ².
func TestParametersAreRecovered(t *testing.T) {
	all, count := 0.0, 0.0
	for _, m := range []Model{NBD{.6, 9}, BGNBD{.6, 6, .8, 2.4}, MBGNBD{.6, 6, .8, 2.4}, ParetoNBD{.8, 10, .7, 12}} {
		worst, sum, n := 0.0, 0.0, 0.0
		for seed := range uint64(3) {
			fit := must(fitOf(m, drawn(m, 2000, 60, seed)))
			for i, p := range fit.Model.Params() {
				z := math.Log(p/m.Params()[i]) / (fit.Errors[i] / p)
				worst, sum, n = max(worst, math.Abs(z)), sum+z*z, n+1
			}
		}
		all, count = all+sum, count+n
		if worst > 3.5 || sum/n > 2.6 {
			t.Errorf("%s: worst z %.2f, mean z² %.2f", m.Name(), worst, sum/n)
		}
		t.Logf("%s: worst z %.2f, mean z² %.2f", m.Name(), worst, sum/n)
	}
	if z := all / count; z < .4 || z > 1.7 { // errors too large would hide everything
		t.Errorf("mean z² of all %.2f", z)
	}
}

func drawn(m Model, n int, length float64, seed uint64) []Row {
	r := Random(seed)
	rows := make([]Row, n)
	for i := range rows {
		rows[i] = Draw(m, length*(0.7+0.3*float64(i)/float64(n)), r)
	}
	return rows
}

func fitOf(m Model, rows []Row) (*Fit, error) {
	switch m.(type) {
	case BGNBD:
		return FitBGNBD(rows)
	case MBGNBD:
		return FitMBGNBD(rows)
	case ParetoNBD:
		return FitParetoNBD(rows)
	}
	return FitNBD(rows)
}

// What a model expects is what its simulation does, given the past and not.
func TestExpectationsAreThoseOfTheSimulation(t *testing.T) {
	const n, past, horizon = 20_000, 30.0, 26.0
	for _, m := range []Model{NBD{.6, 9}, BGNBD{.6, 6, .8, 2.4}, MBGNBD{.6, 6, .8, 2.4}, ParetoNBD{.8, 10, .7, 12}} {
		r := Random(7)
		mean, again, expected, chance := 0.0, 0.0, 0.0, 0.0
		var first, more []float64
		for range n {
			full, cut := drawTwice(m, past, horizon, r)
			mean += float64(cut.X)
			d := float64(full.X - cut.X)
			if d > 0 {
				again++
			}
			expected += m.Expected(cut, horizon)
			chance += m.AtLeastOne(cut, horizon)
			first, more = append(first, float64(cut.X)), append(more, d)
		}
		se := math.Sqrt(variance(first) / n)
		about(t, m.Name()+" mean", mean/n, m.Mean(past), 4*se)
		about(t, m.Name()+" expected", expected/n, Mean(more), 4*math.Sqrt(variance(more)/n))
		about(t, m.Name()+" at least one", chance/n, again/n, 4*math.Sqrt(.25/n))
	}
}

// drawTwice is a customer after past+horizon and the same one after past.
func drawTwice(m Model, past, horizon float64, r interface{ Uint64() uint64 }) (full, cut Row) {
	seed := r.Uint64()
	full = Draw(m, past+horizon, Random(seed))
	cut = Draw(m, past, Random(seed)) // the same numbers, cut earlier
	return full, cut
}

func TestBootstrapInterval(t *testing.T) {
	rows := drawn(BGNBD{.6, 6, .8, 2.4}, 600, 60, 3)
	fit := must(FitBGNBD(rows))
	models, failed := Bootstrap(fit, rows, 40, 11)
	again, _ := Bootstrap(fit, rows, 40, 11)
	if failed > 0 || len(models) != 40 {
		t.Fatalf("%d models, %d failed", len(models), failed)
	}
	for i, m := range models {
		if m != again[i] {
			t.Fatal("two runs differ", m, again[i])
		}
	}
	iv := must(IntervalOf(fit, models, func(m Model) float64 { return m.Mean(60) }, 0.95))
	if !(iv.Low < iv.Value && iv.Value < iv.High) || iv.High-iv.Low > iv.Value {
		t.Errorf("%+v", iv)
	}
	// The spread of refits is the standard error from the curvature.
	var r []float64
	for _, m := range models {
		r = append(r, m.Params()[0])
	}
	if ratio := math.Sqrt(variance(r)) / fit.Errors[0]; ratio < 0.6 || ratio > 1.6 {
		t.Errorf("bootstrap spread of r is %.2f of its standard error", ratio)
	}
}

func TestGammaGammaIsRecovered(t *testing.T) {
	m := GammaGamma{3, 4, 1500}
	r := Random(5)
	var spends []Spend
	for i := range 4000 {
		x, nu := 1+i%6, gamma(m.Q, m.V, r)
		spends = append(spends, Spend{x, gamma(m.P*float64(x), nu, r) / float64(x), 1})
	}
	f := must(FitGammaGamma(spends))
	for i, v := range [][2]float64{{f.P, m.P}, {f.Q, m.Q}, {f.V, m.V}} {
		about(t, "parameter", v[0], v[1], 3.5*f.Errors[i])
	}
	about(t, "mean", f.Mean(), m.Mean(), 60)
}
