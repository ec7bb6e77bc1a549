package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// oddShop draws rows from anywhere: any scale of time, any mix of habits.
func oddShop(r *rand.Rand) []Row {
	scale := math.Exp(14*r.Float64() - 5)
	busy := math.Exp(7*r.Float64() - 3)
	var rows []Row
	for range 1 + r.IntN(60) {
		row := Row{T: scale * r.Float64(), N: 1 + r.IntN(40)}
		if r.IntN(9) == 0 {
			row.T = scale
		}
		row.X = int(busy * r.ExpFloat64() * float64(r.IntN(3)))
		if row.X > 0 {
			row.TX = row.T * []float64{1, r.Float64(), r.Float64() * r.Float64(), 1e-9}[r.IntN(4)]
		}
		if row.TX == 0 {
			row.X = 0
		}
		rows = append(rows, row)
	}
	return rows
}

// Whatever the shop, a fit is finite and its predictions are in their ranges,
// or a finding says what is missing.
func TestAnyShopGivesNumbersOrAFinding(t *testing.T) {
	fitted, found := 0, map[string]int{}
	for seed := range uint64(40) {
		rows := oddShop(Random(seed))
		fits, err := FitAll(rows)
		var lack *NotEnough
		if err != nil {
			if !errors.As(err, &lack) {
				t.Fatal(seed, err)
			}
			found[lack.Code]++
			continue
		}
		for name, err := range fits.Failed {
			if !errors.As(err, &lack) {
				t.Fatal(seed, name, err)
			}
			found[name+" "+lack.Code]++
		}
		fitted++
		dst := make([]Prediction, len(rows))
		for _, f := range fits.All() {
			for _, share := range []float64{1e-6, .3, 5} {
				horizon := share * rows[0].T
				f.Model.Predict(dst, rows, horizon)
				for i, p := range dst {
					if !finite(p.Alive, p.AtLeastOne, p.Expected) || p.Alive < 0 || p.Alive > 1 || p.AtLeastOne < 0 || p.AtLeastOne > 1 || p.Expected < p.AtLeastOne*(1-1e-7)-1e-12 {
						t.Fatalf("shop %d: %s %g of %+v in %g: %+v", seed, f.Model.Name(), f.Model.Params(), rows[i], horizon, p)
					}
				}
			}
			if fits.NBD != nil && f.LogLik < fits.NBD.LogLik-.05 || !finite(f.LogLik, f.Dropout.Ratio, f.Dropout.P) {
				t.Errorf("shop %d: %s %g is less likely than the NBD: %g < %g", seed, f.Model.Name(), f.Model.Params(), f.LogLik, fits.NBD.LogLik)
			}
		}
	}
	if t.Logf("%d fitted, found %v", fitted, found); fitted < 20 {
		t.Error("too few shops could be fitted to mean anything")
	}
}
