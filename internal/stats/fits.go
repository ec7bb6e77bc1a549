package stats

import (
	"math"
	"sync"
)

// FitAll fits the NBD and the three models with dropout. The error is a
// *[NotEnough] or *[BadInput]. Where customers' rates do not differ and no
// dropout is seen either, there is nothing to model: [NoDifference].
func FitAll(rows []Row) (*Fits, error) {
	nbd, lack, err := fitNBD(rows)
	if err != nil {
		return nil, err
	}
	f := &Fits{NBD: nbd, Failed: map[string]error{}}
	keep := func(name string, to **Fit, fit *Fit, err error) {
		if *to = fit; err != nil {
			f.Failed[name] = err
		}
	}
	var bg, mbg, pareto *Fit
	var errs [3]error
	var wait sync.WaitGroup
	wait.Go(func() { pareto, errs[2] = fitPareto(rows, nbd) })
	bg, errs[0] = fitGeometric(rows, nbd, 0)
	mbg, errs[1] = fitGeometric(rows, nbd, 1)
	wait.Wait()
	keep(BGNBD{}.Name(), &f.BGNBD, bg, errs[0])
	keep(MBGNBD{}.Name(), &f.MBGNBD, mbg, errs[1])
	keep(ParetoNBD{}.Name(), &f.ParetoNBD, pareto, errs[2])
	if lack != nil {
		if !f.DropoutSeen() {
			return nil, lack
		}
		f.NBD, f.Failed[NBD{}.Name()] = nil, lack
	}
	return f, nil
}

// FitNBD fits the model without dropout. Customers who differ no more than
// chance makes them have one common rate: [NoDifference].
func FitNBD(rows []Row) (*Fit, error) {
	fit, lack, err := fitNBD(rows)
	if err == nil && lack != nil {
		return nil, lack
	}
	return fit, err
}

// fitNBD also tells what the data lack if all customers may have one rate:
// the likelihood ratio against the Poisson is half χ²₁, tested at 5 %.
func fitNBD(rows []Row) (fit *Fit, lack *NotEnough, err error) {
	if err := checkRows(rows); err != nil {
		return nil, nil, err
	}
	if err := enough(rows); err != nil {
		return nil, nil, err
	}
	fit, err = finish(nbdObjective, nbdStarts(rows), rows, func(p []float64) Model { return NBD{p[0], p[1]} })
	if err != nil {
		return nil, nil, err
	}
	fit.Dropout.P = 1
	if ratio := 2 * (fit.LogLik - float64(fit.Customers)*poisson(rows)); ratio < 2.706 {
		lack = &NotEnough{NoDifference, ratio, 2.706}
	}
	return fit, lack, nil
}

// FitBGNBD fits the BG/NBD.
func FitBGNBD(rows []Row) (*Fit, error) {
	return withNBD(rows, func(nbd *Fit) (*Fit, error) { return fitGeometric(rows, nbd, 0) })
}

// FitMBGNBD fits the MBG/NBD.
func FitMBGNBD(rows []Row) (*Fit, error) {
	return withNBD(rows, func(nbd *Fit) (*Fit, error) { return fitGeometric(rows, nbd, 1) })
}

// FitParetoNBD fits the Pareto/NBD.
func FitParetoNBD(rows []Row) (*Fit, error) {
	return withNBD(rows, func(nbd *Fit) (*Fit, error) { return fitPareto(rows, nbd) })
}

func withNBD(rows []Row, fit func(*Fit) (*Fit, error)) (*Fit, error) {
	nbd, lack, err := fitNBD(rows)
	if err != nil {
		return nil, err
	}
	out, err := fit(nbd)
	if err == nil && lack != nil && !out.Dropout.Seen {
		return nil, lack
	}
	return out, err
}

func fitGeometric(rows []Row, nbd *Fit, early int) (*Fit, error) {
	model := func(p []float64) Model {
		if early == 1 {
			return MBGNBD{p[0], p[1], p[2], p[3]}
		}
		return BGNBD{p[0], p[1], p[2], p[3]}
	}
	build := func(rows []Row) objective { return geometricObjective(rows, early) }
	fit, err := finish(build, geometricStarts(nbd.Model.(NBD)), rows, model)
	return fit.against(nbd), err
}

func fitPareto(rows []Row, nbd *Fit) (*Fit, error) {
	fit, err := finish(paretoObjective, paretoStarts(nbd.Model.(NBD), rows), rows, func(p []float64) Model {
		return ParetoNBD{p[0], p[1], p[2], p[3]}
	})
	return fit.against(nbd), err
}

// finish maximises and dresses the result.
func finish(build func([]Row) objective, starts [][]float64, rows []Row, model func([]float64) Model) (*Fit, error) {
	n := 0
	for _, r := range rows {
		n += r.N
	}
	f := build(rows)
	p, value, slope := maximise(f, near(build, starts, rows))
	if !finite(p...) || !finite(value) || slope > 1e-3 {
		return nil, &NotEnough{NotConverged, slope, 1e-3}
	}
	cov := curvature(f, p, float64(n))
	return &Fit{Model: model(p), LogLik: value * float64(n), Errors: errorsOf(p, cov), Customers: n, cov: cov}, nil
}

// against tests fit against the NBD.
func (fit *Fit) against(nbd *Fit) *Fit {
	if fit == nil {
		return nil
	}
	ratio := math.Max(0, 2*(fit.LogLik-nbd.LogLik))
	p := chiSurvival(ratio, 2)
	fit.Dropout = Dropout{ratio, p, p < 0.05}
	return fit
}

// fewRows are enough rows to find the neighbourhood of the maximum.
const fewRows = 1500

// near trades many starts on all rows for one start close by: the maximum over
// every k-th row. Rows are sorted by their past, so those are a fair sample.
// Where that sample runs to the edge the starts stay as they were.
func near(build func([]Row) objective, starts [][]float64, rows []Row) [][]float64 {
	if len(rows) < 2*fewRows {
		return starts
	}
	var some []Row
	for i := 0; i < len(rows); i += len(rows) / fewRows {
		some = append(some, rows[i])
	}
	p, _, slope := maximise(build(some), starts)
	for _, v := range p {
		if !finite(v) || math.Abs(math.Log(v)) > edge-6 {
			return starts
		}
	}
	if slope > 1e-3 {
		return starts
	}
	return [][]float64{p}
}
