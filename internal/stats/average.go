package stats

import "gonum.org/v1/gonum/mat"

// average is the mean of regressions on the same features, on the scale of the
// first: their log odds are the mean of each one's. Their errors are taken to
// go together, for they have seen the same customers; that is too careful
// rather than too bold.
func average(all []*Logistic) *Logistic {
	k := len(all[0].Coef)
	m := &Logistic{Coef: make([]float64, k), Centre: make([]float64, k), Scale: make([]float64, k), Errors: make([]float64, k)}
	for j := range k {
		for _, l := range all {
			if m.Scale[j] == 0 {
				m.Centre[j], m.Scale[j] = l.Centre[j], l.Scale[j]
			}
		}
	}
	n := float64(len(all))
	sum := mat.NewDense(k+1, k+1, nil)
	for _, l := range all {
		to := l.onto(m)
		var moved mat.VecDense
		moved.MulVec(to, mat.NewVecDense(k+1, append([]float64{l.Bias}, l.Coef...)))
		m.Bias += moved.AtVec(0) / n
		for j := range k {
			m.Coef[j] += moved.AtVec(j+1) / n
		}
		var part mat.Dense
		part.Product(to, l.cov, to.T())
		sum.Add(sum, &part)
		m.LogLik, m.N = m.LogLik+l.LogLik, m.N+l.N
	}
	m.cov = mat.NewSymDense(k+1, nil)
	for i := range k + 1 {
		for j := i; j <= k; j++ {
			m.cov.SetSym(i, j, (sum.At(i, j)+sum.At(j, i))/2/n)
		}
	}
	for j := range m.Errors {
		m.Errors[j] = root(m.cov.At(j+1, j+1))
	}
	return m
}

// onto is the map of bias and coefficients to the scale of another.
func (m *Logistic) onto(o *Logistic) *mat.Dense {
	k := len(m.Coef)
	to := mat.NewDense(k+1, k+1, nil)
	to.Set(0, 0, 1)
	for j := range k {
		if m.Scale[j] > 0 {
			to.Set(0, j+1, (o.Centre[j]-m.Centre[j])/m.Scale[j])
			to.Set(j+1, j+1, o.Scale[j]/m.Scale[j])
		}
	}
	return to
}
