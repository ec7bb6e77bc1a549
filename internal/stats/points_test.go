package stats

import (
	"math"
	"testing"
)

// Values at given parameters that papers, Hardie's spreadsheets, BTYD or
// lifetimes print.
func TestPublishedPoints(t *testing.T) {
	bg := BGNBD{.242595, 4.41360, .792922, 2.42591}
	mbg := MBGNBD{.524843, 6.18308, .891360, 1.61400}
	pareto := ParetoNBD{.55328, 10.57768, .60624, 11.66874}
	btyd := ParetoNBD{.553397, 10.58020, .606063, 11.65622}
	btydBG := BGNBD{.242598, 4.41368, .792990, 2.42617}
	one := Row{X: 2, TX: 30.43, T: 38.86, N: 1}
	heavy := Row{X: 26, TX: 30.857142857, T: 31, N: 1}
	rounded := ParetoNBD{.55, 10.58, .61, 11.67}
	for _, c := range []struct {
		what      string
		got, want float64
		tol       float64
	}{
		{"BG/NBD E[X(39)]", bg.Expected(one, 39), 1.22591, 6e-6},
		{"BG/NBD alive", bg.Alive(one), .72661, 6e-6},
		{"BG/NBD P(X≥1)", bg.AtLeastOne(one, 39), .55461, 6e-6},
		{"MBG/NBD E[X(39)]", mbg.Expected(one, 39), 1.26267, 6e-6},
		{"MBG/NBD alive", mbg.Alive(one), .70613, 6e-6},
		{"Pareto/NBD E[X(39)]", pareto.Expected(one, 39), 1.45510, 1e-5},
		{"Pareto/NBD alive", pareto.Alive(one), .86912, 6e-6},
		{"Pareto/NBD P(X≥1)", pareto.AtLeastOne(one, 39), .59191, 6e-6},
		{"Pareto/NBD E[X(52)], heavy", btyd.Expected(Row{26, 30.86, 31, 1}, 52), 25.4563, 1e-3},
		{"Pareto/NBD alive, heavy", btyd.Alive(Row{26, 30.86, 31, 1}), .99792, 6e-6},
		{"BG/NBD E[X(52)], heavy", btydBG.Expected(heavy, 52), 25.7565, 2e-4},
		{"BG/NBD alive, heavy", btydBG.Alive(heavy), .96885, 6e-6},
		{"BG/NBD mean 1/7", bg.Mean(1. / 7), .0078, 5e-5},
		{"BG/NBD mean 1", bg.Mean(1), .0532, 5e-5},
		{"BG/NBD mean 3", bg.Mean(3), .1506, 5e-5},
		{"BG/NBD mean 31.8571", bg.Mean(31.8571), 1.0405, 5e-5},
		{"BG/NBD mean 32", bg.Mean(32), 1.0437, 5e-5},
		{"BG/NBD mean 78", bg.Mean(78), 1.8580, 5e-5},
		{"BG/NBD mean 52, BTYD", btydBG.Mean(52), 1.444005, 2e-5},
		{"Pareto/NBD mean 52, BTYD", btyd.Mean(52), 1.473113, 5e-5},
		{"Pareto/NBD mean 1", pareto.Mean(1), .051007, 6e-7},
		{"Pareto/NBD mean 2", pareto.Mean(2), .099627, 6e-7},
		{"Pareto/NBD mean 3", pareto.Mean(3), .146135, 6e-7},
		{"Pareto/NBD mean 4", pareto.Mean(4), .190758, 1e-6},
		{"Pareto/NBD mean 52", pareto.Mean(52), 1.47344, 6e-6},
		{"Pareto/NBD DERT", btyd.DERT(heavy, .0027), 86.03118, 5e-3},
		{"Pareto/NBD x=132", rounded.Expected(Row{132, 200, 200, 1}, 10), 6.20605, 6e-6},
		{"Pareto/NBD x=133", rounded.Expected(Row{133, 200, 200, 1}, 10), 6.25287, 6e-6},
	} {
		about(t, c.what, c.got, c.want, c.tol)
	}
	gg := GammaGamma{6.25, 3.74, 15.44}
	for _, c := range []struct {
		x       int
		m, want float64
	}{{2, 22.35, 24.66}, {1, 11.77, 18.92}, {0, 0, 35.22}, {7, 73.74, 71.47}} {
		about(t, "Gamma-Gamma", gg.Expected(c.x, c.m), c.want, 5e-3)
	}
}

func TestGammaGammaReachesThePublishedMaxima(t *testing.T) {
	for _, set := range []struct {
		name   string
		visits func(testing.TB) []Visit
		n      int
		p      []float64
		ll     float64
		off    float64 // 0.001, and half of the last digit printed
	}{
		{"cdnow sample", cdnowSample, 946, []float64{6.24957, 3.74422, 15.44352}, -4055.918, .0015},
		{"cdnow full", cdnowFull, 9450, []float64{6.2754, 3.6244, 14.984}, -40763.48, .006},
	} {
		t.Run(set.name, func(t *testing.T) {
			s := must(Summarise(set.visits(t), cdnowWindow))
			f, err := FitGammaGamma(s.Spends())
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range []float64{f.P, f.Q, f.V} {
				about(t, "parameter", v, set.p[i], set.p[i]*0.001)
			}
			about(t, "log-likelihood", f.LogLik, set.ll, set.off)
			if f.Customers != set.n {
				t.Errorf("%d repeaters, want %d", f.Customers, set.n)
			}
			t.Logf("%.6g LL %.4f errors %.3g link %.3f", []float64{f.P, f.Q, f.V}, f.LogLik, f.Errors, f.Link)
		})
	}
}

// The mean spend and total forecast printed for the sample, and the rows of
// conditional expectations by x.
func TestConditionalExpectationsOfTheSample(t *testing.T) {
	s := must(Summarise(cdnowSample(t), cdnowWindow))
	g := s.Group()
	fits := must(FitAll(g.Rows))
	want := map[string][]float64{ // x = 0…6, 7+, then the total
		"bgnbd":     {.225, .523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157, 1653.4},
		"mbgnbd":    {.185, .551, 1.049, 1.493, 2.104, 2.564, 3.361, 5.849, 1576.7},
		"paretonbd": {.138, .599, 1.196, 1.714, 2.398, 2.907, 3.819, 6.403, 1665.5},
	}
	dst := make([]Prediction, len(g.Rows))
	for _, f := range fits.All() {
		w, ok := want[f.Model.Name()]
		if !ok {
			continue
		}
		f.Model.Predict(dst, g.Rows, 39)
		var sum, n [9]float64
		for i, r := range g.Rows {
			k := min(r.X, 7)
			sum[k] += float64(r.N) * dst[i].Expected
			n[k] += float64(r.N)
			sum[8] += float64(r.N) * dst[i].Expected
			if one := f.Model.Expected(r, 39); math.Abs(one-dst[i].Expected) > 1e-12*(1+one) {
				t.Fatal("bulk and single prediction differ", one, dst[i].Expected)
			}
		}
		for k := range 8 {
			about(t, f.Model.Name(), sum[k]/n[k], w[k], 6e-4)
		}
		about(t, f.Model.Name()+" total", sum[8], w[8], 0.06)
	}
}
