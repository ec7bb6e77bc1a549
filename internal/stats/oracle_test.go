package stats

import (
	"fmt"
	"testing"
)

// Parameters and log-likelihoods printed by the papers and reproduced by
// lifetimes and BTYD: to 0.1 % and 0.001.
func TestFitsReachThePublishedMaxima(t *testing.T) {
	type want struct {
		params []float64
		ll     float64
	}
	sets := []struct {
		name   string
		visits func(testing.TB) []Visit
		rows   int
		ll     float64 // how far the log-likelihood may be off: 0.001, and half of the last digit printed
		want   map[string]want
	}{
		{"cdnow sample", cdnowSample, 1016, .001, map[string]want{
			"bgnbd":     {[]float64{.24259, 4.41360, .79292, 2.42591}, -9582.4292},
			"mbgnbd":    {[]float64{.52484, 6.18309, .89136, 1.61400}, -9582.1357},
			"paretonbd": {[]float64{.55328, 10.57768, .60624, 11.66874}, -9594.9762},
		}},
		{"cdnow full", cdnowFull, 8685, .006, map[string]want{
			"bgnbd":     {[]float64{.25162, 4.7889, .72343, 2.1611}, -95368.44},
			"mbgnbd":    {[]float64{.63714, 7.3103, .80747, 1.2284}, -95336.96},
			"paretonbd": {[]float64{.59742, 11.586, .52219, 8.8278}, -95415.12},
		}},
	}
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) {
			s, err := Summarise(set.visits(t), cdnowWindow)
			if err != nil {
				t.Fatal(err)
			}
			g := s.Group()
			if len(g.Rows) != set.rows {
				t.Errorf("%d unique rows, want %d", len(g.Rows), set.rows)
			}
			fits, err := FitAll(g.Rows)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range fits.All() {
				w, ok := set.want[f.Model.Name()]
				if !ok {
					continue
				}
				for i, p := range f.Model.Params() {
					about(t, fmt.Sprint(f.Model.Name(), " parameter ", i), p, w.params[i], w.params[i]*0.001)
				}
				about(t, f.Model.Name()+" log-likelihood", f.LogLik, w.ll, set.ll)
				t.Logf("%s %.6g LL %.4f errors %.3g LR %.1f", f.Model.Name(), f.Model.Params(), f.LogLik, f.Errors, f.Dropout.Ratio)
			}
		})
	}
}
