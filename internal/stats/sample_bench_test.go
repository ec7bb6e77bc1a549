//go:build unix

package stats

import (
	"fmt"
	"math"
	"syscall"
	"testing"
)

// What learning from a sample costs: figures of everybody's forecasts against
// what came, mean and spread over samples. docs/measuring.md has the table.
func BenchmarkLearnFromSamples(b *testing.B) {
	const members, horizon = 300_000, 90
	visits := manyMembers(members, 5)
	w := Window{0, 730, 7}
	now := must(Summarise(visits, w))
	days, _ := now.Later(visits, w.To+horizon)
	b.Logf("%d visits, %d members", len(visits), len(now.Who))
	forecasts := func(s *Score) []Forecast {
		out := make([]Forecast, len(now.Who))
		if err := s.Forecast(out, now); err != nil {
			b.Fatal(err)
		}
		return out
	}
	whole := forecasts(must(trainOn(visits, w, horizon, members, 0)))
	for _, x := range []struct{ size, draws int }{{5_000, 8}, {10_000, 8}, {25_000, 8}, {50_000, 8}, {100_000, 4}, {members, 1}} {
		var auc, ece, loss, off, total []float64
		logs := 0
		for seed := range uint64(x.draws) {
			s := must(trainOn(visits, w, horizon, x.size, seed))
			f := forecasts(s)
			e := must(Evaluate(f, days, make([]float64, len(f))))
			var d float64
			for i := range f {
				d += square(f[i].Probability - whole[i].Probability)
			}
			auc, ece, loss, off = append(auc, e.AUC), append(ece, e.Calibration), append(loss, e.LogLoss), append(off, math.Sqrt(d/float64(len(f))))
			total = append(total, e.Excess)
			if s.Choice.Features == Logs {
				logs++
			}
		}
		b.Logf("%7d: AUC %.4f ± %.4f, ECE %.4f ± %.4f, log loss %.4f ± %.4f, from the whole %.4f, counts %.3f ± %.3f, logarithms in %d of %d", x.size,
			Mean(auc), math.Sqrt(variance(auc)), Mean(ece), math.Sqrt(variance(ece)), Mean(loss), math.Sqrt(variance(loss)), Mean(off), Mean(total), math.Sqrt(variance(total)), logs, x.draws)
	}
}

// What learning costs, by members and by how many are learned from.
func BenchmarkLearn(b *testing.B) {
	for _, x := range []struct{ members, most int }{{50_000, 50_000}, {100_000, 100_000}, {100_000, MostLearned}, {300_000, 300_000}, {300_000, MostLearned}, {1_000_000, MostLearned}} {
		visits := manyMembers(x.members, 5)
		b.Run(fmt.Sprintf("members=%d/learned=%d", x.members, x.most), func(b *testing.B) {
			began := processor()
			for b.Loop() {
				must(trainOn(visits, Window{0, 730, 7}, 90, x.most, sampleSeed))
			}
			b.ReportMetric((processor()-began)/float64(b.N), "cpu-s/op")
		})
	}
}

// processor is the processor time used so far, in seconds.
func processor() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
