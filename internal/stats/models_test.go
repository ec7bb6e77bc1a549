package stats

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// tiny is a hand-made shop of 60 customers in weeks: some once, some often,
// some gone.
func tiny() []Row {
	return []Row{
		{0, 0, 39, 14}, {0, 0, 30, 9}, {1, 2, 39, 5}, {1, 10, 35, 4}, {1, 25, 30, 3}, {2, 5, 39, 4}, {2, 30, 38, 4},
		{3, 12, 36, 3}, {4, 33, 39, 3}, {5, 8, 33, 2}, {6, 36, 39, 3}, {9, 35, 38, 2}, {12, 15, 39, 2}, {20, 38, 39, 2},
	}
}

// The slopes in the code are the slopes of the value in the code.
func TestSlopesAreThoseOfTheLikelihood(t *testing.T) {
	rows := tiny()
	spends := []Spend{{1, 900, 3}, {2, 1200, 2}, {5, 300, 1}, {40, 2500, 1}}
	for _, c := range []struct {
		name string
		f    objective
		at   [][]float64
	}{
		{"nbd", nbdObjective(rows), [][]float64{{.4, 9}, {3, 1e-3}}},
		{"bgnbd", geometricObjective(rows, 0), [][]float64{{.24, 4.4, .8, 2.4}, {2, 50, .001, 3}, {.01, .1, 9, .2}}},
		{"mbgnbd", geometricObjective(rows, 1), [][]float64{{.5, 6, .9, 1.6}, {2, 50, .001, 3}, {.01, .1, 9, .2}}},
		{"paretonbd", paretoObjective(rows), [][]float64{{.55, 10.6, .6, 11.7}, {.5, 3, 1.2, .01}, {3, .02, .3, 500}}},
		{"gammagamma", spendObjective(spends), [][]float64{{6, 4, 1500}, {.5, 1.2, 10}}},
	} {
		for _, p := range c.at {
			g, none := make([]float64, len(p)), make([]float64, len(p))
			c.f(p, g)
			for i := range p {
				up, down := slices.Clone(p), slices.Clone(p)
				h := 1e-5 * p[i]
				up[i] += h
				down[i] -= h
				num := (c.f(up, none) - c.f(down, none)) / (2 * h)
				about(t, fmt.Sprint(c.name, p, " slope ", i), g[i]*p[i], num*p[i], 1e-7*(1+math.Abs(num*p[i])))
			}
		}
	}
}

// The few nodes of the integral agree with brute force.
func TestDecayIntegral(t *testing.T) {
	for _, d := range []decay{{.5, 10, 1.6, 11}, {30, 10, 1.6, 11}, {1000, 41, 1.6, 11}, {.2, 10, 1.1, 1e-3}, {3, 1e-4, 5, 100}, {2, 8, 1.8, 1e7}, {1, 5, 1, 5}} {
		for _, to := range []float64{1e-6, .5, 39, 4000} {
			got := d.integrate(0, to)
			var sum, bt total
			const n = 40_000
			width := math.Log1p(to / math.Min(d.a, d.b))
			for i := range n { // midpoint rule in the same variable
				at := math.Min(d.a, d.b) * math.Expm1(width*(float64(i)+.5)/n)
				w := math.Exp(-d.k*math.Log1p(at/d.a)-d.m*math.Log1p(at/d.b)) * (at + math.Min(d.a, d.b))
				sum.add(w)
				bt.add(w / (d.b + at))
			}
			want := sum.value() * width / n
			about(t, fmt.Sprintf("%+v to %g", d, to), got.value, want, 1e-4*want)
			about(t, fmt.Sprintf("%+v to %g, 1/(b+t)", d, to), got.invBT, bt.value()/sum.value(), 1e-4*bt.value()/sum.value())
		}
	}
}

// Every rule of nodes is as good as the best one where it is chosen.
func TestFewNodesAreEnough(t *testing.T) {
	for _, k := range []float64{.3, 1, 3, 8, 20, 60, 300} {
		for _, a := range []float64{1e-2, .3, 4, 11, 90, 1e4} {
			for _, b := range []float64{1e-2, .5, 11, 300} {
				for _, to := range []float64{.1, 5, 39, 400} {
					d := decay{k, a, 1.6, b}
					whole := d.integrate(0, to).value
					parts := 0.0
					for i := range 64 { // in pieces each rule is exact
						at := func(i int) float64 { return math.Min(a, b) * math.Expm1(math.Log1p(to/math.Min(a, b))*float64(i)/64) }
						parts += d.integrate(at(i), at(i+1)).value
					}
					about(t, fmt.Sprintf("%+v to %g", d, to), whole, parts, 1e-11*parts)
				}
			}
		}
	}
}

// Closed forms at the edges that the general formulas approach.
func TestEdgesOfTheModels(t *testing.T) {
	r := Row{3, 20, 39, 1}
	nbd := NBD{.7, 8}
	for _, m := range []Model{BGNBD{.7, 8, 1e-9, 1}, BGNBD{.7, 8, 1e-6, 15_292}, MBGNBD{.7, 8, 1e-9, 50}, ParetoNBD{.7, 8, .8, 1e12}, ParetoNBD{.7, 8, 1, 1e12}} {
		about(t, fmt.Sprintf("%+v expected", m), m.Expected(r, 26), nbd.Expected(r, 26), 1e-6)
		about(t, fmt.Sprintf("%+v at least one", m), m.AtLeastOne(r, 26), nbd.AtLeastOne(r, 26), 1e-6)
		about(t, fmt.Sprintf("%+v mean", m), m.Mean(26), nbd.Mean(26), 1e-6)
	}
	for _, a := range []float64{1 - 1e-7, 1, 1 + 1e-7} { // the removable poles
		about(t, "BG/NBD near a = 1", BGNBD{.24, 4.4, a, 2.4}.Expected(r, 39), BGNBD{.24, 4.4, 1.00001, 2.4}.Expected(r, 39), 1e-4)
		about(t, "Pareto/NBD near s = 1", ParetoNBD{.55, 10, a, 11}.Expected(r, 39), ParetoNBD{.55, 10, 1.00001, 11}.Expected(r, 39), 1e-4)
	}
	// DERT without dropout is rate / discount.
	about(t, "DERT", ParetoNBD{.7, 8, .8, 1e12}.DERT(r, .01), 3.7/47/.01, 1e-4)
	about(t, "DET", ParetoNBD{.7, 8, .8, 1e12}.DET(r, 1e-12, 26), nbd.Expected(r, 26), 1e-6)
	about(t, "DET of a long time", ParetoNBD{.7, 8, .8, 12}.DET(r, .01, 1e6), ParetoNBD{.7, 8, .8, 12}.DERT(r, .01), 1e-9)
}

// Discounting in general agrees with the Pareto/NBD's own integral, and
// without a rate it is the expectation.
func TestDiscountedPurchases(t *testing.T) {
	p := ParetoNBD{.55, 10.6, .61, 11.7}
	for _, r := range []Row{{0, 0, 39, 1}, {3, 20, 39, 1}, {26, 30.9, 31, 1}} {
		for _, h := range []float64{1, 52, 520} {
			about(t, "BG/NBD without a rate", DET(BGNBD{.24, 4.4, .8, 2.4}, r, 0, h), BGNBD{.24, 4.4, .8, 2.4}.Expected(r, h), 1e-9)
			about(t, "Pareto/NBD", DET(other{p}, r, .0027, h), p.DET(r, .0027, h), 1e-7*p.Expected(r, h))
			about(t, "NBD", DET(other{NBD{.7, 8}}, r, .0027, h), DET(NBD{.7, 8}, r, .0027, h), 1e-9*h)
		}
	}
}

// other hides which model it is.
type other struct{ Model }
