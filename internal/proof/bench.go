package proof

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Row is one line of the bench: a subject under so many callers, the worst of
// its rounds counting.
type Row struct {
	Subject   string   `json:"subject"`
	Callers   int      `json:"callers"`
	PerSecond float64  `json:"per_second"` // minimum of the rounds
	Ratio     float64  `json:"ratio"`      // to the PostgreSQL floor at 32 callers of the same run
	P50       float64  `json:"p50_ms"`     // medians of the rounds
	P95       float64  `json:"p95_ms"`
	P99       float64  `json:"p99_ms"`
	CPU       float64  `json:"cpu_us_per_purchase"` // server and database, generator excluded
	Rounds    []Sample `json:"rounds"`
	Failed    int64    `json:"failed"`
	Error     string   `json:"error,omitempty"` // the first one, when something failed
}

// Bench is a whole run.
type Bench struct {
	Machine Machine `json:"machine"`
	Rows    []Row   `json:"rows"`
}

// Machine is what the figures were taken on.
type Machine struct {
	Cores   int     `json:"cores"`
	Sync    float64 `json:"fdatasync_8k_us"`
	Members int     `json:"members"`
	Seconds int     `json:"seconds"`
	Rounds  int     `json:"rounds"`
}

// Measured makes a row of a subject's rounds. cpu is processor time per
// purchase of each round, in microseconds.
func Measured(subject string, callers int, rounds []Sample, cpu []float64) Row {
	r := Row{Subject: subject, Callers: callers, Rounds: rounds}
	var p50, p95, p99 []float64
	for i, s := range rounds {
		if i == 0 || s.Rate() < r.PerSecond {
			r.PerSecond = s.Rate()
		}
		p50, p95, p99 = append(p50, float64(s.P50)/1000), append(p95, float64(s.P95)/1000), append(p99, float64(s.P99)/1000)
		r.Failed += s.Failed
		if r.Error == "" {
			r.Error = s.FirstError
		}
	}
	r.P50, r.P95, r.P99, r.CPU = median(p50), median(p95), median(p99), median(cpu)
	return r
}

func median(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	s := append([]float64(nil), xs...)
	for i := range s {
		for j := i; j > 0 && s[j] < s[j-1]; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
	return s[len(s)/2]
}

// Compare sets every row's ratio to the floor's rate.
func (b *Bench) Compare(floor float64) {
	for i := range b.Rows {
		if floor > 0 {
			b.Rows[i].Ratio = b.Rows[i].PerSecond / floor
		}
	}
}

// Print writes the table of EXAMPLES §6.
func (b *Bench) Print(w io.Writer) {
	m := b.Machine
	fmt.Fprintf(w, "machine      %d cores · fdatasync 8 KiB %.0f µs · %d members · %d × %d s, the minimum counts · floor = 1 keyed row, 2 entries, 1 balance update per transaction, prepared, as many connections as callers\n",
		m.Cores, m.Sync, m.Members, m.Rounds, m.Seconds)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tcallers\tper s\t× floor\tp50\tp95\tp99 ms\tCPU µs/purchase\t")
	for _, r := range b.Rows {
		fmt.Fprintf(t, "%s\t%d\t%.0f\t%.2f\t%.1f\t%.1f\t%.1f\t%.0f\t\n", r.Subject, r.Callers, r.PerSecond, r.Ratio, r.P50, r.P95, r.P99, r.CPU)
	}
	t.Flush()
	for _, r := range b.Rows {
		if r.Failed > 0 {
			fmt.Fprintf(w, "%s at %d callers: %d failed, first: %s\n", strings.TrimSpace(r.Subject), r.Callers, r.Failed, r.Error)
		}
	}
}
