package stats

import "testing"

func fullRows(b *testing.B) []Row {
	s, err := Summarise(cdnowFull(b), cdnowWindow)
	if err != nil {
		b.Fatal(err)
	}
	return s.Group().Rows
}

func benchFit(b *testing.B, fit func([]Row) (*Fit, error)) {
	rows := fullRows(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fit(rows); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFitBGNBDFull(b *testing.B)     { benchFit(b, FitBGNBD) }
func BenchmarkFitMBGNBDFull(b *testing.B)    { benchFit(b, FitMBGNBD) }
func BenchmarkFitParetoNBDFull(b *testing.B) { benchFit(b, FitParetoNBD) }

func BenchmarkSummariseFull(b *testing.B) {
	v := cdnowFull(b)
	for b.Loop() {
		s, err := Summarise(v, cdnowWindow)
		if err != nil {
			b.Fatal(err)
		}
		s.Group()
	}
}

func BenchmarkPredictFull(b *testing.B) {
	rows := fullRows(b)
	dst := make([]Prediction, len(rows))
	for _, m := range []Model{BGNBD{.25162, 4.7889, .72343, 2.1611}, MBGNBD{.63714, 7.3103, .80747, 1.2284}, ParetoNBD{.59742, 11.586, .52219, 8.8278}} {
		b.Run(m.Name(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Predict(dst, rows, 39)
			}
		})
	}
}

// Everything the screen needs of 23,570 customers: summary, four models,
// spend, score, forecasts.
func BenchmarkScoreFull(b *testing.B) {
	v := cdnowFull(b)
	b.ReportAllocs()
	for b.Loop() {
		s, err := TrainScore(v, cdnowWindow, cdnowEnd-cdnowWindow.To)
		if err != nil {
			b.Fatal(err)
		}
		now, err := Summarise(v, cdnowWindow)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Forecast(make([]Forecast, len(now.Who)), now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBootstrapBGNBDSample(b *testing.B) {
	s, err := Summarise(cdnowSample(b), cdnowWindow)
	if err != nil {
		b.Fatal(err)
	}
	rows := s.Group().Rows
	fit, err := FitBGNBD(rows)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Bootstrap(fit, rows, 100, 1)
	}
}
