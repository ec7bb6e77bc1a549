package stats

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/mat"
)

// MostExact is how many drivers are shared out exactly; above, Johnson's
// relative weights stand in.
const MostExact = 15

// Driver is one driver's share of R². The sign of the plain correlation says
// in which direction it goes with the outcome. It is association, not cause.
type Driver struct {
	Share Interval // of R²; shares of all drivers sum to R²
	With  float64  // plain correlation with the outcome
}

// DriverReport tells how much of an outcome goes with which driver.
type DriverReport struct {
	R2      float64
	Exact   bool // LMG; false: relative weights
	Drivers []Driver
	N       int
}

// Drivers shares R² of a linear regression of y on columns among them: LMG,
// the Shapley value of R² (Lindeman, Merenda & Gold 1980; Grömping 2007), or
// relative weights above [MostExact] (Johnson 2000). Bands are percentiles of
// n bootstrap draws of whole rows. At least ten rows a driver are needed.
func Drivers(columns [][]float64, y []float64, n int, seed uint64, level float64) (*DriverReport, error) {
	if err := checkColumns(append([][]float64{y}, columns...), len(y)); err != nil {
		return nil, err
	}
	k := len(columns)
	if need := 10 * (k + 1); len(y) < need || k == 0 {
		return nil, &NotEnough{FewAnswers, float64(len(y)), float64(need)}
	}
	ones := make([]float64, len(y))
	for i := range ones {
		ones[i] = 1
	}
	c := correlations(columns, y, ones)
	if c.At(k, k) == 0 {
		return nil, &NotEnough{NoVariation, 0, 0}
	}
	shares, draws := importance(c), make([][]float64, k)
	r := Random(seed)
	for range n {
		resample(ones, r)
		for j, s := range importance(correlations(columns, y, ones)) {
			draws[j] = append(draws[j], s)
		}
	}
	out := &DriverReport{Exact: k <= MostExact, N: len(y), R2: Sum(shares)}
	for j, s := range shares {
		band, err := PercentileInterval(s, draws[j], level)
		if err != nil {
			return nil, err
		}
		out.Drivers = append(out.Drivers, Driver{band, c.At(j, k)})
	}
	return out, nil
}

// correlations of the columns and, last, y, with weights. What never changes
// has a row of zeros.
func correlations(columns [][]float64, y, w []float64) *mat.SymDense {
	all := append(append([][]float64{}, columns...), y)
	k := len(all)
	n, mean := Sum(w), make([]float64, k)
	for j, c := range all {
		for i, v := range c {
			mean[j] += w[i] * v
		}
		mean[j] /= n
	}
	m := mat.NewSymDense(k, nil)
	for a := range k {
		for b := a; b < k; b++ {
			s := 0.0
			for i := range y {
				s += w[i] * (all[a][i] - mean[a]) * (all[b][i] - mean[b])
			}
			m.SetSym(a, b, s)
		}
	}
	scale := make([]float64, k)
	for j := range scale {
		if v := m.At(j, j); v > 1e-20*n*(1+mean[j]*mean[j]) {
			scale[j] = 1 / math.Sqrt(v)
		}
	}
	for a := range k {
		for b := a; b < k; b++ {
			m.SetSym(a, b, m.At(a, b)*scale[a]*scale[b])
		}
	}
	return m
}

func importance(c *mat.SymDense) []float64 {
	if k := c.SymmetricDim() - 1; k > MostExact {
		return relativeWeights(c)
	}
	return lmg(c)
}

// lmg walks all subsets: at each driver it is left out, or swept out of what
// remains (a step of Cholesky's method), so a subset costs a few operations.
func lmg(c *mat.SymDense) []float64 {
	k := c.SymmetricDim() - 1
	r2 := make([]float64, 1<<k)
	var walk func(at int, set int, m *mat.SymDense)
	walk = func(at, set int, m *mat.SymDense) {
		if at == k {
			r2[set] = c.At(k, k) - m.At(k, k)
			return
		}
		walk(at+1, set, m)
		walk(at+1, set|1<<at, swept(m, at))
	}
	walk(0, 0, c)
	share := make([]float64, k)
	for set := range r2 {
		size := bits.OnesCount(uint(set))
		for j := range share {
			if set&(1<<j) == 0 {
				share[j] += (r2[set|1<<j] - r2[set]) * orderings(size, k)
			}
		}
	}
	return share
}

// orderings is the share of orders of k drivers in which a given set of size
// comes just before a given driver: size! (k−size−1)! / k!.
func orderings(size, k int) float64 {
	return math.Exp(lgamma(float64(size+1)) + lgamma(float64(k-size)) - lgamma(float64(k+1)))
}

// swept removes from the rows after at what driver at explains of them. A
// driver that the ones before explain fully removes nothing.
func swept(m *mat.SymDense, at int) *mat.SymDense {
	pivot := m.At(at, at)
	if pivot < 1e-10 {
		return m
	}
	n := m.SymmetricDim()
	out := mat.NewSymDense(n, nil)
	for a := at + 1; a < n; a++ {
		for b := a; b < n; b++ {
			out.SetSym(a, b, m.At(a, b)-m.At(at, a)*m.At(at, b)/pivot)
		}
	}
	return out
}

// relativeWeights regresses y on the orthogonal variables nearest to the
// drivers and hands the weights back (Johnson 2000).
func relativeWeights(c *mat.SymDense) []float64 {
	k := c.SymmetricDim() - 1
	x := mat.NewSymDense(k, nil)
	for a := range k {
		for b := a; b < k; b++ {
			x.SetSym(a, b, c.At(a, b))
		}
	}
	var e mat.EigenSym
	share := make([]float64, k)
	if !e.Factorize(x, true) {
		return share
	}
	var v mat.Dense
	e.VectorsTo(&v)
	values := e.Values(nil)
	root := mat.NewDense(k, k, nil) // the symmetric square root of x
	beta := make([]float64, k)      // root⁻¹ · correlations with y
	for a := range k {
		for b := range k {
			back := 0.0
			for l, d := range values {
				if d > 1e-10 {
					root.Set(a, b, root.At(a, b)+v.At(a, l)*v.At(b, l)*math.Sqrt(d))
					back += v.At(a, l) * v.At(b, l) / math.Sqrt(d)
				}
			}
			beta[a] += back * c.At(b, k)
		}
	}
	for a := range k {
		for b := range k {
			share[a] += root.At(a, b) * root.At(a, b) * beta[b] * beta[b]
		}
	}
	return share
}
