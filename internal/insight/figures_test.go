//go:build unix

package insight

import (
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/stats"
)

// A gate is a figure that must be reached. An aim is one to go for: it is
// shown, and missing it is no failure.
type gate struct {
	name       string
	have, want float64
	atLeast    bool
	aim        bool
}

func (g gate) met() bool {
	if g.atLeast {
		return g.have >= g.want
	}
	return g.have <= g.want
}

type figures struct {
	t     testing.TB
	gates []gate
}

func (f *figures) most(name string, have, want float64) {
	f.gates = append(f.gates, gate{name, have, want, false, false})
}
func (f *figures) least(name string, have, want float64) {
	f.gates = append(f.gates, gate{name, have, want, true, false})
}
func (f *figures) aim(name string, have, want float64) {
	f.gates = append(f.gates, gate{name, have, want, false, true})
}

// TestFigures is `make bench-insight`: every figure of measuring on the public
// data sets, and whether it is reached.
func TestFigures(t *testing.T) {
	if os.Getenv("FIGURES") == "" {
		t.Skip("FIGURES is not set: `make bench-insight` sets it")
	}
	f := &figures{t: t}
	cpu, wall := processor(), clock.System().Wall()
	full := f.cdnow("CDNOW_master.txt", 1)
	b := f.try("CDNOW full", full, "1997-09-30")
	f.speed(min(processor()-cpu, clock.System().Wall().Sub(wall).Seconds()))
	f.score("CDNOW full", b, .770, .13, true)
	sample := f.cdnow("CDNOW_sample.txt", 2)
	f.try("CDNOW sample", sample, "1997-09-30")
	f.oracles("CDNOW sample", sample, sampleOracles, .001)
	f.oracles("CDNOW full", full, fullOracles, .006)
	f.outlooks(full)
	retail := f.retail()
	b = f.try("Online Retail", retail, "2011-06-08")
	f.score("Online Retail", b, .734, .105, false)
	seen := 0.0
	if b.DropoutSeen {
		seen = 1
	}
	f.most("Online Retail: models that see dropout where there is none", seen, 0)
	f.print()
}

func (f *figures) try(name string, v []stats.Visit, split string) *Backtest {
	b, err := Try(v, clock.MustDay(split), 0, 0)
	if err != nil {
		f.t.Fatal(name, err)
	}
	fmt.Printf("== %s\n%s\n", name, b.Text(i18n.EN))
	return b
}

// score are the gates of the score on a set.
func (f *figures) score(name string, b *Backtest, auc, excess float64, money bool) {
	s, ok := b.Row(ScoreName)
	p, seen := b.Row("paretonbd")
	if !ok || !seen || b.NoLead != nil {
		f.t.Fatal(name, "no score, no Pareto/NBD or no rival", b.NoLead)
	}
	f.least(name+": AUC", s.AUC, auc)
	f.least(name+": AUC above plain RFM", b.Lead.Value, -.003)
	f.most(name+": calibration error", s.Calibration, .05)
	f.aim(name+": calibration error", s.Calibration, .03)
	loss := math.Inf(1)
	for _, r := range b.Rows {
		if r.Name != ScoreName {
			loss = min(loss, r.LogLoss)
		}
	}
	f.aim(name+": log loss, the best model's beside it", s.LogLoss, loss)
	f.most(name+": MAE of counts against the Pareto/NBD's", s.MAE/p.MAE, 1.01)
	f.most(name+": RMSE of counts against the Pareto/NBD's", s.RMSE/p.RMSE, 1.01)
	f.most(name+": error of the total of counts", math.Abs(s.Excess), excess)
	f.aim(name+": error of the total of counts", math.Abs(s.Excess), .10)
	if money {
		f.gates = append(f.gates, gate{name + ": Gini of spend", s.MoneyGini, .70, true, true})
		f.most(name+": error of total spend", math.Abs(s.MoneyExcess), .15)
	}
}

// oracle is a published fit: parameters and log-likelihood.
type oracle struct {
	params []float64
	loglik float64
}

var sampleOracles = map[string]oracle{
	"bgnbd":     {[]float64{.24259, 4.41360, .79292, 2.42591}, -9582.4292},
	"mbgnbd":    {[]float64{.52484, 6.18309, .89136, 1.61400}, -9582.1357},
	"paretonbd": {[]float64{.55328, 10.57768, .60624, 11.66873}, -9594.9762},
}

var fullOracles = map[string]oracle{
	"bgnbd":     {[]float64{.25162, 4.7889, .72343, 2.1611}, -95368.44},
	"mbgnbd":    {[]float64{.63714, 7.3103, .80747, 1.2284}, -95336.96},
	"paretonbd": {[]float64{.59742, 11.586, .52219, 8.8278}, -95415.12},
}

// oracles are published to four decimals on the sample, to two on the full set.
func (f *figures) oracles(name string, v []stats.Visit, want map[string]oracle, printed float64) {
	rows := f.rows(v)
	fits, err := stats.FitAll(rows)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, fit := range fits.All() {
		o, ok := want[fit.Model.Name()]
		if !ok {
			continue
		}
		off := 0.0
		for i, p := range fit.Model.Params() {
			off = max(off, math.Abs(p/o.params[i]-1))
		}
		f.most(name+": "+fit.Model.Name()+", parameters off", off, .001)
		f.most(name+": "+fit.Model.Name()+", log-likelihood off", math.Abs(fit.LogLik-o.loglik), printed)
	}
	for name, fit := range map[string]func([]stats.Row) (*stats.Fit, error){"BG/NBD": stats.FitBGNBD, "Pareto/NBD": stats.FitParetoNBD} {
		if len(rows) < 5000 {
			continue
		}
		cpu := processor()
		if _, err := fit(rows); err != nil {
			f.t.Fatal(err)
		}
		f.most("CDNOW full: "+name+" fit, seconds of processor", processor()-cpu, map[string]float64{"BG/NBD": .1, "Pareto/NBD": 1.5}[name])
	}
}

func (f *figures) rows(v []stats.Visit) []stats.Row {
	first, _, _ := Extent(v)
	s, err := stats.Summarise(v, stats.Window{From: int32(first), To: int32(clock.MustDay("1997-09-30")), Unit: Unit})
	if err != nil {
		f.t.Fatal(err)
	}
	return s.Group().Rows
}

func (f *figures) speed(seconds float64) {
	f.most("CDNOW full: from file to scores with their back-test, seconds", seconds, 3)
	f.most("CDNOW full: memory at its most, MB", peak(), 100)
}

// outlooks is what a member's page asks for.
func (f *figures) outlooks(v []stats.Visit) {
	r, err := Read(v, clock.MustDay("1997-09-30"), DefaultHorizon)
	if err == nil {
		err = r.Missing
	}
	if err != nil {
		f.t.Fatal(err)
	}
	cpu := processor()
	const n = 1000
	for i := range n {
		if _, err := r.Outlook(r.sum.Who[i], 365); err != nil {
			f.t.Fatal(err)
		}
	}
	f.most("CDNOW full: a member's outlook with ranges, ms of processor", (processor()-cpu)/n*1e3, 5)
}

func (f *figures) print() {
	fmt.Printf("%-72s %12s %12s\n", "figure", "have", "want")
	for _, g := range f.gates {
		sign, state := "≤", ""
		if g.atLeast {
			sign = "≥"
		}
		switch {
		case g.met():
		case g.aim:
			state = "aim not reached"
		default:
			state = "MISSED"
			f.t.Errorf("%s: %.5g, want %s %.5g", g.name, g.have, sign, g.want)
		}
		fmt.Printf("%-72s %12.5g %s %10.5g  %s\n", g.name, g.have, sign, g.want, state)
	}
}

func (f *figures) open(name string) io.Reader {
	file, err := os.Open(filepath.Join(cmp.Or(os.Getenv("DATA"), "../../../shared/data"), name))
	if err != nil {
		f.t.Skipf("data set not here: %v", err)
	}
	f.t.Cleanup(func() { file.Close() })
	return file
}

func (f *figures) cdnow(name string, column int) (out []stats.Visit) {
	text, err := io.ReadAll(f.open("cdnow/" + name))
	if err != nil {
		f.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		w := strings.Fields(line)
		who, err := strconv.Atoi(w[0])
		if err != nil {
			continue // the header
		}
		d := w[column]
		amount, err := strconv.ParseFloat(w[column+2], 64)
		if err != nil {
			f.t.Fatal(line, err)
		}
		out = append(out, stats.Visit{Who: int32(who), Day: int32(clock.MustDay(d[:4] + "-" + d[4:6] + "-" + d[6:])), Amount: amount})
	}
	return out
}

// retail keeps sales of goods to known customers, as the reference results do.
func (f *figures) retail() (out []stats.Visit) {
	z, err := gzip.NewReader(f.open("online-retail/online_retail.csv.gz"))
	if err != nil {
		f.t.Fatal(err)
	}
	r := csv.NewReader(z)
	r.ReuseRecord, r.LazyQuotes = true, true
	for {
		row, err := r.Read()
		if err == io.EOF {
			runtime.GC()
			return out
		}
		if err != nil {
			f.t.Fatal(err)
		}
		who, err1 := strconv.Atoi(row[6])
		n, err2 := strconv.Atoi(row[3])
		price, err3 := strconv.ParseFloat(row[5], 64)
		if err1 != nil || err2 != nil || err3 != nil || strings.HasPrefix(row[0], "C") || n <= 0 || price <= 0 {
			continue
		}
		out = append(out, stats.Visit{Who: int32(who), Day: int32(clock.MustDay(row[4][:10])), Amount: float64(n) * price})
	}
}

// processor is the seconds of processor time used so far.
func processor() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// peak is the most memory held so far, in MB.
func peak() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Maxrss) / 1e3
}

// BenchmarkFromFileToScores is the part of [TestFigures] that has a limit of
// time.
func BenchmarkFromFileToScores(b *testing.B) {
	cpu := processor()
	for b.Loop() {
		v := (&figures{t: b}).cdnow("CDNOW_master.txt", 1)
		if _, err := Try(v, clock.MustDay("1997-09-30"), 0, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((processor()-cpu)/float64(b.N), "cpu-s/op")
}
