package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Random is the generator of a seed: equal seeds give equal draws on every
// machine. The package never draws from anything its caller did not seed.
func Random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)) }

// mostDrawn bounds the repeats of one simulated customer.
const mostDrawn = 100_000

// Draw simulates one customer of the model, observed for length units.
func Draw(m Model, length float64, r *rand.Rand) Row {
	switch m := m.(type) {
	case NBD:
		return poissonUntil(gamma(m.R, m.Alpha, r), length, length, r, 0, false)
	case BGNBD:
		return poissonUntil(gamma(m.R, m.Alpha, r), length, length, r, beta(m.A, m.B, r), false)
	case MBGNBD:
		return poissonUntil(gamma(m.R, m.Alpha, r), length, length, r, beta(m.A, m.B, r), true)
	case ParetoNBD:
		rate := gamma(m.R, m.Alpha, r)
		life := r.ExpFloat64() / gamma(m.S, m.Beta, r)
		return poissonUntil(rate, min(life, length), length, r, 0, false)
	}
	panic("stats: a model that cannot be drawn from")
}

// poissonUntil buys at a rate until an instant, or until a purchase is the
// last one, which each is with chance quit.
func poissonUntil(rate, until, length float64, r *rand.Rand, quit float64, early bool) Row {
	row := Row{T: length, N: 1}
	if early && r.Float64() < quit {
		return row
	}
	for at := 0.0; row.X < mostDrawn; {
		at += r.ExpFloat64() / rate
		if !(at <= until) {
			return row
		}
		if at > row.TX { // a gap too small for a float would be no purchase of its own
			row.X, row.TX = row.X+1, at
		}
		if quit > 0 && r.Float64() < quit {
			return row
		}
	}
	return row
}

func gamma(shape, rate float64, r *rand.Rand) float64 {
	return distuv.Gamma{Alpha: shape, Beta: rate, Src: r}.Rand()
}

// beta comes from two gammas drawn as logarithms would be safer below shapes
// of 10⁻³; there both may underflow to 0, and the draw is taken as 0.
func beta(a, b float64, r *rand.Rand) float64 {
	u, v := gamma(a, 1, r), gamma(b, 1, r)
	if u+v == 0 {
		return 0
	}
	return u / (u + v)
}

// Bootstrap refits the model of fit to n simulated shops with the same
// customers' lengths of observation (parametric bootstrap, Efron &
// Tibshirani 1993). It returns the models in the order of their draws;
// a draw whose own maximum is at the edge stays in, a draw that cannot be
// fitted is counted in failed.
//
// Simulated purchases fall on instants, not on days; merging a day's
// purchases would lower X a little for customers who buy almost daily.
func Bootstrap(fit *Fit, rows []Row, n int, seed uint64) (models []Model, failed int) {
	r := Random(seed)
	var shop []Row
	for range n {
		shop = shop[:0]
		for _, row := range rows {
			for range row.N {
				shop = append(shop, Draw(fit.Model, row.T, r))
			}
		}
		if m := refit(fit.Model, shop); m != nil {
			models = append(models, m)
		} else {
			failed++
		}
	}
	return models, failed
}

// refit starts from the parameters of m.
func refit(m Model, rows []Row) Model {
	if enough(rows) != nil {
		return nil
	}
	var f objective
	switch m.(type) {
	case NBD:
		f = nbdObjective(rows)
	case BGNBD:
		f = geometricObjective(rows, 0)
	case MBGNBD:
		f = geometricObjective(rows, 1)
	case ParetoNBD:
		f = paretoObjective(rows)
	default:
		return nil
	}
	p, v, slope := maximise(f, [][]float64{m.Params()})
	if !finite(p...) || !finite(v) || slope > 1e-3 {
		return nil
	}
	return withParams(m, p)
}

// Interval is a range with the value it is about. Level is its confidence,
// 0.95 for 95 %.
type Interval struct{ Value, Low, High, Level float64 }

// IntervalOf is the interval of any figure of a fit, from its bootstrap. It is
// about the expectation; what one shop or customer then really does scatters more.
func IntervalOf(fit *Fit, draws []Model, figure func(Model) float64, level float64) (Interval, error) {
	values := make([]float64, len(draws))
	for i, m := range draws {
		values[i] = figure(m)
	}
	return PercentileInterval(figure(fit.Model), values, level)
}

// PercentileInterval is the middle share level of draws around value.
func PercentileInterval(value float64, draws []float64, level float64) (Interval, error) {
	if !(level > 0 && level < 1) || !finite(draws...) {
		return Interval{}, &BadInput{"level not within 0 and 1, or a draw is no number", -1}
	}
	if len(draws) < 20 {
		return Interval{}, &NotEnough{FewAnswers, float64(len(draws)), 20}
	}
	v := slices.Clone(draws)
	slices.Sort(v)
	return Interval{value, quantile(v, (1-level)/2), quantile(v, (1+level)/2), level}, nil
}

// quantile of sorted values, linear between them (type 7 of Hyndman & Fan 1996).
func quantile(v []float64, p float64) float64 {
	at := p * float64(len(v)-1)
	i := min(int(math.Floor(at)), len(v)-2)
	if i < 0 {
		return v[0]
	}
	return v[i] + (at-float64(i))*(v[i+1]-v[i])
}
