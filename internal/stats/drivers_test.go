package stats

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// survey draws drivers that hang together, and a satisfaction they make.
func survey(n, k int) ([][]float64, []float64) {
	r := Random(8)
	columns, y := make([][]float64, k), make([]float64, n)
	for i := range n {
		mood := r.NormFloat64()
		for j := range k {
			v := mood + r.NormFloat64()
			columns[j] = append(columns[j], v)
			y[i] += v * float64(j) / 3
		}
		y[i] += 2 * r.NormFloat64()
	}
	return columns, y
}

// R² of y on some columns by least squares: a way of its own.
func squares(columns [][]float64, y []float64, use []int) float64 {
	x := mat.NewDense(len(y), len(use)+1, nil)
	for i := range y {
		x.Set(i, 0, 1)
		for a, j := range use {
			x.Set(i, a+1, columns[j][i])
		}
	}
	var b mat.VecDense
	if err := b.SolveVec(x, mat.NewVecDense(len(y), y)); err != nil {
		panic(err)
	}
	var fit mat.VecDense
	fit.MulVec(x, &b)
	rest := make([]float64, len(y))
	for i := range y {
		rest[i] = y[i] - fit.AtVec(i)
	}
	return 1 - variance(rest)/variance(y)
}

// The shares are the mean gain in R² over all orders of entry.
func TestSharesAreMeansOverAllOrders(t *testing.T) {
	const k = 4
	columns, y := survey(200, k)
	want, orders := make([]float64, k), 0.0
	var enter func(used []int, before float64)
	enter = func(used []int, before float64) {
		if len(used) == k {
			orders++
			return
		}
		for j := range k {
			if !contains(used, j) {
				now := append(append([]int{}, used...), j)
				r2 := squares(columns, y, now)
				f := 1.0 // how many orders go on from here
				for n := k - len(now); n > 1; n-- {
					f *= float64(n)
				}
				want[j] += (r2 - before) * f
				enter(now, r2)
			}
		}
	}
	enter(nil, 0)
	rep := must(Drivers(columns, y, 100, 3, .95))
	sum := 0.0
	for j, d := range rep.Drivers {
		about(t, "share", d.Share.Value, want[j]/orders, 1e-10)
		sum += d.Share.Value
		if !(d.Share.Low <= d.Share.Value && d.Share.Value <= d.Share.High) {
			t.Errorf("%+v", d)
		}
	}
	about(t, "sum", sum, squares(columns, y, []int{0, 1, 2, 3}), 1e-10)
	if !rep.Exact {
		t.Error("not exact")
	}
}

func contains(v []int, j int) bool {
	for _, x := range v {
		if x == j {
			return true
		}
	}
	return false
}

func TestRelativeWeightsAreNearTheExactShares(t *testing.T) {
	columns, y := survey(400, 6)
	ones := make([]float64, len(y))
	for i := range ones {
		ones[i] = 1
	}
	c := correlations(columns, y, ones)
	a, b := lmg(c), relativeWeights(c)
	about(t, "sum", Sum(a), Sum(b), 1e-9)
	for j := range a {
		about(t, "share", b[j], a[j], .02)
	}
	columns, y = survey(400, 18)
	rep := must(Drivers(columns, y, 20, 3, .95))
	if rep.Exact || !(rep.R2 > .5 && rep.R2 < 1) {
		t.Errorf("exact %v, R² %g", rep.Exact, rep.R2)
	}
}

func TestOddDrivers(t *testing.T) {
	columns, y := survey(100, 3)
	flat := make([]float64, len(y))
	rep := must(Drivers([][]float64{columns[2], columns[2], flat}, y, 30, 3, .95)) // twins and a constant
	about(t, "twins", rep.Drivers[0].Share.Value, rep.Drivers[1].Share.Value, 1e-12)
	about(t, "constant", rep.Drivers[2].Share.Value, 0, 1e-15)
	if math.IsNaN(rep.R2) {
		t.Error(rep)
	}
	var lack *NotEnough
	if _, err := Drivers(columns, flat, 30, 3, .95); !errors.As(err, &lack) || lack.Code != NoVariation {
		t.Error(err)
	}
	if _, err := Drivers([][]float64{columns[0][:30], columns[1][:30]}, y[:29], 30, 3, .95); err == nil {
		t.Error("lengths")
	}
	if _, err := Drivers([][]float64{columns[0][:12]}, y[:12], 30, 3, .95); !errors.As(err, &lack) || lack.Code != FewAnswers {
		t.Error(err)
	}
}
